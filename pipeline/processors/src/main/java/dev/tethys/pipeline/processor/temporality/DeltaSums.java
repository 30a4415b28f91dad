package dev.tethys.pipeline.processor.temporality;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.processor.KeptBytes;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.StreamKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Accumulates delta sums and histograms by stream. Points older than the accumulated ones are
 * rejected, as are points of new streams when there are too many or their memory is used up.
 *
 * <p>The newest delta of a stream may arrive again if its sender has to retry because the sum was
 * not accepted. It is added once, and the sum is emitted again.
 */
public final class DeltaSums {
  /**
   * A stream.
   *
   * @param lastStart start of its newest delta, Unix nanoseconds
   * @param bytes its share of the memory of series
   */
  private record Sum(DataPoint point, long lastStart, long seenMillis, long bytes) {
    boolean isAgain(DataPoint p) {
      return p.timeUnixNano() == point.timeUnixNano()
          && p.startTimeUnixNano() == lastStart
          && lastStart != 0;
    }
  }

  private final long maxStaleMillis;
  private final int maxStreams;

  @GuardedBy("this")
  private final SeriesMemory.Share memory;

  /** Accumulated sums, least recently updated stream first. */
  @GuardedBy("this")
  private final LinkedHashMap<StreamKey, Sum> sums = new LinkedHashMap<>();

  /**
   * Creates an instance without streams.
   *
   * @param maxStale time without a point after which a stream is removed
   */
  public DeltaSums(Duration maxStale, int maxStreams) {
    this(maxStale, maxStreams, SeriesMemory.process());
  }

  /** Variant with other memory. */
  DeltaSums(Duration maxStale, int maxStreams, SeriesMemory memory) {
    this.memory = memory.open();
    this.maxStaleMillis = maxStale.toMillis();
    this.maxStreams = maxStreams;
  }

  /**
   * Converts all deltas of a request to sums; rejected points are removed.
   *
   * @return whether there were deltas
   */
  public synchronized boolean add(MetricsData data, long now) {
    forget(now);
    boolean changed = false;
    for (ResourceGroup<Metric> r : data.resources()) {
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric m : s.items()) {
          if (m.data() instanceof MetricData.Aggregated<?> a
              && a.temporality() == MetricData.TEMPORALITY_DELTA) {
            metric(r, s, m, a, now);
            changed = true;
          }
        }
        s.items().removeIf(m -> m.data() != null && m.data().points().isEmpty());
      }
    }
    return changed;
  }

  @GuardedBy("this")
  private void forget(long now) {
    var it = sums.values().iterator();
    while (it.hasNext()) {
      Sum s = it.next();
      if (now - s.seenMillis() <= maxStaleMillis) {
        return;
      }
      it.remove();
      memory.give(s.bytes());
    }
  }

  /** Forgets all streams. */
  public synchronized void clear() {
    sums.clear();
    memory.close();
  }

  @GuardedBy("this")
  @SuppressWarnings("unchecked") // a sum has the class of its points
  private <P extends DataPoint> void metric(
      ResourceGroup<Metric> r,
      ScopeGroup<Metric> s,
      Metric m,
      MetricData.Aggregated<P> data,
      long now) {
    List<P> made = new ArrayList<>();
    for (P p : data.points()) {
      DataPoint sum = add(StreamKey.of(r, s, m, p), p, now);
      if (sum != null) {
        made.add((P) sum.copy());
      }
    }
    data.points().clear();
    data.points().addAll(made);
    data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
  }

  @GuardedBy("this")
  private @Nullable DataPoint add(StreamKey key, DataPoint p, long now) {
    if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
      return null;
    }
    Sum known = sums.remove(key);
    if (known == null) {
      long bytes = KeptBytes.of(key, p);
      if (sums.size() >= maxStreams || !memory.take(bytes)) {
        return null;
      }
      DataPoint first = p.copy();
      sums.put(key, new Sum(first, p.startTimeUnixNano(), now, bytes));
      return first;
    }
    DataPoint sum = known.point();
    if (known.isAgain(p)) {
      sums.put(key, new Sum(sum, known.lastStart(), now, known.bytes()));
      return sum;
    }
    if (p.timeUnixNano() <= sum.timeUnixNano()
        || p.startTimeUnixNano() < sum.startTimeUnixNano() && p.startTimeUnixNano() != 0) {
      sums.put(key, known);
      return null;
    }
    long before = KeptBytes.of(sum);
    DataPoint added = Points.add(sum, p) ? sum : p.copy(); // bounds changed: restart the sum
    long grown = KeptBytes.of(added) - before;
    if (!memory.take(grown)) {
      memory.give(known.bytes());
      return null; // forgotten
    }
    added.setTimeUnixNano(p.timeUnixNano());
    sums.put(key, new Sum(added, p.startTimeUnixNano(), now, known.bytes() + grown));
    return added;
  }
}
