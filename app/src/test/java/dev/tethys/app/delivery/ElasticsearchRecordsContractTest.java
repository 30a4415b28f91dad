package dev.tethys.app.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;

/**
 * Elasticsearch by a double of its bulk API: a document is created once under its id, and every
 * fifth is first refused by itself, as by a full queue of one shard, but for one that comes alone:
 * what tries a destination asks once. Spans and log records of all kinds in a real cluster are in
 * {@link SearchContract}.
 */
@Tag("slow")
class ElasticsearchRecordsContractTest extends RecordsContract {
  /** Documents by id. */
  private static final class Cluster {
    /** In addition to statuses: 429 for a full disk. */
    private static final int FULL = -429;

    final Map<String, JsonNode> documents = new ConcurrentHashMap<>();
    private final Map<String, Boolean> refused = new ConcurrentHashMap<>();

    HttpIntake.Reply judge(HttpExchange x, byte[] body) {
      if (x.getRequestURI().getPath().endsWith("_search")) {
        String id = Found.json(new String(body, UTF_8)).at("/query/ids/values/0").asString();
        JsonNode d = documents.get(id);
        String hit = d == null ? "" : "{\"_id\":\"" + id + "\",\"_source\":" + d + "}";
        return new HttpIntake.Reply(200, "{\"hits\":{\"hits\":[" + hit + "]}}");
      }
      if (!x.getRequestURI().getPath().endsWith("_bulk")) {
        return new HttpIntake.Reply(
            200, "{\"acknowledged\":true,\"version\":{\"number\":\"9.0.0\"}}");
      }
      String[] lines = new String(body, UTF_8).split("\n");
      StringBuilder items = new StringBuilder();
      boolean errors = false;
      for (int i = 0; i < lines.length; i += 2) {
        String id = Found.json(lines[i]).path("create").path("_id").asString();
        int status = create(id, Found.json(lines[i + 1]), lines.length > 2);
        errors |= status != 201;
        items
            .append(i == 0 ? "" : ",")
            .append(
                "{\"create\":{\"_id\":\"%s\",\"status\":%d"
                    .formatted(id, status == FULL ? 429 : status))
            .append(
                status == 201 ? "}}" : ",\"error\":{\"type\":\"%s\"}}}".formatted(error(status)));
      }
      return new HttpIntake.Reply(200, "{\"errors\":" + errors + ",\"items\":[" + items + "]}");
    }

    private volatile boolean full;

    private int create(String id, JsonNode document, boolean oneOfSeveral) {
      if (full) {
        return FULL;
      }
      if (oneOfSeveral
          && Math.floorMod(id.hashCode(), 5) == 0
          && refused.putIfAbsent(id, true) == null) {
        return 429;
      }
      return documents.putIfAbsent(id, document) == null ? 201 : 409;
    }

    private static String error(int status) {
      return status == FULL
          ? "cluster_block_exception\",\"reason\":\"index [logs] blocked by:"
              + " [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has"
              + " read-only-allow-delete block];"
          : type(status);
    }

    private static String type(int status) {
      return status == 429
          ? "es_rejected_execution_exception"
          : "version_conflict_engine_exception";
    }
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    Cluster cluster = new Cluster();
    HttpIntake server = new HttpIntake("", cluster::judge);
    return new IntakePeer(server, "elasticsearch") {
      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "'";
      }

      @Override
      public boolean fill(boolean full) {
        cluster.full = full;
        return true;
      }

      @Override
      public boolean isIdempotent() {
        return true;
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return signal == Signal.LOGS ? log(item) : span(item);
      }

      @Override
      public void read(FoundRecords into) {
        cluster
            .documents
            .values()
            .forEach(
                d ->
                    into.add(
                        signal == Signal.LOGS
                            ? d.path("attributes").path(KnownRecords.ID).asString()
                            : d.path("span_id").asString(),
                        found(d)));
      }

      @Override
      void read(byte[] body, FoundRecords into) {
        throw new IllegalStateException("bodies are not kept");
      }
    };
  }

  /** A document; what is not searched stands with what is. */
  private static String found(JsonNode document) {
    Map<String, String> m = new TreeMap<>();
    document.properties().forEach(e -> m.put(e.getKey(), KeptValues.canonical(e.getValue())));
    for (String field : List.of("resource", "attributes")) {
      Map<String, String> all = new TreeMap<>();
      for (String in : List.of(field, "unsearched_" + field)) {
        document
            .path(in)
            .properties()
            .forEach(e -> all.put(e.getKey(), KeptValues.canonical(e.getValue())));
        m.remove(in);
      }
      m.put(field, KeptValues.object(all));
    }
    if (document.has("message")) {
      m.put("message", KeptValues.normal(document.path("message").asString()));
    }
    return m.toString();
  }

  private static String time(long nanos) {
    return KeptValues.quoted(
        Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000).toString());
  }

  private static void text(String field, String value, Map<String, String> m) {
    m.put(field, KeptValues.quoted(value));
  }

  private static void common(KnownRecords.Item item, List<KeyValue> own, Map<String, String> m) {
    text("scope", item.scope().getName(), m);
    text("scope_version", item.scope().getVersion(), m);
    m.put("resource", KeptValues.json(item.resource().getAttributesList()));
    m.put("attributes", KeptValues.json(own));
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    common(item, r.getAttributesList(), m);
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    m.put("@timestamp", time(time));
    text("severity_text", r.getSeverityText(), m);
    if (r.getSeverityNumberValue() != 0) {
      m.put("severity_number", Integer.toString(r.getSeverityNumberValue()));
    }
    text("event_name", r.getEventName(), m);
    text("trace_id", KnownRecords.hex(r.getTraceId()), m);
    text("span_id", KnownRecords.hex(r.getSpanId()), m);
    m.values().removeIf("\"\""::equals); // what a record has not is not in its document
    m.put("message", KeptValues.normal(KeptValues.text(r.getBody())));
    return m.toString();
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    common(item, s.getAttributesList(), m);
    m.put("@timestamp", time(s.getStartTimeUnixNano()));
    m.put("duration_nanos", Long.toString(s.getEndTimeUnixNano() - s.getStartTimeUnixNano()));
    text("service", KnownRecords.attribute(item.resource().getAttributesList(), "service.name"), m);
    text("trace_id", KnownRecords.hex(s.getTraceId()), m);
    text("span_id", KnownRecords.hex(s.getSpanId()), m);
    text("parent_span_id", KnownRecords.hex(s.getParentSpanId()), m);
    text("name", s.getName(), m);
    text("kind", s.getKind().name().substring("SPAN_KIND_".length()).toLowerCase(Locale.ROOT), m);
    text(
        "status",
        s.getStatus().getCode().name().substring("STATUS_CODE_".length()).toLowerCase(Locale.ROOT),
        m);
    text("status_message", s.getStatus().getMessage(), m);
    text("trace_state", s.getTraceState(), m);
    m.put("events", KeptValues.events(s));
    m.put("links", KeptValues.links(s));
    return m.toString();
  }
}
