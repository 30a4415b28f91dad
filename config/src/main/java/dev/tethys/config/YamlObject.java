package dev.tethys.config;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A map whose keys are described by a {@link Section}: other keys were refused when it was made.
 */
public final class YamlObject {
  private final YamlNode node;
  private final Section section;
  private final Map<String, YamlNode.Entry> entries;

  YamlObject(YamlNode node, Section section) {
    this.node = node;
    this.section = section;
    this.entries = node.entries();
    for (Map.Entry<String, YamlNode.Entry> e : entries.entrySet()) {
      Key<?> key = section.find(e.getKey());
      if (key == null && node.ignoresUnknownKeys()) {
        continue;
      }
      if (key == null) {
        throw new UnknownKeyException(e.getValue().key().where(), unknown(e.getKey(), section));
      }
      YamlNode v = e.getValue().value();
      boolean empty = v.isNull() || v.isList() && v.items().isEmpty();
      if (!key.built() && !empty) {
        e.getValue().key().notBuilt(v.path(), key.doc());
      }
    }
    if (node.takesNullAsAbsent() || section.takesNullAsAbsent()) {
      entries.entrySet().removeIf(e -> e.getValue().value().isNull() && isValue(e.getKey()));
    }
  }

  /** Whether a key holds a plain value, so that null says nothing. */
  private boolean isValue(String name) {
    Key<?> key = section.find(name);
    return key != null && key.type() != Type.ANY && key.type().section() == null;
  }

  private String unknown(String key, Section section) {
    String nearest = NameSuggestion.of(key, section.names());
    return "unknown key \""
        + key
        + "\" in "
        + (node.path().isEmpty() ? section.name() : node.path())
        + (nearest == null
            ? "; allowed: " + String.join(", ", section.names())
            : "; did you mean \"" + nearest + "\"?");
  }

  /** Where the map stands. */
  public YamlNode node() {
    return node;
  }

  /** An error about the whole map, to be thrown. */
  public ConfigException error(String problem) {
    return node.error(problem);
  }

  /** An error about the value of a key, or about the map where the key is absent. */
  public ConfigException error(Key<?> key, String problem) {
    YamlNode.Entry e = entries.get(key.name());
    return (e == null ? node : e.value().isNull() ? e.key() : e.value()).error(problem);
  }

  /** Reads every value that is written, so that each mistake is found before any is used. */
  public void readAll() {
    entries.forEach(
        (name, e) -> {
          Key<?> key = section.find(name);
          if (key != null && key.built()) {
            key.type().readOrNull(e.value());
          }
        });
    section
        .keys()
        .forEach(
            key -> {
              if (key.isRequired()) {
                find(key);
              }
            });
  }

  /** Whether the key is written, be it with an empty value. */
  public boolean has(Key<?> key) {
    return entries.containsKey(key.name());
  }

  /** The value of a key as it stands, or null when it is absent. */
  public @Nullable YamlNode at(Key<?> key) {
    YamlNode.Entry e = entries.get(key.name());
    return e == null ? null : e.value();
  }

  /** The value, its default, or null when there is neither. */
  public <T> @Nullable T find(Key<T> key) {
    YamlNode.Entry e = entries.get(key.name());
    T v = e == null ? null : key.type().readOrNull(e.value());
    if (v == null && key.isRequired()) {
      throw error(
          key,
          "\""
              + key.name()
              + "\" is required"
              + (node.path().isEmpty() ? "" : " in " + node.path()));
    }
    return v == null ? key.defaultValue() : v;
  }

  /** The value or its default; for keys that are required or have a default. */
  public <T> T get(Key<T> key) {
    return Objects.requireNonNull(find(key), key.name());
  }

  /** The value, or another default than the key's own. */
  public <T> T get(Key<T> key, T otherwise) {
    YamlNode.Entry e = entries.get(key.name());
    T v = e == null ? null : key.type().readOrNull(e.value());
    return v == null ? otherwise : v;
  }
}
