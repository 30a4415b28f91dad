package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code service.telemetry.resource}: attributes of the process's own telemetry, as a list under
 * {@code attributes} or, as before, as keys of the block itself.
 */
final class OwnResource {
  private static final Section ATTRIBUTE =
      new Section("telemetry_attribute", "Attribute of the resource.");
  private static final Key<String> NAME =
      ATTRIBUTE.required("name", Type.STRING, "Name of the attribute.");
  private static final Key<YamlNode> VALUE =
      ATTRIBUTE.optional("value", Type.ANY, "Value of the attribute.");
  private static final Key<String> KIND =
      ATTRIBUTE.key(
          "type",
          Type.oneOf(
              "type",
              List.of(
                  "string",
                  "bool",
                  "int",
                  "double",
                  "string_array",
                  "bool_array",
                  "int_array",
                  "double_array")),
          "string",
          "No effect: labels and log fields are always text.");
  private static final Type<List<Map.Entry<String, String>>> ATTRIBUTES =
      Type.list(ATTRIBUTE.type(OwnResource::attribute));

  /** Keys that are not attributes. */
  private static final Set<String> KEYS =
      Set.of("attributes", "schema_url", "attributes_list", "detection/development");

  /** Reads the block: attributes by name, empty for a removed default. */
  static final Type<Map<String, Optional<String>>> TYPE =
      Type.of("resource", Map.of(), OwnResource::read);

  private OwnResource() {}

  private static Map<String, Optional<String>> read(YamlNode n) {
    Map<String, Optional<String>> out = new LinkedHashMap<>();
    Map<String, YamlNode.Entry> entries = n.entries();
    refuse(entries, "attributes_list", "is not supported, as in the Collector; use attributes");
    refuse(
        entries,
        "detection/development",
        "is not supported; list the attributes under " + "attributes");
    YamlNode.Entry listed = entries.get("attributes");
    boolean list = false;
    if (listed != null && !listed.value().isNull()) {
      list = true;
      ATTRIBUTES.read(listed.value()).forEach(a -> out.put(a.getKey(), Optional.of(a.getValue())));
    }
    YamlNode.Entry schema = entries.get("schema_url");
    if (schema != null) {
      schema.value().asString();
    }
    boolean beside = list;
    entries.forEach(
        (k, e) -> {
          if (KEYS.contains(k)) {
            return;
          }
          if (beside) {
            throw e.key()
                .error(
                    "attributes cannot be combined with inline attributes: write all under attributes");
          }
          if (!e.value().isNull() && !e.value().isScalar()) {
            throw e.value().error("attribute \"" + k + "\" must be a string or null");
          }
          out.put(k, e.value().isNull() ? Optional.empty() : Optional.of(e.value().asString()));
        });
    return java.util.Collections.unmodifiableMap(out);
  }

  private static void refuse(Map<String, YamlNode.Entry> entries, String key, String reason) {
    YamlNode.Entry e = entries.get(key);
    if (e != null && !e.value().isNull()) {
      throw e.key().error(key + " " + reason);
    }
  }

  private static Map.Entry<String, String> attribute(YamlObject o) {
    YamlNode value = o.find(VALUE);
    o.get(KIND);
    if (value == null || value.isMap()) {
      throw o.error("attribute \"" + o.get(NAME) + "\" requires a value, which must not be a map");
    }
    return Map.entry(
        o.get(NAME), value.isList() ? String.valueOf(value.asTree()) : value.asString());
  }
}
