package dev.tethys.control.kubernetes;

import dev.tethys.config.OpenApiSchema;
import dev.tethys.config.Section;
import dev.tethys.config.YamlWriter;
import dev.tethys.control.source.SourceResource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Definitions of the resources of {@code tethys.dev} for a Kubernetes cluster, derived from the
 * keys of the resources.
 */
public final class ResourceDefinitions {
  private static final Map<String, String> SHORT =
      Map.of(
          SourceResource.PIPELINE, "tp",
          SourceResource.CONTROL, "tc",
          SourceResource.ROLLOUT, "tro",
          SourceResource.RULE, "tru",
          SourceResource.TEST, "tt");

  private ResourceDefinitions() {}

  /** Renders all definitions, one document each. */
  public static String yaml() {
    StringBuilder out = new StringBuilder("# Printed by tethys control crds.\n");
    for (ClusterKind k : ClusterKind.OWN) {
      out.append("---\n").append(YamlWriter.write(definition(k)));
    }
    return out.toString();
  }

  private static Map<String, Object> definition(ClusterKind k) {
    String singular = k.kind().toLowerCase(Locale.ROOT);
    Map<String, Object> names = new LinkedHashMap<>();
    names.put("kind", k.kind());
    names.put("listKind", k.kind() + "List");
    names.put("plural", k.plural());
    names.put("singular", singular);
    names.put("shortNames", List.of(Objects.requireNonNull(SHORT.get(k.kind()))));
    names.put("categories", List.of("tethys"));
    Map<String, Object> version = new LinkedHashMap<>();
    version.put("name", k.version());
    version.put("served", true);
    version.put("storage", true);
    version.put("subresources", Map.of("status", Map.of()));
    version.put("additionalPrinterColumns", columns(k));
    version.put("schema", Map.of("openAPIV3Schema", schema(k)));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("group", k.group());
    spec.put("names", names);
    spec.put("scope", "Namespaced");
    spec.put("versions", List.of(version));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("apiVersion", "apiextensions.k8s.io/v1");
    out.put("kind", "CustomResourceDefinition");
    out.put("metadata", Map.of("name", k.plural() + "." + k.group()));
    out.put("spec", spec);
    return out;
  }

  private static List<Map<String, Object>> columns(ClusterKind k) {
    Map<String, Object> state = column("State", "string", ".status.state");
    Map<String, Object> age = column("Age", "date", ".metadata.creationTimestamp");
    return k.kind().equals(SourceResource.PIPELINE)
        ? List.of(state, column("Version", "integer", ".status.version"), age)
        : List.of(state, age);
  }

  private static Map<String, Object> column(String name, String type, String path) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", name);
    out.put("type", type);
    out.put("jsonPath", path);
    return out;
  }

  private static Map<String, Object> schema(ClusterKind k) {
    Section spec = Objects.requireNonNull(SourceResource.Reader.SPECS.get(k.kind()));
    boolean control = k.kind().equals(SourceResource.CONTROL);
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("apiVersion", text("Group and version."));
    properties.put("kind", text("Kind."));
    properties.put("metadata", Map.of("type", "object"));
    properties.put(
        "spec", OpenApiSchema.of(spec, control ? SourceResource.Reader.OF_MANIFEST : Set.of()));
    properties.put("status", status());
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "object");
    out.put("description", spec.doc());
    out.put("properties", properties);
    out.put("required", List.of("spec"));
    return out;
  }

  private static Map<String, Object> status() {
    Map<String, Object> condition = new LinkedHashMap<>();
    condition.put("type", text("Accepted, Progressing or Ready."));
    condition.put("status", text("True, False or Unknown."));
    condition.put("observedGeneration", number("Generation that was judged."));
    condition.put("reason", text("Reason in one word."));
    condition.put("message", text("Reason, with the field and the remedy."));
    Map<String, Object> since = text("Time of the last change of the status.");
    since.put("format", "date-time");
    condition.put("lastTransitionTime", since);
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("type", "object");
    item.put("properties", condition);
    item.put("required", List.of("type", "status", "reason", "message", "lastTransitionTime"));
    Map<String, Object> conditions = new LinkedHashMap<>();
    conditions.put("type", "array");
    conditions.put("items", item);
    conditions.put("x-kubernetes-list-type", "map");
    conditions.put("x-kubernetes-list-map-keys", List.of("type"));
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("conditions", conditions);
    properties.put("observedGeneration", number("Generation of the object that was judged."));
    properties.put(
        "state", text("State: current, waiting, rolling out, undone, drift, ended, invalid."));
    properties.put("version", number("Version of the configuration."));
    properties.put("rollout", number("Number of the rollout."));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "object");
    out.put("description", "State, written by the control plane.");
    out.put("properties", properties);
    return out;
  }

  private static Map<String, Object> text(String doc) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "string");
    out.put("description", doc);
    return out;
  }

  private static Map<String, Object> number(String doc) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "integer");
    out.put("format", "int64");
    out.put("description", doc);
    return out;
  }
}
