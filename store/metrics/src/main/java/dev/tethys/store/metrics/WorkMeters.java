package dev.tethys.store.metrics;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import java.util.concurrent.atomic.LongAdder;

/**
 * Histograms of the duration and output size of the store's own work, with Prometheus's buckets.
 */
final class WorkMeters {
  /** Number and total duration of the same kind of work. */
  static final class Duration {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    /** Records work that started at a time of {@link System#nanoTime}. */
    void since(long began) {
      nanos.add(System.nanoTime() - began);
      count.increment();
    }

    MetricFamily.Point point() {
      return new MetricFamily.Quantiles(
          count.sum(), nanos.sum() / 1e9, new double[0], new double[0]);
    }
  }

  /** Block compaction durations. */
  final BucketHistogram compactionSeconds = new BucketHistogram(powers(1, 2, 14));

  /**
   * Time ranges of chunks when memory became blocks: milliseconds, as in Prometheus, although the
   * name says seconds.
   */
  final BucketHistogram chunkRange = new BucketHistogram(powers(100, 4, 10));

  final BucketHistogram chunkSamples = new BucketHistogram(powers(4, 1.5, 12));
  final BucketHistogram chunkBytes = new BucketHistogram(powers(32, 1.5, 12));
  final BucketHistogram tombstoneSeconds = new BucketHistogram(new double[0]);

  /** Time spent removing from memory the samples that a block holds. */
  final Duration headCollections = new Duration();

  /** Time spent removing segments of the log. */
  final Duration logTruncations = new Duration();

  final LongAdder logTruncationFailures = new LongAdder();
  final LongAdder headTruncationFailures = new LongAdder();

  /** Number of checks for blocks to merge. */
  final LongAdder triggered = new LongAdder();

  /** Merges of blocks that overlap. */
  final LongAdder overlapping = new LongAdder();

  /** Snapshots of the head that a newer one replaced. */
  final LongAdder checkpointDeletions = new LongAdder();

  final LongAdder checkpointDeletionFailures = new LongAdder();

  /** Whether a block is being written. */
  volatile boolean writing;

  private static double[] powers(double first, double factor, int n) {
    double[] out = new double[n];
    double v = first;
    for (int i = 0; i < n; i++) {
      out[i] = v;
      v *= factor;
    }
    return out;
  }

  /** A chunk of a new block. */
  void chunk(long millis, int samples, int bytes) {
    chunkRange.observe(millis);
    chunkSamples.observe(samples);
    chunkBytes.observe(bytes);
  }
}
