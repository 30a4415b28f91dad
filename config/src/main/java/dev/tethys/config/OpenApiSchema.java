package dev.tethys.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * OpenAPI schemas of configuration keys, generated from their descriptions, as required by
 * Kubernetes resource definitions: structural, with a type for each value or a mark for any.
 */
public final class OpenApiSchema {
  /** Mark of a value whose content is not described. */
  public static final String ANY = "x-kubernetes-preserve-unknown-fields";

  private OpenApiSchema() {}

  /**
   * Builds the schema of a section.
   *
   * @param without keys that are omitted
   */
  public static Map<String, Object> of(Section section, Set<String> without) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (Key<?> k : section.keys()) {
      if (!k.built() || without.contains(k.name())) {
        continue;
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("description", description(k));
      one.putAll(of(k.type().shape()));
      properties.put(k.name(), one);
      if (k.isRequired()) {
        required.add(k.name());
      }
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "object");
    out.put("description", section.doc());
    if (!properties.isEmpty()) {
      out.put("properties", properties);
    }
    if (!required.isEmpty()) {
      out.put("required", required);
    }
    return out;
  }

  private static String description(Key<?> k) {
    String text = k.isRequired() ? "" : ConfigReference.defaultText(k).replace("`", "");
    return text.isEmpty() ? k.doc() : k.doc() + " Default: " + text + ".";
  }

  private static Map<String, Object> of(Type.Shape shape) {
    Map<String, Object> out = new LinkedHashMap<>();
    switch (shape) {
      case Type.Shape.Keys k -> out.putAll(of(k.section(), Set.of()));
      case Type.Shape.Items i -> {
        out.put("type", "array");
        out.put("items", of(i.item()));
      }
      case Type.Shape.MapOf m -> {
        out.put("type", "object");
        out.put("additionalProperties", of(m.value()));
      }
      case Type.Shape.Words w -> {
        out.put("type", "string");
        out.put("enum", w.words());
      }
      case Type.Shape.Scalar s when s.type().isEmpty() -> out.put(ANY, true);
      case Type.Shape.Scalar s -> {
        out.put("type", s.type());
        if (s.type().equals("integer")) {
          out.put("format", "int64");
        }
      }
    }
    return out;
  }
}
