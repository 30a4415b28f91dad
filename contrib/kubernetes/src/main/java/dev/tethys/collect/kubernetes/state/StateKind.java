package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * Kind of objects with its metrics.
 *
 * @param path of the list of all objects in the API
 * @param common names of the labels that all series of an object have
 * @param values places of their values in an object
 * @param custom whether the kind exists only where its definition is installed
 * @param metadataOnly whether only the metadata of objects are requested, not their data
 */
record StateKind(
    String path,
    List<String> common,
    List<JsonPointer> values,
    boolean custom,
    boolean metadataOnly,
    List<StateFamily> families) {
  /** Name of the resource, as in rules of roles. */
  String resource() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** API group of the resource; empty for the core group. */
  String group() {
    return path.startsWith("/apis/") ? path.split("/", 4)[2] : "";
  }

  /** Reads the series of an object. */
  StateObject read(JsonNode object, SeriesBuffer buffer) {
    String[] own = new String[values.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = ObjectFields.text(object.at(values.get(i)));
    }
    buffer.begin(own);
    for (int i = 0; i < families.size(); i++) {
      families.get(i).read(i, object, buffer);
    }
    long created = ObjectFields.seconds(object.path("metadata").path("creationTimestamp"));
    String target = path.equals(PodTargets.PATH) ? PodTargets.target(object) : null;
    return new StateObject(Math.max(created, 0), buffer.end(), target);
  }

  /** An object of which no series are kept. */
  StateObject withoutSeries(SeriesBuffer buffer) {
    String[] own = new String[values.size()];
    Arrays.fill(own, "");
    buffer.begin(own);
    return new StateObject(0, buffer.end(), null);
  }

  /** Adds the families of these objects; metrics are created while they are read. */
  void addFamilies(
      Collection<StateObject> objects, long createdUntil, Shard shard, List<MetricFamily> to) {
    List<MetricFamily> out = new ArrayList<>();
    for (int i = 0; i < families.size(); i++) {
      StateFamily f = families.get(i);
      out.add(
          new MetricFamily(
              f.name(),
              f.type(),
              f.help(),
              "",
              new FamilyMetrics(f, i, common.size(), objects, createdUntil, shard)));
    }
    to.addAll(out);
  }
}
