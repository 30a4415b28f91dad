package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordFields;
import dev.tethys.pipeline.exporter.rows.Records;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.exporter.rows.SpanText;
import dev.tethys.pipeline.naming.BoundedNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Log records and spans as events, one per line. Of a record the event is its body, and attributes
 * are fields; of a span it is an object with the keys of the Collector's exporter, and attributes
 * of the resource are fields. Some attributes say its host, source, type and index instead.
 */
final class SplunkRecords implements Encoder {
  private final SplunkSettings settings;
  private final BoundedNames indices;
  private final LineRequestEncoder lines;
  private final LongSupplier millis;

  SplunkRecords(
      SplunkSettings settings,
      BoundedNames indices,
      LineRequestEncoder lines,
      LongSupplier millis) {
    this.settings = settings;
    this.indices = indices;
    this.lines = lines;
    this.millis = millis;
  }

  /** Writes a record as an event, in one line that ends. */
  @FunctionalInterface
  private interface Event<T extends Item<T>> {
    void write(String index, Attributes resource, Scope scope, T item, TextBuffer to);
  }

  @Override
  public Encoded encode(Batch batch) {
    return batch.signal() == Signal.TRACES
        ? encode(batch, Records.traces(batch).resources(), this::span)
        : encode(batch, Records.logs(batch).resources(), this::record);
  }

  private <T extends Item<T>> Encoded encode(
      Batch batch, List<ResourceGroup<T>> groups, Event<T> event) {
    Map<String, String> headers = lines.headers(batch);
    Map<String, Integer> drops = new LinkedHashMap<>();
    ContribKeys contrib = settings.contrib();
    RowSettings rows = settings.rows(batch.signal());
    List<EncodedRequest> out = new ArrayList<>();
    TextBuffer one = new TextBuffer();
    TextBuffer text = new TextBuffer();
    int items = 0;
    for (ResourceGroup<T> g : groups) {
      String index = indices.of(l -> AttributeText.text(g.resource().attributes().get(l)));
      for (ScopeGroup<T> s : g.scopes()) {
        if (batch.signal() == Signal.LOGS && !contrib.takes(s.scope().name())) {
          drops.merge(ContribKeys.SWITCHED_OFF, s.itemCount(), Integer::sum);
          continue;
        }
        for (T r : s.items()) {
          event.write(index, g.resource().attributes(), s.scope(), r, one);
          if (one.size() > contrib.maxEvent()) {
            drops.merge(SplunkEvents.TOO_LARGE, 1, Integer::sum);
            one.take();
            continue;
          }
          text.put(one.take());
          items++;
          if (items >= rows.maxItems() || text.size() >= rows.maxBytes()) {
            out.add(new EncodedRequest(batch.signal(), lines.seal(text.take()), items, 0, headers));
            items = 0;
          }
        }
      }
    }
    if (items > 0) {
      out.add(new EncodedRequest(batch.signal(), lines.seal(text.take()), items, 0, headers));
    }
    return new Encoded(out, drops);
  }

  /** Writes everything before the event; values used there are removed from the fields. */
  private void begin(long nanos, String index, Map<String, String> fields, TextBuffer to) {
    SplunkEvents.time(nanos == 0 ? millis.getAsLong() : Math.floorDiv(nanos, 1_000_000L), to);
    ContribKeys contrib = settings.contrib();
    // Remove the secret token that a sender may have passed; in a resource it may have a prefix.
    fields.keySet().removeIf(k -> k.endsWith(ContribKeys.TOKEN));
    String source = fields.remove(contrib.source());
    String type = fields.remove(contrib.sourceType());
    String own = fields.remove(contrib.index());
    to.put(
        SplunkEvents.common(
            source == null ? settings.source() : source,
            type == null ? settings.sourceType() : type));
    SplunkEvents.index(own == null ? index : own, to);
    String host = fields.remove(contrib.host());
    if (host != null) {
      to.put(",\"host\":").json(host);
    }
    to.put(",\"event\":");
  }

  private static void end(Map<String, String> fields, TextBuffer to) {
    to.put(",\"fields\":{");
    String comma = "";
    for (Map.Entry<String, String> f : fields.entrySet()) {
      to.put(comma).json(f.getKey()).put(':').json(f.getValue());
      comma = ",";
    }
    to.put("}}\n");
  }

  private void record(String index, Attributes resource, Scope scope, LogRecord r, TextBuffer to) {
    if (settings.raw()) {
      to.put(AttributeText.text(r.body())).put('\n');
      return;
    }
    long nanos = r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano();
    Map<String, String> fields =
        new RecordFields(UnaryOperator.identity())
            .own(r, settings.contrib().severityText(), settings.contrib().severityNumber())
            .scope(scope, "otel.scope.")
            .attributes(r.attributes(), "attribute.")
            .attributes(resource, "resource.")
            .all();
    begin(nanos, index, fields, to);
    String body = AttributeText.text(r.body());
    to.json(body.isEmpty() ? " " : body); // which must not be empty
    end(fields, to);
  }

  private void span(String index, Attributes resource, Scope scope, Span p, TextBuffer to) {
    Map<String, String> fields =
        new RecordFields(UnaryOperator.identity())
            .scope(scope, "otel.scope.")
            .attributes(resource, "resource.")
            .all();
    begin(p.startTimeUnixNano(), index, fields, to);
    to.put("{\"trace_id\":\"").put(SpanText.traceId(p.traceIdHigh(), p.traceIdLow()));
    to.put("\",\"span_id\":\"").put(SpanText.spanId(p.spanId()));
    to.put("\",\"parent_span_id\":\"").put(SpanText.spanId(p.parentSpanId()));
    to.put("\",\"name\":").json(p.name());
    to.put(",\"kind\":\"SPAN_KIND_").put(SpanText.kind(p).toUpperCase(Locale.ROOT));
    to.put("\",\"start_time\":").number(p.startTimeUnixNano());
    to.put(",\"end_time\":").number(p.endTimeUnixNano());
    to.put(",\"status\":{\"code\":\"STATUS_CODE_");
    to.put(SpanText.status(p).toUpperCase(Locale.ROOT));
    to.put("\",\"message\":").json(p.statusMessage());
    to.put("},\"trace_state\":").json(p.traceState());
    to.put(",\"attributes\":");
    to.put(AttributeText.json(new StringBuilder(), p.attributes()).toString());
    to.put(",\"events\":").put(SpanText.events(p));
    to.put(",\"links\":").put(SpanText.links(p)).put('}');
    end(fields, to);
  }
}
