package dev.tethys.api.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.json.ProtoJson.IntegerType;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Fields of a message of protobuf, with its wire format and its JSON. A message is a map by the
 * field's name in the {@code .proto} file, without the fields that are absent: text is a String,
 * numbers and enums are Longs, doubles Doubles, messages maps, bytes arrays, repeated fields lists
 * and repeated integers {@code long[]}.
 *
 * <p>Source: the encoding and ProtoJSON pages of the protobuf documentation.
 */
final class MessageSchema {
  /** Memory per message byte after decoding: single-byte numbers become objects. */
  static final int READ_BYTES = 24;

  private static final int MAX_DEPTH = 16;

  /** Field types. */
  enum Kind {
    TEXT,
    INTEGER,
    INTEGER32,
    DOUBLE,
    BOOL,
    ENUM,
    BYTES,
    MESSAGE;

    /** Whether its repeated values are an array of numbers. */
    boolean isInteger() {
      return this == INTEGER || this == INTEGER32;
    }
  }

  /** Field; {@code values} names the numbers of an enum. */
  private record Field(
      int number,
      String name,
      Kind kind,
      boolean repeated,
      @Nullable MessageSchema message,
      List<String> values) {
    /** Returns the JSON name, in lowerCamelCase. */
    String json() {
      StringBuilder sb = new StringBuilder();
      boolean upper = false;
      for (char c : name.toCharArray()) {
        if (c == '_') {
          upper = true;
        } else {
          sb.append(upper ? Character.toUpperCase(c) : c);
          upper = false;
        }
      }
      return sb.toString();
    }
  }

  private final Map<String, Field> byName = new LinkedHashMap<>();
  private final Map<Integer, Field> byNumber = new LinkedHashMap<>();

  private MessageSchema add(Field f) {
    byName.put(f.name, f);
    byNumber.put(f.number, f);
    return this;
  }

  /** Adds a field of one value. */
  MessageSchema one(int number, String name, Kind kind) {
    return add(new Field(number, name, kind, false, null, List.of()));
  }

  /** Adds a field of several values. */
  MessageSchema many(int number, String name, Kind kind) {
    return add(new Field(number, name, kind, true, null, List.of()));
  }

  /** Adds a message. */
  MessageSchema one(int number, String name, MessageSchema message) {
    return add(new Field(number, name, Kind.MESSAGE, false, message, List.of()));
  }

  /** Adds a list of messages. */
  MessageSchema many(int number, String name, MessageSchema message) {
    return add(new Field(number, name, Kind.MESSAGE, true, message, List.of()));
  }

  /** Adds an enum. */
  MessageSchema one(int number, String name, String... values) {
    return add(new Field(number, name, Kind.ENUM, false, null, List.of(values)));
  }

  // ---- wire format

  /**
   * Reads a message; unknown fields are omitted.
   *
   * @throws CodecException if it is malformed
   */
  Map<String, Object> fromProto(byte[] message) {
    return read(new ProtoReader(message), 0);
  }

  private Map<String, Object> read(ProtoReader r, int depth) {
    Map<String, Object> out = new LinkedHashMap<>();
    while (r.next()) {
      Field f = byNumber.get(r.field());
      if (f == null || depth > MAX_DEPTH) {
        r.skip();
      } else if (f.repeated && f.kind.isInteger()) {
        List<Long> all = new ArrayList<>();
        for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
          all.add(r.readVarint());
        }
        long[] more = all.stream().mapToLong(Long::longValue).toArray();
        out.merge(f.name, more, (a, b) -> joined((long[]) a, (long[]) b));
      } else {
        put(out, f, value(r, f, depth));
      }
    }
    return out;
  }

  private static long[] joined(long[] a, long[] b) {
    long[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  @SuppressWarnings("unchecked") // lists are made here
  private static void put(Map<String, Object> to, Field f, Object value) {
    if (f.repeated) {
      ((List<Object>) to.computeIfAbsent(f.name, _ -> new ArrayList<>())).add(value);
    } else {
      to.put(f.name, value);
    }
  }

  private static Object value(ProtoReader r, Field f, int depth) {
    return switch (f.kind) {
      case TEXT -> r.readString();
      case INTEGER, INTEGER32, ENUM -> r.readLong();
      case DOUBLE -> r.readDouble();
      case BOOL -> r.readBool();
      case BYTES -> r.readBytes();
      case MESSAGE -> {
        int outer = r.enter();
        Map<String, Object> m = shape(f).read(r, depth + 1);
        r.leave(outer);
        yield m;
      }
    };
  }

  private static MessageSchema shape(Field f) {
    return Objects.requireNonNull(f.message);
  }

  /** Writes a message. */
  byte[] toProto(Map<String, ?> message) {
    ProtoWriter w = new ProtoWriter(1 << 10);
    write(message, w);
    return w.toByteArray();
  }

  private void write(Map<String, ?> message, ProtoWriter w) {
    for (Field f : byName.values()) {
      Object v = message.get(f.name);
      switch (v) {
        case null -> {}
        case long[] all -> {
          if (all.length > 0) {
            int m = w.begin(f.number);
            for (long n : all) {
              w.varint(n);
            }
            w.end(m);
          }
        }
        case List<?> all -> all.forEach(one -> write(f, one, w));
        default -> write(f, v, w);
      }
    }
  }

  @SuppressWarnings("unchecked") // messages are maps by name
  private static void write(Field f, Object v, ProtoWriter w) {
    switch (v) {
      case String s -> w.string(f.number, s);
      case Long n -> w.int64(f.number, n);
      case Double d -> w.float64(f.number, d);
      case Boolean b -> w.bool(f.number, b);
      case byte[] b -> w.bytes(f.number, b);
      case Map<?, ?> m -> {
        int begun = w.begin(f.number);
        shape(f).write((Map<String, ?>) m, w);
        w.end(begun);
      }
      default -> throw new IllegalArgumentException(f.name + " is a " + v.getClass());
    }
  }

  // ---- JSON

  /**
   * Reads a JSON object; unknown fields are omitted; names of the {@code .proto} file are also
   * accepted.
   *
   * @throws CodecException if it is malformed
   */
  Map<String, Object> fromJson(byte[] text) {
    if (!(JsonValues.read(text, 0, text.length) instanceof Attributes object)) {
      throw new CodecException("the request must be a JSON object");
    }
    return read(object, "");
  }

  private Map<String, Object> read(Attributes object, String path) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (Field f : byName.values()) {
      Object v = object.get(f.json());
      v = v == null ? object.get(f.name) : v;
      if (v == null) {
        continue;
      }
      String at = path + f.json();
      if (!f.repeated) {
        out.put(f.name, value(v, f, at));
      } else if (v instanceof ArrayValue list) {
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
          all.add(value(list.get(i), f, at + "[" + i + "]"));
        }
        out.put(f.name, f.kind.isInteger() ? all.stream().mapToLong(n -> (Long) n).toArray() : all);
      } else {
        throw wrong(at, v, "it must be a list");
      }
    }
    return out;
  }

  private static Object value(@Nullable Object v, Field f, String at) {
    switch (f.kind) {
      case TEXT -> {
        if (v instanceof String s) {
          return s;
        }
        throw wrong(at, v, "it must be a string");
      }
      case BOOL -> {
        if (v instanceof Boolean b) {
          return b;
        }
        throw wrong(at, v, "it must be true or false");
      }
      case DOUBLE -> {
        if (v instanceof Number n) {
          return n.doubleValue();
        }
        throw wrong(at, v, "it must be a number");
      }
      case INTEGER, INTEGER32, ENUM -> {
        if (f.kind == Kind.ENUM && f.values.indexOf(String.valueOf(v)) >= 0) {
          return (long) f.values.indexOf(String.valueOf(v));
        }
        try {
          return ProtoJson.integer(String.valueOf(v), IntegerType.INT64);
        } catch (CodecException e) {
          throw new CodecException(at + " is " + ProtoJson.shown(v) + "; " + e.getMessage(), e);
        }
      }
      case MESSAGE -> {
        if (v instanceof Attributes a) {
          return shape(f).read(a, at + ".");
        }
        throw wrong(at, v, "it must be an object");
      }
      case BYTES -> {
        try {
          return Base64.getDecoder().decode(String.valueOf(v));
        } catch (IllegalArgumentException e) {
          throw wrong(at, v, "it must be Base64");
        }
      }
    }
    throw wrong(at, v, "it has no type");
  }

  private static CodecException wrong(String at, @Nullable Object v, String rule) {
    return new CodecException(at + " is " + ProtoJson.shown(v) + "; " + rule);
  }

  /** Writes a message as JSON. */
  byte[] toJson(Map<String, ?> message) {
    StringBuilder sb = new StringBuilder();
    write(message, sb);
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void write(Map<String, ?> message, StringBuilder sb) {
    sb.append('{');
    String comma = "";
    for (Field f : byName.values()) {
      Object v = message.get(f.name);
      if (v == null) {
        continue;
      }
      sb.append(comma).append('"').append(f.json()).append("\":");
      comma = ",";
      if (v instanceof long[] all) {
        sb.append('[');
        String quote = f.kind == Kind.INTEGER32 ? "" : "\"";
        for (int i = 0; i < all.length; i++) {
          sb.append(i == 0 ? "" : ",").append(quote).append(all[i]).append(quote);
        }
        sb.append(']');
      } else if (v instanceof List<?> all) {
        sb.append('[');
        for (int i = 0; i < all.size(); i++) {
          sb.append(i == 0 ? "" : ",");
          write(f, all.get(i), sb);
        }
        sb.append(']');
      } else {
        write(f, v, sb);
      }
    }
    sb.append('}');
  }

  @SuppressWarnings("unchecked") // messages are maps by name
  private static void write(Field f, Object v, StringBuilder sb) {
    switch (v) {
      case String s -> GoJson.append(sb, s);
      case Long n when f.kind == Kind.ENUM && n >= 0 && n < f.values.size() ->
          sb.append('"').append(f.values.get(n.intValue())).append('"');
      case Long n -> sb.append('"').append(n.longValue()).append('"');
      case Double d when d.isNaN() || d.isInfinite() ->
          sb.append(d.isNaN() ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
      case Double d -> sb.append(d.doubleValue());
      case Boolean b -> sb.append(b.booleanValue());
      case byte[] b -> sb.append('"').append(Base64.getEncoder().encodeToString(b)).append('"');
      case Map<?, ?> m -> shape(f).write((Map<String, ?>) m, sb);
      default -> throw new IllegalArgumentException(f.name + " is a " + v.getClass());
    }
  }
}
