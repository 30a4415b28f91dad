package dev.tethys.model;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Timer that closes a resource at a deadline unless it is cancelled. It ends a connection in the
 * middle of any read or write, also when a peer sends a byte occasionally. One thread waits for all
 * alarms; resources are closed on separate threads, because closing may block.
 */
public final class DeadlineTimer implements AutoCloseable {
  private static final ScheduledThreadPoolExecutor TIMER =
      new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("alarms").factory());

  static {
    TIMER.setRemoveOnCancelPolicy(true);
  }

  private enum State {
    SET,
    RUNG,
    OFF
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.SET);
  private final AutoCloseable what;
  private final ScheduledFuture<?> timer;

  private DeadlineTimer(AutoCloseable what, long nanoMoment) {
    this.what = what;
    this.timer = TIMER.schedule(this::ring, nanoMoment - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  /**
   * Sets an alarm.
   *
   * @param what resource to close; its readers get an exception
   * @param nanoMoment alarm time, as returned by {@link System#nanoTime}
   */
  public static DeadlineTimer closing(AutoCloseable what, long nanoMoment) {
    return new DeadlineTimer(what, nanoMoment);
  }

  @SuppressWarnings("PMD.AvoidCatchingGenericException") // close() throws everything
  private void ring() {
    if (state.compareAndSet(State.SET, State.RUNG)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  what.close();
                } catch (Exception e) {
                  // it is over anyway
                }
              });
    }
  }

  /** Whether the time was up before the alarm was turned off; final once it was. */
  public boolean hasRung() {
    return state.get() == State.RUNG;
  }

  /** Turns the alarm off; if it has not closed the channel yet, it never will. */
  @Override
  public void close() {
    state.compareAndSet(State.SET, State.OFF);
    timer.cancel(false);
  }
}
