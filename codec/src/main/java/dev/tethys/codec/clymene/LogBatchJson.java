package dev.tethys.codec.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.loki.StreamLabels;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/**
 * Log lines as Clymene's Promtail puts them on a topic and sends them to a gateway: {@code
 * {"batch":{"streams":{"<labels>":{"labels":"{a=\"b\"}","entries":[{"ts":"…Z","line":"…"}]}},"bytes":1,"createdAt":"…Z"},"tenantID":""}}.
 *
 * <p>A stream is a resource whose attributes are its labels; a line is a record's body as text.
 * What a record has beyond its time and its text has no place in the format.
 */
public final class LogBatchJson {
  private static final String WHAT = "log batch";

  private LogBatchJson() {}

  /**
   * Lines and their tenant.
   *
   * @param refusals entries that could not be read, named by stream and number
   */
  public record Batch(LogsData logs, String tenant, RejectedItems refusals) {
    /** Refused entries, one per line. */
    public String text() {
      return refusals.text(r -> WHAT + ": " + r.item() + ": " + r.why());
    }
  }

  /**
   * Reads a batch.
   *
   * @throws CodecException if it is not of this format
   */
  public static Batch read(byte[] buf, int offset, int length) {
    return ClymeneJson.read(
        buf,
        offset,
        length,
        WHAT,
        p -> {
          p.nextToken();
          ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": an object");
          LogsData logs = new LogsData();
          RejectedItems refusals = new RejectedItems();
          String tenant = "";
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = p.currentName();
            p.nextToken();
            switch (name) {
              case "tenantID" -> tenant = ClymeneJson.text(p, WHAT + ": tenantID");
              case "batch" -> batch(p, logs, refusals);
              default -> p.skipChildren();
            }
          }
          if (p.nextToken() != null) {
            throw new CodecException(WHAT + ": unexpected data after the end of the document");
          }
          return new Batch(logs, tenant, refusals);
        });
  }

  private static void batch(JsonParser p, LogsData logs, RejectedItems refusals) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": batch must be an object");
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean streams = p.currentName().equals("streams");
      p.nextToken();
      if (!streams || p.currentToken() == JsonToken.VALUE_NULL) {
        p.skipChildren();
        continue;
      }
      ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": streams must be an object");
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        TokenStreamContext streamsContext = p.streamReadContext();
        p.nextToken();
        try {
          stream(p, key, logs, refusals);
        } catch (CodecException e) {
          refusals.add(1, "stream " + key, String.valueOf(e.getMessage()));
          ClymeneJson.leave(p, streamsContext);
        }
      }
    }
  }

  private static void stream(JsonParser p, String key, LogsData logs, RejectedItems refusals) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": a stream must be an object");
    String labels = key;
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "labels" -> labels = ClymeneJson.text(p, WHAT + ": labels");
        case "entries" -> {
          if (p.currentToken() == JsonToken.VALUE_NULL) {
            continue;
          }
          ClymeneJson.expect(p, JsonToken.START_ARRAY, WHAT + ": entries must be a list");
          TokenStreamContext list = p.streamReadContext();
          for (int n = 1; p.nextToken() != JsonToken.END_ARRAY; n++) {
            try {
              scope.items().add(entry(p));
            } catch (CodecException e) {
              refusals.add(n, "stream " + key + ", entry " + n, String.valueOf(e.getMessage()));
              ClymeneJson.leave(p, list);
            }
            if (p.currentToken() == null) {
              throw new CodecException(WHAT + ": the text ends within a list");
            }
          }
        }
        default -> p.skipChildren();
      }
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    Resource resource = new Resource();
    try {
      StreamLabels.read(labels, resource.attributes());
    } catch (CodecException e) {
      for (int n = 1; n <= Math.max(1, scope.items().size()); n++) {
        refusals.add(n, "stream " + key + ", entry " + n, String.valueOf(e.getMessage()));
      }
      return;
    }
    group.setResource(resource);
    group.scopes().add(scope);
    logs.resources().add(group);
  }

  private static LogRecord entry(JsonParser p) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": an entry must be an object");
    RequestMemory.chargeItem();
    LogRecord record = new LogRecord();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "ts" -> record.setTimeUnixNano(nanos(ClymeneJson.text(p, WHAT + ": ts")));
        case "line" -> record.setBody(ClymeneJson.text(p, WHAT + ": line"));
        default -> p.skipChildren();
      }
    }
    return record;
  }

  private static long nanos(String s) {
    try {
      Instant t = OffsetDateTime.parse(s).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000_000L), t.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException(WHAT + ": ts is not a time: " + s);
    }
  }

  /**
   * Writes lines. The labels of a stream are the text and number attributes of the resource;
   * characters not allowed in a label name are replaced by {@code _}.
   */
  public static byte[] write(LogsData logs, String tenant, Instant created) {
    Map<String, java.util.List<LogRecord>> streams = new LinkedHashMap<>();
    long bytes = 0;
    for (ResourceGroup<LogRecord> r : logs.resources()) {
      List<LogRecord> lines =
          streams.computeIfAbsent(
              StreamLabels.write(r.resource().attributes()), k -> new java.util.ArrayList<>());
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        lines.addAll(s.items());
        for (LogRecord l : s.items()) {
          bytes += line(l).length();
        }
      }
    }
    long size = bytes;
    return ClymeneJson.write(
        g -> {
          g.writeStartObject();
          g.writeName("batch");
          g.writeStartObject();
          g.writeName("streams");
          g.writeStartObject();
          streams.forEach((labels, lines) -> stream(g, labels, lines, created));
          g.writeEndObject();
          g.writeNumberProperty("bytes", size);
          g.writeStringProperty("createdAt", created.toString());
          g.writeEndObject();
          g.writeStringProperty("tenantID", tenant);
          g.writeEndObject();
        });
  }

  private static void stream(
      JsonGenerator g, String labels, List<LogRecord> lines, Instant created) {
    g.writeName(labels);
    g.writeStartObject();
    g.writeStringProperty("labels", labels);
    g.writeArrayPropertyStart("entries");
    for (LogRecord l : lines) {
      g.writeStartObject();
      long t = l.timeUnixNano() != 0 ? l.timeUnixNano() : l.observedTimeUnixNano();
      Instant ts =
          t == 0
              ? created
              : Instant.ofEpochSecond(
                  Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L));
      g.writeStringProperty("ts", ts.toString());
      g.writeStringProperty("line", line(l));
      g.writeEndObject();
    }
    g.writeEndArray();
    g.writeEndObject();
  }

  private static String line(LogRecord l) {
    return AttributeText.text(l.body());
  }
}
