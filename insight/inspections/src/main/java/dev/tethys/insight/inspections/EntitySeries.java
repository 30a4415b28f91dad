package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.Template;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the entity of a series in one world: by the labels that select the series of entities, or
 * by keys that an inspection names. Not thread-safe.
 */
public final class EntitySeries {
  /** Label sets of one kind with the same names. */
  private static final class NameSet {
    final List<String> names;

    /** By their values; null if two entities have them. */
    final Map<List<String>, @Nullable Entity> entities = new HashMap<>();

    NameSet(List<String> names) {
      this.names = names;
    }

    @Nullable Entity find(Map<String, String> labels) {
      String[] values = new String[names.size()];
      for (int i = 0; i < values.length; i++) {
        String v = labels.get(names.get(i));
        if (v == null) {
          return null;
        }
        values[i] = v;
      }
      return entities.get(List.of(values));
    }
  }

  private record Lift(String id, EntityKind kind) {}

  private final World world;
  private final Map<EntityKind, List<NameSet>> byKind = new EnumMap<>(EntityKind.class);
  private final Map<Lift, List<Entity>> lifted = new HashMap<>();

  public EntitySeries(World world) {
    this.world = world;
    for (Entity e : world.entities()) {
      for (Labels l : e.series()) {
        add(e, l.toMap());
      }
    }
    byKind
        .values()
        .forEach(sets -> sets.sort((a, b) -> Integer.compare(b.names.size(), a.names.size())));
  }

  private void add(Entity e, Map<String, String> labels) {
    List<String> names = labels.keySet().stream().sorted().toList();
    List<NameSet> sets = byKind.computeIfAbsent(e.kind(), _ -> new ArrayList<>());
    NameSet set = sets.stream().filter(s -> s.names.equals(names)).findFirst().orElse(null);
    if (set == null) {
      set = new NameSet(names);
      sets.add(set);
    }
    List<String> values = names.stream().map(n -> labels.getOrDefault(n, "")).toList();
    Entity before = set.entities.get(values);
    boolean isOther = set.entities.containsKey(values) && (before == null || !before.equals(e));
    set.entities.put(values, isOther ? null : e);
  }

  /** World of the entities. */
  public World world() {
    return world;
  }

  /** Entity of a series; null if no entity, or more than one, has it. */
  @Nullable Entity find(Inspection i, Map<String, String> labels) {
    for (EntityKind k : i.kinds()) {
      for (Template t : i.find()) {
        String key = t.render(labels);
        Entity e = key == null ? null : world.find(k.text() + ":" + key);
        if (e != null && e.kind() == k) {
          return e;
        }
      }
      Entity e = find(k, labels);
      if (e != null) {
        return e;
      }
    }
    Template name = i.otherwise();
    String made = name == null ? null : name.render(labels);
    return made == null ? null : otherwise(i.kinds().getLast(), made);
  }

  /** Entity that only inspections know, such as a site that is probed. */
  private Entity otherwise(EntityKind kind, String name) {
    String id = kind.text() + ":" + name;
    Entity known = world.find(id);
    return known != null ? known : new Entity(kind, id, name, Map.of(), List.of(name), List.of());
  }

  /** Entity of a kind; the longest label set that fits counts. */
  public @Nullable Entity find(EntityKind kind, Map<String, String> labels) {
    for (NameSet s : byKind.getOrDefault(kind, List.of())) {
      Entity e = s.find(labels);
      if (e != null) {
        return e;
      }
    }
    return null;
  }

  /** Entities at which a problem of an entity is shown: itself if it has none of the kind. */
  List<Entity> owners(Entity e, @Nullable EntityKind kind) {
    if (kind == null || e.kind() == kind) {
      return List.of(e);
    }
    return lifted.computeIfAbsent(
        new Lift(e.id(), kind),
        _ -> {
          List<Entity> found = world.lift(e, kind);
          return found.isEmpty() ? List.of(e) : found;
        });
  }
}
