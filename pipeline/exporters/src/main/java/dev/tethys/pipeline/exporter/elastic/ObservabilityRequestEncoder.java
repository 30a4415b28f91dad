package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.AttributedMessage;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.Records;
import dev.tethys.pipeline.exporter.rows.SpanText;
import dev.tethys.pipeline.naming.BoundedNames;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Log records and spans as documents of the Simple Schema for Observability, with the fields of the
 * Collector's exporter (its encoder.go). Two times differ: a record without a time gets its
 * observed time or the current time, and {@code @timestamp} of a span is set, whereas it is the
 * year 1 there.
 *
 * @param encoder document encoder that names indices by {@link CollectorRequestEncoder#names}
 * @param millis a clock
 */
record ObservabilityRequestEncoder(
    Observability schema, DocumentRequestEncoder encoder, LongSupplier millis) implements Encoder {
  @Override
  public Encoded encode(Batch batch) {
    DocumentRequestEncoder.Requests out = encoder.requests(batch);
    if (batch.signal() == Signal.LOGS) {
      for (ResourceGroup<LogRecord> g : Records.logs(batch).resources()) {
        for (ScopeGroup<LogRecord> s : g.scopes()) {
          for (LogRecord r : s.items()) {
            out.create(name(schema.logs(), g, s, r.attributes()));
            log(g.resource().attributes(), s, r, out.text());
            out.ended();
          }
        }
      }
    } else {
      for (ResourceGroup<Span> g : Records.traces(batch).resources()) {
        for (ScopeGroup<Span> s : g.scopes()) {
          for (Span p : s.items()) {
            out.create(name(schema.traces(), g, s, p.attributes()));
            span(g.resource().attributes(), s, p, out.text());
            out.ended();
          }
        }
      }
    }
    return Encoded.of(out.finished());
  }

  private String name(
      Observability.Index index, ResourceGroup<?> g, ScopeGroup<?> s, Attributes own) {
    long now = millis.getAsLong();
    String name = index.of(g.resource().attributes(), s, own, now);
    return encoder.index().of(_ -> name).isEmpty() ? index.other(BoundedNames.OTHER, now) : name;
  }

  private void log(Attributes resource, ScopeGroup<?> scope, LogRecord r, TextBuffer to) {
    long observed = r.observedTimeUnixNano();
    if (observed == 0) {
      observed = millis.getAsLong() * 1_000_000;
    }
    long nanos = r.timeUnixNano() != 0 ? r.timeUnixNano() : observed;
    to.put("{\"attributes\":");
    attributes(r.attributes(), "record", to);
    to.put(",\"body\":").json(AttributeText.text(r.body()));
    scope(scope, to);
    to.put("},\"observedTimestamp\":\"").put(DocumentRequestEncoder.time(observed)).put('"');
    resource(resource, to);
    if (!scope.schemaUrl().isEmpty()) {
      to.put(",\"schemaUrl\":").json(scope.schemaUrl());
    }
    to.put(",\"severity\":{\"text\":").json(r.severityText());
    to.put(",\"number\":").number(r.severityNumber());
    to.put("},\"@timestamp\":\"").put(DocumentRequestEncoder.time(nanos)).put('"');
    id("spanId", SpanText.spanId(r.spanId()), to);
    id("traceId", SpanText.traceId(r.traceIdHigh(), r.traceIdLow()), to);
    to.put("}\n");
  }

  private void span(Attributes resource, ScopeGroup<?> scope, Span p, TextBuffer to) {
    to.put("{\"attributes\":");
    attributes(p.attributes(), "span", to);
    dropped(p, to);
    to.put(",\"droppedEventsCount\":").number(Integer.toUnsignedLong(p.droppedEventsCount()));
    to.put(",\"droppedLinksCount\":").number(Integer.toUnsignedLong(p.droppedLinksCount()));
    to.put(",\"endTime\":\"").put(DocumentRequestEncoder.time(p.endTimeUnixNano())).put('"');
    events(p, to);
    scope(scope, to);
    dropped(scope.scope(), to);
    to.put("},\"kind\":").json(capital(SpanText.kind(p)));
    links(p, to);
    to.put(",\"name\":").json(p.name());
    to.put(",\"parentSpanId\":\"").put(SpanText.spanId(p.parentSpanId())).put('"');
    resource(resource, to);
    to.put(",\"spanId\":\"").put(SpanText.spanId(p.spanId()));
    String start = DocumentRequestEncoder.time(p.startTimeUnixNano());
    to.put("\",\"startTime\":\"").put(start);
    to.put("\",\"status\":{\"code\":").json(capital(SpanText.status(p)));
    to.put(",\"message\":").json(p.statusMessage());
    to.put("},\"@timestamp\":\"").put(start);
    to.put("\",\"traceId\":\"").put(SpanText.traceId(p.traceIdHigh(), p.traceIdLow()));
    to.put("\",\"traceState\":").json(p.traceState()).put("}\n");
  }

  private void events(Span p, TextBuffer to) {
    if (!p.hasEvents()) {
      return;
    }
    String comma = ",\"events\":[";
    for (SpanEvent e : p.events()) {
      to.put(comma).put("{\"attributes\":").put(json(e.attributes()));
      dropped(e, to);
      to.put(",\"name\":").json(e.name());
      to.put(e.timeUnixNano() == 0 ? ",\"observedTimestamp\":\"" : ",\"@timestamp\":\"");
      to.put(
          DocumentRequestEncoder.time(
              e.timeUnixNano() == 0 ? millis.getAsLong() * 1_000_000 : e.timeUnixNano()));
      to.put("\"}");
      comma = ",";
    }
    to.put(']');
  }

  private static void links(Span p, TextBuffer to) {
    if (!p.hasLinks()) {
      return;
    }
    String comma = ",\"links\":[";
    for (SpanLink l : p.links()) {
      to.put(comma).put("{\"attributes\":").put(json(l.attributes()));
      id("spanId", SpanText.spanId(l.spanId()), to);
      id("traceId", SpanText.traceId(l.traceIdHigh(), l.traceIdLow()), to);
      id("traceState", l.traceState(), to);
      dropped(l, to);
      to.put('}');
      comma = ",";
    }
    to.put(']');
  }

  /**
   * Writes the attributes of an item and its data stream, which takes precedence over an attribute
   * of that name.
   */
  private void attributes(Attributes all, String type, TextBuffer to) {
    to.put('{');
    for (int i = 0; i < all.size(); i++) {
      if (!all.key(i).equals("data_stream")) {
        to.json(all.key(i)).put(':').put(json(all.value(i))).put(',');
      }
    }
    to.put("\"data_stream\":{\"dataset\":").json(schema.dataset());
    to.put(",\"namespace\":").json(schema.namespace());
    to.put(",\"type\":").json(type).put("}}");
  }

  private static void resource(Attributes resource, TextBuffer to) {
    to.put(",\"resource\":{");
    String comma = "";
    for (int i = 0; i < resource.size(); i++) {
      to.put(comma).json(resource.key(i)).put(':').json(AttributeText.text(resource.value(i)));
      comma = ",";
    }
    to.put('}');
  }

  /** Writes the scope without its closing brace. */
  private static void scope(ScopeGroup<?> group, TextBuffer to) {
    to.put(",\"instrumentationScope\":{\"attributes\":");
    to.put(json(group.scope().attributes()));
    to.put(",\"name\":").json(group.scope().name());
    to.put(",\"schemaUrl\":").json(group.schemaUrl());
    to.put(",\"version\":").json(group.scope().version());
  }

  private static void dropped(AttributedMessage item, TextBuffer to) {
    to.put(",\"droppedAttributesCount\":");
    to.number(Integer.toUnsignedLong(item.droppedAttributesCount()));
  }

  private static void id(String field, String value, TextBuffer to) {
    if (!value.isEmpty()) {
      to.put(',').json(field).put(':').json(value);
    }
  }

  private static String json(@Nullable Object value) {
    return AttributeText.json(new StringBuilder(), value).toString();
  }

  private static String capital(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
