package dev.tethys.model;

import java.time.Instant;

/** Times as nanoseconds since 1970, from 1677 to 2262. */
public final class UnixNanos {
  private static final long SECOND = 1_000_000_000L;

  private UnixNanos() {}

  /** Time of the system's clock. */
  public static long now() {
    return of(Instant.now());
  }

  /**
   * A time in nanoseconds.
   *
   * @throws ArithmeticException if the time is out of range
   */
  public static long of(Instant time) {
    return Math.addExact(Math.multiplyExact(time.getEpochSecond(), SECOND), time.getNano());
  }

  /** The time as an instant. */
  public static Instant instant(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND));
  }
}
