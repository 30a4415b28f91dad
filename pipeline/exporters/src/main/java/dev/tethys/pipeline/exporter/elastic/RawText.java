package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.util.List;

/**
 * Encodes log records and spans as documents of the mapping modes {@code none} and {@code raw}:
 * fields of OTLP by the names of its data model, with dotted names.
 *
 * @param attributes location of item attributes: {@code Attributes}, or the top level for {@code
 *     raw}
 * @param events location of span events: {@code Events}, or the top level
 */
record RawText(String attributes, String events) {
  private static final List<String> KINDS =
      List.of(
          "SPAN_KIND_UNSPECIFIED",
          "SPAN_KIND_INTERNAL",
          "SPAN_KIND_SERVER",
          "SPAN_KIND_CLIENT",
          "SPAN_KIND_PRODUCER",
          "SPAN_KIND_CONSUMER");

  static final RawText NONE = new RawText("Attributes", "Events");
  static final RawText RAW = new RawText("", "");

  void log(
      Attributes resource,
      Scope scope,
      LogRecord r,
      CollectorMode.DataStreamName at,
      TextBuffer to) {
    FlatDocument d = new FlatDocument();
    d.time("@timestamp", r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano());
    d.traceId("TraceId", r.traceIdHigh(), r.traceIdLow());
    d.spanId("SpanId", r.spanId());
    d.add("TraceFlags", Integer.toUnsignedLong(r.flags()));
    d.text("SeverityText", r.severityText());
    d.add("SeverityNumber", (long) r.severityNumber());
    d.add("Body", r.body());
    addContext(d, resource, scope);
    d.addAll(attributes, r.attributes());
    place(d, attributes, at);
    d.write(to, false);
    to.put('\n');
  }

  void span(
      Attributes resource, Scope scope, Span s, CollectorMode.DataStreamName at, TextBuffer to) {
    FlatDocument d = new FlatDocument();
    d.time("@timestamp", s.startTimeUnixNano());
    d.time("EndTimestamp", s.endTimeUnixNano());
    d.traceId("TraceId", s.traceIdHigh(), s.traceIdLow());
    d.spanId("SpanId", s.spanId());
    d.spanId("ParentSpanId", s.parentSpanId());
    d.text("Name", s.name());
    d.text("Kind", OtelText.word(KINDS, s.kind()));
    d.add("TraceStatus", (long) s.statusCode());
    d.text("TraceStatusDescription", s.statusMessage());
    d.text("Link", links(s));
    d.add("Duration", (s.endTimeUnixNano() - s.startTimeUnixNano()) / 1000); // microseconds
    addContext(d, resource, scope);
    d.addAll(attributes, s.attributes());
    place(d, attributes, at);
    for (SpanEvent e : s.hasEvents() ? s.events() : List.<SpanEvent>of()) {
      String path = FlatDocument.under(events, e.name());
      d.time(path + ".time", e.timeUnixNano());
      d.addAll(path, e.attributes());
    }
    d.write(to, false);
    to.put('\n');
  }

  private static void addContext(FlatDocument d, Attributes resource, Scope scope) {
    d.addAll("Resource", resource);
    d.addAll("Scope", scope.attributes());
    d.text("Scope.name", scope.name());
    d.text("Scope.version", scope.version());
  }

  static void place(FlatDocument d, String path, CollectorMode.DataStreamName at) {
    if (!at.dataset().isEmpty()) {
      d.text(FlatDocument.under(path, "data_stream.type"), at.type());
      d.text(FlatDocument.under(path, "data_stream.dataset"), at.dataset());
      d.text(FlatDocument.under(path, "data_stream.namespace"), at.namespace());
    }
  }

  /** Formats span links as JSON in one text field. */
  private static String links(Span s) {
    StringBuilder sb = new StringBuilder("[");
    for (SpanLink l : s.hasLinks() ? s.links() : List.<SpanLink>of()) {
      sb.append(sb.length() == 1 ? "" : ",").append("{\"attribute\":");
      ValueText.json(sb, l.attributes());
      sb.append(",\"spanID\":\"").append(SpanText.spanId(l.spanId()));
      sb.append("\",\"traceID\":\"").append(SpanText.traceId(l.traceIdHigh(), l.traceIdLow()));
      sb.append("\"}");
    }
    return sb.append(']').toString();
  }
}
