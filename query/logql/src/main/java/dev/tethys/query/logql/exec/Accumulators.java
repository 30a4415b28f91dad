package dev.tethys.query.logql.exec;

import dev.tethys.query.logql.exec.StepGrid.Steps;
import java.util.Arrays;

/** Sums of the rows of each series. Used by a single thread until it is merged. */
abstract sealed class Accumulators {
  /** Bytes per series. */
  abstract long bytesPerSeries();

  /** Allocates space for a series. */
  abstract void room(int series);

  /** Adds a row to the steps whose windows contain it. */
  abstract void add(int series, Steps steps, long time, double value);

  /** Adds a series of another thread to one of this. */
  abstract void merge(int series, Accumulators other, int otherSeries);

  /** Numbers of rows and sums of integers, as differences from step to step. */
  static final class Sums extends Accumulators {
    private final int steps;
    private final boolean weighted;
    private long[][] counts = new long[16][];
    private long[][] sums = new long[16][];

    /**
     * @param weighted whether values are added up, in addition to the number of rows
     */
    Sums(int steps, boolean weighted) {
      this.steps = steps;
      this.weighted = weighted;
    }

    @Override
    long bytesPerSeries() {
      return (weighted ? 16L : 8L) * (steps + 1) + 64;
    }

    @Override
    void room(int series) {
      if (series >= counts.length) {
        int n = Math.max(series + 1, 2 * counts.length);
        counts = Arrays.copyOf(counts, n);
        sums = Arrays.copyOf(sums, n);
      }
      counts[series] = new long[steps + 1];
      if (weighted) {
        sums[series] = new long[steps + 1];
      }
    }

    @Override
    void add(int series, Steps s, long time, double value) {
      addRows(series, s, 1, (long) value);
    }

    /** Adds a row that belongs to the window of one step. */
    void addRow(int series, int step, long value) {
      long[] c = counts[series];
      c[step]++;
      c[step + 1]--;
      if (weighted) {
        long[] v = sums[series];
        v[step] += value;
        v[step + 1] -= value;
      }
    }

    /** Adds several rows that belong to the same windows. */
    void addRows(int series, Steps s, long rows, long value) {
      long[] c = counts[series];
      c[s.first] += rows;
      c[s.last + 1] -= rows;
      if (weighted) {
        long[] v = sums[series];
        v[s.first] += value;
        v[s.last + 1] -= value;
      }
    }

    @Override
    void merge(int series, Accumulators other, int otherSeries) {
      Sums o = (Sums) other;
      for (int i = 0; i <= steps; i++) {
        counts[series][i] += o.counts[otherSeries][i];
      }
      if (weighted) {
        for (int i = 0; i <= steps; i++) {
          sums[series][i] += o.sums[otherSeries][i];
        }
      }
    }

    /** Values by step, divided by a number; steps without rows hold the mark of absence. */
    double[] values(int series, double divisor, double absent) {
      double[] out = new double[steps];
      long n = 0;
      long v = 0;
      for (int i = 0; i < steps; i++) {
        n += counts[series][i];
        if (weighted) {
          v += sums[series][i];
        }
        out[i] = n == 0 ? absent : (weighted ? v : n) / divisor;
      }
      return out;
    }
  }

  /** Samples with their times. */
  static final class Samples extends Accumulators {
    private final QueryRun run;
    private long[][] times = new long[16][];
    private double[][] values = new double[16][];
    private int[] sizes = new int[16];

    Samples(QueryRun run) {
      this.run = run;
    }

    @Override
    long bytesPerSeries() {
      return 16L * 8 + 64;
    }

    @Override
    void room(int series) {
      if (series >= times.length) {
        int n = Math.max(series + 1, 2 * times.length);
        times = Arrays.copyOf(times, n);
        values = Arrays.copyOf(values, n);
        sizes = Arrays.copyOf(sizes, n);
      }
      times[series] = new long[8];
      values[series] = new double[8];
    }

    private void grow(int series, int atLeast) {
      int n = Math.max(2 * times[series].length, atLeast);
      run.hold(16L * (n - times[series].length));
      times[series] = Arrays.copyOf(times[series], n);
      values[series] = Arrays.copyOf(values[series], n);
    }

    @Override
    void add(int series, Steps s, long time, double value) {
      int n = sizes[series];
      if (n == times[series].length) {
        grow(series, n + 1);
      }
      times[series][n] = time;
      values[series][n] = value;
      sizes[series] = n + 1;
    }

    @Override
    void merge(int series, Accumulators other, int otherSeries) {
      Samples o = (Samples) other;
      int n = o.sizes[otherSeries];
      int all = sizes[series] + n;
      if (all > times[series].length) {
        grow(series, all);
      }
      System.arraycopy(o.times[otherSeries], 0, times[series], sizes[series], n);
      System.arraycopy(o.values[otherSeries], 0, values[series], sizes[series], n);
      sizes[series] = all;
    }

    int size(int series) {
      return sizes[series];
    }

    /** Sorts the samples of a series by time, equal times by value. */
    void sort(int series) {
      int n = sizes[series];
      long[] t = times[series];
      double[] v = values[series];
      boolean sorted = true;
      for (int i = 1; i < n && sorted; i++) {
        sorted = t[i - 1] < t[i];
      }
      if (sorted) {
        return;
      }
      run.hold(24L * n);
      long base = t[0];
      long end = t[0];
      for (int i = 1; i < n; i++) {
        base = Math.min(base, t[i]);
        end = Math.max(end, t[i]);
      }
      int bits = 32 - Integer.numberOfLeadingZeros(n);
      if (end - base < 0 || end - base >= 1L << 63 - bits) {
        sortAny(series, n);
        return;
      }
      // One number for the time since the first one and the place: numbers sort faster than
      // objects.
      long[] keys = new long[n];
      for (int i = 0; i < n; i++) {
        keys[i] = t[i] - base << bits | i;
      }
      Arrays.sort(keys);
      double[] moved = new double[n];
      for (int i = 0; i < n; i++) {
        moved[i] = v[(int) (keys[i] & (1L << bits) - 1)];
        t[i] = (keys[i] >>> bits) + base;
      }
      for (int from = 0; from < n; ) {
        int to = from + 1;
        while (to < n && t[to] == t[from]) {
          to++;
        }
        if (to - from > 1) {
          Arrays.sort(moved, from, to);
        }
        from = to;
      }
      values[series] = moved;
    }

    /** Sorts samples whose times are too far apart for the numbers used by {@link #sort}. */
    private void sortAny(int series, int n) {
      long[] t = times[series];
      double[] v = values[series];
      Integer[] order = new Integer[n];
      for (int i = 0; i < n; i++) {
        order[i] = i;
      }
      Arrays.sort(
          order,
          (a, b) -> {
            int c = Long.compare(t[a], t[b]);
            return c != 0 ? c : Double.compare(v[a], v[b]);
          });
      long[] st = new long[n];
      double[] sv = new double[n];
      for (int i = 0; i < n; i++) {
        st[i] = t[order[i]];
        sv[i] = v[order[i]];
      }
      times[series] = st;
      values[series] = sv;
    }

    long[] times(int series) {
      return times[series];
    }

    double[] values(int series) {
      return values[series];
    }
  }
}
