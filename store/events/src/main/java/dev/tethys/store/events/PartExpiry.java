package dev.tethys.store.events;

/**
 * When rows of a part expire by the rules of a signal, in Unix nanoseconds; {@link Long#MAX_VALUE}
 * for never.
 *
 * @param first time from which rewriting the part without its expired rows pays off
 * @param whole time at which all rows have expired
 */
public record PartExpiry(long first, long whole) {
  /**
   * Returns a time after another; {@link Long#MAX_VALUE} if it overflows.
   *
   * @param nanos retention in nanoseconds, not negative; {@link Long#MAX_VALUE} for never
   */
  public static long after(long time, long nanos) {
    return nanos == Long.MAX_VALUE || time > Long.MAX_VALUE - nanos ? Long.MAX_VALUE : time + nanos;
  }

  /** Expiry of a part whose rows all expire at one time. */
  public static PartExpiry whole(long nanos) {
    return new PartExpiry(nanos, nanos);
  }
}
