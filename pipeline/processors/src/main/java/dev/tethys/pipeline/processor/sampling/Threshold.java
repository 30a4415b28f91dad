package dev.tethys.pipeline.processor.sampling;

/**
 * Thresholds of OpenTelemetry's consistent sampling: of 2^56 randomness values, those below the
 * threshold are dropped.
 */
final class Threshold {
  /** Threshold below which no item is: keeps everything. */
  static final long ALWAYS = 0;

  /** Below which everything is. */
  static final long NEVER = 1L << 56;

  /** The smallest probability that a threshold can say. */
  static final double MIN_PROBABILITY = 0x1p-56;

  /** The maximum number of digits. */
  static final int DIGITS = 14;

  private Threshold() {}

  /**
   * Returns the threshold of a probability, rounded to {@code precision} digits; {@link #NEVER} if
   * it is too small to represent.
   */
  static long of(double probability, int precision) {
    if (probability >= 1) {
      return ALWAYS;
    }
    if (!(probability >= MIN_PROBABILITY)) {
      return NEVER;
    }
    // Leading digits f or 0 add no precision, so as many more digits are kept.
    int more = Math.max(leading(probability), leading(1 - probability));
    int drop = 4 * Math.max(0, DIGITS - precision - more);
    long exact = NEVER - Math.round(probability * NEVER);
    return drop == 0 ? exact : exact + (1L << drop - 1) >> drop << drop;
  }

  /** Returns the number of leading hexadecimal zeros of a fraction. */
  private static int leading(double fraction) {
    return -(Math.getExponent(fraction) + 1) / 4;
  }

  static double probability(long threshold) {
    return (double) (NEVER - threshold) / NEVER;
  }
}
