package dev.tethys.model;

/**
 * Neumaier's addition: the rounding error of a running sum is kept in a second number, the carry,
 * and added at the end. The order of operations is Prometheus's, so that sums equal its sums to the
 * last bit.
 *
 * <p>Java has no second result, so a step takes two lines: {@code t = sum + v; carry = carry(sum,
 * v, t, carry); sum = t}.
 */
public final class CompensatedSum {
  private CompensatedSum() {}

  /**
   * The carry after one addition.
   *
   * @param sum running sum before the addition
   * @param added the added value
   * @param total {@code sum + added}
   * @param carry compensation term before the addition
   */
  public static double carry(double sum, double added, double total, double carry) {
    // Knuth's two-sum: the same error as Neumaier's by comparing sizes, but nothing to mispredict
    double part = total - sum;
    double error = (sum - (total - part)) + (added - part);
    return Math.abs(total) > Double.MAX_VALUE ? 0 : carry + error;
  }
}
