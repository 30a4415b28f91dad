package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.codec.parquet.LongColumn;
import dev.tethys.codec.parquet.MapColumn;
import dev.tethys.codec.parquet.ParquetWriter;
import dev.tethys.codec.parquet.TextColumn;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Log records, or spans, as rows. Properties that logs and spans share are in columns of the same
 * name.
 */
abstract sealed class RecordFile {
  private static final List<String> KINDS =
      List.of("unspecified", "internal", "server", "client", "producer", "consumer");
  private static final List<String> STATUSES = List.of("unset", "ok", "error");

  final ParquetWriter file;
  private final LongColumn time;
  private final TextColumn trace;
  private final TextColumn span;
  private final TextColumn service;
  private final MapColumn resource;
  private final TextColumn scope;
  private final TextColumn version;
  private final MapColumn scopeAttributes;
  private final MapColumn attributes;
  private final LongColumn flags;

  private RecordFile(ParquetWriter file) {
    this.file = file;
    time = file.nanos("timestamp", false);
    trace = file.text("trace_id", true, true);
    span = file.text("span_id", true, false);
    service = file.text("service", true, true);
    resource = file.map("resource_attributes");
    scope = file.text("scope_name", true, true);
    version = file.text("scope_version", true, true);
    scopeAttributes = file.map("scope_attributes");
    attributes = file.map("attributes");
    flags = file.integer("flags", false);
  }

  static void map(MapColumn to, Attributes from) {
    Map<String, String> once = new LinkedHashMap<>(); // a repeated key would stay duplicated
    from.forEach((k, v) -> once.put(k, AttributeText.text(v)));
    once.forEach(to::add);
    to.end();
  }

  static void text(TextColumn to, String v) {
    if (v.isEmpty()) {
      to.addNull();
    } else {
      to.add(v);
    }
  }

  static void nanos(LongColumn to, long v) {
    if (v == 0) {
      to.addNull();
    } else {
      to.add(v);
    }
  }

  static String id(long v) {
    return v == 0 ? "" : String.format("%016x", v);
  }

  static String id(long high, long low) {
    return (high | low) == 0 ? "" : String.format("%016x%016x", high, low);
  }

  final void common(
      long nanos,
      String traceId,
      String spanId,
      ResourceGroup<?> r,
      Scope s,
      Attributes own,
      int traceFlags) {
    time.add(nanos);
    text(trace, traceId);
    text(span, spanId);
    text(service, AttributeText.text(r.resource().attributes().get("service.name")));
    map(resource, r.resource().attributes());
    text(scope, s.name());
    text(version, s.version());
    map(scopeAttributes, s.attributes());
    map(attributes, own);
    flags.add(Integer.toUnsignedLong(traceFlags));
  }

  /** Log records. */
  static final class Logs extends RecordFile {
    private final LongColumn observed;
    private final LongColumn severity;
    private final TextColumn severityText;
    private final TextColumn body;
    private final TextColumn event;

    Logs(ParquetWriter file) {
      super(file);
      observed = file.nanos("observed_timestamp", true);
      severity = file.integer("severity_number", false);
      severityText = file.text("severity_text", true, true);
      body = file.text("body", true, false);
      event = file.text("event_name", true, true);
    }

    /**
     * Adds a record.
     *
     * @param nanos its time, or that of its observation
     */
    void add(long nanos, ResourceGroup<LogRecord> r, Scope s, LogRecord l) {
      common(
          nanos,
          id(l.traceIdHigh(), l.traceIdLow()),
          id(l.spanId()),
          r,
          s,
          l.attributes(),
          l.flags());
      nanos(observed, l.observedTimeUnixNano());
      severity.add(l.severityNumber());
      text(severityText, l.severityText());
      text(body, AttributeText.text(l.body()));
      text(event, l.eventName());
      file.endRow();
    }
  }

  /** Spans. */
  static final class Spans extends RecordFile {
    private final LongColumn duration;
    private final TextColumn parent;
    private final TextColumn name;
    private final TextColumn kind;
    private final TextColumn status;
    private final TextColumn message;
    private final TextColumn state;
    private final TextColumn events;
    private final TextColumn links;

    Spans(ParquetWriter file) {
      super(file);
      duration = file.integer("duration_nanos", false);
      parent = file.text("parent_span_id", true, false);
      name = file.text("name", false, true);
      kind = file.text("kind", false, true);
      status = file.text("status", false, true);
      message = file.text("status_message", true, true);
      state = file.text("trace_state", true, true);
      events = file.text("events", true, false);
      links = file.text("links", true, false);
    }

    void add(ResourceGroup<Span> r, Scope s, Span p) {
      common(
          p.startTimeUnixNano(),
          id(p.traceIdHigh(), p.traceIdLow()),
          id(p.spanId()),
          r,
          s,
          p.attributes(),
          p.flags());
      duration.add(Math.max(0, p.endTimeUnixNano() - p.startTimeUnixNano()));
      text(parent, id(p.parentSpanId()));
      name.add(p.name());
      kind.add(word(KINDS, p.kind()));
      status.add(word(STATUSES, p.statusCode()));
      text(message, p.statusMessage());
      text(state, p.traceState());
      text(events, p.hasEvents() ? events(p.events()) : "");
      text(links, p.hasLinks() ? links(p.links()) : "");
      file.endRow();
    }

    private static String word(List<String> words, int number) {
      return number >= 0 && number < words.size() ? words.get(number) : words.getFirst();
    }

    private static String events(List<SpanEvent> of) {
      dev.tethys.model.telemetry.ArrayValue all = new dev.tethys.model.telemetry.ArrayValue();
      for (SpanEvent e : of) {
        Attributes a = new Attributes();
        a.add("time_unix_nano", e.timeUnixNano());
        a.add("name", e.name());
        a.add("attributes", e.attributes());
        all.add(a);
      }
      return AttributeText.text(all);
    }

    private static String links(List<SpanLink> of) {
      dev.tethys.model.telemetry.ArrayValue all = new dev.tethys.model.telemetry.ArrayValue();
      for (SpanLink l : of) {
        Attributes a = new Attributes();
        a.add("trace_id", id(l.traceIdHigh(), l.traceIdLow()));
        a.add("span_id", id(l.spanId()));
        a.add("trace_state", l.traceState());
        a.add("attributes", l.attributes());
        all.add(a);
      }
      return AttributeText.text(all);
    }
  }
}
