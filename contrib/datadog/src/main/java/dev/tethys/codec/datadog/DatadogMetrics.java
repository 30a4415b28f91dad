package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.HashMap;
import java.util.Map;

/**
 * Converts Datadog's points to OTLP metrics by the Collector's rules. A count is a delta sum; a
 * rate is also a delta sum, multiplied by its interval; a gauge is a gauge; a sketch is a delta
 * histogram with exponential buckets. A value counted over an interval starts one interval before
 * its timestamp. Not thread-safe.
 */
public final class DatadogMetrics {
  /** Kind of values in a series. */
  public enum Kind {
    COUNT,
    RATE,
    GAUGE
  }

  /**
   * Properties shared by the points of a series.
   *
   * @param unit "" if unknown
   * @param interval interval of a count or a rate in seconds; 0 if unknown
   */
  public record Series(String name, Kind kind, DatadogTags tags, String unit, long interval) {}

  /** Number of seconds from which nanoseconds exceed 64 bits. */
  static final long MAX_SECONDS = 9_200_000_000L;

  /** Buckets of all sketches of a request: a few bytes of one may become thousands. */
  static final int MAX_BUCKETS = 1 << 20;

  private enum Data {
    GAUGE,
    SUM,
    HISTOGRAM
  }

  private record Id(String name, String unit, Data data) {}

  private record Group(ScopeGroup<Metric> scope, Map<Id, Metric> metrics) {}

  private final MetricsData data = new MetricsData();
  private final Map<Attributes, Group> groups = new HashMap<>();
  private int points;
  private int buckets;

  /** Adds a point of a series. */
  public void point(Series s, long seconds, double value) {
    NumberDataPoint p = new NumberDataPoint();
    p.setTimeUnixNano(seconds * 1_000_000_000);
    boolean gauge = s.kind == Kind.GAUGE;
    if (!gauge && s.interval > 0 && s.interval <= seconds) {
      p.setStartTimeUnixNano((seconds - s.interval) * 1_000_000_000);
    }
    p.setDouble(s.kind == Kind.RATE && s.interval > 0 ? value * s.interval : value);
    p.attributes().putAll(s.tags.item());
    add(s.tags, new Id(s.name, s.unit, gauge ? Data.GAUGE : Data.SUM), p);
  }

  /** Adds a status of a check, as the Collector does. */
  public void status(String check, DatadogTags tags, long seconds, long status) {
    NumberDataPoint p = new NumberDataPoint();
    p.setTimeUnixNano(seconds * 1_000_000_000);
    p.setLong(status);
    p.attributes().putAll(tags.item());
    p.attributes().put("check", check);
    add(tags, new Id("service_check", "", Data.GAUGE), p);
  }

  /**
   * Adds a sketch.
   *
   * @throws CodecException if all of them would have more than {@link #MAX_BUCKETS}
   */
  public void sketch(String name, DatadogTags tags, ExponentialHistogramDataPoint p) {
    int length = p.positiveCounts().length + p.negativeCounts().length;
    if (length > MAX_BUCKETS - buckets) {
      throw new CodecException(
          "the sketches of a request are more than " + MAX_BUCKETS + " buckets");
    }
    buckets += length;
    p.attributes().putAll(tags.item());
    points++;
    if (metric(tags, new Id(name, "", Data.HISTOGRAM)).data()
        instanceof MetricData.ExponentialHistogram h) {
      h.points().add(p);
    }
  }

  private void add(DatadogTags tags, Id id, NumberDataPoint p) {
    points++;
    switch (metric(tags, id).data()) {
      case MetricData.Gauge g -> g.points().add(p);
      case MetricData.Sum s -> s.points().add(p);
      case null, default -> throw new IllegalStateException(id.name);
    }
  }

  private Metric metric(DatadogTags tags, Id id) {
    Group g = groups.computeIfAbsent(tags.resource(), this::group);
    return g.metrics.computeIfAbsent(
        id,
        i -> {
          Metric m = new Metric();
          m.setName(i.name);
          m.setUnit(i.unit);
          m.setData(data(i.data));
          g.scope.items().add(m);
          return m;
        });
  }

  private Group group(Attributes resource) {
    ResourceGroup<Metric> r = new ResourceGroup<>();
    r.resource().attributes().putAll(resource);
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    r.scopes().add(scope);
    data.resources().add(r);
    return new Group(scope, new HashMap<>());
  }

  private static MetricData<?> data(Data kind) {
    return switch (kind) {
      case GAUGE -> new MetricData.Gauge();
      case SUM -> {
        MetricData.Sum s = new MetricData.Sum();
        s.setTemporality(MetricData.TEMPORALITY_DELTA);
        yield s;
      }
      case HISTOGRAM -> {
        MetricData.ExponentialHistogram h = new MetricData.ExponentialHistogram();
        h.setTemporality(MetricData.TEMPORALITY_DELTA);
        yield h;
      }
    };
  }

  /** Returns the number of points. */
  public int points() {
    return points;
  }

  /** Returns the metrics, which must not be added to afterwards. */
  public MetricsData data() {
    return data;
  }
}
