package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Converts counts by Datadog's keys to a histogram with exponential buckets of scale 5, which are
 * slightly wider than the keys. The count of a key is split over the one or two buckets that it
 * overlaps, in proportion of the overlap's logarithm. A histogram that would span more than {@link
 * #MAX_BUCKETS} gets a coarser scale. Not thread-safe.
 */
final class SketchHistogram {
  static final int SCALE = 5;

  /** On either side of zero. */
  static final int MAX_BUCKETS = 2048;

  private static final double PER_KEY = DogSketch.LN_GAMMA / Math.log(2) * (1 << SCALE);

  private final TreeMap<Integer, Long> positive = new TreeMap<>();
  private final TreeMap<Integer, Long> negative = new TreeMap<>();
  private long zero;
  private long count;

  /** Adds observations of a key. */
  void add(int key, long n) {
    if (key > DogSketch.MAX_KEY || key < -DogSketch.MAX_KEY) {
      throw new CodecException("a key of " + key);
    }
    count += n;
    if (key == 0) {
      zero += n;
      return;
    }
    Map<Integer, Long> to = key > 0 ? positive : negative;
    double from = (Math.abs(key) - DogSketch.BIAS - 0.5) * PER_KEY;
    int bucket = (int) Math.floor(from);
    double share = Math.min(1, (bucket + 1 - from) / PER_KEY);
    long here = Math.round(n * share);
    merge(to, bucket, here);
    merge(to, bucket + 1, n - here);
  }

  /** Adds one observation. */
  void add(double value) {
    add(value, 1);
  }

  /** Adds observations of a value. */
  void add(double value, long n) {
    add(DogSketch.key(value), n);
  }

  private static void merge(Map<Integer, Long> to, int bucket, long n) {
    if (n > 0) {
      to.merge(bucket, n, Long::sum);
    }
  }

  long count() {
    return count;
  }

  /** Returns the point without times and attributes. */
  ExponentialHistogramDataPoint point(double sum, double min, double max) {
    int coarser = Math.max(coarser(positive), coarser(negative));
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(SCALE - coarser);
    p.setCount(count);
    p.setSum(sum);
    p.setMin(min);
    p.setMax(max);
    p.setZeroCount(zero);
    p.setZeroThreshold(DogSketch.LEAST);
    if (!positive.isEmpty()) {
      p.setPositiveOffset(positive.firstKey() >> coarser);
      p.setPositiveCounts(counts(positive, coarser));
    }
    if (!negative.isEmpty()) {
      p.setNegativeOffset(negative.firstKey() >> coarser);
      p.setNegativeCounts(counts(negative, coarser));
    }
    return p;
  }

  private static int coarser(NavigableMap<Integer, Long> of) {
    int c = 0;
    while (!of.isEmpty() && (of.lastKey() >> c) - (of.firstKey() >> c) >= MAX_BUCKETS) {
      c++;
    }
    return c;
  }

  private static long[] counts(NavigableMap<Integer, Long> of, int coarser) {
    int first = of.firstKey() >> coarser;
    long[] all = new long[(of.lastKey() >> coarser) - first + 1];
    for (Map.Entry<Integer, Long> e : of.entrySet()) {
      all[(e.getKey() >> coarser) - first] += e.getValue();
    }
    return all;
  }
}
