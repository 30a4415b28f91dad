package dev.tethys.codec.jaeger;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerSpan.Log;
import dev.tethys.codec.jaeger.JaegerSpan.Process;
import dev.tethys.codec.jaeger.JaegerSpan.Reference;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span of Jaeger's {@code api_v2/model.proto} as protobuf's JSON: ids are Base64, times RFC 3339,
 * durations seconds with an {@code s} behind them, whole numbers of 64 bits text or numbers. Names
 * may be written as in the schema ({@code operation_name}) too; those that the schema does not have
 * are passed over.
 */
final class JaegerJson {
  private static final List<String> TAG_TYPES =
      List.of("STRING", "BOOL", "INT64", "FLOAT64", "BINARY");

  private JaegerJson() {}

  static JaegerSpan span(byte[] text, int offset, int length) {
    if (!(JsonValues.read(text, offset, length) instanceof Attributes o)) {
      throw new CodecException("jaeger: an object expected");
    }
    JaegerSpan s = new JaegerSpan();
    ByteBuffer trace = traceId(o, "traceId", "trace_id");
    s.traceHigh = trace.getLong();
    s.traceLow = trace.getLong();
    s.id = spanId(o, "spanId", "span_id");
    s.name = text(o, "operationName", "operation_name");
    s.flags = (int) whole(o.get("flags"), "flags");
    s.start = time(text(o, "startTime", "start_time"));
    s.duration = duration(text(o, "duration", "duration"));
    for (Attributes r : objects(o, "references")) {
      ByteBuffer id = traceId(r, "traceId", "trace_id");
      Object type = r.contains("refType") ? r.get("refType") : r.get("ref_type");
      boolean follows = "FOLLOWS_FROM".equals(type) || Long.valueOf(1).equals(type);
      s.references.add(
          new Reference(!follows, id.getLong(), id.getLong(), spanId(r, "spanId", "span_id")));
    }
    tags(objects(o, "tags"), s.tags);
    for (Attributes l : objects(o, "logs")) {
      Attributes fields = new Attributes();
      tags(objects(l, "fields"), fields);
      s.logs.add(new Log(time(text(l, "timestamp", "timestamp")), fields));
    }
    if (o.get("process") instanceof Attributes p) {
      Process process = new Process();
      process.service = text(p, "serviceName", "service_name");
      tags(objects(p, "tags"), process.tags);
      s.process = process;
    }
    return s;
  }

  private static @Nullable Object value(Attributes o, String name, String original) {
    return o.contains(name) ? o.get(name) : o.get(original);
  }

  private static String text(Attributes o, String name, String original) {
    return switch (value(o, name, original)) {
      case null -> "";
      case String s -> s;
      default -> throw new CodecException("jaeger: " + name + " is no text");
    };
  }

  private static List<Attributes> objects(Attributes o, String name) {
    Object v = o.get(name);
    if (v == null) {
      return List.of();
    }
    List<Attributes> out = new ArrayList<>();
    if (v instanceof ArrayValue a) {
      for (int i = 0; i < a.size(); i++) {
        if (!(a.get(i) instanceof Attributes x)) {
          throw new CodecException("jaeger: an item of " + name + " is no object");
        }
        out.add(x);
      }
      return out;
    }
    throw new CodecException("jaeger: " + name + " is no list");
  }

  private static byte[] bytes(String base64, String name) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new CodecException("jaeger: " + name + " \"" + base64 + "\" is not Base64", e);
    }
  }

  /** Eight or sixteen bytes as two words. */
  private static ByteBuffer traceId(Attributes o, String name, String original) {
    byte[] b = bytes(text(o, name, original), name);
    if (b.length != 0 && b.length != 8 && b.length != 16) {
      throw new CodecException("jaeger: a trace id of " + b.length + " bytes, 16 expected");
    }
    return ByteBuffer.allocate(16).position(16 - b.length).put(b).flip();
  }

  private static long spanId(Attributes o, String name, String original) {
    byte[] b = bytes(text(o, name, original), name);
    if (b.length != 0 && b.length != 8) {
      throw new CodecException("jaeger: a span id of " + b.length + " bytes, 8 expected");
    }
    return ByteBuffer.allocate(8).position(8 - b.length).put(b).flip().getLong();
  }

  private static long time(String rfc3339) {
    if (rfc3339.isEmpty()) {
      return 0;
    }
    try {
      Instant i = OffsetDateTime.parse(rfc3339).toInstant();
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException("jaeger: \"" + rfc3339 + "\" is no time", e);
    }
  }

  private static long duration(String seconds) {
    if (seconds.isEmpty()) {
      return 0;
    }
    try {
      if (seconds.endsWith("s") && seconds.length() < 32) {
        return new BigDecimal(seconds.substring(0, seconds.length() - 1))
            .movePointRight(9)
            .longValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw new CodecException("jaeger: \"" + seconds + "\" is no duration", e);
    }
    throw new CodecException("jaeger: \"" + seconds + "\" is no duration");
  }

  private static long whole(@Nullable Object v, String name) {
    try {
      return switch (v) {
        case null -> 0;
        case Long l -> l;
        case String s -> Long.parseLong(s);
        default -> throw new CodecException("jaeger: " + name + " is no whole number");
      };
    } catch (NumberFormatException e) {
      throw new CodecException("jaeger: " + name + " is no whole number", e);
    }
  }

  private static void tags(List<Attributes> list, Attributes to) {
    for (Attributes t : list) {
      String key = text(t, "key", "key");
      Object type = value(t, "vType", "v_type");
      int n =
          switch (type) {
            case null -> 0;
            case Long l -> l < TAG_TYPES.size() ? (int) Math.max(-1, l) : -1;
            default -> TAG_TYPES.indexOf(type);
          };
      to.put(
          key,
          switch (n) {
            case 0 -> text(t, "vStr", "v_str");
            case 1 -> Boolean.TRUE.equals(value(t, "vBool", "v_bool"));
            case 2 -> whole(value(t, "vInt64", "v_int64"), "vInt64");
            case 3 -> real(value(t, "vFloat64", "v_float64"));
            case 4 -> bytes(text(t, "vBinary", "v_binary"), "vBinary");
            default -> throw new CodecException("jaeger: there is no vType " + type);
          });
    }
  }

  /** What is no finite number is written as text. */
  private static double real(@Nullable Object v) {
    try {
      return switch (v) {
        case null -> 0;
        case Long l -> l;
        case Double d -> d;
        case String s -> Double.parseDouble(s);
        default -> throw new CodecException("jaeger: vFloat64 is no number");
      };
    } catch (NumberFormatException e) {
      throw new CodecException("jaeger: vFloat64 is no number", e);
    }
  }
}
