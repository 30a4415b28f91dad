package dev.tethys.query.promql.exec;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counter of evaluated and read samples, in total and, on request, by step of one grid. Operators
 * count into the counter of their grid; subqueries have separate ones. Thread-safe.
 *
 * <p>Samples are counted by step, one series at a time, under a lock: counting single steps without
 * a lock took half the time of a subquery over a sum of rates.
 */
public final class SampleCount {
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final long @Nullable [] totalByStep; // the elements are guarded by this
  private final long @Nullable [] readByStep; // the same

  SampleCount(int steps, boolean byStep) {
    totalByStep = byStep ? new long[steps] : null;
    readByStep = byStep ? new long[steps] : null;
  }

  public boolean isByStep() {
    return totalByStep != null;
  }

  /** Counts samples that belong to no step in particular. */
  void add(long totalSamples, long readSamples) {
    total.addAndGet(totalSamples);
    read.addAndGet(readSamples);
  }

  /** Counts by step; the totals have been added by {@link #add}. */
  synchronized void addAt(int step, long totalSamples, long readSamples) {
    if (totalByStep != null && readByStep != null) {
      totalByStep[step] += totalSamples;
      readByStep[step] += readSamples;
    }
  }

  /** Counts the samples of windows by step; overlapping samples are counted as read once. */
  synchronized void addWindows(Bounds windows) {
    if (totalByStep != null && readByStep != null) {
      addWidths(windows.from(), windows.to(), totalByStep);
      addNews(windows.from(), windows.to(), readByStep);
    }
  }

  /** Variant for windows whose samples are not read. */
  synchronized void addUnread(Bounds windows) {
    if (totalByStep != null) {
      addWidths(windows.from(), windows.to(), totalByStep);
    }
  }

  private static void addWidths(int[] from, int[] to, long[] out) {
    for (int s = 0; s < out.length; s++) {
      out[s] += to[s] - from[s];
    }
  }

  private static void addNews(int[] from, int[] to, long[] out) {
    if (out.length > 0) {
      out[0] += to[0] - from[0];
    }
    for (int s = 1; s < out.length; s++) {
      out[s] += to[s] - Math.max(from[s], to[s - 1]);
    }
  }

  /** Counts the samples of a series that has one at some steps: a value that is not absent. */
  synchronized void addPresent(double[] values) {
    if (totalByStep != null && readByStep != null) {
      for (int s = 0; s < totalByStep.length; s++) {
        int one = Column.isAbsent(values[s]) ? 0 : 1;
        totalByStep[s] += one;
        readByStep[s] += one;
      }
    }
  }

  public long total() {
    return total.get();
  }

  public long read() {
    return read.get();
  }

  synchronized long readAt(int step) {
    return readByStep == null ? 0 : readByStep[step];
  }

  /** Totals by step, or null. */
  public synchronized long @Nullable [] totalSteps() {
    return totalByStep == null ? null : totalByStep.clone();
  }

  /** Samples read by step, or null. */
  public synchronized long @Nullable [] readSteps() {
    return readByStep == null ? null : readByStep.clone();
  }
}
