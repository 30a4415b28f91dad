package dev.tethys.demo.service;

/**
 * Tax by amount, from a table. The version that is deployed with the fault {@code bad-deploy}
 * computes the table for each order, so that a profile shows {@link #recomputed} as the cause.
 */
final class TaxTable {
  private static final int STEPS = 2_000;
  private static final int ROUNDS = 8_000;

  private final long[] table = compute(1);

  /** Returns the tax on an amount in cents. */
  long tax(long cents) {
    return table[(int) Math.min(cents / 100, STEPS - 1)];
  }

  /** Variant with a new table; takes about 50 ms of CPU time. */
  long recomputed(long cents) {
    return compute(ROUNDS)[(int) Math.min(cents / 100, STEPS - 1)];
  }

  private static long[] compute(int rounds) {
    long[] out = new long[STEPS];
    for (int r = 0; r < rounds; r++) {
      for (int i = 0; i < STEPS; i++) {
        out[i] = (long) (i * 100 * (0.19 + 0.01 * wave(i)));
      }
    }
    return out;
  }

  /**
   * Returns a wave value between -1 and 1. It calls no library, whose functions a profile would
   * name instead of this class.
   */
  private static double wave(int step) {
    double x = step % 628 / 314.0 - 1;
    return 4 * x * (1 - Math.abs(x));
  }
}
