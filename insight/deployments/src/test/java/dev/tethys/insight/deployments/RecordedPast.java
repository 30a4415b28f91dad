package dev.tethys.insight.deployments;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityPast;
import dev.tethys.insight.entities.EntityPast.EntitySpan;
import dev.tethys.insight.entities.EntityPast.RelationSpan;
import dev.tethys.insight.entities.Relation;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Instances of services that were valid at certain minutes. */
final class RecordedPast {
  static final long START = 1_800_000_000_000L;
  static final long ENDS_AFTER = 5 * 60_000;

  private final List<EntitySpan> entities = new ArrayList<>();
  private final List<RelationSpan> relations = new ArrayList<>();

  /** Instance with what names its version. */
  static final class Instance {
    final String service;
    final String name;
    final Map<String, String> attributes = new TreeMap<>();
    String image = "";

    Instance(String service, String name) {
      this.service = service;
      this.name = name;
    }

    Instance version(String version) {
      attributes.put("version", version);
      return this;
    }

    Instance revision(String revision) {
      attributes.put("revision", revision);
      return this;
    }

    Instance image(String of) {
      image = of;
      return this;
    }
  }

  static long at(long minute) {
    return minute == Long.MAX_VALUE ? minute : START + minute * 60_000;
  }

  private static Entity entity(
      EntityKind kind, String name, Map<String, String> attributes, Labels... series) {
    return new Entity(
        kind, kind.text() + ":" + name, name, attributes, List.of(name), List.of(series));
  }

  /** Adds an instance from a minute to another one, at which the model ended it. */
  void add(Instance i, long fromMinute, long toMinute) {
    long from = at(fromMinute);
    long to = at(toMinute);
    String name = i.service + "/" + i.name;
    Entity service =
        entity(EntityKind.SERVICE, i.service, Map.of(), Labels.of("service", i.service));
    Entity instance =
        entity(
            EntityKind.INSTANCE,
            name,
            i.attributes,
            Labels.of("job", i.service, "instance", i.name));
    entities.add(new EntitySpan(service, from, to));
    entities.add(new EntitySpan(instance, from, to));
    relate(instance, service, from, to);
    if (!i.image.isEmpty()) {
      Entity container = entity(EntityKind.CONTAINER, name, Map.of("image", i.image));
      entities.add(new EntitySpan(container, from, to));
      relate(container, instance, from, to);
    }
  }

  private void relate(Entity part, Entity whole, long from, long to) {
    Relation r = new Relation(RelationKind.PART_OF, part.id(), whole.id());
    relations.add(new RelationSpan(r, from, to));
  }

  RecordedPast shuffled(Random random) {
    Collections.shuffle(entities, random);
    Collections.shuffle(relations, random);
    return this;
  }

  EntityPast past() {
    return new EntityPast(START, List.copyOf(entities), List.copyOf(relations));
  }

  List<ServiceDeployment> find() {
    return DeploymentFinder.find(past(), ENDS_AFTER);
  }
}
