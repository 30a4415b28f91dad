package dev.tethys.pipeline.processor.sampling.tail;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.Redelivery;
import dev.tethys.pipeline.processor.TimedFlush;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sampled traces whose senders were already acknowledged. The senders will not retry, so each trace
 * is retried until a consumer accepts it. Thread-safe.
 */
final class AcknowledgedTraces {
  /** Reason of traces that were not accepted before the end. */
  static final String UNAVAILABLE = TimedFlush.UNAVAILABLE;

  /** The first pause after a trace was not accepted; it doubles up to the maximum. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

  /** Trace to deliver; {@code cost} is its approximate memory size. */
  private record OpenTrace(Batch batch, ReleasedTrace release, long cost) {}

  private final Consumer next;
  private final ItemAccounting account;
  private final Scheduler clock;
  private final System.Logger log;
  private final String name;
  private final Runnable onward;

  @GuardedBy("this")
  private final List<OpenTrace> waiting = new ArrayList<>(); // came back

  @GuardedBy("this")
  private Scheduler.@Nullable Timer retry; // set while some wait

  @GuardedBy("this")
  private long bytes; // of those

  @GuardedBy("this")
  private Duration pause = RETRY;

  @GuardedBy("this")
  private boolean over; // traces returned now are lost

  /**
   * Creates an empty instance.
   *
   * @param onward called when buffered traces have been sent again
   */
  AcknowledgedTraces(
      Consumer next,
      ItemAccounting account,
      Scheduler clock,
      System.Logger log,
      String name,
      Runnable onward) {
    this.next = next;
    this.account = account;
    this.clock = clock;
    this.log = log;
    this.name = name;
    this.onward = onward;
  }

  /** Whether returned traces wait for space downstream; no more traces should be decided. */
  synchronized boolean areWaiting() {
    return !waiting.isEmpty();
  }

  /** Returns the memory used by the returned traces. */
  synchronized long bytes() {
    return bytes;
  }

  /** Forwards one trace. */
  void deliver(Batch batch, ReleasedTrace release, long cost) {
    deliver(new OpenTrace(batch, release, cost));
  }

  private void deliver(OpenTrace o) {
    Redelivery.send(next, o.batch(), outcome -> settled(o, outcome), name, log);
  }

  private void settled(OpenTrace o, Outcome outcome) {
    if (!(outcome instanceof Outcome.Unavailable u)) {
      synchronized (this) {
        pause = RETRY;
      }
      account.pass(o.batch().items());
      o.release().complete(outcome);
      return;
    }
    synchronized (this) {
      if (!over) {
        waiting.add(o);
        bytes += o.cost();
        if (retry == null) {
          Duration wait = u.retryAfter(pause);
          wait = wait.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : wait;
          pause = pause.multipliedBy(2);
          pause = pause.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : pause;
          retry = clock.schedule(wait, () -> clock.execute("tail sampling", this::again));
        }
        return;
      }
    }
    lost(o.batch().items());
    o.release().complete(outcome);
  }

  private void again() {
    List<OpenTrace> all;
    synchronized (this) {
      retry = null;
      all = List.copyOf(waiting);
      waiting.clear();
      bytes = 0;
    }
    all.forEach(this::deliver);
    onward.run();
  }

  /** Ends retries: waiting traces and those returned later are lost. */
  void end() {
    List<OpenTrace> all;
    synchronized (this) {
      over = true;
      if (retry != null) {
        retry.cancel();
        retry = null;
      }
      all = List.copyOf(waiting);
      waiting.clear();
      bytes = 0;
    }
    for (OpenTrace o : all) {
      settled(o, new Outcome.Unavailable(name + ": it has stopped", Duration.ZERO));
    }
  }

  /** Counts spans that are lost. */
  void lost(int spans) {
    account.drop(UNAVAILABLE, spans);
    log.log(Level.WARNING, "{0}: stopped with {1} undelivered spans: they are lost", name, spans);
  }
}
