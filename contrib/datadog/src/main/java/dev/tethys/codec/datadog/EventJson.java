package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts Datadog's events to log records. The text is the body (the title if there is no text),
 * {@code alert_type} the severity, {@code date_happened} the time; the title and other fields are
 * attributes. Tags identify the sender, as for metrics. Clients send one event ("Post an event" of
 * the reference); an agent sends several, grouped by source, with its own field names ({@code
 * msg_title}, {@code timestamp} ...).
 */
public final class EventJson {
  private static final Map<String, Integer> SEVERITIES =
      Map.of("error", 17, "warning", 13, "info", 9, "success", 9);

  /** Field names of the agent, each with the name that clients use. */
  private static final Map<String, String> OF_AGENT =
      Map.of("msg_title", "title", "msg_text", "text", "timestamp", "date_happened");

  private final GroupedLogs logs = new GroupedLogs();
  private final long now;

  /**
   * Creates an empty reader.
   *
   * @param now nanoseconds since 1970, for events without a time
   */
  public EventJson(long now) {
    this.now = now;
  }

  /**
   * Reads the body of {@code /api/v1/events}: one event.
   *
   * @throws CodecException if the body is not an event
   */
  public RejectedItems one(byte[] body) {
    if (!(JsonValues.read(body, 0, body.length) instanceof Attributes o)) {
      throw new CodecException("not a JSON object");
    }
    event(o, "", "");
    return new RejectedItems();
  }

  /**
   * Reads an agent's post to {@code /intake}: its events, if any; metadata about the host is
   * skipped.
   *
   * @throws CodecException if the body is not an object
   */
  public RejectedItems ofAgent(byte[] body) {
    if (!(JsonValues.read(body, 0, body.length) instanceof Attributes o)) {
      throw new CodecException("not a JSON object");
    }
    RejectedItems refused = new RejectedItems();
    if (o.get("events") instanceof Attributes bySource) {
      String host = text(o.get("internalHostname"));
      int number = 0;
      for (int i = 0; i < bySource.size(); i++) {
        if (!(bySource.value(i) instanceof ArrayValue all)) {
          number++;
          refused.add(number, bySource.key(i), "events of a source must be a list");
          continue;
        }
        for (int j = 0; j < all.size(); j++) {
          number++;
          try {
            if (!(all.get(j) instanceof Attributes e)) {
              throw new CodecException("not a JSON object");
            }
            event(e, host, bySource.key(i));
          } catch (CodecException e) {
            refused.add(number, String.valueOf(all.get(j)), String.valueOf(e.getMessage()));
          }
        }
      }
    }
    return refused;
  }

  private void event(Attributes o, String host, String source) {
    RequestMemory.chargeItem();
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(now);
    r.setTimeUnixNano(now);
    String own = text(o.get("host"));
    DatadogTags tags = new DatadogTags(own.isEmpty() ? host : own);
    String title = "";
    String body = "";
    boolean from = false;
    for (int i = 0; i < o.size(); i++) {
      Object v = o.value(i);
      String key = OF_AGENT.getOrDefault(o.key(i), o.key(i));
      switch (key) {
        case "title" -> title = text(v);
        case "text" -> body = text(v);
        case "date_happened" -> r.setTimeUnixNano(time(v));
        case "alert_type" -> {
          r.setSeverityText(text(v));
          r.setSeverityNumber(SEVERITIES.getOrDefault(text(v), 0));
        }
        case "tags" -> addTags(v, tags);
        case "host" -> {}
        default -> {
          from |= key.equals("source_type_name");
          if (v != null && !v.equals("")) {
            r.attributes().put(key, v);
          }
        }
      }
    }
    if (title.isEmpty() && body.isEmpty()) {
      throw new CodecException("it has neither title nor text");
    }
    r.setBody(body.isEmpty() ? title : body);
    if (!title.isEmpty()) {
      r.attributes().put("title", title);
    }
    if (!from && !source.isEmpty()) {
      r.attributes().put("source_type_name", source);
    }
    r.attributes().putAll(tags.item());
    logs.add(tags.resource(), r);
  }

  private static void addTags(@Nullable Object v, DatadogTags to) {
    if (v == null) {
      return;
    }
    if (!(v instanceof ArrayValue a)) {
      throw new CodecException("tags are not a list");
    }
    for (int i = 0; i < a.size(); i++) {
      to.add(text(a.get(i)));
    }
  }

  /** Parses a time in seconds. */
  private long time(@Nullable Object v) {
    if (v == null) {
      return now;
    }
    if (v instanceof Long l && l > 0 && l <= DatadogMetrics.MAX_SECONDS) {
      return l * 1_000_000_000;
    }
    throw new CodecException("date_happened is not a time in seconds");
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
