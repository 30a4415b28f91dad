package dev.tethys.collect.exporter.snmp;

import dev.tethys.collect.exporter.snmp.wire.Oid;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the metric of an object by its identifier: that with the shortest one above it. */
final class MetricTree {
  private static final class Node {
    final Map<Integer, Node> below = new HashMap<>(2);
    @Nullable SnmpMetric metric;
  }

  private final Node root = new Node();

  MetricTree(List<SnmpMetric> metrics) {
    for (SnmpMetric m : metrics) {
      Node n = root;
      for (int i = 0; i < m.oid().size(); i++) {
        n = n.below.computeIfAbsent(m.oid().part(i), k -> new Node());
      }
      n.metric = m;
    }
  }

  @Nullable SnmpMetric find(Oid oid) {
    Node n = root;
    for (int i = 0; i < oid.size(); i++) {
      n = n.below.get(oid.part(i));
      if (n == null) {
        return null;
      }
      if (n.metric != null) {
        return n.metric;
      }
    }
    return null;
  }
}
