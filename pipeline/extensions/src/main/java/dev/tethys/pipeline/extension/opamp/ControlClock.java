package dev.tethys.pipeline.extension.opamp;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Clock of a control plane, as known to this process. It ends live controls and starts quota
 * periods, so that they change at the same time on all agents, including those with a wrong clock.
 *
 * <p>The control plane sends its time on each connection. The clock continues with the process's
 * monotonic clock, so changes of the wall clock have no effect. Before the first connection it has
 * the stored difference of the previous process, if any. A difference of at most {@link #TOLERANCE}
 * counts as none, because a message may be late. Thread-safe.
 */
public final class ControlClock implements Scheduler {
  static final Duration TOLERANCE = Duration.ofSeconds(5);

  private static final System.Logger LOG = JulLogger.of(ControlClock.class.getName());

  /**
   * Known time.
   *
   * @param millis control plane time in milliseconds
   * @param nanos monotonic, at that time
   */
  private record Known(long millis, long nanos) {}

  private final Scheduler own;
  private volatile Known known;

  public ControlClock(Scheduler own) {
    this.own = own;
    known = new Known(own.millis(), own.nanos());
  }

  @Override
  public long millis() {
    Known k = known;
    return k.millis + (own.nanos() - k.nanos) / 1_000_000;
  }

  /** Milliseconds by which it is ahead of the wall clock; 0 within the tolerance. */
  long ahead() {
    long ahead = millis() - own.millis();
    return Math.abs(ahead) <= TOLERANCE.toMillis() ? 0 : ahead;
  }

  /** Continues with the difference of a process before. */
  void restore(long ahead) {
    known = new Known(own.millis() + ahead, own.nanos());
  }

  /** Records the time of the control plane. */
  void set(long millis) {
    long before = ahead();
    long ownMillis = own.millis();
    boolean same = Math.abs(millis - ownMillis) <= TOLERANCE.toMillis();
    known = new Known(same ? ownMillis : millis, own.nanos());
    if (Math.abs(ahead() - before) > TOLERANCE.toMillis()) {
      LOG.log(
          same ? Level.INFO : Level.WARNING,
          "Clock differs from that of the control plane, by which live controls end"
              + " ownAheadSeconds={0}",
          Long.toString((ownMillis - millis) / 1000));
    }
  }

  @Override
  public long nanos() {
    return own.nanos();
  }

  @Override
  public void execute(String name, Runnable task) {
    own.execute(name, task);
  }

  @Override
  public Timer schedule(Duration after, Runnable task) {
    return own.schedule(after, task);
  }
}
