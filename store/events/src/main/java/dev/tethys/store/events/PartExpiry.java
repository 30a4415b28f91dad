package dev.tethys.store.events;

/**
 * When rows of a part expire by the rules of a signal, in Unix nanoseconds; {@link Long#MAX_VALUE}
 * for never.
 *
 * @param first when the part is worth rewriting without its expired rows
 * @param whole when all rows have expired
 */
public record PartExpiry(long first, long whole) {
  /**
   * A time after another, {@link Long#MAX_VALUE} if it is beyond the clock.
   *
   * @param nanos not negative; {@link Long#MAX_VALUE} for never
   */
  public static long after(long time, long nanos) {
    return nanos == Long.MAX_VALUE || time > Long.MAX_VALUE - nanos ? Long.MAX_VALUE : time + nanos;
  }

  /** Expiry of a part whose rows all expire at one time. */
  public static PartExpiry whole(long nanos) {
    return new PartExpiry(nanos, nanos);
  }
}
