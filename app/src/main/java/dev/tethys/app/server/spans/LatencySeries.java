package dev.tethys.app.server.spans;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import java.math.BigDecimal;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Classic histogram of latencies with the trace of the slowest request of an interval as exemplar.
 * Guarded by its owner.
 */
final class LatencySeries {
  private static final HexFormat HEX = HexFormat.of();

  private final long[] bounds; // nanoseconds
  private final long[] counts; // by bucket, the last without a bound
  private final StoredSeries[] buckets;
  private final StoredSeries sum;
  private final StoredSeries count;
  private double seconds;

  // slowest request since the last write
  private long slowest = -1;
  private long traceHigh;
  private long traceLow;

  /**
   * @param name name of the metric without a suffix
   * @param bounds upper bounds of the buckets in nanoseconds, in order
   */
  LatencySeries(String name, Labels labels, long[] bounds) {
    this.bounds = bounds;
    this.counts = new long[bounds.length + 1];
    this.buckets = new StoredSeries[counts.length];
    for (int i = 0; i < buckets.length; i++) {
      String le = i == bounds.length ? "+Inf" : bound(bounds[i]);
      LabelsBuilder b = labels.toBuilder();
      buckets[i] = new StoredSeries(name + "_bucket", b.set("le", le).build());
    }
    this.sum = new StoredSeries(name + "_sum", labels);
    this.count = new StoredSeries(name + "_count", labels);
  }

  private static String bound(long nanos) {
    return BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString();
  }

  /** Index of the bucket of a latency. */
  static int bucket(long[] bounds, long nanos) {
    int i = 0;
    while (i < bounds.length && nanos > bounds[i]) {
      i++;
    }
    return i;
  }

  /** Adds one latency. */
  void add(long nanos, long high, long low) {
    counts[bucket(bounds, nanos)]++;
    seconds += nanos / 1e9;
    exemplar(nanos, high, low);
  }

  /** Adds the latencies of a batch. */
  void add(long[] byBucket, double totalSeconds) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += byBucket[i];
    }
    seconds += totalSeconds;
  }

  /** Proposes the trace of a latency as exemplar. */
  void exemplar(long nanos, long high, long low) {
    if (nanos > slowest) {
      slowest = nanos;
      traceHigh = high;
      traceLow = low;
    }
  }

  /**
   * Appends all series.
   *
   * @param start time from which the values count, Unix milliseconds
   */
  void write(Appender a, long start, long time) {
    long below = 0;
    Exemplar exemplar = exemplar(time);
    int slow = slowest < 0 ? -1 : bucket(bounds, slowest);
    for (int i = 0; i < buckets.length; i++) {
      below += counts[i];
      buckets[i].write(a, start, time, below, i == slow ? exemplar : null);
    }
    sum.write(a, start, time, seconds, null);
    count.write(a, start, time, below, null);
    slowest = -1;
  }

  private @Nullable Exemplar exemplar(long time) {
    if (slowest < 0) {
      return null;
    }
    String id = HEX.toHexDigits(traceHigh) + HEX.toHexDigits(traceLow);
    return new Exemplar(Labels.of("traceID", id), slowest / 1e9, time);
  }

  /** Marks the end of all series. */
  void end(Appender a, long time) {
    for (StoredSeries b : buckets) {
      b.write(a, 0, time, Samples.STALE, null);
    }
    sum.write(a, 0, time, Samples.STALE, null);
    count.write(a, 0, time, Samples.STALE, null);
  }
}
