package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Entities and relations valid at one time. Immutable; lookups are built at the first use.
 *
 * <p>Invariant: each relation joins two entities of the world.
 */
public final class World {
  /** World without entities. */
  public static final World EMPTY = new World(List.of(), List.of());

  private final List<Entity> entities;
  private final List<Relation> relations;
  private volatile @Nullable Lookups lookups;

  private record Lookups(
      Map<String, Entity> byId,
      Map<String, Entity> byKey,
      Map<String, List<Relation>> outgoing,
      Map<String, List<Relation>> incoming) {}

  World(List<Entity> sortedById, List<Relation> sorted) {
    this.entities = List.copyOf(sortedById);
    this.relations = List.copyOf(sorted);
  }

  /** Returns the entities by ID. */
  public List<Entity> entities() {
    return entities;
  }

  /** Relations by their first entity. */
  public List<Relation> relations() {
    return relations;
  }

  /** Finds an entity by its id, or by its kind and any other key that no other entity has. */
  public @Nullable Entity find(String idOrKey) {
    Entity e = lookups().byId.get(idOrKey);
    return e != null ? e : lookups().byKey.get(idOrKey);
  }

  /** Relations from an entity. */
  public List<Relation> from(String id) {
    return lookups().outgoing.getOrDefault(id, List.of());
  }

  /** Relations to an entity. */
  public List<Relation> to(String id) {
    return lookups().incoming.getOrDefault(id, List.of());
  }

  /**
   * Returns the nearest entities of a kind that an entity is part of or runs on: the services of a
   * container, the nodes of a service. Returns the entity itself if it is of the kind.
   */
  public List<Entity> lift(Entity entity, EntityKind kind) {
    return nearest(entity, kind, true);
  }

  /**
   * Returns the nearest entities of a kind that are part of an entity or run on it, such as the
   * services of a node.
   */
  public List<Entity> lower(Entity entity, EntityKind kind) {
    return nearest(entity, kind, false);
  }

  /** Visits each entity once, so that a cycle of relations ends. */
  private List<Entity> nearest(Entity entity, EntityKind kind, boolean up) {
    Lookups l = lookups();
    Set<String> seen = new HashSet<>(Set.of(entity.id()));
    List<Entity> level = List.of(entity);
    while (!level.isEmpty()) {
      List<Entity> found = level.stream().filter(e -> e.kind() == kind).toList();
      if (!found.isEmpty()) {
        return found;
      }
      List<Entity> next = new ArrayList<>();
      for (Entity e : level) {
        for (Relation r : (up ? l.outgoing : l.incoming).getOrDefault(e.id(), List.of())) {
          boolean holds = r.kind() == RelationKind.PART_OF || r.kind() == RelationKind.RUNS_ON;
          Entity other = l.byId.get(up ? r.to() : r.from());
          if (holds && other != null && seen.add(other.id())) {
            next.add(other);
          }
        }
      }
      level = next;
    }
    return List.of();
  }

  private Lookups lookups() {
    Lookups l = lookups;
    if (l == null) {
      l = index(entities, relations);
      lookups = l;
    }
    return l;
  }

  private static Lookups index(List<Entity> entities, List<Relation> relations) {
    Map<String, Entity> byId = new HashMap<>();
    Map<String, @Nullable Entity> byKey = new HashMap<>();
    for (Entity e : entities) {
      byId.put(e.id(), e);
      for (String k : e.keys()) {
        String key = e.kind().text() + ":" + k;
        byKey.put(key, byKey.containsKey(key) ? null : e);
      }
    }
    Map<String, Entity> unique = new HashMap<>();
    byKey.forEach(
        (k, e) -> {
          if (e != null) {
            unique.put(k, e);
          }
        });
    Map<String, List<Relation>> outgoing = new HashMap<>();
    Map<String, List<Relation>> incoming = new HashMap<>();
    for (Relation r : relations) {
      outgoing.computeIfAbsent(r.from(), _ -> new ArrayList<>()).add(r);
      incoming.computeIfAbsent(r.to(), _ -> new ArrayList<>()).add(r);
    }
    return new Lookups(byId, unique, outgoing, incoming);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof World w && entities.equals(w.entities) && relations.equals(w.relations);
  }

  @Override
  public int hashCode() {
    return 31 * entities.hashCode() + relations.hashCode();
  }

  @Override
  public String toString() {
    return entities.size() + " entities, " + relations.size() + " relations";
  }
}
