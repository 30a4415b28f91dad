package dev.tethys.insight.inspections;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Past values of series, with their medians. The values of a series are not recorded while it has a
 * problem, so that a long failure does not become normal. Bounded by {@link #MAX_SERIES} series
 * with {@link #MAX_VALUES} values each.
 */
final class InspectionBaselines {
  static final int MAX_SERIES = 20_000;
  static final int MAX_VALUES = 60;

  /** Minimum number of values for a median. */
  static final int LEAST_VALUES = 3;

  /** Values up to which each evaluation is recorded, so that a young series soon has a median. */
  private static final int FIRST_VALUES = 10;

  private static final int LONGEST_PROBLEM = 6;

  private static final class Values {
    final float[] values = new float[MAX_VALUES];
    int count;
    int next;
    long recorded = Long.MIN_VALUE;
    long used;
  }

  private final Map<Map<String, String>, Values> bySeries = new HashMap<>();
  private final long range;

  /**
   * @param range time that the values cover, in milliseconds
   */
  InspectionBaselines(long range) {
    this.range = range;
  }

  /** Returns the time between two recorded values. */
  long step() {
    return range / MAX_VALUES;
  }

  /** Returns the median of a series; NaN if there are too few values. */
  double median(Map<String, String> series, long now) {
    Values v = bySeries.get(series);
    if (v == null) {
      return Double.NaN;
    }
    v.used = now;
    if (v.count < LEAST_VALUES) {
      return Double.NaN;
    }
    float[] sorted = Arrays.copyOf(v.values, v.count);
    Arrays.sort(sorted);
    int middle = v.count / 2;
    return v.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
  }

  /**
   * Records that a series has a problem. After {@link #LONGEST_PROBLEM} ranges its current level
   * counts as normal and its history is discarded.
   */
  void skip(Map<String, String> series, long now) {
    Values v = bySeries.get(series);
    if (v != null && now - v.recorded > LONGEST_PROBLEM * range) {
      v.count = 0;
      v.next = 0;
      v.recorded = now;
    }
  }

  /**
   * Records a value, at most one for each step after the first ones. A series beyond the bound is
   * not recorded.
   */
  void record(Map<String, String> series, double value, long time) {
    Values v = bySeries.get(series);
    if (v == null) {
      if (bySeries.size() >= MAX_SERIES) {
        return;
      }
      v = new Values();
      bySeries.put(series, v);
      v.used = time;
    }
    if (v.count >= FIRST_VALUES && time - v.recorded < step() || time <= v.recorded) {
      return;
    }
    v.recorded = time;
    v.values[v.next] = (float) value;
    v.next = (v.next + 1) % MAX_VALUES;
    v.count = Math.min(v.count + 1, MAX_VALUES);
  }

  /** Removes series not used within the range. */
  void expire(long now) {
    bySeries.values().removeIf(v -> now - v.used > range);
  }

  int size() {
    return bySeries.size();
  }
}
