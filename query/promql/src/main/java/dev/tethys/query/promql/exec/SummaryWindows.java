package dev.tethys.query.promql.exec;

import dev.tethys.model.storage.Summaries;

/**
 * Range functions over {@link Summaries} instead of samples. For windows of whole buckets the
 * result equals that over samples bit for bit, except functions that add (sums, means, corrections
 * for resets), whose additions are rounded in another order.
 *
 * <p>A window that ends inside buckets, which occurs only where the query was warned or requested
 * it, is computed from the buckets that it touches: sums and counts by the share of each bucket
 * inside it, differences as the window's share of those over all of these buckets, other functions
 * as if the buckets were inside entirely. Holds the windows of one series; not thread-safe.
 */
final class SummaryWindows {
  private final WindowSummary function;
  private final Summaries rows;
  private final long[] ends;
  private final long range;
  private final int[] from;
  private final int[] to;

  /**
   * Finds the windows {@code (end - range, end]} of a series.
   *
   * @param ends window ends by step, ascending
   */
  SummaryWindows(WindowSummary function, Summaries rows, long[] ends, long range) {
    this.function = function;
    this.rows = rows;
    this.ends = ends;
    this.range = range;
    from = new int[ends.length];
    to = new int[ends.length];
    int lo = 0;
    int hi = 0;
    for (int s = 0; s < ends.length; s++) {
      while (hi < rows.size && rows.from[hi] < ends[s]) {
        hi++;
      }
      while (lo < hi && rows.to[lo] <= ends[s] - range) {
        lo++;
      }
      from[s] = lo;
      to[s] = hi;
    }
  }

  /** Returns the first row of a step's window. */
  int from(int step) {
    return from[step];
  }

  /** Returns the row after the last one of a step's window. */
  int to(int step) {
    return to[step];
  }

  /** Writes the results of steps with rows. */
  void evaluate(double[] out) {
    for (int s = 0; s < ends.length; s++) {
      if (from[s] < to[s]) {
        out[s] = of(s, from[s], to[s]);
      }
    }
  }

  private double of(int s, int a, int b) {
    return switch (function) {
      case SUM -> sum(s, a, b);
      case COUNT -> count(s, a, b);
      case AVERAGE -> average(s, a, b);
      case LEAST -> least(a, b);
      case LARGEST -> largest(a, b);
      case FIRST -> rows.first[a];
      case LAST -> rows.last[b - 1];
      case PRESENT -> 1;
      case TIME_OF_FIRST -> (double) rows.firstTimes[a] / 1000;
      case TIME_OF_LAST -> (double) rows.lastTimes[b - 1] / 1000;
      case RESETS -> resets(a, b);
      case RATE, INCREASE, DELTA -> difference(s, a, b);
    };
  }

  /** Returns the share of a row's bucket inside a window; 1 if the whole bucket is. */
  private double share(int s, int i) {
    long low = Math.max(rows.from[i], ends[s] - range);
    long high = Math.min(rows.to[i], ends[s]);
    long width = rows.to[i] - rows.from[i];
    return high - low == width ? 1 : (double) (high - low) / width;
  }

  private double sum(int s, int a, int b) {
    double sum = 0;
    double carry = 0;
    for (int i = a; i < b; i++) {
      double v = rows.sums[i] * share(s, i);
      double t = sum + v;
      carry = Kernels.carry(sum, v, t, carry);
      sum = t;
    }
    return Double.isInfinite(sum) ? sum : sum + carry;
  }

  private double count(int s, int a, int b) {
    double n = 0;
    for (int i = a; i < b; i++) {
      n += rows.counts[i] * share(s, i);
    }
    return n;
  }

  private double average(int s, int a, int b) {
    double n = count(s, a, b);
    double sum = 0;
    double carry = 0;
    for (int i = a; i < b; i++) {
      double v = rows.sums[i] * share(s, i);
      double t = sum + v;
      carry = Kernels.carry(sum, v, t, carry);
      sum = t;
    }
    if (Double.isFinite(sum)) {
      return sum / n + carry / n;
    }
    // The sum overflowed although the means did not: the weighted mean of means.
    double mean = 0;
    double weight = 0;
    for (int i = a; i < b; i++) {
      double w = rows.counts[i] * share(s, i);
      double m = rows.sums[i] / rows.counts[i];
      weight += w;
      mean = Double.isFinite(mean) ? mean + (m / weight - mean / weight) * w : mean + m;
    }
    return mean;
  }

  private double least(int a, int b) {
    double best = rows.min[a];
    for (int i = a + 1; i < b; i++) {
      if (rows.min[i] < best || Double.isNaN(best)) {
        best = rows.min[i];
      }
    }
    return best;
  }

  private double largest(int a, int b) {
    double best = rows.max[a];
    for (int i = a + 1; i < b; i++) {
      if (rows.max[i] > best || Double.isNaN(best)) {
        best = rows.max[i];
      }
    }
    return best;
  }

  private double resets(int a, int b) {
    long n = rows.resets[a];
    for (int i = a + 1; i < b; i++) {
      n += rows.resets[i] + (rows.first[i] < rows.last[i - 1] ? 1 : 0);
    }
    return n;
  }

  private double difference(int s, int a, int b) {
    boolean counter = function != WindowSummary.DELTA;
    long samples = rows.counts[a];
    double difference = rows.last[b - 1] - rows.first[a];
    double lost = rows.lost[a];
    for (int i = a + 1; i < b; i++) {
      samples += rows.counts[i];
      if (rows.first[i] < rows.last[i - 1]) {
        lost += rows.last[i - 1];
      }
      lost += rows.lost[i];
    }
    if (samples < 2) {
      return Column.ABSENT;
    }
    if (counter) {
      difference += lost;
    }
    long start = Math.min(ends[s] - range, rows.from[a]);
    long end = Math.max(ends[s], rows.to[b - 1]);
    double whole =
        Rate.extrapolated(
            rows.firstTimes[a],
            rows.lastTimes[b - 1],
            (int) Math.min(samples - 1, Integer.MAX_VALUE),
            rows.first[a],
            difference,
            start,
            end,
            counter,
            function == WindowSummary.RATE ? Rate.seconds(end - start) : 1);
    return function == WindowSummary.RATE || end - start == range
        ? whole
        : whole * ((double) range / (end - start));
  }
}
