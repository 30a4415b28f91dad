package dev.tethys.collect.database.wire;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Scrape deadline.
 *
 * @param nanos deadline as a {@link System#nanoTime} value
 */
public record Deadline(long nanos) {
  /** Returns a deadline after the given time. */
  public static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** Returns the earlier of this deadline and the given time from now. */
  public Deadline atMost(Duration time) {
    Deadline other = in(time);
    return other.nanos - nanos < 0 ? other : this;
  }

  /**
   * Milliseconds that are left, at least 1.
   *
   * @throws SocketTimeoutException if none is left
   */
  public int millisLeft() throws SocketTimeoutException {
    long ms = TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
    if (ms <= 0) {
      throw new SocketTimeoutException("timed out");
    }
    return (int) Math.min(ms, Integer.MAX_VALUE);
  }
}
