package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** ClickHouse's own engine, whose rows are read by SQL. */
@Tag("contrib")
class ClickHouseRecordsContractTest extends RecordsContract {
  private static final String LOGS =
      "toString(toUnixTimestamp64Nano(Timestamp)) AS time, TraceId, SpanId, TraceFlags,"
          + " SeverityText, SeverityNumber, ServiceName, Body, ScopeName, ScopeVersion, EventName,"
          + " ResourceAttributes, ScopeAttributes, LogAttributes FROM {db}.otel_logs";
  private static final String SPANS =
      "toString(toUnixTimestamp64Nano(Timestamp)) AS time, TraceId, SpanId, ParentSpanId,"
          + " TraceState, SpanName, SpanKind, ServiceName, ScopeName, ScopeVersion,"
          + " ResourceAttributes, SpanAttributes, toString(Duration) AS took, StatusCode,"
          + " StatusMessage, arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp) AS"
          + " event_times, Events.Name AS events, Events.Attributes AS event_attributes,"
          + " Links.TraceId AS link_traces, Links.SpanId AS link_spans, Links.TraceState AS"
          + " link_states, Links.Attributes AS link_attributes FROM {db}.otel_traces";

  @TempDir static Path dir;
  private static @Nullable ClickHouseProcess server;

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  @Override
  RecordPeer start(Signal signal) throws Exception {
    if (server == null) {
      server = new ClickHouseProcess(Files.createDirectories(dir.resolve("chdb")), "secret");
    }
    ClickHousePeer database = new ClickHousePeer(server, false);
    return new DatabaseRecords(database) {
      @Override
      public boolean isIdempotent() {
        return true;
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return signal == Signal.LOGS ? log(item) : span(item);
      }

      @Override
      public void read(FoundRecords into) throws Exception {
        database.ask(
            signal == Signal.LOGS ? LOGS : SPANS,
            row -> {
              Map<String, String> m = new TreeMap<>();
              row.properties()
                  .forEach(e -> m.put(e.getKey(), KeptValues.normalTexts(e.getValue())));
              into.add(
                  signal == Signal.LOGS
                      ? row.path("LogAttributes").path(KnownRecords.ID).asString()
                      : row.path("SpanId").asString(),
                  m.toString());
            });
      }
    };
  }

  private static String quoted(List<String> all) {
    return all.toString();
  }

  private static void common(
      KnownRecords.Item item, long time, List<KeyValue> own, String column, Map<String, String> m) {
    m.put("time", Long.toString(time));
    m.put(
        "ServiceName", KnownRecords.attribute(item.resource().getAttributesList(), "service.name"));
    m.put("ScopeName", item.scope().getName());
    m.put("ScopeVersion", item.scope().getVersion());
    m.put("ResourceAttributes", KeptValues.texts(item.resource().getAttributesList()).toString());
    m.put(column, KeptValues.texts(own).toString());
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    common(item, time, r.getAttributesList(), "LogAttributes", m);
    m.put("TraceId", KnownRecords.hex(r.getTraceId()));
    m.put("SpanId", KnownRecords.hex(r.getSpanId()));
    m.put("ScopeAttributes", KeptValues.texts(item.scope().getAttributesList()).toString());
    m.put("TraceFlags", Integer.toString(r.getFlags()));
    m.put("SeverityText", r.getSeverityText());
    m.put("SeverityNumber", Integer.toString(r.getSeverityNumberValue()));
    m.put("Body", KeptValues.normal(KeptValues.text(r.getBody())));
    m.put("EventName", r.getEventName());
    return m.toString();
  }

  private static String word(String constant, String prefix) {
    String s = constant.substring(prefix.length());
    return s.charAt(0) + s.substring(1).toLowerCase(java.util.Locale.ROOT);
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    common(item, s.getStartTimeUnixNano(), s.getAttributesList(), "SpanAttributes", m);
    m.put("TraceId", KnownRecords.hex(s.getTraceId()));
    m.put("SpanId", KnownRecords.hex(s.getSpanId()));
    m.put("ParentSpanId", KnownRecords.hex(s.getParentSpanId()));
    m.put("TraceState", s.getTraceState());
    m.put("SpanName", KeptValues.normal(s.getName()));
    m.put("SpanKind", word(s.getKind().name(), "SPAN_KIND_"));
    m.put("took", Long.toString(s.getEndTimeUnixNano() - s.getStartTimeUnixNano()));
    m.put("StatusCode", word(s.getStatus().getCode().name(), "STATUS_CODE_"));
    m.put("StatusMessage", KeptValues.normal(s.getStatus().getMessage()));
    List<Span.Event> events = s.getEventsList();
    m.put("events", quoted(events.stream().map(e -> KeptValues.normal(e.getName())).toList()));
    m.put(
        "event_times",
        quoted(events.stream().map(e -> Long.toString(e.getTimeUnixNano())).toList()));
    m.put(
        "event_attributes",
        quoted(
            events.stream().map(e -> KeptValues.texts(e.getAttributesList()).toString()).toList()));
    List<Span.Link> links = s.getLinksList();
    m.put(
        "link_traces", quoted(links.stream().map(l -> KnownRecords.hex(l.getTraceId())).toList()));
    m.put("link_spans", quoted(links.stream().map(l -> KnownRecords.hex(l.getSpanId())).toList()));
    m.put("link_states", quoted(links.stream().map(Span.Link::getTraceState).toList()));
    m.put(
        "link_attributes",
        quoted(
            links.stream().map(l -> KeptValues.texts(l.getAttributesList()).toString()).toList()));
    return m.toString();
  }
}
