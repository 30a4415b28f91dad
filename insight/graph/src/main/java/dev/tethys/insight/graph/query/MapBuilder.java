package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.ServiceNode.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Nodes and edges under construction, in the order in which they were added. */
final class MapBuilder {
  /** Two ends of a call. */
  record Pair(String from, String to) {}

  private record Key(String from, String to, String type) {}

  /** Edge whose figures are being added up. */
  static final class EdgeSums {
    final String from;
    final String to;
    final String type;
    double rate;
    double failed;
    final double[] client = {Double.NaN, Double.NaN, Double.NaN};
    final double[] server = {Double.NaN, Double.NaN, Double.NaN};
    double connections = Double.NaN;
    double retransmits = Double.NaN;

    EdgeSums(Key k) {
      from = k.from;
      to = k.to;
      type = k.type;
    }

    /** Adds open connections. */
    void connections(double n) {
      connections = (Double.isNaN(connections) ? 0 : connections) + n;
    }

    /** Adds retransmits a second. */
    void retransmits(double n) {
      retransmits = (Double.isNaN(retransmits) ? 0 : retransmits) + n;
    }

    private CallEdge edge() {
      return new CallEdge(
          from, to, type, rate, failed, latency(client), latency(server), connections, retransmits);
    }

    private static Latency latency(double[] q) {
      return new Latency(q[0], q[1], q[2]);
    }
  }

  private final Map<String, ServiceNode> nodes = new LinkedHashMap<>();
  private final Map<Key, EdgeSums> edges = new LinkedHashMap<>();

  /** Adds a node unless it is known. */
  void node(String name, Kind kind, String namespace, @Nullable String container) {
    nodes.putIfAbsent(name, new ServiceNode(name, kind, namespace, container));
  }

  /** Changes the kind of a known node. */
  void kind(String name, Kind kind) {
    nodes.computeIfPresent(
        name, (_, n) -> new ServiceNode(name, kind, n.namespace(), n.container()));
  }

  Collection<ServiceNode> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Returns an edge, adding it if it is new. */
  EdgeSums edge(String from, String to, String type) {
    return edges.computeIfAbsent(new Key(from, to, type), EdgeSums::new);
  }

  /** Returns a known edge; null if there is none. */
  @Nullable EdgeSums find(String from, String to, String type) {
    return edges.get(new Key(from, to, type));
  }

  Collection<EdgeSums> edges() {
    return edges.values();
  }

  ServiceMap build() {
    List<CallEdge> out = new ArrayList<>(edges.size());
    for (EdgeSums f : edges.values()) {
      out.add(f.edge());
    }
    return new ServiceMap(List.copyOf(nodes.values()), out);
  }
}
