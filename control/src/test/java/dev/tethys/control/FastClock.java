package dev.tethys.control;

import dev.tethys.pipeline.Scheduler;
import java.time.Duration;

/**
 * Clocks and timers that run faster than the system's. A control plane and its agents that share
 * one behave as in the time that it shows, so that a test waits less for intervals, soaks and
 * timeouts of that time. Sockets and processes take the time of the system.
 */
public final class FastClock implements Scheduler {
  private final Scheduler system = Scheduler.system();
  private final int speed;
  private final long startMillis = system.millis();
  private final long startNanos = system.nanos();

  /**
   * @param speed seconds of this clock in a second of the system
   */
  public FastClock(int speed) {
    this.speed = speed;
  }

  @Override
  public long millis() {
    return startMillis + (nanos() - startNanos) / 1_000_000;
  }

  @Override
  public long nanos() {
    return startNanos + (system.nanos() - startNanos) * speed;
  }

  @Override
  public void execute(String name, Runnable task) {
    system.execute(name, task);
  }

  @Override
  public Timer schedule(Duration after, Runnable task) {
    return system.schedule(after.dividedBy(speed), task);
  }

  /** Waits for a time of this clock. */
  public void sleep(Duration time) throws InterruptedException {
    Thread.sleep(time.dividedBy(speed));
  }
}
