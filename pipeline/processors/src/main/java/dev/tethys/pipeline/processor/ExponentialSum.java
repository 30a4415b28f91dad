package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Merges several exponential histograms. Every observation stays in a bucket that contains it; if
 * there would be too many buckets, they are widened to a lower scale.
 */
final class ExponentialSum {
  /** Maximum number of buckets per sign; the same limit as in the Collector and the SDKs. */
  static final int MAX_BUCKETS = 160;

  /** Lowest scale in use; any number falls into one of its three buckets. */
  static final int MIN_SCALE = -10;

  /**
   * A point while it is added.
   *
   * @param threshold its own
   */
  private record Part(double threshold, ExponentialBuckets positive, ExponentialBuckets negative) {
    static Part of(ExponentialHistogramDataPoint p) {
      return new Part(
          p.zeroThreshold(), ExponentialBuckets.positive(p), ExponentialBuckets.negative(p));
    }

    double wholeThreshold(double common) {
      // A histogram that always had this threshold has nothing below it in the bucket it splits.
      return threshold < common ? negative.wholeThreshold(positive.wholeThreshold(common)) : common;
    }

    long takeUpTo(double common) {
      return threshold < common ? positive.takeUpTo(common) + negative.takeUpTo(common) : 0;
    }
  }

  /** Range of non-empty indexes of one sign at a scale. */
  private record Range(long low, long high) {
    static final Range NONE = new Range(0, -1);

    static Range of(List<ExponentialBuckets> all, int scale) {
      Range range = NONE;
      for (ExponentialBuckets b : all) {
        if (b.isEmpty()) {
          continue;
        }
        long by = (long) b.scale() - scale;
        long low = ExponentialBuckets.lowered(b.lowest(), by);
        long high = ExponentialBuckets.lowered(b.highest(), by);
        range =
            range.equals(NONE)
                ? new Range(low, high)
                : new Range(Math.min(range.low, low), Math.max(range.high, high));
      }
      return range;
    }

    Range lowered(int by) {
      return equals(NONE)
          ? NONE
          : new Range(ExponentialBuckets.lowered(low, by), ExponentialBuckets.lowered(high, by));
    }

    int width() {
      return (int) (high - low + 1);
    }

    /** Whether there are few enough buckets and all indexes can be encoded. */
    boolean fits() {
      return high - low < MAX_BUCKETS && low == (int) low && high <= Integer.MAX_VALUE;
    }
  }

  private ExponentialSum() {}

  /**
   * Adds points to one of them.
   *
   * @param into the target, a member of the group
   * @return whether they could be added; nothing is changed otherwise
   */
  static boolean add(
      ExponentialHistogramDataPoint into, List<ExponentialHistogramDataPoint> group) {
    // Finest scale first: bounds of a coarser scale are bounds of all finer ones, so a threshold
    // that moves up to such a bound splits no bucket checked before.
    List<ExponentialHistogramDataPoint> finest = new ArrayList<>(group);
    finest.sort(Comparator.comparingInt(ExponentialHistogramDataPoint::scale).reversed());
    List<Part> parts = finest.stream().map(Part::of).toList();
    double threshold = threshold(parts);
    long zeros = 0;
    for (Part p : parts) {
      zeros += p.takeUpTo(threshold);
    }

    List<ExponentialBuckets> positive = parts.stream().map(Part::positive).toList();
    List<ExponentialBuckets> negative = parts.stream().map(Part::negative).toList();
    int common = finest.getLast().scale();
    Range up = Range.of(positive, common);
    Range down = Range.of(negative, common);
    int by = 0;
    while (!up.lowered(by).fits() || !down.lowered(by).fits()) {
      by++;
    }
    if (by > 0 && (long) common - by < MIN_SCALE) {
      return false;
    }

    int scale = common - by;
    up = up.lowered(by);
    down = down.lowered(by);
    into.setScale(scale);
    into.setPositiveOffset(up.width() == 0 ? 0 : (int) up.low());
    into.setPositiveCounts(sum(positive, up, scale));
    into.setNegativeOffset(down.width() == 0 ? 0 : (int) down.low());
    into.setNegativeCounts(sum(negative, down, scale));
    into.setZeroThreshold(threshold);
    into.setZeroCount(into.zeroCount() + zeros);
    for (ExponentialHistogramDataPoint e : group) {
      if (e != into) {
        addWhole(into, e);
      }
    }
    return true;
  }

  /** Returns the largest threshold of all, or slightly more, so that no bucket is split. */
  private static double threshold(List<Part> parts) {
    double most = 0;
    for (Part p : parts) {
      most = p.threshold() > most ? p.threshold() : most;
    }
    for (Part p : parts) {
      most = p.wholeThreshold(most);
    }
    return most;
  }

  private static long[] sum(List<ExponentialBuckets> all, Range range, int scale) {
    long[] sums = new long[range.width()];
    for (ExponentialBuckets b : all) {
      b.addTo(sums, range.low(), scale);
    }
    return sums;
  }

  /** Adds values that cover all observations. */
  private static void addWhole(
      ExponentialHistogramDataPoint into, ExponentialHistogramDataPoint e) {
    into.setCount(into.count() + e.count());
    into.setZeroCount(into.zeroCount() + e.zeroCount());
    if (into.hasSum() && e.hasSum()) {
      into.setSum(into.sum() + e.sum());
    } else {
      into.clearSum();
    }
    Points.extremes(into, e);
    into.exemplars().addAll(e.exemplars());
  }
}
