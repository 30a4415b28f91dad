package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.query.promql.exec.Annotations.HistogramOperation;
import org.jspecify.annotations.Nullable;

/**
 * The sum or the mean of histograms. A mean is taken of the sum unless that overflows: then it is
 * carried on incrementally. Not thread-safe.
 */
final class HistogramMean {
  private final boolean mean;
  private @Nullable HistogramAccumulator sum;
  private @Nullable HistogramAccumulator next;
  private boolean incremental;
  private double count;
  private boolean incompatible;
  private boolean reconciled;
  private boolean resetSeen;
  private boolean notResetSeen;

  HistogramMean(boolean mean) {
    this.mean = mean;
  }

  /** Whether exponential met custom buckets: nothing more is added. */
  boolean isIncompatible() {
    return incompatible;
  }

  /** Whether custom bounds were cut since the last call. */
  boolean takeReconciled() {
    boolean r = reconciled;
    reconciled = false;
    return r;
  }

  /** Whether histograms have conflicting reset hints. */
  boolean hasResetConflict() {
    return resetSeen && notResetSeen;
  }

  /** Adds one; returns false if it does not fit. */
  boolean add(Histogram h) {
    if (incompatible) {
      return false;
    }
    resetSeen |= h.resetHint() == ResetHint.RESET;
    notResetSeen |= h.resetHint() == ResetHint.NOT_RESET;
    count++;
    HistogramAccumulator s = sum;
    if (s == null) {
      sum = new HistogramAccumulator(h);
      return true;
    }
    if (!mean) {
      return note(s.addCompensated(h));
    }
    if (!incremental) {
      HistogramAccumulator n = next == null ? new HistogramAccumulator(h) : next;
      n.set(s);
      if (!note(n.addCompensated(h))) {
        return false;
      }
      if (!n.hasOverflow()) {
        sum = n;
        next = s;
        return true;
      }
      incremental = true;
      s.divide(count - 1);
    }
    s.multiply((count - 1) / count);
    return note(s.addCompensated(new HistogramAccumulator(h).divide(count).withEmptyBuckets()));
  }

  private boolean note(int outcome) {
    if (outcome == HistogramAccumulator.INCOMPATIBLE) {
      incompatible = true;
      return false;
    }
    reconciled |= (outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0;
    return true;
  }

  /** Returns the result without empty buckets; requires at least one compatible histogram. */
  Histogram result() {
    return sum().toHistogram();
  }

  private HistogramAccumulator sum() {
    HistogramAccumulator s = Streams.there(sum);
    if (mean && !incremental) {
      s.divide(count);
    }
    return s.settle();
  }

  /** Writes the result of a window at a step, or an annotation if there is none. */
  void finish(Windows w, int step, SeriesTarget out) {
    if (incompatible) {
      w.annotations.mixedSchemas(w.metricName(), w.span);
      return;
    }
    if (hasResetConflict()) {
      w.annotations.resetConflict(HistogramOperation.AGGREGATION, w.span);
    }
    if (takeReconciled()) {
      w.annotations.boundsReconciled(HistogramOperation.AGGREGATION, w.span);
    }
    out.set(step, sum().withEmptyBuckets());
  }
}
