package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.clickhouse.RowBinaryWriter;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows of logs and spans as the Collector's exporter writes them. */
final class RecordInserts {
  private static final List<String> KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");
  private static final List<String> STATUSES = List.of("Unset", "Ok", "Error");

  private RecordInserts() {}

  static byte[] logs(LogsData logs) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (ResourceGroup<LogRecord> g : logs.resources()) {
      String service = service(g);
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          w.int64(r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano())
              .string(trace(r.traceIdHigh(), r.traceIdLow()))
              .string(span(r.spanId()))
              .uint8(r.flags())
              .string(r.severityText())
              .uint8(r.severityNumber())
              .string(service)
              .string(AttributeText.text(r.body()))
              .string(g.schemaUrl());
          attributes(w, g.resource().attributes());
          w.string(s.schemaUrl()).string(s.scope().name()).string(s.scope().version());
          attributes(w, s.scope().attributes());
          attributes(w, r.attributes());
          w.string(r.eventName());
        }
      }
    }
    return w.toByteArray();
  }

  static byte[] spans(TracesData traces) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (ResourceGroup<Span> g : traces.resources()) {
      String service = service(g);
      for (ScopeGroup<Span> s : g.scopes()) {
        for (Span p : s.items()) {
          w.int64(p.startTimeUnixNano())
              .string(trace(p.traceIdHigh(), p.traceIdLow()))
              .string(span(p.spanId()))
              .string(span(p.parentSpanId()))
              .string(p.traceState())
              .string(p.name())
              .string(word(KINDS, p.kind()))
              .string(service);
          attributes(w, g.resource().attributes());
          w.string(s.scope().name()).string(s.scope().version());
          attributes(w, p.attributes());
          w.int64(Math.max(0, p.endTimeUnixNano() - p.startTimeUnixNano()))
              .string(word(STATUSES, p.statusCode()))
              .string(p.statusMessage());
          events(w, p.events());
          links(w, p.links());
        }
      }
    }
    return w.toByteArray();
  }

  private static void events(RowBinaryWriter w, List<SpanEvent> events) {
    w.length(events.size());
    events.forEach(e -> w.int64(e.timeUnixNano()));
    w.length(events.size());
    events.forEach(e -> w.string(e.name()));
    w.length(events.size());
    events.forEach(e -> attributes(w, e.attributes()));
  }

  private static void links(RowBinaryWriter w, List<SpanLink> links) {
    w.length(links.size());
    links.forEach(l -> w.string(trace(l.traceIdHigh(), l.traceIdLow())));
    w.length(links.size());
    links.forEach(l -> w.string(span(l.spanId())));
    w.length(links.size());
    links.forEach(l -> w.string(l.traceState()));
    w.length(links.size());
    links.forEach(l -> attributes(w, l.attributes()));
  }

  private static void attributes(RowBinaryWriter w, Attributes a) {
    Map<String, String> once = new LinkedHashMap<>(); // a key that stands twice would stay twice
    a.forEach((k, v) -> once.put(k, AttributeText.text(v)));
    w.length(once.size());
    once.forEach((k, v) -> w.string(k).string(v));
  }

  private static String service(ResourceGroup<?> g) {
    return AttributeText.text(g.resource().attributes().get("service.name"));
  }

  private static String trace(long high, long low) {
    return (high | low) == 0 ? "" : String.format("%016x%016x", high, low);
  }

  private static String span(long id) {
    return id == 0 ? "" : String.format("%016x", id);
  }

  private static String word(List<String> words, int number) {
    return number >= 0 && number < words.size() ? words.get(number) : words.getFirst();
  }
}
