package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;

/** Splunk's HTTP Event Collector, by the double that judges events one by one. */
@Tag("contrib")
@Tag("slow")
class SplunkRecordsContractTest extends RecordsContract {
  @Override
  RecordPeer start(Signal signal) throws IOException {
    HttpIntake splunk = new HttpIntake("/services/collector", SplunkContractTest::judge);
    return new IntakePeer(splunk, "splunk_hec") {
      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', token: " + SplunkContractTest.TOKEN;
      }

      /** Below minFreeSpace an indexer takes nothing, and queues before it fill. */
      @Override
      HttpIntake.Reply fullDisk() {
        return new HttpIntake.Reply(503, "{\"text\":\"Server is busy\",\"code\":9}");
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return signal == Signal.LOGS ? log(item) : span(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) {
        for (String line : new String(body, StandardCharsets.UTF_8).split("\n")) {
          found(signal, Found.json(line), into);
        }
      }
    };
  }

  private static void found(Signal signal, JsonNode event, FoundRecords into) {
    Map<String, String> m = new TreeMap<>();
    m.put("time", new BigDecimal(event.path("time").asString()).movePointRight(3).toString());
    if (event.has("host")) {
      m.put("host", event.path("host").asString());
    }
    event
        .path("fields")
        .properties()
        .forEach(f -> m.put("field " + f.getKey(), KeptValues.normal(f.getValue().asString())));
    JsonNode e = event.path("event");
    if (signal == Signal.LOGS) {
      m.put("event", KeptValues.normal(e.asString()));
      into.add(String.valueOf(m.remove("field " + KnownRecords.ID)), m.toString());
    } else {
      m.put("event", KeptValues.canonical(e));
      into.add(e.path("span_id").asString(), m.toString());
    }
  }

  private static void begin(
      KnownRecords.Item item, long nanos, List<KeyValue> attributes, Map<String, String> m) {
    m.put("time", Long.toString(nanos / 1_000_000));
    KeptValues.both(item, attributes)
        .forEach((k, v) -> m.put(k.equals("host.name") ? "host" : "field " + k, v));
    if (!item.scope().getName().isEmpty()) {
      m.put("field otel.scope.name", item.scope().getName());
      m.put("field otel.scope.version", item.scope().getVersion());
    }
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    begin(item, time, r.getAttributesList(), m);
    m.remove("field " + KnownRecords.ID);
    if (!r.getSeverityText().isEmpty()) {
      m.put("field otel.log.severity.text", r.getSeverityText());
    }
    if (r.getSeverityNumberValue() != 0) {
      m.put("field otel.log.severity.number", Integer.toString(r.getSeverityNumberValue()));
    }
    if (!r.getEventName().isEmpty()) {
      m.put("field event_name", r.getEventName());
    }
    if (!r.getTraceId().isEmpty()) {
      m.put("field trace_id", KnownRecords.hex(r.getTraceId()));
      m.put("field span_id", KnownRecords.hex(r.getSpanId()));
    }
    String body = KeptValues.normal(KeptValues.text(r.getBody()));
    m.put("event", body.isEmpty() ? " " : body);
    return m.toString();
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    begin(item, s.getStartTimeUnixNano(), List.of(), m);
    Map<String, String> e = new TreeMap<>();
    e.put("trace_id", KeptValues.quoted(KnownRecords.hex(s.getTraceId())));
    e.put("span_id", KeptValues.quoted(KnownRecords.hex(s.getSpanId())));
    e.put("parent_span_id", KeptValues.quoted(KnownRecords.hex(s.getParentSpanId())));
    e.put("name", KeptValues.quoted(s.getName()));
    e.put("kind", KeptValues.quoted(s.getKind().name()));
    e.put("start_time", Long.toString(s.getStartTimeUnixNano()));
    e.put("end_time", Long.toString(s.getEndTimeUnixNano()));
    e.put(
        "status",
        "{\"code\":"
            + KeptValues.quoted(s.getStatus().getCode().name())
            + ",\"message\":"
            + KeptValues.quoted(s.getStatus().getMessage())
            + "}");
    e.put("trace_state", KeptValues.quoted(s.getTraceState()));
    e.put("attributes", KeptValues.json(s.getAttributesList()));
    e.put("events", KeptValues.events(s));
    e.put("links", KeptValues.links(s));
    m.put("event", KeptValues.object(e));
    return m.toString();
  }
}
