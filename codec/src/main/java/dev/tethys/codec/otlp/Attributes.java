package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A list of attributes with their values as text: strings unchanged, numbers and booleans as in
 * JSON, bytes as base64, lists and maps as JSON. Reusable; not for several threads concurrently.
 */
final class Attributes {
  /** A record, scope or resource with more attributes is refused. */
  static final int MAX_ATTRIBUTES = 4096;

  /** Lists and maps within attributes that go deeper are refused. */
  static final int MAX_DEPTH = 64;

  record Attribute(String key, String value) {}

  private final List<Attribute> list = new ArrayList<>();

  void clear() {
    list.clear();
  }

  List<Attribute> list() {
    return list;
  }

  /** By key; of equal keys the first stays first. */
  void sort() {
    list.sort(Comparator.comparing(Attribute::key));
  }

  @Nullable String get(String key) {
    for (Attribute a : list) {
      if (a.key.equals(key)) {
        return a.value;
      }
    }
    return null;
  }

  /** Reads one KeyValue message, the field at the reader's position. */
  void read(ProtoReader r) {
    if (list.size() >= MAX_ATTRIBUTES) {
      throw new CodecException("more than " + MAX_ATTRIBUTES + " attributes");
    }
    String key = "";
    String value = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> {
          int v = r.enter();
          value = text(value(r, 0));
          r.leave(v);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    list.add(new Attribute(key, value));
  }

  /** An AnyValue as String, Boolean, Long, Double, byte[], List or TreeMap; null if none. */
  private static @Nullable Object value(ProtoReader r, int depth) {
    if (depth > MAX_DEPTH) {
      throw new CodecException("attribute values nested deeper than " + MAX_DEPTH);
    }
    Object out = null;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> out = r.readString();
        case 2 -> out = r.readBool();
        case 3 -> out = r.readLong();
        case 4 -> out = r.readDouble();
        case 5 -> {
          int outer = r.enter();
          List<@Nullable Object> l = new ArrayList<>();
          while (r.next()) {
            if (r.field() == 1) {
              int item = r.enter();
              l.add(value(r, depth + 1));
              r.leave(item);
            } else {
              r.skip();
            }
          }
          r.leave(outer);
          out = l;
        }
        case 6 -> {
          int outer = r.enter();
          TreeMap<String, @Nullable Object> m = new TreeMap<>();
          while (r.next()) {
            if (r.field() == 1) {
              entry(r, m, depth);
            } else {
              r.skip();
            }
          }
          r.leave(outer);
          out = m;
        }
        case 7 -> out = r.readBytes();
        default -> r.skip();
      }
    }
    return out;
  }

  private static void entry(ProtoReader r, TreeMap<String, @Nullable Object> into, int depth) {
    int outer = r.enter();
    String key = "";
    Object v = null;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> {
          int inner = r.enter();
          v = value(r, depth + 1);
          r.leave(inner);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    into.put(key, v);
  }

  private static String text(@Nullable Object v) {
    return switch (v) {
      case null -> "";
      case String s -> s;
      case Double d when !Double.isFinite(d) -> "json: unsupported value: " + GoFloat.g(d);
      case byte[] b -> Base64.getEncoder().encodeToString(b);
      default -> {
        StringBuilder sb = new StringBuilder();
        yield json(sb, v) ? sb.toString() : "";
      }
    };
  }

  /**
   * Appends a value; returns false if JSON cannot represent it, such as NaN and infinities within
   * lists and maps.
   */
  private static boolean json(StringBuilder sb, @Nullable Object v) {
    switch (v) {
      case null -> sb.append("null");
      case String s -> GoJson.append(sb, s);
      case Double d -> {
        if (!Double.isFinite(d)) {
          return false;
        }
        number(sb, d);
      }
      case byte[] b -> GoJson.append(sb, Base64.getEncoder().encodeToString(b));
      case List<?> l -> {
        sb.append('[');
        for (int i = 0; i < l.size(); i++) {
          if (i > 0) {
            sb.append(',');
          }
          if (!json(sb, l.get(i))) {
            return false;
          }
        }
        sb.append(']');
      }
      case TreeMap<?, ?> m -> {
        sb.append('{');
        boolean first = true;
        for (var e : m.entrySet()) {
          if (!first) {
            sb.append(',');
          }
          first = false;
          GoJson.append(sb, String.valueOf(e.getKey()));
          sb.append(':');
          if (!json(sb, e.getValue())) {
            return false;
          }
        }
        sb.append('}');
      }
      default -> sb.append(v); // Long and Boolean
    }
    return true;
  }

  /**
   * Appends a number in ECMAScript's format: with an exponent below 1e-6 and from 1e21 on, without
   * a zero fraction.
   */
  private static void number(StringBuilder sb, double d) {
    double abs = Math.abs(d);
    if (abs == 0 || abs >= 1e-6 && abs < 1e21) {
      GoFloat.append(sb, d, 'f', -1);
      return;
    }
    String e = GoFloat.e(d);
    int n = e.length();
    sb.append(n >= 4 && e.startsWith("e-0", n - 4) ? e.substring(0, n - 2) + e.charAt(n - 1) : e);
  }
}
