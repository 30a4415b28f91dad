package dev.tethys.codec.collectd;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.collectd.ValueList.SourceKind;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of collectd's plugin write_http: an array of value lists and notifications. Since
 * collectd 5.8 a notification has the form of an alert of Alertmanager, before it had that of a
 * value list with a message.
 */
public final class CollectdJson {
  private CollectdJson() {}

  /**
   * Reads a body.
   *
   * @return the rejected elements
   * @throws CodecException if it is not an array of objects; nothing was read then
   */
  public static RejectedItems read(byte[] body, CollectdSink sink) {
    if (!(JsonValues.read(body, 0, body.length) instanceof ArrayValue all)) {
      throw new CodecException("unable to decode json: not an array");
    }
    for (int i = 0; i < all.size(); i++) {
      if (!(all.get(i) instanceof Attributes)) {
        throw new CodecException("unable to decode json: element " + (i + 1) + " is not an object");
      }
    }
    RejectedItems refused = new RejectedItems();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof Attributes o) {
        try {
          element(o, sink);
        } catch (CodecException e) {
          refused.add(i + 1, identifierOrNone(o).toString(), String.valueOf(e.getMessage()));
        }
      }
    }
    return refused;
  }

  private static void element(Attributes o, CollectdSink sink) {
    if (o.get("labels") instanceof Attributes labels) {
      sink.notification(alert(o, labels));
      return;
    }
    Identifier id =
        new Identifier(
            text(o, "host"),
            text(o, "plugin"),
            text(o, "plugin_instance"),
            text(o, "type"),
            text(o, "type_instance"));
    long time = nanos(o.get("time"));
    String message = o.getString("message");
    String severity = o.getString("severity");
    if (message != null && severity != null) {
      sink.notification(
          new Notification(id, time, severity.toUpperCase(Locale.ROOT), message, Map.of()));
      return;
    }
    ArrayValue names = list(o, "dsnames");
    ArrayValue kinds = list(o, "dstypes");
    ArrayValue values = list(o, "values");
    if (names.size() != values.size() || kinds.size() != values.size()) {
      throw new CodecException("values, dsnames and dstypes differ in length");
    }
    List<String> n = new ArrayList<>();
    List<SourceKind> k = new ArrayList<>();
    List<@Nullable Number> v = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      n.add(names.get(i) instanceof String s ? s : "");
      k.add(kind(kinds.get(i)));
      v.add(value(values.get(i)));
    }
    sink.values(new ValueList(id, time, n, k, v));
  }

  /**
   * Converts an alert; its labels become attributes, except the host, which becomes the instance.
   */
  private static Notification alert(Attributes o, Attributes labels) {
    Map<String, String> more = new LinkedHashMap<>();
    labels.forEach((k, v) -> more.put(k, v instanceof String s ? s : JsonValues.write(v)));
    String host = more.remove("instance");
    String severity = more.remove("severity");
    Object message = o.get("annotations") instanceof Attributes a ? a.get("summary") : null;
    long time;
    try {
      Instant t = Instant.parse(text(o, "startsAt"));
      time = Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000_000L), t.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException("startsAt is not a valid time: " + o.get("startsAt"));
    }
    return new Notification(
        new Identifier(host == null ? "" : host, "", "", "", ""),
        time,
        severity == null ? "UNKNOWN" : severity.toUpperCase(Locale.ROOT),
        message instanceof String s ? s : "",
        more);
  }

  /** Reads the identifier from the element's fields; absent fields are empty. */
  private static Identifier identifierOrNone(Attributes o) {
    return new Identifier(
        orEmpty(o, "host"),
        orEmpty(o, "plugin"),
        orEmpty(o, "plugin_instance"),
        orEmpty(o, "type"),
        orEmpty(o, "type_instance"));
  }

  private static String orEmpty(Attributes o, String key) {
    String s = o.getString(key);
    return s == null ? "" : s;
  }

  private static String text(Attributes o, String key) {
    Object v = o.get(key);
    if (v == null) {
      return "";
    }
    if (v instanceof String s) {
      return s;
    }
    throw new CodecException(key + " is not a string");
  }

  private static ArrayValue list(Attributes o, String key) {
    if (o.get(key) instanceof ArrayValue a) {
      return a;
    }
    throw new CodecException(key + " is not an array");
  }

  /** Seconds with a fraction, which a double holds to some hundred nanoseconds. */
  private static long nanos(@Nullable Object time) {
    if (time instanceof Long l && l >= 0 && l < Long.MAX_VALUE / 1_000_000_000) {
      return l * 1_000_000_000;
    }
    if (time instanceof Double d && d >= 0 && d < 9.2e9) {
      return Math.round(d * 1e6) * 1000;
    }
    throw new CodecException(
        time == null ? "time is missing" : "time is not a valid time: " + time);
  }

  private static SourceKind kind(@Nullable Object v) {
    return switch (v instanceof String s ? s.toLowerCase(Locale.ROOT) : "") {
      case "counter" -> SourceKind.COUNTER;
      case "gauge" -> SourceKind.GAUGE;
      case "derive" -> SourceKind.DERIVE;
      case "absolute" -> SourceKind.ABSOLUTE;
      default -> throw new CodecException("unknown dstype " + v);
    };
  }

  private static @Nullable Number value(@Nullable Object v) {
    if (v == null || v instanceof Number) {
      return (Number) v;
    }
    throw new CodecException("value is not a number: " + v);
  }
}
