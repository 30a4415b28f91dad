package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.OttlTarget;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Indexing;
import dev.tethys.pipeline.ottl.internal.Text;
import dev.tethys.pipeline.ottl.internal.ValueSize;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Editors of fields, maps and lists. */
final class MapEditors {
  private MapEditors() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.editor("set")
            .takes("target", ParameterKind.TARGET)
            .takes("value", ParameterKind.ANY)
            .made(MapEditors::set),
        OttlFunction.editor("clear").takes("target", ParameterKind.TARGET).made(MapEditors::clear),
        OttlFunction.editor("append")
            .takes("target", ParameterKind.TARGET)
            .mayTake("value", ParameterKind.ANY)
            .mayTakeList("values", ParameterKind.ANY)
            .made(MapEditors::append),
        OttlFunction.editor("delete_index")
            .takes("target", ParameterKind.TARGET)
            .takes("start_index", ParameterKind.INT)
            .mayTake("end_index", ParameterKind.INT)
            .made(MapEditors::deleteIndex),
        OttlFunction.editor("delete_key")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("key", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr key = a.expr(1);
                  OttlExpr target = a.expr(0);
                  return at -> {
                    map(target, at).remove((String) require(key.get(at)));
                    return null;
                  };
                }),
        OttlFunction.editor("delete_matching_keys")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("pattern", ParameterKind.STRING)
            .made(a -> matchingKeys(a, true)),
        OttlFunction.editor("keep_matching_keys")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("pattern", ParameterKind.STRING)
            .made(a -> matchingKeys(a, false)),
        OttlFunction.editor("keep_keys")
            .takes("target", ParameterKind.MAP_TARGET)
            .takesListOf("keys", ParameterKind.STRING)
            .made(MapEditors::keepKeys),
        OttlFunction.editor("limit")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("limit", ParameterKind.LITERAL_INT)
            .takesList("priority_keys", ParameterKind.LITERAL_STRING)
            .made(MapEditors::limit),
        OttlFunction.editor("merge_maps")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("source", ParameterKind.MAP)
            .takes("strategy", ParameterKind.LITERAL_STRING)
            .made(MapEditors::mergeMaps),
        OttlFunction.editor("flatten")
            .takes("target", ParameterKind.MAP_TARGET)
            .mayTake("prefix", ParameterKind.LITERAL_STRING)
            .mayTake("depth", ParameterKind.LITERAL_INT)
            .mayTake("resolve_conflicts", ParameterKind.LITERAL_BOOL)
            .made(MapEditors::flatten),
        OttlFunction.editor("stringify_all")
            .takes("target", ParameterKind.MAP_TARGET)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  return at -> {
                    Attributes m = map(target, at);
                    for (int i = 0; i < m.size(); i++) {
                      Object v = m.value(i);
                      if (!(v instanceof String)) {
                        m.setValue(i, Text.attribute(v));
                      }
                    }
                    return null;
                  };
                }),
        OttlFunction.editor("truncate_all")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("limit", ParameterKind.LITERAL_INT)
            .mayTake("utf8_safe", ParameterKind.LITERAL_BOOL)
            .mayTake("truncation_marker", ParameterKind.LITERAL_STRING)
            .made(MapEditors::truncateAll));
  }

  /** Returns the map identified by a path, to be edited in place. */
  static Attributes map(OttlExpr target, Cursor at) {
    Object v = target.get(at);
    if (v instanceof Attributes m) {
      return m;
    }
    throw new EvaluationException(
        "the target is " + (v == null ? "nil" : "of type " + Type.of(v).text()) + ", not a map");
  }

  static Object require(@Nullable Object value) {
    return java.util.Objects.requireNonNull(value);
  }

  private static OttlExpr.Getter set(Arguments a) {
    OttlTarget target = a.target(0);
    OttlExpr value = a.expr(1);
    return at -> {
      Object v = value.get(at);
      if (v == null && !canBeEmpty(target.type())) {
        throw new EvaluationException(
            "the value is nil, but this field requires "
                + target.type().text()
                + "; it is unchanged");
      }
      target.set(at, v);
      return null;
    };
  }

  /** Whether nil can be assigned: to OTLP values, which may be empty, and to maps and lists. */
  private static boolean canBeEmpty(Type type) {
    return switch (type) {
      case ANY, MAP, LIST, TELEMETRY -> true; // which parts of telemetry are lists the field knows
      case NIL, BOOL, INT, DOUBLE, STRING, BYTES, TIME, DURATION, ID -> false;
    };
  }

  /** Sets a field to the empty value of its type. */
  private static OttlExpr.Getter clear(Arguments a) {
    OttlTarget target = a.target(0);
    return at -> {
      target.set(
          at,
          switch (target.get(at)) {
            case String _ -> "";
            case Long _ -> 0L;
            case Double _ -> 0.0;
            case Boolean _ -> false;
            case byte[] _ -> new byte[0];
            case Attributes _ -> new Attributes();
            case ArrayValue _ -> new ArrayValue();
            case Id id -> new Id(id.kind(), 0, 0);
            case ZonedDateTime t -> Instant.EPOCH.atZone(t.getZone());
            case null, default -> null; // lists of parts of telemetry are emptied by nil
          });
      return null;
    };
  }

  private static OttlExpr.Getter append(Arguments a) {
    if (!a.has(1) && !a.has(2)) {
      throw a.error(0, "it needs value or values to append");
    }
    OttlTarget target = a.target(0);
    List<OttlExpr> values = new ArrayList<>();
    if (a.has(1)) {
      values.add(a.expr(1));
    }
    values.addAll(a.list(2));
    return at -> {
      ArrayValue result = new ArrayValue();
      Object there = target.get(at);
      if (there instanceof Attributes) {
        throw new EvaluationException("the target is a map; values cannot be appended to a map");
      }
      ValueSize size = new ValueSize();
      addAll(result, there, size);
      for (OttlExpr v : values) {
        addAll(result, v.get(at), size);
      }
      target.set(at, result);
      return null;
    };
  }

  private static void addAll(ArrayValue to, @Nullable Object value, ValueSize size) {
    size.add(value);
    switch (value) {
      case null -> {}
      case ArrayValue l -> {
        for (int i = 0; i < l.size(); i++) {
          to.add(l.get(i));
        }
      }
      default -> to.add(Indexing.storable(value));
    }
  }

  private static OttlExpr.Getter deleteIndex(Arguments a) {
    OttlTarget target = a.target(0);
    OttlExpr start = a.expr(1);
    OttlExpr end = a.optional(2);
    return at -> {
      if (!(target.get(at) instanceof ArrayValue list)) {
        throw new EvaluationException("the target is not a list");
      }
      long from = (Long) require(start.get(at));
      long to = end == null ? from + 1 : (Long) require(end.get(at));
      if (from < 0 || from > list.size() || to < from || to > list.size()) {
        throw new EvaluationException(
            "the indexes "
                + from
                + " to "
                + to
                + " are outside of the list, which has "
                + list.size()
                + " items");
      }
      // Some paths give a copy, so it is assigned back.
      ArrayValue edited = list.copy();
      edited.removeRange((int) from, (int) to);
      target.set(at, edited);
      return null;
    };
  }

  private static OttlExpr.Getter matchingKeys(Arguments a, boolean delete) {
    OttlExpr target = a.expr(0);
    Regex.Source pattern = Regex.argument(a, 1);
    return at -> {
      Regex r = pattern.at(at);
      map(target, at).removeIf((k, _) -> r.find(k) == delete);
      return null;
    };
  }

  private static OttlExpr.Getter keepKeys(Arguments a) {
    OttlExpr target = a.expr(0);
    Arguments.Values keys = a.values(1);
    if (keys.areConstant()) {
      Set<String> keep = new HashSet<>(a.strings(1));
      return at -> {
        map(target, at).removeIf((k, _) -> !keep.contains(k));
        return null;
      };
    }
    return at -> {
      Set<Object> keep = new HashSet<>(keys.get(at));
      map(target, at).removeIf((k, _) -> !keep.contains(k));
      return null;
    };
  }

  private static OttlExpr.Getter limit(Arguments a) {
    long limit = a.integer(1, 0);
    Set<String> keep = new HashSet<>(a.strings(2));
    if (limit < 0) {
      throw a.error(1, "the limit cannot be negative");
    }
    if (a.list(2).size() > limit) {
      throw a.error(2, "there are more priority keys than the limit of " + limit);
    }
    OttlExpr target = a.expr(0);
    return at -> {
      Attributes m = map(target, at);
      if (m.size() > limit) {
        long[] left = {limit};
        for (String k : keep) {
          left[0] -= m.contains(k) ? 1 : 0;
        }
        m.removeIf((k, _) -> !keep.contains(k) && left[0]-- <= 0);
      }
      return null;
    };
  }

  private static OttlExpr.Getter mergeMaps(Arguments a) {
    OttlExpr target = a.expr(0);
    OttlExpr source = a.expr(1);
    String strategy = a.string(2);
    boolean insert = strategy.equals("insert") || strategy.equals("upsert");
    boolean update = strategy.equals("update") || strategy.equals("upsert");
    if (!insert && !update) {
      throw a.error(2, "the strategy must be insert, update or upsert, not \"" + strategy + "\"");
    }
    return at -> {
      Attributes to = map(target, at);
      Attributes from = (Attributes) require(source.get(at));
      for (int i = 0; i < from.size(); i++) {
        String key = from.key(i);
        int index = to.indexOf(key);
        if (index < 0) {
          if (insert) {
            to.add(key, Indexing.storable(from.value(i)));
          }
        } else if (update) {
          to.setValue(index, Indexing.storable(from.value(i)));
        }
      }
      return null;
    };
  }

  private static OttlExpr.Getter flatten(Arguments a) {
    OttlExpr target = a.expr(0);
    String prefix = a.string(1, "");
    long depth = a.integer(2, Long.MAX_VALUE);
    boolean resolve = a.truth(3, false);
    if (depth < 1) {
      throw a.error(2, "the depth must be at least 1, not " + depth);
    }
    return at -> {
      Attributes m = map(target, at);
      new Flattening(depth, resolve).into(m, prefix);
      return null;
    };
  }

  /** One run of flatten. */
  private static final class Flattening {
    private final long maxDepth;
    private final boolean resolve;
    private final MapBuilder result = new MapBuilder();
    private final Map<String, Integer> seen = new HashMap<>();

    Flattening(long maxDepth, boolean resolve) {
      this.maxDepth = maxDepth;
      this.resolve = resolve;
    }

    void into(Attributes m, String prefix) {
      visit(m, prefix, 0);
      m.clear();
      Attributes flat = result.build();
      for (int i = 0; i < flat.size(); i++) {
        m.add(flat.key(i), flat.value(i));
      }
    }

    private void visit(Attributes m, String prefix, int depth) {
      if (depth > Text.MAX_DEPTH) {
        throw new EvaluationException("the map is nested too deeply");
      }
      String dotted = prefix.isEmpty() ? "" : prefix + ".";
      for (int i = 0; i < m.size(); i++) {
        value(m.value(i), dotted + m.key(i), depth);
      }
    }

    private void value(@Nullable Object v, String key, int depth) {
      if (v instanceof Attributes inner && depth < maxDepth) {
        visit(inner, key, depth + 1);
      } else if (v instanceof ArrayValue list && depth < maxDepth) {
        for (int i = 0; i < list.size(); i++) {
          Object item = list.get(i);
          boolean nested = item instanceof Attributes || item instanceof ArrayValue;
          // Scalar items of one list are conflicts to resolve; its maps have different keys.
          value(item, resolve && !nested ? key : key + "." + i, depth + 1);
        }
      } else {
        put(key, v);
      }
    }

    private void put(String key, @Nullable Object v) {
      if (!resolve || !result.contains(key)) {
        result.put(key, v);
        return;
      }
      int next = seen.getOrDefault(key, 0);
      while (result.contains(key + "." + next)) {
        next++;
      }
      seen.put(key, next + 1);
      result.put(key + "." + next, v);
    }
  }

  private static OttlExpr.Getter truncateAll(Arguments a) {
    OttlExpr target = a.expr(0);
    long limit = a.integer(1, 0);
    boolean whole = a.truth(2, true);
    String marker = a.string(3, "");
    if (limit < 0) {
      throw a.error(1, "the limit cannot be negative");
    }
    int markerBytes = Bytes.length(marker);
    if (markerBytes > limit) {
      throw a.error(3, "the marker is longer than the limit");
    }
    int room = (int) Math.min(Integer.MAX_VALUE, limit) - markerBytes;
    return at -> {
      Attributes m = map(target, at);
      for (int i = 0; i < m.size(); i++) {
        if (m.value(i) instanceof String s && Bytes.longer(s, limit)) {
          m.setValue(i, (whole ? Bytes.whole(s, 0, room) : Bytes.cut(s, 0, room)) + marker);
        }
      }
      return null;
    };
  }
}
