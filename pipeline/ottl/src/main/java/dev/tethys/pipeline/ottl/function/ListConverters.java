package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Compare;
import dev.tethys.pipeline.ottl.internal.Indexing;
import dev.tethys.pipeline.ottl.internal.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Converters of lists and maps. */
final class ListConverters {
  private ListConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("Keys", Type.LIST)
            .takes("target", ParameterKind.MAP)
            .made(
                a ->
                    TypeConverters.one(
                        a,
                        v -> {
                          ArrayValue keys = new ArrayValue();
                          ((Attributes) MapEditors.require(v)).forEach((k, _) -> keys.add(k));
                          return keys;
                        })),
        OttlFunction.converter("Values", Type.LIST)
            .takes("target", ParameterKind.MAP)
            .made(
                a ->
                    TypeConverters.one(
                        a,
                        v -> {
                          ArrayValue values = new ArrayValue();
                          ((Attributes) MapEditors.require(v))
                              .forEach((_, x) -> values.add(Indexing.storable(x)));
                          return values;
                        })),
        OttlFunction.converter("Len", Type.INT)
            .takes("target", ParameterKind.ANY)
            .made(a -> TypeConverters.one(a, ListConverters::length)),
        OttlFunction.converter("Index", Type.INT)
            .takes("target", ParameterKind.ANY)
            .takes("value", ParameterKind.ANY)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  OttlExpr value = a.expr(1);
                  return at -> index(target.get(at), value.get(at));
                }),
        OttlFunction.converter("ContainsValue", Type.BOOL)
            .takes("target", ParameterKind.LIST)
            .takes("item", ParameterKind.ANY)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  OttlExpr item = a.expr(1);
                  return at -> index(target.get(at), item.get(at)) >= 0;
                }),
        OttlFunction.converter("Coalesce", Type.ANY)
            .takesList("values", ParameterKind.ANY)
            .made(ListConverters::coalesce),
        OttlFunction.converter("SliceToMap", Type.MAP)
            .takes("target", ParameterKind.LIST)
            .mayTakeList("key_path", ParameterKind.LITERAL_STRING)
            .mayTakeList("value_path", ParameterKind.LITERAL_STRING)
            .made(ListConverters::sliceToMap),
        OttlFunction.converter("Sort", Type.ANY)
            .takes("target", ParameterKind.ANY)
            .mayTake("order", ParameterKind.LITERAL_STRING)
            .made(ListConverters::sort));
  }

  private static long length(@Nullable Object v) {
    return switch (v) {
      case String s -> Bytes.length(s);
      case ArrayValue l -> l.size();
      case Attributes m -> m.size();
      case byte[] b -> b.length;
      case List<?> l -> l.size();
      case null, default ->
          throw new EvaluationException("a value of type " + Type.of(v).text() + " has no length");
    };
  }

  private static long index(@Nullable Object target, @Nullable Object value) {
    switch (target) {
      case String s -> {
        if (!(value instanceof String part)) {
          throw new EvaluationException("only a string can be searched for in a string");
        }
        int i = s.indexOf(part);
        return i < 0 ? -1 : Bytes.length(s.substring(0, i));
      }
      case ArrayValue l -> {
        for (int i = 0; i < l.size(); i++) {
          if (Compare.equal(l.get(i), value)) {
            return i;
          }
        }
        return -1;
      }
      case null, default ->
          throw new EvaluationException(
              "a value of type " + Type.of(target).text() + " has no index");
    }
  }

  private static OttlExpr.Getter coalesce(Arguments a) {
    OttlExpr[] values = a.list(0).toArray(OttlExpr[]::new);
    if (values.length == 0) {
      throw a.error(0, "at least one value is needed");
    }
    return at -> {
      for (OttlExpr e : values) {
        Object v = e.get(at);
        if (v != null) {
          return v;
        }
      }
      return null;
    };
  }

  private static OttlExpr.Getter sliceToMap(Arguments a) {
    OttlExpr target = a.expr(0);
    List<String> keyPath = a.strings(1);
    List<String> valuePath = a.strings(2);
    if (a.has(1) && keyPath.isEmpty()) {
      throw a.error(1, "the path of the key is empty");
    }
    return at -> {
      ArrayValue list = (ArrayValue) MapEditors.require(target.get(at));
      MapBuilder m = new MapBuilder();
      for (int i = 0; i < list.size(); i++) {
        Object item = list.get(i);
        String key;
        if (keyPath.isEmpty()) {
          key = Integer.toString(i);
        } else if (follow(item, keyPath) instanceof String s) {
          key = s;
        } else {
          throw new EvaluationException(
              "the key of item " + i + " at " + String.join(".", keyPath) + " is not a string");
        }
        m.put(key, Indexing.storable(valuePath.isEmpty() ? item : follow(item, valuePath)));
      }
      return m.build();
    };
  }

  private static @Nullable Object follow(@Nullable Object item, List<String> path) {
    Object v = item;
    for (String key : path) {
      if (!(v instanceof Attributes m) || !m.contains(key)) {
        throw new EvaluationException("an item has nothing at " + String.join(".", path));
      }
      v = m.get(key);
    }
    return v;
  }

  private static OttlExpr.Getter sort(Arguments a) {
    String order = a.string(1, "asc");
    if (!order.equals("asc") && !order.equals("desc")) {
      throw a.error(1, "the order must be asc or desc, not \"" + order + "\"");
    }
    boolean down = order.equals("desc");
    OttlExpr target = a.expr(0);
    return at -> {
      Object v = target.get(at);
      if (v instanceof ArrayValue l) {
        return sorted(l, down);
      }
      throw new EvaluationException(
          "the target is a value of type " + Type.of(v).text() + ", not a list");
    };
  }

  /** Sorts numbers by value, other values by their text; values keep their types. */
  private static ArrayValue sorted(ArrayValue list, boolean down) {
    boolean text = false;
    boolean doubles = false;
    for (int i = 0; i < list.size(); i++) {
      switch (list.get(i)) {
        case Long _ -> {}
        case Double _ -> doubles = true;
        case null -> text = true;
        case String _, Boolean _ -> text = true;
        default -> {
          return list; // lists that cannot be sorted stay unchanged
        }
      }
    }
    List<@Nullable Object> items = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      items.add(list.get(i));
    }
    Comparator<@Nullable Object> byValue =
        text
            ? (x, y) -> Compare.compareUtf8(Text.attribute(x), Text.attribute(y))
            : doubles
                ? (x, y) -> Double.compare(number(x), number(y))
                : (x, y) ->
                    Long.compare((Long) MapEditors.require(x), (Long) MapEditors.require(y));
    items.sort(down ? byValue.reversed() : byValue);
    return ArrayValue.of(items.toArray());
  }

  private static double number(@Nullable Object v) {
    return ((Number) MapEditors.require(v)).doubleValue();
  }
}
