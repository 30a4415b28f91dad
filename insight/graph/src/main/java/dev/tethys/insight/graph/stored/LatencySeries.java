package dev.tethys.insight.graph.stored;

import dev.tethys.insight.graph.Durations;
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

  private final double[] bounds;
  private final Durations.Classic counts;
  private final StoredSeries[] buckets;
  private final StoredSeries sum;
  private final StoredSeries count;

  // slowest request since the last write
  private double slowest = -1;
  private long traceHigh;
  private long traceLow;

  /**
   * @param name name of the metric without a suffix
   * @param bounds upper bounds of the buckets in seconds, in order
   */
  LatencySeries(String name, Labels labels, double[] bounds) {
    this.bounds = bounds;
    this.counts = new Durations.Classic(bounds);
    this.buckets = new StoredSeries[bounds.length + 1];
    for (int i = 0; i < buckets.length; i++) {
      String le = i == bounds.length ? "+Inf" : bound(bounds[i]);
      LabelsBuilder b = labels.toBuilder();
      buckets[i] = new StoredSeries(name + "_bucket", b.set("le", le).build());
    }
    this.sum = new StoredSeries(name + "_sum", labels);
    this.count = new StoredSeries(name + "_count", labels);
  }

  private static String bound(double seconds) {
    return BigDecimal.valueOf(seconds).stripTrailingZeros().toPlainString();
  }

  /** Adds one latency in seconds. */
  void add(double seconds, long high, long low) {
    counts.add(seconds, 1);
    exemplar(seconds, high, low);
  }

  /** Adds the latencies of a batch. */
  void add(Durations.Classic batch) {
    counts.add(batch);
  }

  /** Proposes the trace of a latency as exemplar. */
  void exemplar(double seconds, long high, long low) {
    if (seconds > slowest) {
      slowest = seconds;
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
    long[] byBucket = counts.counts();
    Exemplar exemplar = exemplar(time);
    int slow = slowest < 0 ? -1 : Durations.Classic.bucket(bounds, slowest);
    for (int i = 0; i < buckets.length; i++) {
      below += byBucket[i];
      buckets[i].write(a, start, time, below, i == slow ? exemplar : null);
    }
    sum.write(a, start, time, counts.sum(), null);
    count.write(a, start, time, below, null);
    slowest = -1;
  }

  private @Nullable Exemplar exemplar(long time) {
    if (slowest < 0) {
      return null;
    }
    String id = HEX.toHexDigits(traceHigh) + HEX.toHexDigits(traceLow);
    return new Exemplar(Labels.of("traceID", id), slowest, time);
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
