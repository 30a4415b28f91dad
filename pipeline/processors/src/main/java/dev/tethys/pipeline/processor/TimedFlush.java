package dev.tethys.pipeline.processor;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends what a component has collected once per interval. A rejected batch is kept and retried, and
 * no other batch is created until it is accepted, so streams keep their order. Only at shutdown is
 * it dropped.
 *
 * <p>Items of a batch are held in the component's account and leave it when the batch is sent.
 */
public final class TimedFlush {
  /** Reason of items that were not accepted before the component stopped. */
  public static final String UNAVAILABLE = "unavailable";

  /** Delay before a rejected batch is retried; a shorter flush interval takes precedence. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** Collected data that is sent at a flush. */
  @FunctionalInterface
  public interface Gathered {
    /**
     * Removes and returns the collected data; null if there is none. Calls do not overlap.
     *
     * @param last whether the component collects nothing afterwards
     */
    @Nullable Batch take(boolean last);
  }

  private final String name;
  private final Duration interval;
  private final Gathered gathered;
  private final Consumer next;
  private final ItemAccounting account;
  private final Scheduler clock;
  private final System.Logger log;

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  /** Batch of an interval until it is accepted; the next interval is collected meanwhile. */
  @GuardedBy("this")
  private @Nullable Batch pending;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer retry; // set while the pending batch waits for its retry

  /**
   * Creates a stopped instance.
   *
   * @param name name of the flush threads
   * @param account accounting that holds the items of buffered batches
   */
  public TimedFlush(
      String name,
      Duration interval,
      Gathered gathered,
      Consumer next,
      ItemAccounting account,
      Context context) {
    this.name = name;
    this.interval = interval;
    this.gathered = gathered;
    this.next = next;
    this.account = account;
    this.clock = context.clock();
    this.log = context.logger();
  }

  /** Starts the first interval. */
  public synchronized void start() {
    if (!stopped) {
      timer =
          clock.schedule(
              interval,
              () -> {
                clock.execute(name, () -> flush(false));
                start();
              });
    }
  }

  /** Sends the collected data immediately, unless a batch is in flight. */
  public void forward() {
    flush(true);
  }

  /** Sends the remaining data once. */
  public void stop() {
    Batch refused = null;
    Batch rest;
    synchronized (this) {
      stopped = true;
      if (timer != null) {
        timer.cancel();
      }
      if (retry != null) {
        retry.cancel();
        retry = null;
        refused = pending;
      }
      rest = gathered.take(true);
    }
    if (refused != null) {
      send(refused);
    }
    if (rest != null) {
      send(rest);
    }
  }

  private void flush(boolean last) {
    Batch batch;
    synchronized (this) {
      if (pending != null || stopped) {
        return; // the gathered items continue after it, so that streams keep their order
      }
      batch = gathered.take(last);
      pending = batch;
    }
    if (batch != null) {
      send(batch);
    }
  }

  private void send(Batch batch) {
    // Without a response no interval would ever be passed on again.
    Redelivery.send(next, batch, outcome -> settled(batch, outcome), name, log);
  }

  private void settled(Batch batch, Outcome outcome) {
    synchronized (this) {
      if (outcome instanceof Outcome.Unavailable && !stopped) {
        Duration after = interval.compareTo(RETRY) < 0 ? interval : RETRY;
        retry = clock.schedule(after, () -> clock.execute(name, () -> sendAgain(batch)));
        return;
      }
      pending = null;
    }
    if (outcome instanceof Outcome.Unavailable) {
      account.drop(UNAVAILABLE, batch.items());
    } else {
      account.pass(batch.items());
    }
  }

  private void sendAgain(Batch batch) {
    synchronized (this) {
      if (retry == null) {
        return; // stopped meanwhile, which has sent it
      }
      retry = null;
    }
    send(batch);
  }
}
