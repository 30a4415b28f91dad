package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.Request;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.graph.query.ServiceNode.Kind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Derives calls between services from counters of paired spans, {@code traces_service_graph_*}:
 * those of the server, of the connector, and of Tempo's metrics-generator.
 */
public final class CallGraph {
  private static final String REQUESTS = "traces_service_graph_request_";
  private static final String CLIENT_NAMESPACE = "client_service_namespace";
  private static final String SERVER_NAMESPACE = "server_service_namespace";
  private static final String LABELS =
      "client, server, connection_type, " + CLIENT_NAMESPACE + ", " + SERVER_NAMESPACE;

  /** Quantiles of {@link Latency}. */
  static final double[] QUANTILES = {0.5, 0.95, 0.99};

  private final MetricAnswers answers;

  public CallGraph(MetricAnswers answers) {
    this.answers = answers;
  }

  /** Returns the edges with their means over a range. */
  public List<CallEdge> edges(Window w) {
    return map(w).edges();
  }

  private static String sum(String labels, String inner) {
    return "sum by (" + labels + ") (" + inner + ")";
  }

  /** Returns the nodes and edges over a range. */
  ServiceMap map(Window w) {
    MapBuilder map = new MapBuilder();
    Map<String, String> namespaces = new HashMap<>();
    for (Sample s : w.ask(answers, sum(LABELS, w.rate(REQUESTS + "total")))) {
      if (s.label("client").isEmpty() || s.label("server").isEmpty() || !isFinite(s)) {
        continue;
      }
      edge(map, s).rate += s.value();
      putNamespace(namespaces, s, "client", CLIENT_NAMESPACE);
      putNamespace(namespaces, s, "server", SERVER_NAMESPACE);
    }
    if (map.edges().isEmpty()) {
      return ServiceMap.EMPTY;
    }
    for (Sample s : w.ask(answers, sum(LABELS, w.rate(REQUESTS + "failed_total")))) {
      MapBuilder.EdgeSums f = find(map, s);
      if (f != null && isFinite(s)) {
        f.failed += s.value();
      }
    }
    for (int i = 0; i < QUANTILES.length; i++) {
      for (String side : List.of("client", "server")) {
        quantile(map, w, i, side);
      }
    }
    addNodes(map, namespaces);
    return map.build();
  }

  private void quantile(MapBuilder map, Window w, int i, String side) {
    String buckets = sum(LABELS + ", le", w.rate(REQUESTS + side + "_seconds_bucket"));
    for (Sample s : w.ask(answers, "histogram_quantile(" + QUANTILES[i] + ", " + buckets + ")")) {
      MapBuilder.EdgeSums f = find(map, s);
      if (f != null && isFinite(s)) {
        double[] of = side.equals("client") ? f.client : f.server;
        of[i] = Latency.larger(of[i], s.value());
      }
    }
  }

  private static boolean isFinite(Sample s) {
    return Double.isFinite(s.value());
  }

  private static void putNamespace(Map<String, String> to, Sample s, String side, String label) {
    if (!s.label(label).isEmpty()) {
      to.put(s.label(side), s.label(label));
    }
  }

  private static MapBuilder.EdgeSums edge(MapBuilder map, Sample s) {
    return map.edge(s.label("client"), s.label("server"), s.label("connection_type"));
  }

  private static MapBuilder.@Nullable EdgeSums find(MapBuilder map, Sample s) {
    return map.find(s.label("client"), s.label("server"), s.label("connection_type"));
  }

  /** Adds the nodes. Virtual nodes are only callees, because they send no spans. */
  private static void addNodes(MapBuilder map, Map<String, String> namespaces) {
    Set<String> callers = new HashSet<>();
    map.edges().forEach(e -> callers.add(e.from));
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (MapBuilder.EdgeSums e : map.edges()) {
      kinds.putIfAbsent(e.from, e.from.equals(Request.USER) ? Kind.EXTERNAL : Kind.SERVICE);
      if (callers.contains(e.to)) {
        continue;
      }
      switch (e.type) {
        case Request.DATABASE -> kinds.put(e.to, Kind.DATABASE);
        case Request.VIRTUAL -> kinds.put(e.to, Kind.EXTERNAL);
        default -> kinds.putIfAbsent(e.to, Kind.SERVICE);
      }
    }
    kinds.forEach((name, kind) -> map.node(name, kind, namespaces.getOrDefault(name, ""), null));
  }
}
