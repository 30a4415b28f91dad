package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.AckCallback;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A trace that is not decided, with the callbacks of its senders. Guarded by who holds it. */
final class PendingTrace {
  static final Comparator<PendingTrace> BY_DUE =
      Comparator.<PendingTrace>comparingLong(t -> t.due).thenComparingLong(t -> t.number);

  /** What a trace and what a piece or a callback of it take besides bytes, roughly. */
  private static final int TRACE_COST = 400;

  private static final int PIECE_COST = 120;

  final TraceId id;

  /** When its first span came. */
  final long arrival;

  /** Tells apart those that are due at one moment. */
  final long number;

  final List<SpanPiece> pieces = new ArrayList<>(2);
  final List<AckCallback.Part> senders = new ArrayList<>(2);

  @Nullable Long rootArrival;

  /** When it is decided; not changed while it stands among those that are due. */
  long due;

  /** What was decided when spans came. */
  @Nullable Decision early;

  /** Whether a sender of some of it was answered already. */
  boolean acknowledged;

  /** Whether policies evaluate it; it is not evicted then. */
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

  /** A sender repeated spans that are here. */
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

  /** Whether policies were asked about all of it as it came. */
  boolean wasAskedAbout() {
    return pieces.stream().allMatch(p -> p.early() != null);
  }

  /** Its length as a message of OTLP. */
  long bytes() {
    return bytes;
  }

  int spans() {
    return spans;
  }

  /** What it takes, roughly. */
  long cost() {
    return TRACE_COST + bytes + (long) PIECE_COST * (pieces.size() + acks);
  }

  /** The cost of a sender that repeats spans that are here. */
  static long costOfRepeat() {
    return PIECE_COST;
  }

  /** What a piece adds to that. */
  static long cost(SpanPiece p) {
    return p.body().length + 2L * PIECE_COST;
  }

  long[] fingerprints() {
    return pieces.stream().mapToLong(SpanPiece::fingerprint).toArray();
  }
}
