package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Datadog's intake of logs (API v2, "Send logs") by a double. */
@Tag("contrib")
@Tag("slow")
class DatadogRecordsContractTest extends RecordsContract {
  private static final Set<String> OWN =
      Set.of("message", "hostname", "host", "service", "status", "timestamp", "source", "level");

  @Override
  Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    HttpIntake datadog =
        new HttpIntake(
            "/api/v2/logs",
            (x, body) -> {
              if (!DatadogContractTest.KEY.equals(x.getRequestHeaders().getFirst("DD-API-KEY"))) {
                return new HttpIntake.Reply(403, "{\"errors\":[\"Forbidden\"]}");
              }
              if (x.getRequestMethod().equals("GET")) {
                return new HttpIntake.Reply(200, "{\"valid\":true}");
              }
              try {
                JsonNode all = Found.json(new String(body, StandardCharsets.UTF_8));
                return all.isArray() && all.size() <= 1000 && body.length <= 5 << 20
                    ? new HttpIntake.Reply(202, "{}")
                    : new HttpIntake.Reply(413, "{\"errors\":[\"Payload too large\"]}");
              } catch (JacksonException e) {
                return new HttpIntake.Reply(400, "{\"errors\":[\"Bad Request\"]}");
              }
            });
    return new IntakePeer(datadog, "datadog") {
      @Override
      public String exporterKeys(int at) {
        return "hostname: here, api: {key: %s}, endpoint: 'http://127.0.0.1:%d'"
            .formatted(DatadogContractTest.KEY, at);
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return DatadogRecordsContractTest.kept(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) {
        for (JsonNode n : Found.json(new String(body, StandardCharsets.UTF_8))) {
          Map<String, String> m = new TreeMap<>();
          n.properties().forEach(e -> m.put(e.getKey(), KeptValues.canonical(e.getValue())));
          m.put("message", KeptValues.normal(n.path("message").asString()));
          m.remove(KnownRecords.ID);
          into.add(n.path(KnownRecords.ID).asString(), m.toString());
        }
      }
    };
  }

  private static void attribute(String key, String json, Map<String, String> m) {
    if (!key.equals("service.name") && !key.equals("host.name") && !key.equals(KnownRecords.ID)) {
      m.put(OWN.contains(key) ? "otel." + key : key, json);
    }
  }

  private static String kept(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    for (KeyValue a : r.getAttributesList()) {
      attribute(a.getKey(), KeptValues.json(a.getValue()), m);
    }
    for (KeyValue a : item.resource().getAttributesList()) {
      String value = KeptValues.json(a.getValue());
      attribute(m.containsKey(a.getKey()) ? "resource." + a.getKey() : a.getKey(), value, m);
    }
    List<KeyValue> resource = item.resource().getAttributesList();
    String host = KnownRecords.attribute(resource, "host.name");
    m.put("hostname", KeptValues.quoted(host.isEmpty() ? "here" : host));
    String service = KnownRecords.attribute(resource, "service.name");
    if (!service.isEmpty()) {
      m.put("service", KeptValues.quoted(service));
    }
    m.put("ddsource", "\"tethys\"");
    int n = r.getSeverityNumberValue();
    if (!r.getSeverityText().isEmpty()) {
      m.put("status", KeptValues.quoted(r.getSeverityText()));
    } else if (n > 0) {
      m.put(
          "status",
          KeptValues.quoted(
              List.of("trace", "debug", "info", "warn", "error", "fatal").get((n - 1) / 4)));
    }
    if (n > 0) {
      m.put("otel.severity_number", Integer.toString(n));
    }
    if (!r.getTraceId().isEmpty()) {
      m.put(
          "dd.trace_id",
          KeptValues.quoted(
              Long.toString(r.getTraceId().substring(8).asReadOnlyByteBuffer().getLong())));
      m.put(
          "dd.span_id",
          KeptValues.quoted(Long.toString(r.getSpanId().asReadOnlyByteBuffer().getLong())));
      m.put("otel.trace_id", KeptValues.quoted(KnownRecords.hex(r.getTraceId())));
      m.put("otel.span_id", KeptValues.quoted(KnownRecords.hex(r.getSpanId())));
    }
    if (!r.getEventName().isEmpty()) {
      m.put("otel.event_name", KeptValues.quoted(r.getEventName()));
    }
    if (!item.scope().getName().isEmpty()) {
      m.put("otel.scope_name", KeptValues.quoted(item.scope().getName()));
      m.put("otel.scope_version", KeptValues.quoted(item.scope().getVersion()));
    }
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    m.put("@timestamp", KeptValues.quoted(Instant.ofEpochMilli(time / 1_000_000).toString()));
    m.put("otel.time_unix_nano", KeptValues.quoted(Long.toString(time)));
    m.put("message", KeptValues.normal(KeptValues.text(r.getBody())));
    return m.toString();
  }
}
