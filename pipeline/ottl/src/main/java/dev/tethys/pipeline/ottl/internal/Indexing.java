package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.Type;
import java.time.Duration;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** Reads and assigns values inside maps and lists. */
public final class Indexing {
  /** The highest index at which an assignment creates a list. */
  public static final int MAX_NEW_INDEX = 10_000;

  private Indexing() {}

  /** Returns the value under keys, outermost first; nil if a map lacks a key. */
  public static @Nullable Object get(Cursor at, @Nullable Object from, OttlExpr[] keys, int first) {
    Object value = from;
    for (int i = first; i < keys.length; i++) {
      Object key = keys[i].get(at);
      switch (value) {
        case Attributes m -> {
          int index = m.indexOf(name(key));
          if (index < 0) {
            return null;
          }
          value = m.value(index);
        }
        case ArrayValue a -> value = a.get(index(key, a));
        case null, default ->
            throw new EvaluationException(
                "a value of type " + Type.of(value).text() + " cannot be indexed");
      }
    }
    return value;
  }

  /** Assigns under keys; missing maps and lists on the path are created. */
  public static void set(
      Cursor at, Attributes map, OttlExpr[] keys, int first, @Nullable Object value) {
    Object checked = storable(value);
    String name = name(keys[first].get(at));
    if (first + 1 == keys.length) {
      map.put(name, checked);
      return;
    }
    int index = map.indexOf(name);
    Object inner = index < 0 ? null : map.value(index);
    Object container = container(at, inner, keys[first + 1]);
    if (container != inner) {
      map.put(name, container);
    }
    descend(at, container, keys, first + 1, checked);
  }

  /** Assigns under keys in a list. */
  public static void set(
      Cursor at, ArrayValue list, OttlExpr[] keys, int first, @Nullable Object value) {
    descend(at, list, keys, first, storable(value));
  }

  private static void descend(
      Cursor at, Object from, OttlExpr[] keys, int first, @Nullable Object value) {
    Object container = from;
    for (int i = first; i < keys.length; i++) {
      Object key = keys[i].get(at);
      boolean last = i + 1 == keys.length;
      if (container instanceof Attributes m) {
        String name = name(key);
        if (last) {
          m.put(name, value);
          return;
        }
        int index = m.indexOf(name);
        Object inner = index < 0 ? null : m.value(index);
        Object next = container(at, inner, keys[i + 1]);
        if (next != inner) {
          m.put(name, next);
        }
        container = next;
      } else {
        ArrayValue a = (ArrayValue) container;
        int index = index(key, a);
        if (last) {
          a.set(index, value);
          return;
        }
        Object inner = a.get(index);
        Object next = container(at, inner, keys[i + 1]);
        if (next != inner) {
          a.set(index, next);
        }
        container = next;
      }
    }
  }

  private static Object container(Cursor at, @Nullable Object inner, OttlExpr nextKey) {
    if (inner instanceof Attributes || inner instanceof ArrayValue) {
      return inner;
    }
    if (inner != null) {
      throw new EvaluationException(
          "a value of type " + Type.of(inner).text() + " cannot be indexed");
    }
    Object key = nextKey.get(at);
    if (key instanceof String) {
      return new Attributes();
    }
    if (key instanceof Long l && l >= 0 && l <= MAX_NEW_INDEX) {
      ArrayValue a = new ArrayValue();
      for (int i = 0; i <= l; i++) {
        a.add(null);
      }
      return a;
    }
    throw new EvaluationException(
        "an index must be a string or a whole number from 0 to " + MAX_NEW_INDEX);
  }

  private static String name(@Nullable Object key) {
    if (key instanceof String s) {
      return s;
    }
    throw new EvaluationException(
        "a map requires a string index, not a value of type " + Type.of(key).text());
  }

  private static int index(@Nullable Object key, ArrayValue in) {
    if (!(key instanceof Long l)) {
      throw new EvaluationException(
          "a list requires an int index, not a value of type " + Type.of(key).text());
    }
    if (l < 0 || l >= in.size()) {
      throw new EvaluationException(
          "the index " + l + " is outside of the list, which has " + in.size() + " items");
    }
    return (int) (long) l;
  }

  /**
   * Converts a value for attributes and bodies: maps and lists are copied, so that nothing is
   * shared.
   */
  public static @Nullable Object storable(@Nullable Object value) {
    return switch (value) {
      case String s -> s;
      case Long l -> l;
      case Boolean b -> b;
      case Double d -> d;
      case null -> null;
      case Attributes a -> {
        new ValueSize().add(a);
        yield a.copy();
      }
      case ArrayValue a -> {
        new ValueSize().add(a);
        yield a.copy();
      }
      case byte[] b -> b.clone();
      case ZonedDateTime _ ->
          throw new EvaluationException(
              "a time cannot be stored here; write FormatTime(...) or UnixNano(...) around it");
      case Duration _ ->
          throw new EvaluationException(
              "a duration cannot be stored here; write Seconds(...) or Nanoseconds(...) around it");
      default ->
          throw new EvaluationException(
              "a value of type "
                  + Type.of(value).text()
                  + " cannot be stored here; write String(...) around it");
    };
  }

  /** Replaces the entries of a map by copies of another map's, or clears it for nil. */
  public static void replace(Attributes target, @Nullable Object value) {
    if (value == null) {
      target.clear();
      return;
    }
    if (!(value instanceof Attributes from)) {
      throw new EvaluationException(
          "this field requires a map, not a value of type " + Type.of(value).text());
    }
    if (from == target) {
      return;
    }
    // A part of the target may be its replacement.
    Attributes copy = from.copy();
    target.clear();
    for (int i = 0; i < copy.size(); i++) {
      target.add(copy.key(i), copy.value(i));
    }
  }
}
