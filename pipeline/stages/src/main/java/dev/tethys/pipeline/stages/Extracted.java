package dev.tethys.pipeline.stages;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values extracted from an entry, by name; initially the labels of the entry. A value is a string,
 * a number (Long, BigInteger, Double), a boolean, or null for a JSON null.
 *
 * <p>There are only a few names, so lookup is linear. The initial labels are shared with other
 * entries; they are shadowed, never modified.
 */
@SuppressWarnings("ReferenceEquality") // the mark of a removed value is one object
final class Extracted {
  private static final Object REMOVED = new Object();
  private static final int FIRST = 8;

  private List<Labels.Label> base = List.of();
  private String[] names = new String[FIRST];
  private @Nullable Object[] values = new Object[FIRST];
  private int size;

  /** Starts with labels, which {@code decoded} holds. */
  Extracted(List<Labels.Label> decoded) {
    base = decoded;
  }

  /** Returns a copy with the same values. */
  Extracted copy() {
    Extracted c = new Extracted(base);
    c.names = names.clone();
    c.values = values.clone();
    c.size = size;
    return c;
  }

  /** Sets every label, overwriting existing values, as at the start of a nested pipeline. */
  void seed(List<Labels.Label> labels) {
    if (labels == base && size == 0) {
      return;
    }
    for (Labels.Label l : labels) {
      if (!l.value().equals(get(l.name()))) {
        put(l.name(), l.value());
      }
    }
  }

  private int find(String name) {
    for (int i = 0; i < size; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private int findBase(String name) {
    for (int i = 0; i < base.size(); i++) {
      if (base.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the name exists, even if its value is null. */
  boolean has(String name) {
    int i = find(name);
    return i >= 0 ? values[i] != REMOVED : findBase(name) >= 0;
  }

  /** Returns the value; returns null if it does not exist or is null. */
  @Nullable Object get(String name) {
    int i = find(name);
    if (i >= 0) {
      return values[i] == REMOVED ? null : values[i];
    }
    int b = findBase(name);
    return b < 0 ? null : base.get(b).value();
  }

  /** Returns the value as text; returns null if it does not exist or has no text form. */
  @Nullable String text(String name) {
    return text(get(name));
  }

  /** Converts a value to text, numbers without exponent; returns null if it has no text form. */
  static @Nullable String text(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String s -> s;
      case Double d -> GoFloat.format(d, 'f', -1);
      default -> value.toString();
    };
  }

  void put(String name, @Nullable Object value) {
    int i = find(name);
    if (i < 0) {
      if (size == names.length) {
        names = Arrays.copyOf(names, size * 2);
        values = Arrays.copyOf(values, size * 2);
      }
      i = size++;
      names[i] = name;
    }
    values[i] = value;
  }

  void remove(String name) {
    if (findBase(name) >= 0) {
      put(name, REMOVED);
      return;
    }
    int i = find(name);
    if (i >= 0) {
      size--;
      names[i] = names[size];
      values[i] = values[size];
      values[size] = null;
    }
  }

  /** Returns all names with their values, in name order. */
  SortedMap<String, @Nullable Object> toMap() {
    SortedMap<String, @Nullable Object> m = new TreeMap<>();
    base.forEach(l -> m.put(l.name(), l.value()));
    for (int i = 0; i < size; i++) {
      if (values[i] == REMOVED) {
        m.remove(names[i]);
      } else {
        m.put(names[i], values[i]);
      }
    }
    return m;
  }
}
