package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.MetricType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * Builds a {@link StateKind}. Places in an object are JSON pointers. A family added later has its
 * series later in an object.
 */
final class KindBuilder {
  /** Annotations that are labels, those of Coroot. */
  static final Set<String> ANNOTATIONS =
      Set.of(
          "coroot.com/application-category",
          "coroot.com/custom-application-name",
          "coroot.com/slo-availability-objective",
          "coroot.com/slo-latency-objective",
          "coroot.com/slo-latency-threshold");

  private static final String META = "/metadata/";
  private static final String[] STATES = {"true", "false", "unknown"};

  private final String path;
  private final List<String> common = new ArrayList<>();
  private final List<JsonPointer> values = new ArrayList<>();
  private final Map<String, String> constants = new TreeMap<>();
  private final List<StateFamily> families = new ArrayList<>();
  private boolean custom;
  private boolean metadataOnly;

  /**
   * @param path of the list of all objects
   * @param name label of the object's name
   */
  KindBuilder(String path, String name) {
    this.path = path;
    common(name, META + "name");
  }

  /** Kind of objects that belong to a namespace. */
  static KindBuilder namespaced(String path, String name) {
    return new KindBuilder(path, name).common("namespace", META + "namespace");
  }

  /** Adds a label that all series have. */
  KindBuilder common(String label, String pointer) {
    common.add(label);
    values.add(JsonPointer.compile(pointer));
    return this;
  }

  /** Marks a kind whose definition may not be installed. */
  KindBuilder customResource() {
    custom = true;
    return this;
  }

  /** Has only the metadata of objects requested. */
  KindBuilder onlyMetadata() {
    metadataOnly = true;
    return this;
  }

  /** Adds a label with the same value for all objects. */
  KindBuilder constant(String label, String value) {
    constants.put(label, value);
    return this;
  }

  StateKind build() {
    return new StateKind(
        path,
        List.copyOf(common),
        List.copyOf(values),
        custom,
        metadataOnly,
        List.copyOf(families));
  }

  private KindBuilder add(
      String name,
      MetricType type,
      String help,
      List<String> labels,
      boolean own,
      StateFamily.Extract extract) {
    families.add(
        new StateFamily(
            name, type, help, List.copyOf(common), Map.copyOf(constants), labels, own, extract));
    return this;
  }

  /** Gauge with the series of an extractor. */
  KindBuilder gauge(String name, String help, StateFamily.Extract extract, String... labels) {
    return add(name, MetricType.GAUGE, help, List.of(labels), false, extract);
  }

  /** Counter with the series of an extractor. */
  KindBuilder counter(String name, String help, StateFamily.Extract extract, String... labels) {
    return add(name, MetricType.COUNTER, help, List.of(labels), false, extract);
  }

  /** Number at a place; 0 if absent. */
  KindBuilder count(String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(name, help, (o, to) -> to.add(o.at(p).asDouble(0)));
  }

  /** Number at a place, if there is one. */
  KindBuilder number(String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(
        name,
        help,
        (o, to) -> {
          if (o.at(p).isNumber()) {
            to.add(o.at(p).asDouble());
          }
        });
  }

  /** Time at a place in Unix seconds, if there is one. */
  KindBuilder time(String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(
        name,
        help,
        (o, to) -> {
          long t = ObjectFields.seconds(o.at(p));
          if (t >= 0) {
            to.add(t);
          }
        });
  }

  /** 1 if a boolean is true, otherwise 0. */
  KindBuilder flag(String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(name, help, (o, to) -> to.add(ObjectFields.isTrue(o.at(p)) ? 1 : 0));
  }

  /** Amount at a place, if there is one. */
  KindBuilder quantity(String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(
        name,
        help,
        (o, to) -> {
          BigDecimal q = ObjectFields.quantity(o.at(p));
          if (q != null) {
            to.add(q.doubleValue());
          }
        });
  }

  /**
   * Series with the value 1.
   *
   * @param labels names and places: {@code node=/spec/nodeName}
   */
  KindBuilder info(String name, String help, String... labels) {
    return each(name, help, "", labels);
  }

  /**
   * Series with the value 1 for each item of a list, or for the object at a place.
   *
   * @param labels names and places in the item; of an item that is a text its place is empty
   */
  KindBuilder each(String name, String help, String pointer, String... labels) {
    JsonPointer list = JsonPointer.compile(pointer);
    List<String> names = new ArrayList<>();
    List<JsonPointer> places = new ArrayList<>();
    for (String label : labels) {
      int eq = label.indexOf('=');
      names.add(label.substring(0, eq));
      places.add(JsonPointer.compile(label.substring(eq + 1)));
    }
    StateFamily.Extract extract =
        (o, to) -> {
          JsonNode found = o.at(list);
          for (JsonNode item : found.isArray() ? found : List.of(found)) {
            if (!item.isMissingNode() && !item.isNull()) {
              to.add(
                  1,
                  places.stream().map(p -> ObjectFields.text(item.at(p))).toArray(String[]::new));
            }
          }
        };
    return add(name, MetricType.GAUGE, help, names, false, extract);
  }

  /** One series for each known value of a text: 1 for the present one, otherwise 0. */
  KindBuilder oneOf(String name, String help, String label, String pointer, String... known) {
    JsonPointer p = JsonPointer.compile(pointer);
    return gauge(
        name,
        help,
        (o, to) -> {
          String now = ObjectFields.text(o.at(p));
          for (String v : now.isEmpty() ? new String[0] : known) {
            to.add(v.equals(now) ? 1 : 0, v);
          }
        },
        label);
  }

  /** Three series for each condition of the status: true, false and unknown. */
  KindBuilder conditions(String name, String help, String label) {
    return gauge(
        name,
        help,
        (o, to) -> {
          for (JsonNode c : o.path("status").path("conditions")) {
            states(c, s -> new String[] {ObjectFields.text(c.path("type")), s}, to);
          }
        },
        label,
        "status");
  }

  /** Three series for the status of a condition. */
  static void states(JsonNode condition, Function<String, String[]> labels, SeriesBuffer to) {
    String now = ObjectFields.text(condition.path("status"));
    for (String s : STATES) {
      to.add(s.equalsIgnoreCase(now) ? 1 : 0, labels.apply(s));
    }
  }

  /** Creation time, labels, and allowed annotations. */
  KindBuilder metadata(String prefix) {
    return created(prefix).annotations(prefix).labels(prefix);
  }

  /** Creation time. */
  KindBuilder created(String prefix) {
    return time(prefix + "_created", "Unix creation timestamp.", META + "creationTimestamp");
  }

  /** Time of the deletion, for objects that are being deleted. */
  KindBuilder deletion(String prefix) {
    return time(
        prefix + "_deletion_timestamp", "Unix deletion timestamp.", META + "deletionTimestamp");
  }

  /** Version of the specification. */
  KindBuilder generation(String prefix) {
    return count(
        prefix + "_metadata_generation",
        "Sequence number representing a specific generation of the desired state.",
        META + "generation");
  }

  /** Version of the object in the API. */
  KindBuilder resourceVersion(String prefix) {
    return gauge(
        prefix + "_metadata_resource_version",
        "Resource version representing a specific version of the object.",
        (o, to) -> {
          BigDecimal v = ObjectFields.quantity(o.path("metadata").path("resourceVersion"));
          if (v != null) {
            to.add(v.doubleValue());
          }
        });
  }

  /** Labels of the object as labels. */
  KindBuilder labels(String prefix) {
    return own(
        prefix + "_labels",
        "Kubernetes labels converted to Prometheus labels.",
        "label_",
        META + "labels");
  }

  /** Texts at a place as labels, with a prefix. */
  KindBuilder own(String name, String help, String prefix, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    return add(
        name,
        MetricType.GAUGE,
        help,
        List.of(),
        true,
        (o, to) -> to.addOwn(prefix, ObjectFields.texts(o.at(p))));
  }

  /** Annotations of {@link #ANNOTATIONS} as labels. */
  KindBuilder annotations(String prefix) {
    return add(
        prefix + "_annotations",
        MetricType.GAUGE,
        "Kubernetes annotations converted to Prometheus labels.",
        List.of(),
        true,
        (o, to) -> {
          Map<String, String> found = new LinkedHashMap<>();
          JsonNode all = o.path("metadata").path("annotations");
          for (String a : ANNOTATIONS) {
            if (all.has(a)) {
              found.put(a, ObjectFields.text(all.path(a)));
            }
          }
          if (!found.isEmpty()) {
            to.addOwn("annotation_", found);
          }
        });
  }

  /** Owners of the object; without one the labels are empty. */
  KindBuilder owners(String name, String help) {
    return gauge(
        name,
        help,
        (o, to) -> {
          JsonNode owners = o.path("metadata").path("ownerReferences");
          if (owners.isEmpty()) {
            to.add(1, "", "", "");
          }
          for (JsonNode owner : owners) {
            to.add(
                1,
                ObjectFields.text(owner.path("kind")),
                ObjectFields.text(owner.path("name")),
                Boolean.toString(ObjectFields.isTrue(owner.path("controller"))));
          }
        },
        "owner_kind",
        "owner_name",
        "owner_is_controller");
  }

  /**
   * Amounts of resources by name and unit.
   *
   * @param before values of the labels before these two
   */
  static void resources(JsonNode amounts, SeriesBuffer to, String... before) {
    for (Map.Entry<String, JsonNode> e : amounts.properties()) {
      String unit = unit(e.getKey());
      BigDecimal q = ObjectFields.quantity(e.getValue());
      if (!unit.isEmpty() && q != null) {
        String[] values = Arrays.copyOf(before, before.length + 2);
        values[before.length] = SeriesBuffer.sanitized(e.getKey());
        values[before.length + 1] = unit;
        to.add(q.doubleValue(), values);
      }
    }
  }

  private static String unit(String resource) {
    return switch (resource) {
      case "cpu" -> "core";
      case "memory", "storage", "ephemeral-storage" -> "byte";
      case "pods" -> "integer";
      default ->
          resource.startsWith("hugepages-") || resource.startsWith("attachable-volumes-")
              ? "byte"
              : resource.contains("/") && !resource.contains("kubernetes.io/") ? "integer" : "";
    };
  }
}
