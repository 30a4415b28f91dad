package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Document with flattened field paths, as in all modes of the Collector's exporter except otel and
 * bodymap (its package objmodel). Maps become dotted names, and the last value of a repeated path
 * wins. A value whose path is also an object moves into it as {@code value}, if that is free. Empty
 * values are omitted.
 */
final class FlatDocument {
  private final TreeMap<String, Object> fields = new TreeMap<>();

  /** Adds a value unless it is empty. */
  void add(String path, @Nullable Object value) {
    switch (value) {
      case null -> {}
      case Attributes map -> addAll(path, map);
      case ArrayValue list when list.size() == 0 -> {}
      default -> fields.put(path, value);
    }
  }

  /** Adds text unless it is empty. */
  void text(String path, String value) {
    if (!value.isEmpty()) {
      fields.put(path, value);
    }
  }

  /** Adds attributes below a path, or at the top. */
  void addAll(String path, Attributes map) {
    map.forEach((k, v) -> add(under(path, k), v));
  }

  static String under(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  void time(String path, long nanos) {
    String s = DocumentRequestEncoder.time(nanos);
    // Nine digits always: these are words to Elasticsearch, which sorts them.
    int dot = s.indexOf('.');
    String digits = dot < 0 ? "" : s.substring(dot + 1, s.length() - 1);
    fields.put(
        path,
        s.substring(0, dot < 0 ? s.length() - 1 : dot)
            + "."
            + digits
            + "0".repeat(9 - digits.length())
            + "Z");
  }

  void traceId(String path, long high, long low) {
    text(path, SpanText.traceId(high, low));
  }

  void spanId(String path, long id) {
    text(path, SpanText.spanId(id));
  }

  /**
   * Writes it.
   *
   * @param nested whether dots make objects
   */
  void write(TextBuffer to, boolean nested) {
    settle();
    if (!nested) {
      object(to, fields);
      return;
    }
    Map<String, Object> tree = new TreeMap<>();
    fields.forEach(
        (path, value) -> {
          Map<String, Object> at = tree;
          int from = 0;
          for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
            @SuppressWarnings("unchecked") // no value has the path of an object: settle()
            Map<String, Object> in =
                (Map<String, Object>)
                    at.computeIfAbsent(path.substring(from, dot), _ -> new TreeMap<>());
            at = in;
            from = dot + 1;
          }
          at.put(path.substring(from), value);
        });
    object(to, tree);
  }

  private void settle() {
    for (String path : List.copyOf(fields.keySet())) {
      String at = path;
      while (isObject(at)) {
        at += ".value";
      }
      if (!at.equals(path)) {
        Object value = fields.remove(path);
        if (value != null) {
          fields.putIfAbsent(at, value);
        }
      }
    }
  }

  private boolean isObject(String path) {
    String next = fields.ceilingKey(path + ".");
    return next != null && next.startsWith(path + ".");
  }

  private static void object(TextBuffer to, Map<?, ?> map) {
    to.put('{');
    boolean first = true;
    for (Map.Entry<?, ?> e : map.entrySet()) {
      to.put(first ? "" : ",").json((String) e.getKey()).put(':');
      first = false;
      value(to, e.getValue());
    }
    to.put('}');
  }

  private static void value(TextBuffer to, @Nullable Object v) {
    switch (v) {
      case Map<?, ?> map -> object(to, map);
      case Attributes map -> {
        FlatDocument inner = new FlatDocument();
        inner.addAll("", map);
        inner.write(to, true);
      }
      case ArrayValue list -> {
        to.put('[');
        for (int i = 0; i < list.size(); i++) {
          to.put(i == 0 ? "" : ",");
          value(to, list.get(i));
        }
        to.put(']');
      }
      case List<?> list -> {
        to.put('[');
        for (int i = 0; i < list.size(); i++) {
          to.put(i == 0 ? "" : ",");
          ((FlatDocument) list.get(i)).write(to, true);
        }
        to.put(']');
      }
      case null, default -> OtelText.scalar(to, v);
    }
  }

  /** Adds a list of documents, unless it is empty. */
  void documents(String path, List<FlatDocument> list) {
    if (!list.isEmpty()) {
      fields.put(path, new ArrayList<>(list));
    }
  }
}
