package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Attributes requested from a detector. */
final class RequestedAttributes {
  private static final Section ONE = new Section("resource_attribute", "Attribute to detect.");
  private static final Key<Boolean> ENABLED =
      ONE.optional("enabled", Type.BOOL, "Enables the attribute.");
  private static final Type<Boolean> ENABLED_TYPE = ONE.type(o -> o.get(ENABLED, true));

  private final Set<String> names;

  private RequestedAttributes(Set<String> names) {
    this.names = names;
  }

  /**
   * Adds the key {@code resource_attributes} to a section.
   *
   * @param usual attributes enabled by default
   * @param others attributes disabled by default
   */
  static Key<RequestedAttributes> key(Section s, Set<String> usual, Set<String> others) {
    Section all = new Section("resource_attributes", "Attributes to detect.");
    Map<String, Key<Boolean>> keys = new LinkedHashMap<>();
    usual.forEach(n -> keys.put(n, all.key(n, ENABLED_TYPE, true, "Settings of the attribute.")));
    others.forEach(n -> keys.put(n, all.key(n, ENABLED_TYPE, false, "Settings of the attribute.")));
    return s.key(
        "resource_attributes",
        all.type(
            o -> {
              Set<String> names = new LinkedHashSet<>();
              keys.forEach(
                  (n, k) -> {
                    if (o.get(k)) {
                      names.add(n);
                    }
                  });
              return new RequestedAttributes(names);
            }),
        new RequestedAttributes(Set.copyOf(usual)),
        "Attributes to detect.");
  }

  boolean has(String name) {
    return names.contains(name);
  }

  /** Stores an attribute if it is enabled and known. */
  void put(Attributes to, String name, @Nullable Object value) {
    if (value != null && has(name)) {
      to.put(name, value);
    }
  }

  /**
   * Stores a string member of an object as an attribute if the attribute is enabled and the string
   * is not empty.
   */
  void putText(Attributes to, String name, JsonNode from, String key) {
    String text = from.path(key).asString("");
    put(to, name, text.isEmpty() ? null : text);
  }
}
