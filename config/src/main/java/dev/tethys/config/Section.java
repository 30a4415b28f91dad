package dev.tethys.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Allowed keys of a kind of map in a configuration file. Strict reading checks against it, and the
 * reference documentation is generated from it. Filled once, while the class that owns it is
 * initialized.
 */
public final class Section {
  private final String name;
  private final String doc;
  private final Map<String, Key<?>> keys = new LinkedHashMap<>();
  private final Map<String, String> removed = new HashMap<>();
  private boolean nullIsAbsent;

  public Section(String name, String doc) {
    this.name = name;
    this.doc = doc;
  }

  public String name() {
    return name;
  }

  public String doc() {
    return doc;
  }

  /** Adds a key with a default. */
  public <T> Key<T> key(String key, Type<T> type, T defaultValue, String doc) {
    return add(new Key<>(key, type, defaultValue, false, true, doc));
  }

  /**
   * Adds an optional key; read it with {@link YamlObject#find}. Null counts as absent, as for
   * pointers and slices in Go.
   */
  public <T> Key<T> optional(String key, Type<T> type, String doc) {
    return add(new Key<>(key, type.absentWhenNull(), null, false, true, doc));
  }

  /** Adds a required key; null counts as absent. */
  public <T> Key<T> required(String key, Type<T> type, String doc) {
    return add(new Key<>(key, type.absentWhenNull(), null, true, true, doc));
  }

  /**
   * Adds a Prometheus key not supported by Tethys yet, which is rejected by name if it has a value.
   */
  public Section notBuilt(String key, String doc) {
    add(new Key<>(key, Type.ANY, null, false, false, doc));
    return this;
  }

  /**
   * Adds a key removed from the original system: an unknown key with a remedy.
   *
   * @param instead remedy, such as "write max_idle_conns"
   */
  public Section removed(String key, String instead) {
    removed.put(key, instead);
    return this;
  }

  /** Returns the remedy for a removed key; null for other keys. */
  @Nullable String insteadOf(String key) {
    return removed.get(key);
  }

  /** Makes null count as absent for every plain value of the section from now on. */
  public Section takingNullAsAbsent() {
    nullIsAbsent = true;
    return this;
  }

  boolean takesNullAsAbsent() {
    return nullIsAbsent;
  }

  /** Adds all keys of another section inline. */
  public Section include(Section other) {
    other.keys.values().forEach(this::add);
    removed.putAll(other.removed);
    return this;
  }

  private <K extends Key<?>> K add(K key) {
    if (keys.putIfAbsent(key.name(), key) != null) {
      throw new IllegalStateException(key.name() + " is described twice in " + name);
    }
    return key;
  }

  /** Returns the type of values that are such maps. */
  public <T> Type<T> type(Function<YamlObject, T> reader) {
    return new Type<>(
        name, null, n -> reader.apply(n.object(this)), this, new Type.Shape.Keys(this));
  }

  /**
   * Returns the type of values that are such maps, with a value for null.
   *
   * @param whenNull value of a null that is an item of a list or the value of a map
   */
  public <T> Type<T> type(Function<YamlObject, T> reader, T whenNull) {
    return new Type<>(
        name, whenNull, n -> reader.apply(n.object(this)), this, new Type.Shape.Keys(this));
  }

  @Nullable Key<?> find(String key) {
    return keys.get(key);
  }

  Collection<String> names() {
    return keys.keySet();
  }

  /** Returns the keys in the order of their descriptions. */
  public Collection<Key<?>> keys() {
    return keys.values();
  }
}
