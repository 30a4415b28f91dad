package dev.tethys.pipeline.receiver.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Stored data of an object, or of a container in it: resource attributes, and values that become
 * points at each collection. The object itself is not kept.
 */
record Part(Map<String, Object> attributes, List<Value> values) {
  /** Metric value, complete or partial. */
  record Value(String metric, Number number, List<Object> attributes) {}

  /** Creates an empty part. */
  static Part empty() {
    return new Part(new LinkedHashMap<>(), new ArrayList<>());
  }

  /** Creates a part with the name, UID and namespace of an object. */
  static Part of(String kind, JsonNode object) {
    Part p = empty();
    JsonNode m = object.path("metadata");
    p.named("k8s.namespace.name", m.path("namespace"));
    p.named("k8s." + kind + ".name", m.path("name"));
    p.named("k8s." + kind + ".uid", m.path("uid"));
    return p;
  }

  /** Adds an attribute unless it is empty. */
  Part named(String attribute, JsonNode value) {
    return named(attribute, value.asString(""));
  }

  /** Adds a string attribute unless the value is empty. */
  Part named(String attribute, String value) {
    if (!value.isEmpty()) {
      attributes.put(attribute, value);
    }
    return this;
  }

  /** Adds an integer if there is one. */
  Part whole(String metric, JsonNode value) {
    if (value.isIntegralNumber()) {
      values.add(new Value(metric, value.longValue(), List.of()));
    }
    return this;
  }

  /** Variant for a value that the API omits if it is 0. */
  Part count(String metric, JsonNode value) {
    return whole(metric, value.asLong(0));
  }

  /** Adds an integer. */
  Part whole(String metric, long value, Object... with) {
    values.add(new Value(metric, value, List.of(with)));
    return this;
  }

  /** Adds a number unless it is null. */
  Part number(String metric, @Nullable Number value) {
    if (value != null) {
      values.add(new Value(metric, value, List.of()));
    }
    return this;
  }
}
