package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads logs in Datadog's JSON format ("Send logs" of its reference). {@code message} is the body,
 * {@code status} the severity, {@code timestamp} the time. {@code hostname}, {@code service} and
 * tags identify the sender, as for metrics; other fields are attributes.
 */
public final class LogJson {
  private static final Map<String, Integer> SEVERITIES =
      Map.ofEntries(
          Map.entry("trace", 1),
          Map.entry("debug", 5),
          Map.entry("info", 9),
          Map.entry("ok", 9),
          Map.entry("notice", 10),
          Map.entry("warn", 13),
          Map.entry("warning", 13),
          Map.entry("error", 17),
          Map.entry("err", 17),
          Map.entry("critical", 18),
          Map.entry("alert", 19),
          Map.entry("fatal", 21),
          Map.entry("emergency", 21));

  private final GroupedLogs logs = new GroupedLogs();
  private final long now;

  /**
   * Creates an empty reader.
   *
   * @param now nanoseconds since 1970, for records without a time
   */
  public LogJson(long now) {
    this.now = now;
  }

  /**
   * Reads a body: a record, or a list of them.
   *
   * @throws CodecException if it is neither
   */
  public RejectedItems read(byte[] body) {
    Object v = JsonValues.read(body, 0, body.length);
    RejectedItems refused = new RejectedItems();
    switch (v) {
      case Attributes o -> element(1, o, refused);
      case ArrayValue a -> {
        for (int i = 0; i < a.size(); i++) {
          element(i + 1, a.get(i), refused);
        }
      }
      case null, default -> throw new CodecException("it is neither an object nor a list of them");
    }
    return refused;
  }

  private void element(int number, @Nullable Object v, RejectedItems refused) {
    try {
      if (!(v instanceof Attributes o)) {
        throw new CodecException("not a JSON object");
      }
      record(o);
    } catch (CodecException e) {
      refused.add(number, String.valueOf(v), String.valueOf(e.getMessage()));
    }
  }

  private void record(Attributes o) {
    RequestMemory.chargeItem();
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(now);
    r.setTimeUnixNano(now);
    DatadogTags tags = new DatadogTags(text(o.get("hostname")));
    for (String tag : text(o.get("ddtags")).split(",")) {
      tags.add(tag.strip());
    }
    for (int i = 0; i < o.size(); i++) {
      Object v = o.value(i);
      switch (o.key(i)) {
        case "message" -> r.setBody(v);
        case "status" -> {
          String s = text(v);
          r.setSeverityText(s);
          r.setSeverityNumber(SEVERITIES.getOrDefault(s.toLowerCase(Locale.ROOT), 0));
        }
        case "timestamp" -> r.setTimeUnixNano(time(v));
        case "service" -> {
          if (!text(v).isEmpty()) {
            tags.resource().put("service.name", text(v));
          }
        }
        case "hostname", "ddtags" -> {}
        default -> r.attributes().put(o.key(i), v);
      }
    }
    r.attributes().putAll(tags.item());
    logs.add(tags.resource(), r);
  }

  /** Parses a time in milliseconds, also if sent as a string. */
  private static long time(@Nullable Object v) {
    long millis;
    if (v instanceof Long l) {
      millis = l;
    } else if (v instanceof String s && s.matches("\\d{1,16}")) {
      millis = Long.parseLong(s);
    } else {
      throw new CodecException("timestamp is not a time in milliseconds");
    }
    if (millis <= 0 || millis > DatadogMetrics.MAX_SECONDS * 1000) {
      throw new CodecException("timestamp is not a time in milliseconds");
    }
    return millis * 1_000_000;
  }

  private static String text(@Nullable Object v) {
    if (v == null) {
      return "";
    }
    return v instanceof String s ? s : JsonValues.write(v);
  }

  /** Returns the records. */
  public LogsData logs() {
    return logs.data();
  }
}
