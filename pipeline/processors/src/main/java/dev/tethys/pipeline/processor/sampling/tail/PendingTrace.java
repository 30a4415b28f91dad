package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.AckCallback;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Undecided trace with the callbacks of its senders. Guarded by its owner. */
final class PendingTrace {
  static final Comparator<PendingTrace> BY_DUE =
      Comparator.<PendingTrace>comparingLong(t -> t.due).thenComparingLong(t -> t.number);

  /** Approximate overhead of a trace, and of each piece or callback, in bytes. */
  private static final int TRACE_COST = 400;

  private static final int PIECE_COST = 120;

  final TraceId id;

  /** Arrival time of its first span. */
  final long arrival;

  /** Distinguishes traces that are due at the same time. */
  final long number;

  final List<SpanPiece> pieces = new ArrayList<>(2);
  final List<AckCallback.Part> senders = new ArrayList<>(2);

  @Nullable Long rootArrival;

  /** Time of the decision; not changed while the trace is among those that are due. */
  long due;

  /** Decision made as spans arrived. */
  @Nullable Decision early;

  /** Whether a sender of some of its spans was already acknowledged. */
  boolean acknowledged;

  /** Whether policies are evaluating it; it is not evicted meanwhile. */
  boolean deciding;

  private long bytes;
  private int spans;
  private int acks;

  PendingTrace(TraceId id, long arrival, long number) {
    this.id = id;
    this.arrival = arrival;
    this.number = number;
  }

  void add(SpanPiece p, AckCallback.Part sender) {
    pieces.add(p);
    bytes += p.body().length;
    spans += p.spans();
    repeat(sender);
  }

  /** Records that a sender retransmitted spans held here. */
  void repeat(AckCallback.Part sender) {
    senders.add(sender);
    acks++;
  }

  boolean has(SpanPiece p) {
    for (SpanPiece known : pieces) {
      if (known.isSame(p)) {
        return true;
      }
    }
    return false;
  }

  /** Whether policies evaluated all of it on arrival. */
  boolean wasAskedAbout() {
    return pieces.stream().allMatch(p -> p.early() != null);
  }

  /** Returns the encoded size in OTLP. */
  long bytes() {
    return bytes;
  }

  int spans() {
    return spans;
  }

  /** Returns the approximate memory used. */
  long cost() {
    return TRACE_COST + bytes + (long) PIECE_COST * (pieces.size() + acks);
  }

  /** Returns the cost of a sender that retransmits spans held here. */
  static long costOfRepeat() {
    return PIECE_COST;
  }

  /** Returns the memory added by a piece. */
  static long cost(SpanPiece p) {
    return p.body().length + 2L * PIECE_COST;
  }

  long[] fingerprints() {
    return pieces.stream().mapToLong(SpanPiece::fingerprint).toArray();
  }
}
