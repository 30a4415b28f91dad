package dev.tethys.collect.kubernetes.event;

import dev.tethys.model.telemetry.LogRecord;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Event of a cluster.
 *
 * @param uid its identity
 * @param count number of occurrences
 * @param millis time of the last occurrence, Unix milliseconds; 0 if unknown
 * @param record its log record; null once it was sent
 */
record ClusterEvent(String uid, long count, long millis, @Nullable LogRecord record) {
  private static final int INFO = 9;
  private static final int WARN = 13;
  private static final int MAX_TEXT = 16 << 10;

  /** Reads an object of the API. */
  static ClusterEvent of(JsonNode o) {
    JsonNode meta = o.path("metadata");
    long millis = time(o.path("lastTimestamp"));
    JsonNode series = o.path("series");
    millis = Math.max(millis, time(series.path("lastObservedTime")));
    millis = millis > 0 ? millis : time(o.path("eventTime"));
    millis = millis > 0 ? millis : time(o.path("firstTimestamp"));
    long count = Math.max(1, Math.max(o.path("count").asLong(0), series.path("count").asLong(0)));
    return new ClusterEvent(text(meta.path("uid")), count, millis, record(o, millis, count));
  }

  /** The event without its record. */
  ClusterEvent withoutRecord() {
    return new ClusterEvent(uid, count, millis, null);
  }

  private static LogRecord record(JsonNode o, long millis, long count) {
    JsonNode meta = o.path("metadata");
    JsonNode about = o.path("involvedObject");
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(millis * 1_000_000);
    String type = text(o.path("type"));
    r.setSeverityText(type);
    switch (type.toLowerCase(Locale.ROOT)) {
      case "normal" -> r.setSeverityNumber(INFO);
      case "warning" -> r.setSeverityNumber(WARN);
      default -> {
        // the API has no others; the text stays
      }
    }
    r.setBody(text(o.path("message")));
    var a = r.attributes();
    a.put("event.name", text(meta.path("name")));
    a.put("event.namespace", text(meta.path("namespace")));
    a.put("event.reason", text(o.path("reason")));
    a.put("event.count", count);
    a.put("object.kind", text(about.path("kind")));
    a.put("object.name", text(about.path("name")));
    a.put("object.namespace", text(about.path("namespace")));
    String component = text(o.path("source").path("component"));
    a.put("source.component", component.isEmpty() ? text(o.path("reportingComponent")) : component);
    a.put("source.host", text(o.path("source").path("host")));
    return r;
  }

  private static String text(JsonNode n) {
    String s = n.asString("");
    return s.length() <= MAX_TEXT ? s : s.substring(0, MAX_TEXT);
  }

  private static long time(JsonNode n) {
    try {
      return n.isString() ? OffsetDateTime.parse(n.stringValue()).toInstant().toEpochMilli() : 0;
    } catch (DateTimeException e) {
      return 0;
    }
  }
}
