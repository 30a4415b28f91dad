package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;

import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real InfluxDB 1, whose points are read by InfluxQL. */
@Tag("slow")
class InfluxRecordsContractTest extends RecordsContract {
  @TempDir Path folder;

  @Override
  RecordPeer start(Signal signal) throws Exception {
    return in(folder, signal);
  }

  static RecordPeer in(Path folder, Signal signal) throws Exception {
    InfluxPeer database = new InfluxPeer(folder);
    return new DatabaseRecords(database) {
      /** A point is known by its tags and its time. */
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
        if (signal == Signal.LOGS) {
          for (Map<String, String> row : points(database, "logs")) {
            String id =
                Found.json(requireNonNull(row.get("attributes"))).path(KnownRecords.ID).asString();
            into.add(id, row.toString());
          }
          return;
        }
        Map<String, Map<String, String>> spans = new HashMap<>();
        for (Map<String, String> row : points(database, "spans")) {
          spans.put(row.get("span_id"), row);
        }
        for (String more : List.of("logs", "span-links")) {
          for (Map<String, String> row : points(database, more)) {
            requireNonNull(spans.get(row.get("span_id"))).put(more, row.toString());
          }
        }
        spans.forEach((id, all) -> into.add(id, all.toString()));
      }
    };
  }

  private static List<Map<String, String>> points(InfluxPeer database, String measurement)
      throws Exception {
    return InfluxRecordsTest.rows(database, measurement).stream()
        .map(
            row -> {
              Map<String, String> m = new TreeMap<>(row);
              m.replaceAll(
                  (column, v) ->
                      column.equals("attributes")
                          ? KeptValues.canonical(Found.json(v))
                          : column.equals("service.name") || column.equals("span.name")
                              ? KeptValues.normal(InfluxPeer.plain(v))
                              : KeptValues.normal(v));
              return m;
            })
        .toList();
  }

  /** Attributes of record, scope and resource, but for the tag of the service. */
  private static void attributes(
      KnownRecords.Item item, List<KeyValue> own, Map<String, String> m) {
    Map<String, String> all = new TreeMap<>();
    own.forEach(a -> all.put(a.getKey(), KeptValues.json(a.getValue())));
    for (KeyValue a : item.resource().getAttributesList()) {
      boolean both = all.containsKey(a.getKey());
      all.put(both ? "resource." + a.getKey() : a.getKey(), KeptValues.json(a.getValue()));
    }
    if (!item.scope().getName().isEmpty()) {
      all.put("otel.scope.name", KeptValues.quoted(item.scope().getName()));
      all.put("otel.scope.version", KeptValues.quoted(item.scope().getVersion()));
    }
    item.scope()
        .getAttributesList()
        .forEach(a -> all.put(a.getKey(), KeptValues.json(a.getValue())));
    if (all.remove("service.name") != null) {
      m.put(
          "service.name",
          KnownRecords.attribute(item.resource().getAttributesList(), "service.name"));
    }
    if (!all.isEmpty()) {
      m.put("attributes", KeptValues.object(all));
    }
  }

  private static void number(String name, long value, Map<String, String> m) {
    if (value != 0) {
      m.put(name, Long.toString(value));
    }
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    attributes(item, r.getAttributesList(), m);
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    m.put("time", Long.toString(time));
    number("observed_time_unix_nano", r.getObservedTimeUnixNano(), m);
    number("severity_number", r.getSeverityNumberValue(), m);
    number("flags", r.getFlags(), m);
    number("dropped_attributes_count", r.getDroppedAttributesCount(), m);
    m.put("body", KeptValues.normal(KeptValues.text(r.getBody())));
    m.put("severity_text", r.getSeverityText());
    m.put("event.name", r.getEventName());
    m.put("trace_id", KnownRecords.hex(r.getTraceId()));
    m.put("span_id", KnownRecords.hex(r.getSpanId()));
    m.entrySet().removeIf(e -> e.getValue().isEmpty() && !e.getKey().equals("body"));
    return m.toString();
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    attributes(item, s.getAttributesList(), m);
    m.put("time", Long.toString(s.getStartTimeUnixNano()));
    m.put("end_time_unix_nano", Long.toString(s.getEndTimeUnixNano()));
    m.put("duration_nano", Long.toString(s.getEndTimeUnixNano() - s.getStartTimeUnixNano()));
    m.put("span.name", KeptValues.normal(s.getName()));
    m.put("span.kind", s.getKindValue() == 0 ? "" : word(s.getKind().name()));
    m.put("parent_span_id", KnownRecords.hex(s.getParentSpanId()));
    m.put("trace_state", s.getTraceState());
    m.put("otel.status_code", s.getStatus().getCodeValue() == 2 ? "Error" : "");
    m.put("otel.status_description", KeptValues.normal(s.getStatus().getMessage()));
    m.put("trace_id", KnownRecords.hex(s.getTraceId()));
    m.put("span_id", KnownRecords.hex(s.getSpanId()));
    for (Span.Event e : s.getEventsList()) {
      Map<String, String> point = point(s, e.getTimeUnixNano(), e.getAttributesList());
      point.put("event.name", KeptValues.normal(e.getName()));
      m.put("logs", point.toString());
    }
    for (Span.Link l : s.getLinksList()) {
      Map<String, String> point = point(s, s.getStartTimeUnixNano(), l.getAttributesList());
      point.put("linked_trace_id", KnownRecords.hex(l.getTraceId()));
      point.put("linked_span_id", KnownRecords.hex(l.getSpanId()));
      point.put("trace_state", l.getTraceState());
      point.put("flags", Integer.toString(l.getFlags()));
      m.put("span-links", point.toString());
    }
    m.values().removeIf(String::isEmpty);
    return m.toString();
  }

  /** The fields of an event of a span as a point. */
  private static Map<String, String> point(Span s, long time, List<KeyValue> attributes) {
    Map<String, String> m = new TreeMap<>();
    m.put("time", Long.toString(time));
    m.put("trace_id", KnownRecords.hex(s.getTraceId()));
    m.put("span_id", KnownRecords.hex(s.getSpanId()));
    if (!attributes.isEmpty()) {
      m.put("attributes", KeptValues.json(attributes));
    }
    return m;
  }

  private static String word(String kind) {
    String s = kind.substring("SPAN_KIND_".length());
    return s.charAt(0) + s.substring(1).toLowerCase(Locale.ROOT);
  }
}
