package dev.tethys.pipeline.processor.kubernetes;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Objects of one kind, by the ids that other objects use to reference them. */
final class Workloads {
  private final boolean byName;
  private final DeletedObjects departures;
  private final Map<String, Workload> found = new ConcurrentHashMap<>();

  Workloads(KubernetesKind kind, DeletedObjects departures) {
    this.byName = kind == KubernetesKind.NAMESPACE || kind == KubernetesKind.NODE;
    this.departures = departures;
  }

  @Nullable Workload find(String id) {
    return id.isEmpty() ? null : found.get(id);
  }

  void put(Workload w) {
    String id = id(w);
    if (!id.isEmpty()) {
      found.put(id, w);
    }
  }

  void remove(Workload w, long now) {
    departures.add(now, () -> found.remove(id(w), w));
  }

  private String id(Workload w) {
    return byName ? w.name() : w.uid();
  }
}
