package dev.tethys.pipeline.processor.sampling;

/**
 * Thresholds of OpenTelemetry's consistent sampling: of 2^56 values of randomness those below the
 * threshold go.
 */
final class Threshold {
  /** Below which nothing is: everything stays. */
  static final long ALWAYS = 0;

  /** Below which everything is. */
  static final long NEVER = 1L << 56;

  /** The smallest probability that a threshold can say. */
  static final double MIN_PROBABILITY = 0x1p-56;

  /** The most digits. */
  static final int DIGITS = 14;

  private Threshold() {}

  /**
   * The threshold of a probability, rounded to so many digits; {@link #NEVER} for less than can be
   * said.
   */
  static long of(double probability, int precision) {
    if (probability >= 1) {
      return ALWAYS;
    }
    if (!(probability >= MIN_PROBABILITY)) {
      return NEVER;
    }
    // Digits of leading f, or 0, carry nothing: there are as many more.
    int more = Math.max(leading(probability), leading(1 - probability));
    int drop = 4 * Math.max(0, DIGITS - precision - more);
    long exact = NEVER - Math.round(probability * NEVER);
    return drop == 0 ? exact : exact + (1L << drop - 1) >> drop << drop;
  }

  /** How many hexadecimal digits of a fraction are 0 before the first that is not. */
  private static int leading(double fraction) {
    return -(Math.getExponent(fraction) + 1) / 4;
  }

  static double probability(long threshold) {
    return (double) (NEVER - threshold) / NEVER;
  }
}
