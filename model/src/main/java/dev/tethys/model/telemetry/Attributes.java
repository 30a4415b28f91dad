package dev.tethys.model.telemetry;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keys with values in order of arrival, each value of a type listed in {@link AnyValue}: the
 * attributes of any message, and a kvlist. Looked up from the start, because lists are short.
 *
 * <p>Equal when both have the same keys with equal values, in any order. A list received with a
 * duplicate key keeps both entries; {@link #get} and {@link #put} use the first, {@link #remove}
 * removes both.
 */
public final class Attributes {
  private static final @Nullable Object[] NONE = {};

  /** Key and value in turn. */
  private @Nullable Object[] slots = NONE;

  private int size;

  /** Number of entries up to which {@link #put} scans all keys. */
  private static final int FEW = 64;

  /** First indexes of keys; null until an entry is added to a long list. */
  private @Nullable Map<String, Integer> places;

  public Attributes() {}

  /** Returns the number of entries. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** The key of the entry at an index below {@link #size()}. */
  public String key(int index) {
    Objects.checkIndex(index, size);
    return (String) Objects.requireNonNull(slots[2 * index]);
  }

  /** The value of the entry at an index below {@link #size()}. */
  public @Nullable Object value(int index) {
    Objects.checkIndex(index, size);
    Object v = slots[2 * index + 1];
    if (v instanceof Utf8 u) {
      slots[2 * index + 1] = v = u.toString();
    }
    return v;
  }

  /** Returns the value like {@link #value}, but text that was not read yet is {@link Utf8}. */
  public @Nullable Object raw(int index) {
    Objects.checkIndex(index, size);
    return slots[2 * index + 1];
  }

  /** Index of a key, or -1. */
  public int indexOf(String key) {
    @Nullable Object[] s = slots;
    for (int i = 0, end = 2 * size; i < end; i += 2) {
      if (key.equals(s[i])) {
        return i >> 1;
      }
    }
    return -1;
  }

  public boolean contains(String key) {
    return indexOf(key) >= 0;
  }

  /**
   * The value of a key; null if it is empty or absent ({@link #contains} distinguishes the two).
   */
  public @Nullable Object get(String key) {
    int i = indexOf(key);
    return i < 0 ? null : value(i);
  }

  /** The value of a key if it is text. */
  public @Nullable String getString(String key) {
    return get(key) instanceof String s ? s : null;
  }

  /** Sets the value of a key, in its place, or at the end if it is new. */
  public void put(String key, @Nullable Object value) {
    int i = size < FEW ? indexOf(key) : place(key);
    if (i < 0) {
      add(key, value);
    } else {
      slots[2 * i + 1] = AnyValue.checked(value);
    }
  }

  /**
   * Finds an entry like {@link #indexOf}, but in constant time, so that many puts do not take
   * quadratic time.
   */
  private int place(String key) {
    Map<String, Integer> p = places;
    if (p == null) {
      p = new HashMap<>();
      for (int i = 0; i < size; i++) {
        p.putIfAbsent(key(i), i);
      }
      places = p;
    }
    return p.getOrDefault(key, -1);
  }

  /** Sets the value of the entry at an index. */
  public void setValue(int index, @Nullable Object value) {
    Objects.checkIndex(index, size);
    slots[2 * index + 1] = AnyValue.checked(value);
  }

  /** Renames the entry at an index without checking for duplicates. */
  public void setKey(int index, String key) {
    Objects.checkIndex(index, size);
    slots[2 * index] = Objects.requireNonNull(key);
    places = null;
  }

  /** Appends an entry without checking for duplicates. */
  public void add(String key, @Nullable Object value) {
    int at = 2 * size;
    if (at == slots.length) {
      slots = Arrays.copyOf(slots, Math.max(8, 2 * at));
    }
    slots[at] = Objects.requireNonNull(key);
    slots[at + 1] = AnyValue.checked(value);
    if (places != null) {
      places.putIfAbsent(key, size);
    }
    size++;
  }

  /** Sets every entry of another list, values copied. */
  public void putAll(Attributes from) {
    for (int i = 0; i < from.size; i++) {
      put(from.key(i), AnyValue.copy(from.slots[2 * i + 1]));
    }
  }

  /** Removes every entry of a key; returns whether there was one. */
  public boolean remove(String key) {
    return removeIf((k, _) -> k.equals(key));
  }

  /** Decides on an entry. */
  @FunctionalInterface
  public interface EntryPredicate {
    boolean test(String key, @Nullable Object value);
  }

  /** Removes the entries that a predicate names; returns whether there was one. */
  public boolean removeIf(EntryPredicate predicate) {
    places = null;
    int kept = 0;
    for (int i = 0; i < size; i++) {
      String k = key(i);
      if (!predicate.test(k, value(i))) {
        slots[2 * kept] = k;
        slots[2 * kept + 1] = slots[2 * i + 1];
        kept++;
      }
    }
    boolean removed = kept < size;
    Arrays.fill(slots, 2 * kept, 2 * size, null);
    size = kept;
    return removed;
  }

  /** Receives an entry. */
  @FunctionalInterface
  public interface EntryConsumer {
    void accept(String key, @Nullable Object value);
  }

  /** Shows every entry, in order; the list must not change meanwhile. */
  public void forEach(EntryConsumer consumer) {
    for (int i = 0; i < size; i++) {
      consumer.accept(key(i), value(i));
    }
  }

  public void clear() {
    slots = NONE;
    size = 0;
    places = null;
  }

  /** A deep copy. */
  public Attributes copy() {
    Attributes c = new Attributes();
    c.slots = size == 0 ? NONE : new Object[2 * size];
    c.size = size;
    for (int i = 0; i < 2 * size; i += 2) {
      c.slots[i] = slots[i];
      c.slots[i + 1] = AnyValue.copy(slots[i + 1]);
    }
    return c;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    if (!(o instanceof Attributes a) || a.size != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      // Entries mostly have the same order; a duplicate key is compared by its position.
      int j = key(i).equals(a.key(i)) ? i : a.indexOf(key(i));
      if (j < 0 || !AnyValue.equal(slots[2 * i + 1], a.slots[2 * j + 1])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int h = size;
    for (int i = 0; i < size; i++) {
      h += 31 * key(i).hashCode() ^ AnyValue.hash(slots[2 * i + 1]);
    }
    return h;
  }

  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder("{");
    for (int i = 0; i < size; i++) {
      Object v = raw(i);
      sb.append(i == 0 ? "" : ", ").append(key(i)).append('=');
      sb.append(v instanceof byte[] b ? Arrays.toString(b) : v);
    }
    return sb.append('}').toString();
  }
}
