package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Result of one evaluation of all inspections. Immutable.
 *
 * @param evaluated Unix milliseconds
 * @param problems worst first
 * @param unknown problems whose query gives no value at present
 * @param statuses one status per inspection
 * @param notices human-readable notices about items omitted because of a limit
 */
public record InspectionReport(
    long evaluated,
    World world,
    List<InspectionProblem> problems,
    List<InspectionProblem> unknown,
    List<InspectionStatus> statuses,
    List<String> notices) {
  private static final Set<EntityKind> WITH_HEALTH =
      EnumSet.of(
          EntityKind.SERVICE,
          EntityKind.NODE,
          EntityKind.CONTAINER,
          EntityKind.DATABASE,
          EntityKind.DATABASE_INSTANCE);

  /** Status of an entity. The worse one is the later constant. */
  public enum Status {
    OK,
    UNKNOWN,
    WARNING,
    CRITICAL;

    private static Status of(InspectionSeverity s) {
      return s == InspectionSeverity.CRITICAL ? CRITICAL : WARNING;
    }

    private static Status worst(Status a, Status b) {
      return a.compareTo(b) >= 0 ? a : b;
    }
  }

  /**
   * Entity health.
   *
   * @param status worst of all categories; unknown if no inspection has a value for it
   * @param categories worst status by category
   */
  public record Health(Entity entity, Status status, Map<String, Status> categories) {}

  /** Returns the health of services, nodes, containers and databases, sorted by ID. */
  public List<Health> health() {
    Map<String, Map<String, Status>> byEntity = new HashMap<>();
    for (InspectionStatus s : statuses) {
      for (Entity e : s.checked()) {
        put(byEntity, e, s.inspection().category(), Status.OK);
      }
    }
    for (InspectionProblem p : problems) {
      putAll(byEntity, p, Status.of(p.severity()));
      p.symptoms().forEach(x -> putAll(byEntity, x, Status.of(x.severity())));
    }
    unknown.forEach(p -> putAll(byEntity, p, Status.UNKNOWN));
    List<Health> out = new ArrayList<>();
    for (Entity e : world.entities()) {
      if (WITH_HEALTH.contains(e.kind())) {
        Map<String, Status> all = byEntity.getOrDefault(e.id(), Map.of());
        out.add(
            new Health(e, all.values().stream().reduce(Status::worst).orElse(Status.UNKNOWN), all));
      }
    }
    return List.copyOf(out);
  }

  private static void putAll(
      Map<String, Map<String, Status>> to, InspectionProblem p, Status status) {
    put(to, p.entity(), p.inspection().category(), status);
    p.instances().forEach(e -> put(to, e, p.inspection().category(), status));
  }

  private static void put(
      Map<String, Map<String, Status>> to, Entity e, String category, Status status) {
    to.computeIfAbsent(e.id(), _ -> new TreeMap<>()).merge(category, status, Status::worst);
  }
}
