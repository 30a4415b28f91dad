package dev.tethys.query.promql.exec;

import org.jspecify.annotations.Nullable;

/**
 * Windows of neighbouring steps with equal numbers of samples and equal distances, as over regular
 * scrapes, side by side: the i-th sample of each of them is a row. Compensated sums are then
 * computed row by row, for as many windows in parallel as the processor has lanes; each is still
 * computed in the order of its samples, as its last bits depend on it.
 */
final class WindowRows {
  private static final int LEAST_STEPS = 8;
  private static final int LEAST_LENGTH = 4;

  /** Steps {@code [first, end)}, by the distance and size of their windows in samples. */
  record Run(int first, int end, int stride, int length) {
    static final Run NONE = new Run(0, 0, 0, 0);

    int steps() {
      return end - first;
    }

    boolean has(int step) {
      return step >= first && step < end;
    }

    /** Rows are made by reading each sample once, which windows with gaps between do not. */
    private boolean isWorthIt() {
      return steps() >= LEAST_STEPS && stride > 0 && length >= Math.max(stride, LEAST_LENGTH);
    }
  }

  /** Returns the longest run of such windows that is worthwhile, or {@link Run#NONE}. */
  static Run longest(int[] from, int[] to) {
    Run best = Run.NONE;
    for (int first = 0; first + 1 < from.length; ) {
      int stride = from[first + 1] - from[first];
      int length = to[first] - from[first];
      int end = first + 1;
      while (end < from.length
          && from[end] - from[end - 1] == stride
          && to[end] - from[end] == length) {
        end++;
      }
      Run run = new Run(first, end, stride, length);
      if (run.steps() > best.steps() && run.isWorthIt()) {
        best = run;
      }
      first = end;
    }
    return best;
  }

  /**
   * Whether there is a run, whose windows have their samples at the same times from step to step.
   */
  static boolean isRegular(Run run, int[] from, long[] times, long step) {
    if (run == Run.NONE) {
      return false;
    }
    int end = from[run.end - 1] + run.length;
    for (int i = from[run.first] + run.stride; i < end; i++) {
      if (times[i] - times[i - run.stride] != step) {
        return false;
      }
    }
    return true;
  }

  final Run run;

  /** Sums by window from the first of the run, and the rounding errors of each. */
  final double[] sums;

  final double[] carries;
  private final Windows w;
  private final double[] row;
  private final double[] apart; // every stride-th sample, from the first on, from the second on ...
  private final int offset;
  private final int part; // how many samples each of these has

  WindowRows(Windows w, Run run) {
    this.w = w;
    this.run = run;
    int n = run.steps();
    Workspace ws = w.workspace;
    row = ws.scratch(0, n);
    sums = ws.zeros(1, n);
    carries = ws.zeros(2, n);
    int begin = w.from[run.first];
    if (run.stride == 1) {
      apart = w.values;
      offset = begin;
      part = 0;
      return;
    }
    part = n + (run.length - 1) / run.stride;
    apart = ws.scratch(3, run.stride * part);
    offset = 0;
    int end = w.from[run.end - 1] + run.length;
    for (int r = 0; r < run.stride; r++) {
      deinterleave(w.values, begin + r, end, run.stride, apart, r * part);
    }
  }

  private static void deinterleave(
      double[] v, int from, int end, int stride, double[] out, int at) {
    for (int i = from; i < end; i += stride) {
      out[at++] = v[i];
    }
  }

  /** Returns the rows of windows, or null if there are none. */
  static @Nullable WindowRows of(Windows w) {
    Run run = w.bounds.run();
    return run == Run.NONE ? null : new WindowRows(w, run);
  }

  /** Returns the values of a row, valid until the next is requested. */
  double[] row(int i) {
    w.countSamples(run.steps());
    int from = offset + i % run.stride * part + i / run.stride;
    System.arraycopy(apart, from, row, 0, run.steps());
    return row;
  }

  /** Adds all rows to {@link #sums}; those that are not finite in the end may be wrong. */
  void sum() {
    for (int i = 0; i < run.length; i++) {
      add(row(i), sums, carries, run.steps());
    }
  }

  /** Adds a row to sums (Neumaier); see {@link Kernels#carry} for values that may not be finite. */
  static void add(double[] row, double[] sums, double[] carries, int n) {
    for (int s = 0; s < n; s++) {
      double x = row[s];
      double before = sums[s];
      double t = before + x;
      double part = t - before;
      carries[s] += (before - (t - part)) + (x - part);
      sums[s] = t;
    }
  }

  static void multiply(double[] row, double factor, int n) {
    for (int s = 0; s < n; s++) {
      row[s] *= factor;
    }
  }
}
