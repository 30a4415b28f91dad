package dev.tethys.pipeline.processor.sampling.tail;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.processor.OttlMetrics;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Holds spans by trace until policies decide on each trace. Sources are acknowledged as configured:
 * when their spans are held, which are then retried until accepted; or when their traces were
 * dropped or delivered.
 *
 * <p>One thread at a time makes decisions and forwards each trace before it evaluates the next.
 * While downstream has no space it waits, the table fills, and new spans are rejected. The table
 * never holds more than its limits plus one batch.
 */
final class TailSampler implements Processor, Adjustable, PipelineWatcher {
  /** Policies did not sample it. */
  static final String SAMPLED_OUT = "sampled_out";

  /** Reason of traces undecided at stop, if the processor is configured to drop them. */
  static final String PENDING_AT_STOP = "pending_at_stop";

  /** Deciding failed after its senders had received responses. */
  static final String UNDECIDED = "undecided";

  /** Due traces are decided together, at most this often. */
  private static final Duration TICK = Duration.ofMillis(100);

  /** Time overdue after which a trace counts as blocked by downstream. */
  private static final Duration LONG_DUE = Duration.ofSeconds(2);

  /** Maximum time a successor waits for traces in flight. */
  private static final Duration LONGEST_WAY = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final String name;
  private final Consumer next;
  private final ItemAccounting account;
  private final Scheduler clock;
  private final System.Logger log;
  private final TailMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signals that capacity may be available. */
  private final Condition room = lock.newCondition();

  /** A round of decisions has ended. */
  private final Condition idle = lock.newCondition();

  private final TraceTable table; // guarded by lock
  private final AcknowledgedTraces acknowledged;
  private volatile TailSettings settings; // written under lock
  private volatile PolicySet policies; // written under lock

  @GuardedBy("lock")
  private boolean deciding; // whether a thread decides

  @GuardedBy("lock")
  private boolean ending; // whether traces are decided on arrival

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private Scheduler.@Nullable Timer timer;

  @GuardedBy("lock")
  private long timerAt; // when it runs

  TailSampler(TailSettings settings, Ottl ottl, Consumer next, Context context) {
    this(settings, ottl, next, context, new TailMetrics(context.metrics(), context.id()));
  }

  TailSampler(
      TailSettings settings, Ottl ottl, Consumer next, Context context, TailMetrics metrics) {
    this.settings = settings;
    this.next = next;
    this.name = context.name();
    this.account = context.account(Signal.TRACES);
    this.clock = context.clock();
    this.log = context.logger();
    this.metrics = metrics;
    this.table = new TraceTable(settings);
    this.acknowledged = new AcknowledgedTraces(next, account, clock, log, name, this::decide);
    this.policies = PolicySet.of(settings, clock, ottl, metrics, log);
    String id = context.id().toString();
    context
        .metrics()
        .register(
            to -> OttlMetrics.conditions(id, Signal.TRACES, policies.conditions()).collect(to));
  }

  @Override
  public void adjust(Object other) {
    TailSettings s = (TailSettings) other;
    PolicySet p = policies.with(s);
    lock.lock();
    try {
      settings = s;
      policies = p;
      table.adjust(s);
      room.signalAll();
      arm();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    account.take(batch.items());
    List<SpanPiece> pieces;
    try {
      pieces = SpanPiece.split((TracesData) batch.takeTree(), early());
    } catch (CodecException e) {
      account.drop(TreeProcessor.MALFORMED, batch.items());
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    }
    int spans = pieces.stream().mapToInt(SpanPiece::spans).sum();
    if (spans > batch.items()) {
      account.create(spans - batch.items());
    } else {
      account.drop(TreeProcessor.RECODED, batch.items() - spans);
    }
    if (pieces.isEmpty()) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    TraceArrival arrival = new TraceArrival(pieces, ack, table, account, metrics, settings);
    String full;
    lock.lock();
    try {
      full = awaitRoom(pieces);
      if (full == null) {
        arrival.enter(clock.nanos());
        room.signalAll(); // traces may have been evicted
        if (ending) {
          table.makeAllDue(clock.nanos());
        }
        metrics.onMemory(table.traces());
        arm();
      }
    } finally {
      lock.unlock();
    }
    if (full != null) {
      account.returnItems(spans);
      ack.complete(new Outcome.Unavailable(name + ": " + full, RETRY));
      return;
    }
    arrival.finish((late, release) -> send(batch(late), release));
  }

  /** Returns the evaluator of spans on arrival; null if traces are evaluated at the end. */
  private @Nullable Function<Trace, Decision> early() {
    return settings.onIngest() ? policies::decide : null;
  }

  /** Waits for room if configured; returns the reason why there is none, or null. */
  @GuardedBy("lock")
  private @Nullable String awaitRoom(List<SpanPiece> pieces) {
    while (!stopped) {
      long cost = table.costOf(pieces);
      int fresh = table.tracesOf(pieces);
      String full = null;
      if (table.held() > 0
          && cost > 0
          && table.bytes() + acknowledged.bytes() + cost > settings.maxBytes()) {
        full = "the spans of undecided traces take max_bytes, please send again later";
      } else if (table.held() > 0
          && fresh > 0
          && table.held() + fresh > settings.maxTraces()
          && (settings.block() || isHeldUp())) {
        full = "there are num_traces undecided traces, please send again later";
      }
      if (full == null || !settings.block()) {
        return full;
      }
      try {
        room.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return full;
      }
    }
    return "it has stopped";
  }

  /** Whether decisions are late because downstream has no room. */
  @GuardedBy("lock")
  private boolean isHeldUp() {
    PendingTrace t = table.first();
    return t != null && clock.nanos() - t.due > LONG_DUE.toNanos();
  }

  private static Batch batch(List<SpanPiece> pieces) {
    int spans = pieces.stream().mapToInt(SpanPiece::spans).sum();
    return new Batch(Signal.TRACES, Encoding.OTLP, SpanPiece.join(pieces), spans, 0, Metadata.NONE);
  }

  /**
   * Returns the batch of a trace to forward; null if there is not enough memory or it exceeds all
   * limits.
   */
  private @Nullable Batch joined(PendingTrace t) {
    try {
      return batch(t.pieces);
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, name + ": a trace of " + t.bytes() + " bytes could not be released", e);
      return null;
    }
  }

  /** Forwards spans. */
  private void send(Batch batch, ReleasedTrace release) {
    account.pass(batch.items());
    try {
      next.consume(batch, release);
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, name + ": downstream consumer failed, senders should retry", e);
      release.complete(new Outcome.Unavailable("failed: " + e, Duration.ZERO));
    }
  }

  /** Schedules decisions for when the next trace is due. Called with the lock. */
  @GuardedBy("lock")
  private void arm() {
    PendingTrace t = table.first();
    if (t == null || deciding || stopped || acknowledged.areWaiting()) {
      return;
    }
    long now = clock.nanos();
    long at = now + Math.max(t.early == null ? TICK.toNanos() : 0, t.due - now);
    if (timer != null) {
      if (timerAt <= at) {
        return;
      }
      timer.cancel();
    }
    timerAt = at;
    timer =
        clock.schedule(
            Duration.ofNanos(at - now), () -> clock.execute("tail sampling", this::decideWhenDue));
  }

  private void decideWhenDue() {
    lock.lock();
    try {
      timer = null;
    } finally {
      lock.unlock();
    }
    decide();
  }

  /** Decides on due traces one after another, on at most one thread. */
  private void decide() {
    lock.lock();
    try {
      if (deciding) {
        return;
      }
      deciding = true;
    } finally {
      lock.unlock();
    }
    long begin = clock.nanos();
    try {
      while (decideNext()) {
        // until no trace is due
      }
    } finally {
      metrics.ran(clock.nanos() - begin);
      lock.lock();
      try {
        deciding = false;
        metrics.onMemory(table.traces());
        arm();
        idle.signalAll();
        room.signalAll(); // held traces may have been delivered
      } finally {
        lock.unlock();
      }
    }
  }

  /** Decides on one trace and forwards it; returns false if none is due. */
  private boolean decideNext() {
    PendingTrace t;
    List<SpanPiece> seen;
    Trace trace;
    lock.lock();
    try {
      t = table.first();
      if (t == null || acknowledged.areWaiting() || t.due - clock.nanos() > 0) {
        return false;
      }
      table.decide(t);
      seen = List.copyOf(t.pieces);
      trace =
          new Trace(t.id, t.spans(), t.bytes(), () -> seen.stream().map(SpanPiece::read).toList());
    } finally {
      lock.unlock();
    }
    Decision d = decide(t, trace);
    Batch batch = d == Decision.SAMPLED ? joined(t) : null;
    if (d == Decision.SAMPLED && batch == null) {
      d = null;
    }
    ReleasedTrace release;
    lock.lock();
    try {
      table.close(t);
      release = new ReleasedTrace(t.senders, t.acknowledged);
      if (d != null && !settings.regroups()) {
        boolean sampled = d == Decision.SAMPLED;
        table.remember(
            t.id,
            sampled
                ? new TraceDecision(t.arrival, clock.nanos(), release, t.fingerprints())
                : new TraceDecision(t.arrival, clock.nanos(), null));
      }
    } finally {
      lock.unlock();
    }
    try {
      if (d == null && t.acknowledged) {
        account.drop(UNDECIDED, t.spans());
        release.complete(Outcome.ACCEPTED);
      } else if (d == null) {
        account.returnItems(t.spans());
        release.complete(new Outcome.Unavailable(name + ": a trace could not be decided", RETRY));
      } else if (batch != null) {
        if (t.acknowledged) {
          acknowledged.deliver(batch, release, t.cost());
        } else {
          send(batch, release);
        }
      } else {
        account.drop(SAMPLED_OUT, t.spans());
        release.complete(Outcome.ACCEPTED);
      }
    } finally {
      lock.lock();
      try {
        table.free(t);
        room.signalAll();
      } finally {
        lock.unlock();
      }
    }
    return true;
  }

  /** Returns the decision on a trace; null if it failed and the senders must keep the trace. */
  private @Nullable Decision decide(PendingTrace t, Trace trace) {
    try {
      Decision d = t.early;
      if (d == null) {
        // Spans that arrived before a reload to span-ingest have not been evaluated yet.
        d =
            settings.onIngest() && t.wasAskedAbout()
                ? Decision.NOT_SAMPLED
                : policies.decide(trace);
      }
      metrics.decided(d);
      return d;
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, name + ": a trace could not be decided", e);
      return null;
    }
  }

  @Override
  public void ready() {
    lock.lock();
    try {
      ending = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Decides without waiting from now on: stopping receivers and queues wait for the spans they
   * sent, which would use up the time to stop this processor.
   */
  @Override
  public void notReady() {
    lock.lock();
    try {
      if (settings.dropAtStop()) {
        return;
      }
      ending = true;
      table.makeAllDue(clock.nanos());
    } finally {
      lock.unlock();
    }
    clock.execute("tail sampling", this::decide);
  }

  @Override
  public void forward() {
    lock.lock();
    try {
      table.makeAllDue(clock.nanos());
    } finally {
      lock.unlock();
    }
    decide();
    awaitIdle(LONGEST_WAY, false);
  }

  /**
   * Decides on held traces within the time limit. Remaining traces are rejected to their senders,
   * and lost if the senders were already acknowledged. All later spans are rejected.
   */
  @Override
  public void stop(Duration timeLimit) {
    List<PendingTrace> dropped = List.of();
    lock.lock();
    try {
      stopped = true;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
      if (settings.dropAtStop()) {
        dropped = table.takeAll();
      }
      table.makeAllDue(clock.nanos());
      room.signalAll();
    } finally {
      lock.unlock();
    }
    for (PendingTrace t : dropped) {
      account.drop(PENDING_AT_STOP, t.spans());
      new ReleasedTrace(t.senders, t.acknowledged).complete(Outcome.ACCEPTED);
    }
    clock.execute("tail sampling", this::decide);
    awaitIdle(timeLimit, true);
    List<PendingTrace> left;
    lock.lock();
    try {
      left = table.takeAll();
    } finally {
      lock.unlock();
    }
    acknowledged.end();
    for (PendingTrace t : left) {
      if (t.acknowledged) {
        acknowledged.lost(t.spans());
      } else {
        account.returnItems(t.spans());
      }
      new ReleasedTrace(t.senders, t.acknowledged)
          .complete(new Outcome.Unavailable(name + ": it has stopped", Duration.ZERO));
    }
  }

  /** Waits until no thread makes decisions and, if requested, nothing is held. */
  private void awaitIdle(Duration timeLimit, boolean empty) {
    long left = timeLimit.toNanos();
    lock.lock();
    try {
      while (left > 0 && (deciding || empty && (table.held() > 0 || acknowledged.areWaiting()))) {
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
