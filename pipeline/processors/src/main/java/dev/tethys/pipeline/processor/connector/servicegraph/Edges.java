package dev.tethys.pipeline.processor.connector.servicegraph;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.processor.KeptBytes;
import dev.tethys.pipeline.processor.connector.spanmetrics.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Request counters by client and server. Guarded by the connector. */
final class Edges {
  /** How many; further ones are not counted. */
  static final int MOST = 100_000;

  private static final String PREFIX = "traces_service_graph_request_";

  private record Edge(
      String client, String server, String connection, boolean failed, Map<String, String> others) {
    static Edge of(Request r, boolean virtualLabel) {
      Map<String, String> others = new TreeMap<>(r.dimensions);
      if (virtualLabel) {
        others.put(Request.VIRTUAL, r.virtual);
      }
      return new Edge(r.client, r.server, r.connection, r.failed, others);
    }

    /** What its series take. */
    long bytes() {
      KeptBytes kept = new KeptBytes().text(client).text(server).text(connection);
      others.forEach((key, value) -> kept.text(key).text(value));
      return SERIES * (kept.bytes() + SeriesMemory.LABEL_BYTES * (4 + others.size()));
    }

    Attributes attributes() {
      Attributes a = new Attributes();
      a.put("client", client);
      a.put("server", server);
      a.put("connection_type", connection);
      a.put("failed", failed);
      others.forEach(a::put);
      return a;
    }
  }

  private record Counts(
      Series.Number all, Series<? extends DataPoint> server, Series<? extends DataPoint> client) {}

  /** Series of an edge: requests, failures, durations of server and client. */
  private static final int SERIES = 4;

  private final ServiceGraphSettings settings;
  private final SeriesMemory.Share memory;
  private final Map<Edge, Counts> edges = new HashMap<>();

  Edges(ServiceGraphSettings settings, SeriesMemory memory) {
    this.memory = memory.open();
    this.settings = settings;
  }

  int size() {
    return edges.size();
  }

  /** Counts a request; false where there is no room for its edge. */
  boolean count(Request r, long millis) {
    Edge e = Edge.of(r, settings.virtualLabel());
    Counts c = edges.get(e);
    if (c == null) {
      long bytes = e.bytes() + 2L * Long.BYTES * (settings.maxSize() + settings.bounds().size());
      if (edges.size() >= MOST || !memory.take(bytes)) {
        return false;
      }
      long nanos = millis * 1_000_000;
      Attributes a = e.attributes();
      c = new Counts(new Series.Number(a, nanos), durations(a, nanos), durations(a, nanos));
      c.all.setHeld(bytes);
      edges.put(e, c);
    }
    c.all.count(0, 1, millis);
    c.server.count(r.serverSeconds, 1, millis);
    c.client.count(r.clientSeconds, 1, millis);
    return true;
  }

  private Series<? extends DataPoint> durations(Attributes a, long nanos) {
    return settings.maxSize() > 0
        ? new Series.Exponential(a, nanos, settings.maxSize())
        : new Series.Explicit(
            a, nanos, settings.bounds().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Lets go of those of which nothing was heard since. */
  void removeStale(long untilMillis) {
    edges
        .values()
        .removeIf(
            c -> {
              boolean stale = c.all.seenMillis() < untilMillis;
              if (stale) {
                memory.give(c.all.held());
              }
              return stale;
            });
  }

  /** Forgets all of them. */
  void clear() {
    edges.clear();
    memory.close();
  }

  /** All of them as they stand; none where there is none. */
  List<Metric> metrics(long nanos, long offset) {
    List<Metric> out = new ArrayList<>();
    if (edges.isEmpty()) {
      return out;
    }
    out.add(metric("total", "", numbers(), (e, c) -> c.all, nanos, offset));
    if (edges.keySet().stream().anyMatch(Edge::failed)) {
      out.add(
          metric("failed_total", "", numbers(), (e, c) -> e.failed ? c.all : null, nanos, offset));
    }
    out.add(metric("server", "s", durations(), (e, c) -> c.server, nanos, offset));
    out.add(metric("client", "s", durations(), (e, c) -> c.client, nanos, offset));
    return out;
  }

  private static Supplier<MetricData.Aggregated<?>> numbers() {
    return () -> {
      MetricData.Sum sum = new MetricData.Sum();
      sum.setMonotonic(true);
      return sum;
    };
  }

  private Supplier<MetricData.Aggregated<?>> durations() {
    return settings.maxSize() > 0
        ? MetricData.ExponentialHistogram::new
        : MetricData.Histogram::new;
  }

  /** The series of an edge that a metric shows; null for none. */
  private interface SeriesOfEdge {
    @Nullable Series<? extends DataPoint> of(Edge e, Counts c);
  }

  @SuppressWarnings("unchecked") // data of a metric has the points of its series
  private Metric metric(
      String name,
      String unit,
      Supplier<MetricData.Aggregated<?>> data,
      SeriesOfEdge shown,
      long nanos,
      long offset) {
    MetricData.Aggregated<?> d = data.get();
    d.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    Function<Series<? extends DataPoint>, DataPoint> point =
        s -> s.point(s.startNanos() - offset, nanos - offset);
    edges.forEach(
        (e, c) -> {
          Series<? extends DataPoint> s = shown.of(e, c);
          if (s != null) {
            ((List<DataPoint>) d.points()).add(point.apply(s));
          }
        });
    Metric m = new Metric();
    m.setName(PREFIX + name);
    m.setUnit(unit);
    m.setData(d);
    return m;
  }
}
