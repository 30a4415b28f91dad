package dev.tethys.model;

/** The two NaN bit patterns distinguished by Prometheus. */
public final class Samples {
  /** Bits of the value that marks the end of a series. */
  public static final long STALE_BITS = 0x7ff0000000000002L;

  /** Bits of every other NaN once it is stored. */
  public static final long NORMAL_NAN_BITS = 0x7ff8000000000001L;

  /** The staleness marker. Compare with {@link #isStale}, never with {@code ==}. */
  public static final double STALE = Double.longBitsToDouble(STALE_BITS);

  /** NaN returned by functions and parsers. */
  public static final double NORMAL_NAN = Double.longBitsToDouble(NORMAL_NAN_BITS);

  private Samples() {}

  /** True for the staleness marker and for no other NaN. */
  public static boolean isStale(double v) {
    return Double.doubleToRawLongBits(v) == STALE_BITS;
  }
}
