package dev.tethys.pipeline.processor;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends once an interval what a component has gathered. A batch that is not taken is kept and tried
 * again, and no other is made until it is taken, so that streams keep their order; only at the end
 * is it dropped.
 *
 * <p>The items of what it sends are held in the account of the component, and leave it here.
 */
public final class TimedFlush {
  /** It was not taken until the component stopped. */
  public static final String UNAVAILABLE = "unavailable";

  /** When a batch that was not taken is tried again; sooner if the interval is shorter. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** Collected data that is sent at a flush. */
  @FunctionalInterface
  public interface Gathered {
    /**
     * Takes what was gathered; null if that is nothing. Calls do not overlap.
     *
     * @param last whether nothing is gathered by the component afterwards
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
  private boolean stopped; // guarded by this
  private Scheduler.@Nullable Timer timer; // guarded by this

  /** The batch of an interval, until it is taken; the next interval is gathered meanwhile. */
  private @Nullable Batch pending; // guarded by this

  private Scheduler.@Nullable Timer retry; // guarded by this; set while pending is not being sent

  /**
   * Not yet begun.
   *
   * @param name of its threads
   * @param account where items of batches are held
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

  /** Begins the first interval. */
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

  /** Sends at once what there is, unless something is still under way. */
  public void forward() {
    flush(true);
  }

  /** Sends what is left, once. */
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
    // Without an answer no interval would ever be passed on again.
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
