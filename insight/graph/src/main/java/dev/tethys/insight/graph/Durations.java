package dev.tethys.insight.graph;

import dev.tethys.model.histogram.ExponentialCounts;
import java.util.Arrays;
import java.util.function.Supplier;

/** Distribution of durations. Guarded by its owner. */
public sealed interface Durations {
  /** Adds a duration. */
  void add(double duration, long times);

  /** Creates empty distributions with the given bounds. */
  static Supplier<Durations> classic(double... bounds) {
    return () -> new Classic(bounds);
  }

  /** Creates empty distributions with at most {@code maxSize} exponential buckets. */
  static Supplier<Durations> exponential(int maxSize) {
    return () -> new Exponential(maxSize);
  }

  /** Counts between fixed bounds. A duration that equals a bound belongs to the bucket below. */
  final class Classic implements Durations {
    private final double[] bounds;
    private final long[] counts; // the last without a bound
    private double sum;

    /**
     * @param bounds upper bounds in order, not copied
     */
    public Classic(double[] bounds) {
      this.bounds = bounds;
      this.counts = new long[bounds.length + 1];
    }

    /** Returns the index of the bucket that contains a duration. */
    public static int bucket(double[] bounds, double duration) {
      int at = Arrays.binarySearch(bounds, duration);
      return at < 0 ? -at - 1 : at;
    }

    @Override
    public void add(double duration, long times) {
      counts[bucket(bounds, duration)] += times;
      sum += duration * times;
    }

    /** Adds another distribution with the same bounds. */
    public void add(Classic other) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] += other.counts[i];
      }
      sum += other.sum;
    }

    public double[] bounds() {
      return bounds.clone();
    }

    public long[] counts() {
      return counts.clone();
    }

    public long count() {
      long all = 0;
      for (long n : counts) {
        all += n;
      }
      return all;
    }

    public double sum() {
      return sum;
    }
  }

  /** Counts in exponential buckets, whose scale shrinks when there are too many. */
  final class Exponential implements Durations {
    /** The finest and the coarsest scale of OpenTelemetry's SDKs. */
    private static final int MAX_SCALE = 20;

    private static final int MIN_SCALE = -10;

    private final ExponentialCounts counts;

    public Exponential(int maxSize) {
      this.counts = new ExponentialCounts(MAX_SCALE, MIN_SCALE, maxSize);
    }

    @Override
    public void add(double duration, long times) {
      counts.observe(duration, times);
    }

    public ExponentialCounts counts() {
      return counts;
    }
  }
}
