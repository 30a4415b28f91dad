package dev.tethys.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Map whose keys are described by a {@link Section}; other keys were rejected when it was created.
 */
public final class YamlObject {
  /** Key under which the first unknown key of a map is recorded; no real key has this name. */
  private static final String UNKNOWN = "\0";

  private final YamlNode node;
  private final Section section;
  private final Map<String, YamlNode.Entry> entries;

  YamlObject(YamlNode node, Section section) {
    this.node = node;
    this.section = section;
    this.entries = node.entries();
    Mistakes mistakes = node.document().mistakes();
    if (mistakes != null && mistakes.before(place(), section) != null) {
      ConfigException unknown = mistakes.of(place(), section, UNKNOWN);
      if (unknown != null) {
        throw unknown;
      }
      removeNulls();
      return; // the mistakes of this map are known
    }
    ConfigException first = null;
    for (Map.Entry<String, YamlNode.Entry> e : entries.entrySet()) {
      Key<?> key = section.find(e.getKey());
      if (key == null && node.ignoresUnknownKeys()) {
        continue;
      }
      if (key == null) {
        ConfigException x =
            new UnknownKeyException(e.getValue().key().where(), unknown(e.getKey(), section));
        if (mistakes == null) {
          throw x;
        }
        mistakes.add(x);
        first = first == null ? x : first;
        continue;
      }
      YamlNode v = e.getValue().value();
      boolean empty = v.isNull() || v.isList() && v.items().isEmpty();
      if (!key.built() && !empty) {
        e.getValue().key().notBuilt(v.path(), key.doc());
      }
    }
    removeNulls();
    if (mistakes != null) {
      collect(mistakes);
      if (first != null && !node.path().isEmpty()) {
        // The rules of the map are not checked: the missing key may be the misspelled one.
        mistakes.add(place(), section, UNKNOWN, first);
        throw first;
      }
    }
  }

  private void removeNulls() {
    if (node.takesNullAsAbsent() || section.takesNullAsAbsent()) {
      entries.entrySet().removeIf(e -> e.getValue().value().isNull() && isValue(e.getKey()));
    }
  }

  /** Reads all keys, so that an error in one does not hide errors in others. */
  private void collect(Mistakes mistakes) {
    for (Map.Entry<String, YamlNode.Entry> e : List.copyOf(entries.entrySet())) {
      Key<?> key = section.find(e.getKey());
      if (key != null && key.built()) {
        try {
          key.type().readOrNull(e.getValue().value());
        } catch (ConfigException x) {
          mistakes.add(place(), section, e.getKey(), x);
        }
      }
    }
  }

  private Object place() {
    return node.node() == null ? node.document() : node.node();
  }

  /** Whether a key has a plain value, so that null counts as absent. */
  private boolean isValue(String name) {
    Key<?> key = section.find(name);
    return key != null && key.type() != Type.ANY && key.type().section() == null;
  }

  private String unknown(String key, Section section) {
    String nearest = NameSuggestion.of(key, section.names());
    String instead = section.insteadOf(key);
    return "unknown key \""
        + key
        + "\" in "
        + (node.path().isEmpty() ? section.name() : node.path())
        + (instead != null
            ? ", which was removed; " + instead
            : nearest == null
                ? "; allowed: " + String.join(", ", section.names())
                : "; did you mean \"" + nearest + "\"?");
  }

  /** Returns the map node. */
  public YamlNode node() {
    return node;
  }

  /** Creates an error about the whole map, to be thrown. */
  public ConfigException error(String problem) {
    return node.error(problem);
  }

  /** Creates an error about the value of a key, or about the map if the key is absent. */
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

  /** Returns the raw value of a key, or null if it is absent. */
  public @Nullable YamlNode at(Key<?> key) {
    YamlNode.Entry e = entries.get(key.name());
    return e == null ? null : e.value();
  }

  /** Returns the value, its default, or null if there is neither. */
  public <T> @Nullable T find(Key<T> key) {
    T v = read(key);
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

  /** Returns the value or its default; for keys that are required or have a default. */
  public <T> T get(Key<T> key) {
    return Objects.requireNonNull(find(key), key.name());
  }

  /** Returns the value, or a default other than the key's own. */
  public <T> T get(Key<T> key, T otherwise) {
    T v = read(key);
    return v == null ? otherwise : v;
  }

  private <T> @Nullable T read(Key<T> key) {
    YamlNode.Entry e = entries.get(key.name());
    if (e == null) {
      return null;
    }
    Mistakes mistakes = node.document().mistakes();
    ConfigException known = mistakes == null ? null : mistakes.of(place(), section, key.name());
    if (known != null) {
      throw known;
    }
    return key.type().readOrNull(e.value());
  }
}
