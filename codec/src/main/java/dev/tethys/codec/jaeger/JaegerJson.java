package dev.tethys.codec.jaeger;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerSpan.Log;
import dev.tethys.codec.jaeger.JaegerSpan.Process;
import dev.tethys.codec.jaeger.JaegerSpan.Reference;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.json.ProtoJson.IntegerType;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a span of Jaeger's {@code api_v2/model.proto} from protobuf's JSON: ids are Base64, times
 * RFC 3339, durations seconds with the suffix {@code s}, 64-bit integers strings or numbers. Names
 * as in the schema ({@code operation_name}) are accepted, too; unknown names are ignored. A value
 * that does not fit its field is an error with its path.
 */
final class JaegerJson {
  private static final List<String> TAG_TYPES =
      List.of("STRING", "BOOL", "INT64", "FLOAT64", "BINARY");

  private static final List<String> REFERENCE_TYPES = List.of("CHILD_OF", "FOLLOWS_FROM");

  private static final Pattern DURATION = Pattern.compile("-?[0-9]{1,12}(?:\\.[0-9]{1,9})?s");

  private JaegerJson() {}

  static JaegerSpan span(byte[] text, int offset, int length) {
    if (!(JsonValues.readExact(text, offset, length) instanceof Attributes o)) {
      throw new CodecException("jaeger: a span must be a JSON object");
    }
    JaegerSpan s = new JaegerSpan();
    ByteBuffer trace = id(o, "", "traceId", "trace_id", 16);
    s.traceHigh = trace.getLong();
    s.traceLow = trace.getLong();
    s.id = id(o, "", "spanId", "span_id", 8).getLong();
    s.name = text(o, "", "operationName", "operation_name");
    s.flags = (int) integer(o.get("flags"), "flags", IntegerType.UINT32);
    s.start = time(o, "", "startTime", "start_time");
    s.duration = duration(o);
    List<Attributes> references = objects(o, "", "references");
    for (int i = 0; i < references.size(); i++) {
      Attributes r = references.get(i);
      String at = "references[" + i + "].";
      ByteBuffer of = id(r, at, "traceId", "trace_id", 16);
      int type = enumeration(r, at, "refType", "ref_type", REFERENCE_TYPES);
      long span = id(r, at, "spanId", "span_id", 8).getLong();
      s.references.add(new Reference(type == 0, of.getLong(), of.getLong(), span));
    }
    tags(o, "", "tags", s.tags);
    List<Attributes> logs = objects(o, "", "logs");
    for (int i = 0; i < logs.size(); i++) {
      Attributes l = logs.get(i);
      String at = "logs[" + i + "].";
      Attributes fields = new Attributes();
      tags(l, at, "fields", fields);
      s.logs.add(new Log(time(l, at, "timestamp", "timestamp"), fields));
    }
    Object sender = o.get("process");
    if (sender != null) {
      if (!(sender instanceof Attributes p)) {
        throw wrong("process", sender, "it must be an object");
      }
      Process process = new Process();
      process.service = text(p, "process.", "serviceName", "service_name");
      tags(p, "process.", "tags", process.tags);
      s.process = process;
    }
    return s;
  }

  private static CodecException wrong(String field, @Nullable Object value, String rule) {
    return new CodecException("jaeger: " + field + " is " + ProtoJson.shown(value) + "; " + rule);
  }

  private static @Nullable Object value(Attributes o, String name, String original) {
    return o.contains(name) ? o.get(name) : o.get(original);
  }

  private static String text(Attributes o, String at, String name, String original) {
    return switch (value(o, name, original)) {
      case null -> "";
      case String s -> s;
      case Object v -> throw wrong(at + name, v, "it must be a string");
    };
  }

  private static List<Attributes> objects(Attributes o, String at, String name) {
    Object v = o.get(name);
    if (v == null) {
      return List.of();
    }
    if (!(v instanceof ArrayValue a)) {
      throw wrong(at + name, v, "it must be a list");
    }
    List<Attributes> out = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      if (!(a.get(i) instanceof Attributes x)) {
        throw wrong(at + name + "[" + i + "]", a.get(i), "it must be an object");
      }
      out.add(x);
    }
    return out;
  }

  private static byte[] bytes(Attributes o, String at, String name, String original) {
    String base64 = text(o, at, name, original);
    try {
      return base64.indexOf('-') >= 0 || base64.indexOf('_') >= 0
          ? Base64.getUrlDecoder().decode(base64)
          : Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw wrong(at + name, base64, "it must be Base64");
    }
  }

  /**
   * Reads an id of {@code size} or eight bytes, zero-padded on the left; returns empty if it is
   * missing.
   */
  private static ByteBuffer id(Attributes o, String at, String name, String original, int size) {
    byte[] b = bytes(o, at, name, original);
    if (b.length != 0 && b.length != 8 && b.length != size) {
      throw wrong(
          at + name,
          value(o, name, original),
          "it must be " + size + " bytes in Base64, not " + b.length);
    }
    return ByteBuffer.allocate(size).position(size - b.length).put(b).flip();
  }

  private static long time(Attributes o, String at, String name, String original) {
    String rfc3339 = text(o, at, name, original);
    if (rfc3339.isEmpty()) {
      return 0;
    }
    try {
      Instant i = OffsetDateTime.parse(rfc3339).toInstant();
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw wrong(at + name, rfc3339, "it must be an RFC 3339 time from 1677 to 2262");
    }
  }

  private static long duration(Attributes o) {
    String seconds = text(o, "", "duration", "duration");
    if (seconds.isEmpty()) {
      return 0;
    }
    if (DURATION.matcher(seconds).matches()) {
      try {
        return new BigDecimal(seconds.substring(0, seconds.length() - 1))
            .movePointRight(9)
            .longValueExact();
      } catch (ArithmeticException e) {
        // out of range, which the message below covers
      }
    }
    throw wrong(
        "duration", seconds, "it must be seconds with at most nine decimals and the suffix s");
  }

  private static long integer(@Nullable Object v, String field, IntegerType type) {
    try {
      return switch (v) {
        case null -> 0;
        case Number n -> ProtoJson.integer(n.toString(), type);
        case String s -> ProtoJson.integer(s, type);
        default -> ProtoJson.integer("", type);
      };
    } catch (CodecException e) {
      throw wrong(field, v, String.valueOf(e.getMessage()));
    }
  }

  /** The number of an enum's value, given by name or number. */
  private static int enumeration(
      Attributes o, String at, String name, String original, List<String> names) {
    Object v = value(o, name, original);
    int n = v == null ? 0 : v instanceof Long l && l >= 0 && l < names.size() ? l.intValue() : -1;
    if (v instanceof String s) {
      n = names.indexOf(s);
    }
    if (n < 0) {
      throw wrong(at + name, v, "it must be one of " + String.join(", ", names));
    }
    return n;
  }

  private static void tags(Attributes o, String in, String name, Attributes to) {
    List<Attributes> list = objects(o, in, name);
    for (int i = 0; i < list.size(); i++) {
      Attributes t = list.get(i);
      String at = in + name + "[" + i + "].";
      to.put(
          text(t, at, "key", "key"),
          switch (enumeration(t, at, "vType", "v_type", TAG_TYPES)) {
            case 0 -> text(t, at, "vStr", "v_str");
            case 1 -> truth(value(t, "vBool", "v_bool"), at + "vBool");
            case 2 -> integer(value(t, "vInt64", "v_int64"), at + "vInt64", IntegerType.INT64);
            case 3 -> real(value(t, "vFloat64", "v_float64"), at + "vFloat64");
            default -> bytes(t, at, "vBinary", "v_binary");
          });
    }
  }

  private static boolean truth(@Nullable Object v, String field) {
    return switch (v) {
      case null -> false;
      case Boolean b -> b;
      default -> throw wrong(field, v, "it must be true or false");
    };
  }

  private static double real(@Nullable Object v, String field) {
    try {
      return switch (v) {
        case null -> 0;
        case Number n -> ProtoJson.real(n.toString());
        case String s -> ProtoJson.real(s);
        default -> ProtoJson.real("");
      };
    } catch (CodecException e) {
      throw wrong(field, v, String.valueOf(e.getMessage()));
    }
  }
}
