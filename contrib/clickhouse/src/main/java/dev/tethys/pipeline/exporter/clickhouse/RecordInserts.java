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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rows of logs and spans as the Collector's exporter writes them. */
final class RecordInserts {
  private static final List<String> KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");
  private static final List<String> STATUSES = List.of("Unset", "Ok", "Error");

  /** Maximum number of keys of nested objects in addition to attribute keys. */
  private static final int MAX_NESTED_KEYS = 10_000;

  private final RowBinaryWriter w = new RowBinaryWriter();
  private final boolean json;

  private RecordInserts(boolean json) {
    this.json = json;
  }

  /**
   * Encodes log records as rows.
   *
   * @param json whether attributes are objects; otherwise maps of text
   */
  static byte[] logs(LogsData logs, boolean json) {
    return new RecordInserts(json).logs(logs);
  }

  /** Rows of spans, as of logs. */
  static byte[] spans(TracesData traces, boolean json) {
    return new RecordInserts(json).spans(traces);
  }

  private byte[] logs(LogsData logs) {
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
          attributes(g.resource().attributes());
          w.string(s.schemaUrl()).string(s.scope().name()).string(s.scope().version());
          attributes(s.scope().attributes());
          attributes(r.attributes());
          w.string(r.eventName());
        }
      }
    }
    return w.toByteArray();
  }

  private byte[] spans(TracesData traces) {
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
          attributes(g.resource().attributes());
          w.string(s.scope().name()).string(s.scope().version());
          attributes(p.attributes());
          w.int64(Math.max(0, p.endTimeUnixNano() - p.startTimeUnixNano()))
              .string(word(STATUSES, p.statusCode()))
              .string(p.statusMessage());
          events(p.events());
          links(p.links());
        }
      }
    }
    return w.toByteArray();
  }

  private void events(List<SpanEvent> events) {
    w.length(events.size());
    events.forEach(e -> w.int64(e.timeUnixNano()));
    w.length(events.size());
    events.forEach(e -> w.string(e.name()));
    w.length(events.size());
    events.forEach(e -> nested(e.attributes()));
  }

  private void links(List<SpanLink> links) {
    w.length(links.size());
    links.forEach(l -> w.string(trace(l.traceIdHigh(), l.traceIdLow())));
    w.length(links.size());
    links.forEach(l -> w.string(span(l.spanId())));
    w.length(links.size());
    links.forEach(l -> w.string(l.traceState()));
    w.length(links.size());
    links.forEach(l -> nested(l.attributes()));
  }

  /** Attributes of a column, with the column of their keys next to the JSON. */
  private void attributes(Attributes a) {
    nested(a);
    if (json) {
      Set<String> keys = new LinkedHashSet<>();
      keys("", a, keys);
      w.length(keys.size());
      keys.forEach(w::string);
    }
  }

  /** Attributes of an event or a link. */
  private void nested(Attributes a) {
    Map<String, @Nullable Object> once = new LinkedHashMap<>(); // a key twice would stay twice
    a.forEach(once::put);
    if (json) {
      Attributes object = new Attributes();
      once.forEach(object::put);
      w.string(AttributeText.json(new StringBuilder(), object).toString());
      return;
    }
    w.length(once.size());
    once.forEach((k, v) -> w.string(k).string(AttributeText.text(v)));
  }

  /** Paths of values in an object, as the Collector writes them: names joined by points. */
  private static void keys(String before, Attributes a, Set<String> to) {
    a.forEach(
        (k, v) -> {
          if (v instanceof Attributes inner && inner.size() > 0) {
            if (to.size() < MAX_NESTED_KEYS) {
              keys(before + k + ".", inner, to);
            }
          } else {
            to.add(before + k);
          }
        });
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
