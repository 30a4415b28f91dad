package dev.tethys.query.logql.exec;

import dev.tethys.model.CompensatedSum;
import dev.tethys.query.logql.ast.RangeOp;
import java.util.Arrays;

/** Functions over the samples of a window, which are ascending by time. */
final class RangeMath {
  private final RangeOp op;
  private final double quantile;
  private final double seconds;
  private final long range;
  private double[] scratch = new double[64];

  /**
   * @param range nanoseconds of the window
   */
  RangeMath(RangeOp op, double quantile, long range) {
    this.op = op;
    this.quantile = quantile;
    this.range = range;
    seconds = range / 1e9;
  }

  /**
   * Returns the value for a window of at least one sample.
   *
   * @param windowEnd last time of the window
   */
  double of(long[] t, double[] v, int from, int to, long windowEnd) {
    return switch (op) {
      case SUM_OVER_TIME -> sum(v, from, to);
      case RATE -> sum(v, from, to) / seconds;
      case AVG_OVER_TIME -> sum(v, from, to) / (to - from);
      case MIN_OVER_TIME -> {
        double m = v[from];
        for (int i = from + 1; i < to; i++) {
          if (v[i] < m || Double.isNaN(m)) {
            m = v[i];
          }
        }
        yield m;
      }
      case MAX_OVER_TIME -> {
        double m = v[from];
        for (int i = from + 1; i < to; i++) {
          if (v[i] > m || Double.isNaN(m)) {
            m = v[i];
          }
        }
        yield m;
      }
      case FIRST_OVER_TIME -> v[from];
      case LAST_OVER_TIME -> v[to - 1];
      case STDVAR_OVER_TIME -> variance(v, from, to);
      case STDDEV_OVER_TIME -> Math.sqrt(variance(v, from, to));
      case QUANTILE_OVER_TIME -> quantile(v, from, to);
      case RATE_COUNTER -> counterRate(t, v, from, to, windowEnd);
      default -> throw new IllegalStateException(op + " has no samples");
    };
  }

  private static double sum(double[] v, int from, int to) {
    double sum = 0;
    double carry = 0;
    for (int i = from; i < to; i++) {
      double next = sum + v[i];
      carry = CompensatedSum.carry(sum, v[i], next, carry);
      sum = next;
    }
    return Double.isInfinite(sum) ? sum : sum + carry;
  }

  private static double variance(double[] v, int from, int to) {
    double mean = 0;
    double squares = 0;
    double n = 0;
    for (int i = from; i < to; i++) {
      n++;
      double delta = v[i] - mean;
      mean += delta / n;
      squares += delta * (v[i] - mean);
    }
    return squares / n;
  }

  private double quantile(double[] v, int from, int to) {
    int n = to - from;
    if (Double.isNaN(quantile)) {
      return Double.NaN;
    }
    if (quantile < 0 || quantile > 1) {
      return quantile < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (scratch.length < n) {
      scratch = new double[2 * n];
    }
    // NaN counts as the lowest value, as in Prometheus
    int nans = 0;
    for (int i = from; i < to; i++) {
      if (Double.isNaN(v[i])) {
        scratch[nans++] = Double.NaN;
      }
    }
    int k = nans;
    for (int i = from; i < to; i++) {
      if (!Double.isNaN(v[i])) {
        scratch[k++] = v[i];
      }
    }
    Arrays.sort(scratch, nans, n);
    double rank = quantile * (n - 1);
    int low = (int) Math.max(0, Math.floor(rank));
    int high = Math.min(n - 1, low + 1);
    double weight = rank - Math.floor(rank);
    return scratch[low] * (1 - weight) + scratch[high] * weight;
  }

  /**
   * Returns the rate of a counter with resets, extrapolated to the window's ends as in Prometheus:
   * up to an end that is near, otherwise by half a sample's distance, and not below zero.
   */
  private double counterRate(long[] t, double[] v, int from, int to, long windowEnd) {
    if (to - from < 2) {
      return 0;
    }
    double delta = v[to - 1] - v[from];
    for (int i = from + 1; i < to; i++) {
      if (v[i] < v[i - 1]) {
        delta += v[i - 1];
      }
    }
    double toStart = (t[from] - (windowEnd - range)) / 1e9;
    double toEnd = (windowEnd - t[to - 1]) / 1e9;
    double sampled = (t[to - 1] - t[from]) / 1e9;
    double average = sampled / (to - from - 1);
    if (delta > 0 && v[from] >= 0) {
      toStart = Math.min(toStart, sampled * (v[from] / delta));
    }
    double threshold = average * 1.1;
    double covered = sampled;
    covered += toStart < threshold ? toStart : average / 2;
    covered += toEnd < threshold ? toEnd : average / 2;
    return delta * (covered / sampled) / seconds;
  }
}
