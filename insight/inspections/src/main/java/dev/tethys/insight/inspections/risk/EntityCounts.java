package dev.tethys.insight.inspections.risk;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Samples of a world that queries of risks read: how many instances, nodes and zones each service
 * has, and how many nodes and zones there are. Nodes and zones of a service are counted only if
 * those of all its instances are known.
 */
public final class EntityCounts {
  /** Instances of a service. */
  public static final String INSTANCES = "tethys_service_instances";

  /** Nodes on which the instances of a service run. */
  public static final String NODES = "tethys_service_nodes";

  /** Zones of these nodes. */
  public static final String ZONES = "tethys_service_zones";

  /** Nodes of the world. */
  public static final String ALL_NODES = "tethys_nodes";

  /** Zones of all nodes. */
  public static final String ALL_ZONES = "tethys_zones";

  /** Most services that are counted. */
  static final int MAX_SERVICES = 10_000;

  private static final String ZONE = "zone";

  private EntityCounts() {}

  /** Values by series. */
  public static Map<Labels, Double> of(World w) {
    Map<Labels, Double> out = new TreeMap<>();
    Set<String> zones = new HashSet<>();
    int nodes = 0;
    int services = 0;
    for (Entity e : w.entities()) {
      if (e.kind() == EntityKind.NODE) {
        nodes++;
        zones.add(e.attributes().getOrDefault(ZONE, ""));
      } else if (e.kind() == EntityKind.SERVICE && services < MAX_SERVICES) {
        services += count(w, e, out) ? 1 : 0;
      }
    }
    zones.remove("");
    out.put(Labels.of(Labels.METRIC_NAME, ALL_NODES), (double) nodes);
    out.put(Labels.of(Labels.METRIC_NAME, ALL_ZONES), (double) zones.size());
    return out;
  }

  private static boolean count(World w, Entity service, Map<Labels, Double> out) {
    List<Entity> instances = w.lower(service, EntityKind.INSTANCE);
    if (instances.isEmpty()) {
      return false;
    }
    out.put(labels(INSTANCES, service), (double) instances.size());
    Set<String> nodes = new HashSet<>();
    Set<String> zones = new HashSet<>();
    List<String> places = new ArrayList<>();
    for (Entity i : instances) {
      List<Entity> its = w.lift(i, EntityKind.NODE);
      places.add(its.isEmpty() ? "" : its.getFirst().id());
      its.forEach(n -> nodes.add(n.id()));
      its.forEach(n -> zones.add(n.attributes().getOrDefault(ZONE, "")));
    }
    if (!places.contains("")) {
      out.put(labels(NODES, service), (double) nodes.size());
      if (!zones.contains("")) {
        out.put(labels(ZONES, service), (double) zones.size());
      }
    }
    return true;
  }

  private static Labels labels(String metric, Entity service) {
    return Labels.of(
        Labels.METRIC_NAME,
        metric,
        "category",
        service.attributes().getOrDefault("category", ""),
        "service_key",
        service.id().substring(service.kind().text().length() + 1));
  }
}
