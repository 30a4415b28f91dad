package dev.tethys.insight.entities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorldTest {
  private final List<Entity> entities = new ArrayList<>();
  private final List<Relation> relations = new ArrayList<>();

  private Entity add(EntityKind kind, String name) {
    Entity e = new Entity(kind, kind.text() + ":" + name, name, Map.of(), List.of(name), List.of());
    entities.add(e);
    return e;
  }

  private void relate(RelationKind kind, Entity from, Entity to) {
    relations.add(new Relation(kind, from.id(), to.id()));
  }

  @Test
  void liftsContainersToTheirNearestServices() {
    Entity container = add(EntityKind.CONTAINER, "c");
    Entity instance = add(EntityKind.INSTANCE, "i");
    Entity node = add(EntityKind.NODE, "n");
    Entity cart = add(EntityKind.SERVICE, "cart");
    Entity web = add(EntityKind.SERVICE, "web");
    relate(RelationKind.PART_OF, container, instance);
    relate(RelationKind.RUNS_ON, container, node);
    relate(RelationKind.PART_OF, instance, cart);
    relate(RelationKind.CALLS, cart, web);
    World w = new World(entities, relations);
    assertThat(w.lift(container, EntityKind.SERVICE)).containsExactly(cart);
    assertThat(w.lift(cart, EntityKind.SERVICE)).containsExactly(cart);
    assertThat(w.lift(web, EntityKind.NODE)).isEmpty();
    assertThat(w.lower(node, EntityKind.CONTAINER)).containsExactly(container);
  }

  @Test
  void endsInCirclesOfRelations() {
    Entity a = add(EntityKind.INSTANCE, "a");
    Entity b = add(EntityKind.INSTANCE, "b");
    relate(RelationKind.PART_OF, a, b);
    relate(RelationKind.PART_OF, b, a);
    relate(RelationKind.PART_OF, a, a);
    World w = new World(entities, relations);
    assertThat(w.lift(a, EntityKind.SERVICE)).isEmpty();
    assertThat(w.lower(a, EntityKind.SERVICE)).isEmpty();
  }
}
