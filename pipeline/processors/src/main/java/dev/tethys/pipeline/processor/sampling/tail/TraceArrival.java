package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Spans of one batch on their way into the trace table. */
final class TraceArrival {
  /** Reason of the oldest trace, evicted because too many were held. */
  static final String TOO_EARLY = "dropped_too_early";

  /** Reason of spans whose trace exceeds the size limit. */
  static final String TOO_LARGE = "trace_too_large";

  /** The same spans were sent again while they were held, or after they had been forwarded. */
  static final String REPEATED = "repeated";

  private final List<SpanPiece> pieces;
  private final AckCallback each;
  private final List<SpanPiece> late = new ArrayList<>();

  /** Actions to run without the lock, because callbacks may call anything. */
  private final List<Runnable> after = new ArrayList<>();

  private final TraceTable table;
  private final ItemAccounting account;
  private final TailMetrics metrics;
  private final TailSettings settings;

  TraceArrival(
      List<SpanPiece> pieces,
      AckCallback ack,
      TraceTable table,
      ItemAccounting account,
      TailMetrics metrics,
      TailSettings settings) {
    this.pieces = pieces;
    this.each = AckCallback.parts(ack, pieces.size());
    this.table = table;
    this.account = account;
    this.metrics = metrics;
    this.settings = settings;
  }

  /** Finds the place of each piece, with the lock of the table. */
  void enter(long now) {
    for (SpanPiece p : pieces) {
      PendingTrace t = table.held(p.id());
      TraceDecision d = t == null ? table.decided(p.id()) : null;
      Boolean cached = t == null && d == null ? table.cached(p.id()) : null;
      if (t != null) {
        hold(t, p, now);
      } else if (d != null) {
        metrics.late(now - d.at());
        follow(d.sampled(), p, d.releaseOf(p));
      } else if (cached != null) {
        metrics.fromCache(cached, p.spans());
        follow(cached, p, null);
      } else {
        t = table.open(p.id(), now);
        metrics.began();
        hold(t, p, now);
        makeRoom(t, now);
      }
    }
  }

  private void hold(PendingTrace t, SpanPiece p, long now) {
    boolean atOnce = settings.atOnce();
    AckCallback.Part sender = new AckCallback.Part(atOnce ? AckCallback.NONE : each, p.spans());
    if (atOnce) {
      t.acknowledged = true;
      after.add(() -> each.complete(Outcome.ACCEPTED));
    }
    if (t.has(p)) {
      if (!atOnce) {
        table.repeat(t, sender);
      }
      account.drop(REPEATED, p.spans());
      return;
    }
    table.add(t, p, sender, now);
    long max = settings.maxTraceBytes();
    if (max > 0 && t.bytes() > max && !t.deciding) {
      metrics.droppedTooLarge();
      table.remember(t.id, new TraceDecision(t.arrival, now, null));
      after.add(evict(t, TOO_LARGE));
    }
  }

  private void makeRoom(PendingTrace opened, long now) {
    List<TraceDecision> forgotten = new ArrayList<>();
    PendingTrace oldest = table.makeRoom(opened, forgotten);
    forgotten.forEach(d -> metrics.removed(now - d.arrival()));
    if (oldest != null) {
      metrics.droppedTooEarly();
      metrics.removed(now - oldest.arrival);
      after.add(evict(oldest, TOO_EARLY));
    }
  }

  /** Applies the decision of a trace to a late piece. */
  private void follow(boolean sampled, SpanPiece p, @Nullable ReleasedTrace before) {
    if (!sampled) {
      account.drop(TailSampler.SAMPLED_OUT, p.spans());
      after.add(() -> each.complete(Outcome.ACCEPTED));
    } else if (before == null) {
      late.add(p);
    } else if (before.isAcknowledged()) {
      account.drop(REPEATED, p.spans());
      after.add(() -> each.complete(Outcome.ACCEPTED));
    } else {
      after.add(
          () -> {
            if (before.join(new AckCallback.Part(each, p.spans()))) {
              account.drop(REPEATED, p.spans());
            } else {
              late.add(p);
            }
          });
    }
  }

  /**
   * Settles and passes on the pieces that are not held, without the lock.
   *
   * @param send forwards spans
   */
  void finish(BiConsumer<List<SpanPiece>, ReleasedTrace> send) {
    after.forEach(Runnable::run);
    if (late.isEmpty()) {
      return;
    }
    List<AckCallback.Part> senders = new ArrayList<>();
    for (SpanPiece p : late) {
      senders.add(new AckCallback.Part(each, p.spans()));
    }
    send.accept(late, new ReleasedTrace(senders, false));
  }

  /** Evicts an undecided trace; the result notifies its senders and runs without the lock. */
  private Runnable evict(PendingTrace t, String reason) {
    table.close(t);
    table.free(t);
    account.drop(reason, t.spans());
    ReleasedTrace release = new ReleasedTrace(t.senders, t.acknowledged);
    return () -> release.complete(Outcome.ACCEPTED);
  }
}
