package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.Relation;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.inspections.definition.Inspection.SymptomOf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Joins problems with one cause to one entry. A symptom of a service (failures, latency, less
 * traffic) is attached to
 *
 * <ol>
 *   <li>a cause at the service itself, at an entity that it calls, or at a node on which it runs,
 *   <li>the same symptom at the last service of the chain of calls,
 *   <li>another symptom of the same service.
 * </ol>
 *
 * For one use.
 */
final class ProblemGroups {
  /** Maximum number of symptoms named by an entry. */
  private static final int MAX_SYMPTOMS = 100;

  /** Entities with symptoms above which no chains of calls are followed. */
  private static final int MAX_CHAINED = 2_000;

  /** Maximum number of affected services named by an entry. */
  private static final int MAX_AFFECTED = 500;

  private static final Comparator<InspectionProblem> WORST =
      Comparator.comparing(InspectionProblem::severity)
          .reversed()
          .thenComparing(InspectionProblem::since)
          .thenComparing(InspectionProblem::id);

  private final World world;
  private final Map<String, Double> requests;

  /** The worst cause by id of its entity, and by ids of the services and instances of that. */
  private final Map<String, InspectionProblem> causes = new HashMap<>();

  /** The worst cause at the node of a service. */
  private final Map<String, InspectionProblem> causesBelow = new HashMap<>();

  /** Symptoms by entity, without those of callers. */
  private final Map<String, List<InspectionProblem>> failing = new HashMap<>();

  private final Map<String, List<InspectionProblem>> symptoms = new HashMap<>();
  private final Map<String, String> roots = new HashMap<>();
  private final Map<String, String> tops = new HashMap<>();

  /**
   * @param requests requests a second by id of a service
   */
  ProblemGroups(World world, Map<String, Double> requests) {
    this.world = world;
    this.requests = requests;
  }

  /** Groups problems, the worst first. */
  List<InspectionProblem> group(List<InspectionProblem> all) {
    List<InspectionProblem> sorted = all.stream().sorted(WORST).toList();
    for (InspectionProblem p : sorted) {
      SymptomOf of = p.inspection().symptomOf();
      if (of == SymptomOf.NONE) {
        if (p.inspection().isCause()) {
          addCause(p);
        }
        continue;
      }
      symptoms.computeIfAbsent(p.entity().id(), _ -> new ArrayList<>()).add(p);
      if (of == SymptomOf.CALLEES) {
        failing.computeIfAbsent(p.entity().id(), _ -> new ArrayList<>()).add(p);
      }
    }
    Map<String, List<InspectionProblem>> attached = new HashMap<>();
    Set<String> moved = new HashSet<>();
    for (InspectionProblem p : sorted) {
      InspectionProblem to = explanation(p);
      if (to != null && !to.id().equals(p.id())) {
        attached.computeIfAbsent(to.id(), _ -> new ArrayList<>()).add(p);
        moved.add(p.id());
      }
    }
    List<InspectionProblem> out = new ArrayList<>();
    for (InspectionProblem p : sorted) {
      if (!moved.contains(p.id())) {
        out.add(entry(p, collect(p, attached)));
      }
    }
    out.sort(
        Comparator.comparing(InspectionProblem::severity)
            .thenComparing(InspectionProblem::requests)
            .reversed()
            .thenComparing(InspectionProblem::since)
            .thenComparing(InspectionProblem::id));
    return List.copyOf(out);
  }

  private void addCause(InspectionProblem p) {
    for (Entity e : near(p.entity())) {
      causes.putIfAbsent(e.id(), p);
    }
    if (p.entity().kind() == EntityKind.NODE) {
      for (Entity s : servicesOn(p.entity())) {
        causesBelow.putIfAbsent(s.id(), p);
      }
    }
  }

  /** Returns an entity together with its services, instances and databases. */
  private Set<Entity> near(Entity e) {
    Set<Entity> out = new LinkedHashSet<>(List.of(e));
    if (e.kind() == EntityKind.NODE || e.kind() == EntityKind.CLUSTER) {
      return out;
    }
    for (EntityKind k : List.of(EntityKind.INSTANCE, EntityKind.SERVICE, EntityKind.DATABASE)) {
      out.addAll(world.lift(e, k));
    }
    return out;
  }

  /** Returns the services whose instances or containers run on a node. */
  private Set<Entity> servicesOn(Entity node) {
    Set<Entity> out = new LinkedHashSet<>();
    for (Relation r : world.to(node.id())) {
      Entity on = r.kind() == RelationKind.RUNS_ON ? world.find(r.from()) : null;
      if (on != null) {
        out.addAll(world.lift(on, EntityKind.SERVICE));
      }
    }
    return out;
  }

  /** Returns the problem that explains another one; null if it has its own entry. */
  private @Nullable InspectionProblem explanation(InspectionProblem p) {
    return switch (p.inspection().symptomOf()) {
      case NONE -> null;
      case CALLEES -> ofCallees(p);
      case CALLERS -> ofCallers(p);
    };
  }

  private @Nullable InspectionProblem ofCallees(InspectionProblem p) {
    String root = root(p.entity().id());
    for (String id : List.of(root, p.entity().id())) {
      InspectionProblem cause = causeOf(id);
      if (cause != null) {
        return cause;
      }
    }
    List<InspectionProblem> there = failing.get(root);
    return there == null ? null : there.getFirst();
  }

  private @Nullable InspectionProblem ofCallers(InspectionProblem p) {
    String id = p.entity().id();
    InspectionProblem cause = causeOf(id);
    if (cause != null) {
      return cause;
    }
    List<InspectionProblem> own = failing.get(id);
    if (own != null) {
      return own.getFirst();
    }
    String first = topmost(id);
    List<InspectionProblem> there = failing.getOrDefault(first, symptoms.get(first));
    return there == null ? null : there.getFirst();
  }

  private @Nullable InspectionProblem causeOf(String id) {
    InspectionProblem own = causes.get(id);
    if (own != null) {
      return own;
    }
    for (String callee : callees(id)) {
      InspectionProblem cause = causes.get(callee);
      if (cause != null) {
        return cause;
      }
    }
    return causesBelow.get(id);
  }

  private List<String> callees(String id) {
    return world.from(id).stream().filter(ProblemGroups::isCall).map(Relation::to).toList();
  }

  private static boolean isCall(Relation r) {
    return r.kind() == RelationKind.CALLS
        || r.kind() == RelationKind.READS
        || r.kind() == RelationKind.WRITES;
  }

  /** Returns the last failing service of a call chain. */
  private String root(String id) {
    return end(id, roots, this::failingCallees);
  }

  /**
   * Returns the failing callees or, if none fails, those of the callees: a value may be just within
   * its limit.
   */
  private Stream<String> failingCallees(String id) {
    List<String> all = callees(id);
    List<String> direct = all.stream().filter(failing::containsKey).toList();
    return direct.isEmpty()
        ? all.stream()
            .flatMap(c -> callees(c).stream())
            .filter(c -> failing.containsKey(c) && !c.equals(id))
        : direct.stream();
  }

  /** Returns the first caller in a chain of services with symptoms, up to a failing service. */
  private String topmost(String id) {
    return end(
        id,
        tops,
        at ->
            failing.containsKey(at)
                ? Stream.of()
                : world.to(at).stream()
                    .filter(ProblemGroups::isCall)
                    .map(Relation::from)
                    .filter(symptoms::containsKey));
  }

  /**
   * Returns the end of the chains that start at an entity: the first entity without a next one. If
   * all chains end in circles, returns the smallest ID; it is its own end, so that one member of a
   * circle has its own entry.
   *
   * @param ends known ends, which are completed
   */
  private String end(String id, Map<String, String> ends, Function<String, Stream<String>> next) {
    return symptoms.size() > MAX_CHAINED
        ? id
        : ends.computeIfAbsent(
            id,
            _ -> {
              Set<String> seen = new LinkedHashSet<>(Set.of(id));
              Deque<String> open = new ArrayDeque<>(seen);
              while (!open.isEmpty()) {
                String at = open.removeFirst();
                List<String> following = next.apply(at).toList();
                if (following.isEmpty()) {
                  return at;
                }
                following.stream().filter(seen::add).forEach(open::add);
              }
              return Collections.min(seen);
            });
  }

  /** Symptoms of a problem and of its symptoms. */
  private static List<InspectionProblem> collect(
      InspectionProblem p, Map<String, List<InspectionProblem>> attached) {
    List<InspectionProblem> out = new ArrayList<>();
    List<InspectionProblem> open = new ArrayList<>(List.of(p));
    Set<String> seen = new HashSet<>(Set.of(p.id()));
    while (!open.isEmpty()) {
      for (InspectionProblem x : attached.getOrDefault(open.removeLast().id(), List.of())) {
        if (seen.add(x.id())) {
          out.add(x);
          open.add(x);
        }
      }
    }
    return out.stream().sorted(WORST).toList();
  }

  private InspectionProblem entry(InspectionProblem p, List<InspectionProblem> explained) {
    Set<Entity> affected = new LinkedHashSet<>();
    if (p.entity().kind() == EntityKind.NODE) {
      affected.addAll(servicesOn(p.entity()));
    } else {
      for (Entity e : near(p.entity())) {
        if (e.kind() == EntityKind.SERVICE) {
          affected.add(e);
        }
        if (p.inspection().isCause() || p.inspection().symptomOf() == SymptomOf.CALLEES) {
          addCallers(e, affected);
        }
      }
    }
    explained.stream()
        .map(InspectionProblem::entity)
        .filter(e -> e.kind() == EntityKind.SERVICE)
        .forEach(affected::add);
    double rate = 0;
    for (Entity e : affected) {
      rate += requests.getOrDefault(e.id(), 0.0);
    }
    return p.with(
        affected.stream().limit(MAX_AFFECTED).toList(),
        rate,
        explained.stream().limit(MAX_SYMPTOMS).toList());
  }

  private void addCallers(Entity e, Set<Entity> to) {
    for (Relation r : world.to(e.id())) {
      Entity caller = isCall(r) ? world.find(r.from()) : null;
      if (caller != null && caller.kind() == EntityKind.SERVICE) {
        to.add(caller);
      }
    }
  }
}
