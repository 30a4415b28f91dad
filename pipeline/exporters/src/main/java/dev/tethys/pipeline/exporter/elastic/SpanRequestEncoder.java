package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.Records;
import dev.tethys.pipeline.exporter.rows.SpanText;

/** Spans as documents. */
record SpanRequestEncoder(DocumentRequestEncoder encoder) implements Encoder {
  @Override
  public Encoded encode(Batch batch) {
    return encoder.encode(batch, Records.traces(batch).resources(), SpanRequestEncoder::document);
  }

  private static void document(Attributes resource, ScopeGroup<Span> scope, Span p, TextBuffer to) {
    to.put("{\"@timestamp\":\"").put(DocumentRequestEncoder.time(p.startTimeUnixNano()));
    to.put("\",\"trace_id\":\"").put(SpanText.traceId(p.traceIdHigh(), p.traceIdLow()));
    to.put("\",\"span_id\":\"").put(SpanText.spanId(p.spanId()));
    to.put("\",\"parent_span_id\":\"").put(SpanText.spanId(p.parentSpanId()));
    to.put("\",\"service\":").json(AttributeText.text(resource.get("service.name")));
    to.put(",\"name\":").json(p.name());
    to.put(",\"kind\":\"").put(SpanText.kind(p));
    // A clock that was set back makes spans that end before they begin.
    to.put("\",\"duration_nanos\":").number(p.endTimeUnixNano() - p.startTimeUnixNano());
    to.put(",\"status\":\"").put(SpanText.status(p));
    to.put("\",\"status_message\":").json(p.statusMessage());
    to.put(",\"trace_state\":").json(p.traceState());
    to.put(",\"scope\":").json(scope.scope().name());
    to.put(",\"scope_version\":").json(scope.scope().version());
    AttributeFields.write(to, "resource", resource);
    AttributeFields.write(to, "attributes", p.attributes());
    to.put(",\"events\":").put(SpanText.events(p));
    to.put(",\"links\":").put(SpanText.links(p)).put("}\n");
  }

  /** Mappings of such documents; events and links are stored but not searchable. */
  static String mappings(boolean openSearch) {
    StringBuilder sb =
        new StringBuilder("{\"dynamic\":false,\"properties\":{")
            .append("\"@timestamp\":{\"type\":\"date_nanos\"},")
            .append("\"duration_nanos\":{\"type\":\"long\"},");
    for (String keyword :
        new String[] {
          "trace_id", "span_id", "parent_span_id", "service", "name", "kind", "status", "scope"
        }) {
      sb.append('"').append(keyword).append("\":").append(DocumentRequestEncoder.WORD).append(',');
    }
    String flat = DocumentRequestEncoder.flat(openSearch);
    return sb.append("\"resource\":")
        .append(flat)
        .append(",\"attributes\":")
        .append(flat)
        .append("}}")
        .toString();
  }
}
