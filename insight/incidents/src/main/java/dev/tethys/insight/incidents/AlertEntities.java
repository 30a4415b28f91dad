package dev.tethys.insight.incidents;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.inspections.EntitySeries;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the entity that labels name or select: by id, by the name of a service or another entity,
 * or by the labels that select its series. Not thread-safe.
 */
final class AlertEntities {
  /** Label with the id of an entity, as alerts of inspections have it. */
  private static final String ID = "entity";

  /** Kinds by labels with names of entities, in the order of their priority. */
  private static final Map<String, EntityKind> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put("service", EntityKind.SERVICE);
    NAMES.put("service_name", EntityKind.SERVICE);
    NAMES.put("sloth_service", EntityKind.SERVICE);
    NAMES.put("database", EntityKind.DATABASE);
    NAMES.put("workload", EntityKind.WORKLOAD);
    NAMES.put("deployment", EntityKind.WORKLOAD);
    NAMES.put("statefulset", EntityKind.WORKLOAD);
    NAMES.put("daemonset", EntityKind.WORKLOAD);
    NAMES.put("pod", EntityKind.INSTANCE);
    NAMES.put("container", EntityKind.CONTAINER);
    NAMES.put("nodename", EntityKind.NODE);
    NAMES.put("node", EntityKind.NODE);
  }

  private static final List<EntityKind> SELECTED =
      List.of(
          EntityKind.DATABASE_INSTANCE,
          EntityKind.CONTAINER,
          EntityKind.INSTANCE,
          EntityKind.SERVICE,
          EntityKind.DATABASE,
          EntityKind.QUEUE,
          EntityKind.WORKLOAD,
          EntityKind.NODE);

  private record Named(EntityKind kind, String name) {}

  private final World world;
  private final EntitySeries series;
  private final Map<Named, List<Entity>> byName = new HashMap<>();

  AlertEntities(World world) {
    this.world = world;
    this.series = new EntitySeries(world);
    for (Entity e : world.entities()) {
      byName.merge(
          new Named(e.kind(), e.name()),
          List.of(e),
          (a, b) -> a.size() > 1 ? a : List.of(a.getFirst(), b.getFirst()));
    }
  }

  World world() {
    return world;
  }

  /** The entity; null if labels name none, or several. */
  @Nullable Entity find(Map<String, String> labels) {
    String id = labels.get(ID);
    Entity e = id == null ? null : world.find(id);
    if (e != null) {
      return e;
    }
    for (Map.Entry<String, EntityKind> n : NAMES.entrySet()) {
      String name = labels.get(n.getKey());
      e = name == null ? null : named(n.getValue(), name, labels.get("namespace"));
      if (e != null) {
        return e;
      }
    }
    for (EntityKind k : SELECTED) {
      e = series.find(k, labels);
      if (e != null) {
        return e;
      }
    }
    return null;
  }

  /** An entity whose name is unique, or unique in a namespace. */
  private @Nullable Entity named(EntityKind kind, String name, @Nullable String namespace) {
    List<Entity> found = byName.getOrDefault(new Named(kind, name), List.of());
    if (found.size() == 1) {
      String its = found.getFirst().attributes().get("namespace");
      return namespace == null || its == null || its.equals(namespace) ? found.getFirst() : null;
    }
    if (namespace == null || found.isEmpty()) {
      return null;
    }
    List<Entity> there =
        world.entities().stream()
            .filter(e -> e.kind() == kind && e.name().equals(name))
            .filter(e -> namespace.equals(e.attributes().get("namespace")))
            .limit(2)
            .toList();
    return there.size() == 1 ? there.getFirst() : null;
  }

  /** The service of an entity, or the entity if it is part of none or several. */
  Entity shown(Entity e) {
    List<Entity> services = world.lift(e, EntityKind.SERVICE);
    return services.size() == 1 && e.kind() != EntityKind.NODE ? services.getFirst() : e;
  }
}
