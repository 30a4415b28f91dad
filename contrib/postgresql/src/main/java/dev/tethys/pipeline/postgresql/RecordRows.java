package dev.tethys.pipeline.postgresql;

import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Rows of logs and spans. The id of a row is derived from its content, so a retried row has the
 * same id; for equal records in one request their ordinal is part of it.
 */
final class RecordRows {
  private final Map<String, Integer> equals = new HashMap<>();

  private UUID id(String of) {
    int n = equals.merge(of, 1, Integer::sum);
    return SeriesText.key(of + "#" + n);
  }

  CopyRows logs(LogsData logs) {
    CopyRows rows = new CopyRows(17);
    for (ResourceGroup<LogRecord> g : logs.resources()) {
      String resource = json(g.resource().attributes());
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        String scope = json(s.scope().attributes());
        for (LogRecord r : s.items()) {
          long time = r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano();
          String body = AttributeText.text(r.body());
          String attributes = json(r.attributes());
          String trace = SpanText.traceId(r.traceIdHigh(), r.traceIdLow());
          String what =
              String.join(
                  "\n",
                  Long.toString(r.timeUnixNano()),
                  Long.toString(r.observedTimeUnixNano()),
                  Integer.toString(r.flags()),
                  resource,
                  s.scope().name(),
                  s.scope().version(),
                  scope,
                  attributes,
                  trace,
                  SpanText.spanId(r.spanId()),
                  Integer.toString(r.severityNumber()),
                  r.severityText(),
                  r.eventName(),
                  body);
          rows.row()
              .timeOfNanos(time)
              .uuid(id(what))
              .int8(r.timeUnixNano())
              .int8(r.observedTimeUnixNano())
              .text(trace)
              .text(SpanText.spanId(r.spanId()))
              .int8(r.flags() & 0xffff_ffffL)
              .int2(r.severityNumber())
              .text(r.severityText())
              .text(r.eventName())
              .text(body);
          common(rows, g, resource, s, scope, attributes);
        }
      }
    }
    return rows;
  }

  CopyRows spans(TracesData traces) {
    CopyRows rows = new CopyRows(21);
    for (ResourceGroup<Span> g : traces.resources()) {
      String resource = json(g.resource().attributes());
      for (ScopeGroup<Span> s : g.scopes()) {
        String scope = json(s.scope().attributes());
        for (Span p : s.items()) {
          String attributes = json(p.attributes());
          String events = SpanText.events(p);
          String links = SpanText.links(p);
          String trace = SpanText.traceId(p.traceIdHigh(), p.traceIdLow());
          String what =
              String.join(
                  "\n",
                  Long.toString(p.startTimeUnixNano()),
                  Long.toString(p.endTimeUnixNano()),
                  trace,
                  SpanText.spanId(p.spanId()),
                  SpanText.spanId(p.parentSpanId()),
                  p.traceState(),
                  Integer.toString(p.flags()),
                  Integer.toString(p.kind()),
                  Integer.toString(p.statusCode()),
                  p.statusMessage(),
                  p.name(),
                  s.scope().name(),
                  s.scope().version(),
                  scope,
                  resource,
                  attributes,
                  events,
                  links);
          rows.row()
              .timeOfNanos(p.startTimeUnixNano())
              .uuid(id(what))
              .int8(p.startTimeUnixNano())
              .int8(p.endTimeUnixNano())
              .text(trace)
              .text(SpanText.spanId(p.spanId()))
              .text(SpanText.spanId(p.parentSpanId()))
              .text(p.traceState())
              .int8(p.flags() & 0xffff_ffffL)
              .text(p.name())
              .int2(p.kind())
              .int2(p.statusCode())
              .text(p.statusMessage());
          common(rows, g, resource, s, scope, attributes);
          rows.jsonb(events).jsonb(links);
        }
      }
    }
    return rows;
  }

  private static void common(
      CopyRows rows,
      ResourceGroup<?> g,
      String resource,
      ScopeGroup<?> s,
      String scope,
      String attributes) {
    rows.text(AttributeText.text(g.resource().attributes().get("service.name")))
        .jsonb(resource)
        .text(s.scope().name())
        .text(s.scope().version())
        .jsonb(scope)
        .jsonb(attributes);
  }

  private static String json(Attributes a) {
    return AttributeText.json(new StringBuilder(), a).toString();
  }
}
