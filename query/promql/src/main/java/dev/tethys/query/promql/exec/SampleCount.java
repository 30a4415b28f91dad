package dev.tethys.query.promql.exec;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Samples looked at and read, in all and, if wanted, by step of one grid. Operators count into the
 * one of their grid; subqueries have their own. Safe for several threads.
 */
public final class SampleCount {
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final @Nullable AtomicLongArray totalByStep;
  private final @Nullable AtomicLongArray readByStep;

  SampleCount(int steps, boolean byStep) {
    totalByStep = byStep ? new AtomicLongArray(steps) : null;
    readByStep = byStep ? new AtomicLongArray(steps) : null;
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
  void addAt(int step, long totalSamples, long readSamples) {
    if (totalByStep != null && readByStep != null) {
      totalByStep.addAndGet(step, totalSamples);
      readByStep.addAndGet(step, readSamples);
    }
  }

  public long total() {
    return total.get();
  }

  public long read() {
    return read.get();
  }

  long readAt(int step) {
    return readByStep == null ? 0 : readByStep.get(step);
  }

  /** Totals by step, or null. */
  public long @Nullable [] totalSteps() {
    return copy(totalByStep);
  }

  /** Samples read by step, or null. */
  public long @Nullable [] readSteps() {
    return copy(readByStep);
  }

  private static long @Nullable [] copy(@Nullable AtomicLongArray a) {
    if (a == null) {
      return null;
    }
    long[] out = new long[a.length()];
    for (int i = 0; i < out.length; i++) {
      out[i] = a.get(i);
    }
    return out;
  }
}
