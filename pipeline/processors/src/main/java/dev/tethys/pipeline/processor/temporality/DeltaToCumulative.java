package dev.tethys.pipeline.processor.temporality;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.Simple;
import dev.tethys.pipeline.processor.StreamKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/**
 * The {@code deltatocumulative} processor: delta sums and histograms are added up. A point that is
 * older than what was added already is dropped, and so is one of a new stream when there are too
 * many.
 */
public final class DeltaToCumulative {
  /** Why points are missing. */
  static final String NOT_ADDED = "not_added";

  /** The most streams that can be configured and the default. */
  public static final int MAX_STREAMS = 1_000_000;

  private static final Section SECTION =
      new Section("deltatocumulative", "Turns deltas into cumulative metrics.");
  private static final Key<Duration> MAX_STALE =
      SECTION.key(
          "max_stale",
          Type.DURATION,
          Duration.ofMinutes(5),
          "After how long a stream is forgotten.");
  private static final Key<Long> STREAMS =
      SECTION.key(
          "max_streams", Type.UINT, (long) MAX_STREAMS, "How many streams are added up at most.");

  /** The settings. */
  public record Settings(Duration maxStale, int maxStreams) {}

  private record Sum(DataPoint point, long seenMillis) {}

  private final long maxStaleMillis;
  private final int maxStreams;
  private final dev.tethys.pipeline.Clockwork clock;

  /** What was added up, the streams that had a point longest ago first. */
  private final LinkedHashMap<StreamKey, Sum> sums = new LinkedHashMap<>(); // guarded by this

  private DeltaToCumulative(Settings s, dev.tethys.pipeline.Clockwork clock) {
    this.maxStaleMillis = s.maxStale().toMillis();
    this.maxStreams = s.maxStreams();
    this.clock = clock;
  }

  public static ProcessorFactory<Settings> factory() {
    return new Simple<>(
        "deltatocumulative",
        List.of("delta_to_cumulative"),
        "Turns deltas into cumulative metrics.",
        SECTION.type(
            o -> {
              if (o.get(MAX_STALE).isNegative() || o.get(MAX_STALE).isZero()) {
                throw o.error(MAX_STALE, "is longer than nothing");
              }
              if (Long.compareUnsigned(o.get(STREAMS), MAX_STREAMS) > 0) {
                throw o.error(STREAMS, "is at most " + MAX_STREAMS);
              }
              return new Settings(o.get(MAX_STALE), (int) (long) o.get(STREAMS));
            }),
        Set.of(Signal.METRICS),
        NOT_ADDED,
        (s, _, context) -> {
          DeltaToCumulative d = new DeltaToCumulative(s, context.clock());
          return (data, _) -> d.edit(data);
        });
  }

  private synchronized boolean edit(Telemetry<?> data) {
    long now = clock.millis();
    forget(now);
    boolean changed = false;
    for (ResourceGroup<Metric> r : ((MetricsData) data).resources()) {
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

  private void forget(long now) {
    var it = sums.values().iterator();
    while (it.hasNext() && now - it.next().seenMillis() > maxStaleMillis) {
      it.remove();
    }
  }

  @SuppressWarnings("unchecked") // sums are of the class of what is added to them
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

  private @org.jspecify.annotations.Nullable DataPoint add(StreamKey key, DataPoint p, long now) {
    if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
      return null;
    }
    Sum known = sums.remove(key);
    if (known == null) {
      if (sums.size() >= maxStreams) {
        return null;
      }
      DataPoint first = p.copy();
      sums.put(key, new Sum(first, now));
      return first;
    }
    DataPoint sum = known.point();
    if (p.timeUnixNano() <= sum.timeUnixNano()
        || p.startTimeUnixNano() < sum.startTimeUnixNano() && p.startTimeUnixNano() != 0) {
      sums.put(key, known);
      return null;
    }
    DataPoint added = Points.add(sum, p) ? sum : p.copy(); // other bounds: it begins anew
    added.setTimeUnixNano(p.timeUnixNano());
    sums.put(key, new Sum(added, now));
    return added;
  }
}
