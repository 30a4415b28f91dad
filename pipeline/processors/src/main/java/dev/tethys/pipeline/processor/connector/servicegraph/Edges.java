package dev.tethys.pipeline.processor.connector.servicegraph;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.Counted;
import dev.tethys.insight.graph.Durations;
import dev.tethys.insight.graph.Edge;
import dev.tethys.insight.graph.Request;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.processor.connector.CountPoints;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Request counters by client and server, under the connector's names. Guarded by the connector. */
final class Edges {
  /** Maximum number of edges; further ones are not counted. */
  static final int MOST = 100_000;

  private static final String PREFIX = "traces_service_graph_request_";

  /** Series of an edge: requests, failures, durations of server and client. */
  private static final int SERIES = 4;

  private static final int LABELS = 4;

  private static final class Counts extends Counted {
    private final Durations server;
    private final Durations client;
    private long requests;

    Counts(Supplier<Durations> durations, long millis) {
      super(millis);
      server = durations.get();
      client = durations.get();
    }
  }

  private final Supplier<Durations> durations;
  private final long durationBytes;
  private final SeriesRoom room;
  private final CountTable<Edge, Counts> edges;

  Edges(ServiceGraphSettings settings, SeriesMemory memory) {
    this.room = new SeriesRoom(MOST, memory);
    this.edges = new CountTable<>(room);
    this.durations =
        settings.maxSize() > 0
            ? Durations.exponential(settings.maxSize())
            : Durations.classic(
                settings.bounds().stream().mapToDouble(Double::doubleValue).toArray());
    this.durationBytes = 2L * Long.BYTES * (settings.maxSize() + settings.bounds().size());
  }

  /** Counts a request; returns false if there is no space for its edge. */
  boolean count(Request r, long millis) {
    Edge e = r.edge("", true);
    Counts c = edges.get(e);
    if (c == null) {
      c =
          edges.add(
              e, 1, e.bytes(SERIES, LABELS) + durationBytes, () -> new Counts(durations, millis));
    }
    if (c == null) {
      return false;
    }
    c.seen(millis);
    c.requests++;
    c.server.add(r.serverNanos / 1e9, 1);
    c.client.add(r.clientNanos / 1e9, 1);
    return true;
  }

  /** Removes edges without requests since a given time. */
  void removeStale(long untilMillis) {
    edges.expire(untilMillis - 1);
  }

  /** Clears all edges. */
  void clear() {
    edges.clear();
    room.close();
  }

  /** Metrics of all edges; none if there is no edge. */
  List<Metric> metrics(long nanos, long offset) {
    List<Metric> out = new ArrayList<>();
    Window window = new Window(nanos, offset);
    add("total", "", (_, c) -> CountPoints.of(c.requests), window, out);
    add("failed_total", "", (e, c) -> e.failed() ? CountPoints.of(c.requests) : null, window, out);
    add("server", "s", (_, c) -> CountPoints.of(c.server), window, out);
    add("client", "s", (_, c) -> CountPoints.of(c.client), window, out);
    return out;
  }

  private record Window(long nanos, long offset) {}

  private void add(
      String name,
      String unit,
      BiFunction<Edge, Counts, @Nullable DataPoint> pointOf,
      Window w,
      List<Metric> to) {
    List<DataPoint> points = new ArrayList<>(edges.size());
    edges.forEach(
        (e, c) -> {
          DataPoint p = pointOf.apply(e, c);
          if (p != null) {
            long start = c.created() * 1_000_000 - w.offset;
            points.add(CountPoints.with(p, attributes(e), start, w.nanos - w.offset));
          }
        });
    if (!points.isEmpty()) {
      to.add(CountPoints.metric(PREFIX + name, unit, MetricData.TEMPORALITY_CUMULATIVE, points));
    }
  }

  private static Attributes attributes(Edge e) {
    Attributes a = new Attributes();
    a.put("client", e.client());
    a.put("server", e.server());
    a.put("connection_type", e.connection());
    a.put("failed", e.failed());
    e.dimensions().forEach(a::put);
    return a;
  }
}
