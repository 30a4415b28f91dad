package dev.tethys.pipeline.exporter.influx;

import dev.tethys.codec.influx.InfluxSeries;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import dev.tethys.pipeline.exporter.rows.Records;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Log records and spans as points in the schema of InfluxData's OpenTelemetry libraries
 * (influxdb-observability, "Schema"): measurements {@code logs}, {@code spans}, {@code span-links};
 * span events are {@code logs} too. Attributes that are not tags become JSON in the field {@code
 * attributes}, so field types never conflict.
 *
 * <p>A point is identified by measurement, tags and time. If all three equal those of another point
 * in the batch, it is written a nanosecond later and its own time is stored in a field.
 */
final class InfluxRecords implements Encoder {
  static final String SPAN_NAME = "span.name";

  private static final String TRACE_ID = "trace_id";
  private static final String SPAN_ID = "span_id";
  private static final String LOGS = "logs";
  private static final String[] KINDS = {
    "", "Internal", "Server", "Client", "Producer", "Consumer"
  };
  private static final String[] STATUSES = {"", "Ok", "Error"};

  private final InfluxSettings settings;
  private final LineRequestEncoder lines;
  private final LongSupplier millis;

  /**
   * @param millis the time of records without one
   */
  InfluxRecords(InfluxSettings settings, LineRequestEncoder lines, LongSupplier millis) {
    this.settings = settings;
    this.lines = lines;
    this.millis = millis;
  }

  @Override
  public Encoded encode(Batch batch) {
    return batch.signal() == Signal.LOGS
        ? new EncodingRun(batch).logs(batch)
        : new EncodingRun(batch).spans(batch);
  }

  private final class EncodingRun {
    private final RecordCutter cutter;
    private final Set<String> written = new HashSet<>();
    private final TextBuffer key = new TextBuffer();
    private TextBuffer to = new TextBuffer();
    private int rows;

    EncodingRun(Batch batch) {
      cutter =
          new RecordCutter(batch, lines, settings.rows().maxItems(), settings.rows().maxBytes());
    }

    Encoded logs(Batch batch) {
      for (ResourceGroup<LogRecord> r : Records.logs(batch).resources()) {
        for (ScopeGroup<LogRecord> s : r.scopes()) {
          for (LogRecord l : s.items()) {
            begin();
            cutter.end(log(r.resource().attributes(), s.scope(), l), rows);
          }
        }
      }
      return cutter.encoded();
    }

    Encoded spans(Batch batch) {
      for (ResourceGroup<Span> r : Records.traces(batch).resources()) {
        for (ScopeGroup<Span> s : r.scopes()) {
          for (Span p : s.items()) {
            begin();
            cutter.end(span(r.resource().attributes(), s.scope(), p), rows);
          }
        }
      }
      return cutter.encoded();
    }

    private void begin() {
      to = cutter.next();
      rows = 0;
    }

    private @Nullable String log(Attributes resource, Scope scope, LogRecord l) {
      long time = l.timeUnixNano() != 0 ? l.timeUnixNano() : l.observedTimeUnixNano();
      Point p =
          new Point(LOGS, ids(l.traceIdHigh(), l.traceIdLow(), l.spanId()))
              .integer("severity_number", l.severityNumber())
              .text("severity_text", l.severityText())
              .always("body", AttributeText.text(l.body()))
              .text("event.name", l.eventName())
              .integer("observed_time_unix_nano", l.observedTimeUnixNano())
              .integer("flags", l.flags() & 0xffff_ffffL)
              .integer("dropped_attributes_count", l.droppedAttributesCount());
      p.attributes(all(resource, scope, l.attributes()), settings.logDimensions());
      return write(p, time == 0 ? millis.getAsLong() * 1_000_000 : time);
    }

    private @Nullable String span(Attributes resource, Scope scope, Span s) {
      if ((s.traceIdHigh() | s.traceIdLow()) == 0 || s.spanId() == 0) {
        return "no_id";
      }
      Map<String, String> ids = ids(s.traceIdHigh(), s.traceIdLow(), s.spanId());
      Point p =
          new Point("spans", new LinkedHashMap<>(ids))
              .text("parent_span_id", s.parentSpanId() == 0 ? "" : hex(s.parentSpanId()))
              .text("trace_state", s.traceState())
              .text("span.kind", s.kind() < KINDS.length && s.kind() > 0 ? KINDS[s.kind()] : "")
              .number("end_time_unix_nano", s.endTimeUnixNano())
              .number("duration_nano", s.endTimeUnixNano() - s.startTimeUnixNano())
              .text(
                  "otel.status_code",
                  s.statusCode() < STATUSES.length && s.statusCode() > 0
                      ? STATUSES[s.statusCode()]
                      : "")
              .text("otel.status_description", s.statusMessage())
              .integer("flags", s.flags() & 0xffff_ffffL)
              .integer("dropped_attributes_count", s.droppedAttributesCount())
              .integer("dropped_events_count", s.droppedEventsCount())
              .integer("dropped_links_count", s.droppedLinksCount());
      if (settings.spanDimensions().contains(SPAN_NAME)) {
        p.tag(SPAN_NAME, s.name());
      } else {
        p.text(SPAN_NAME, s.name());
      }
      p.attributes(all(resource, scope, s.attributes()), settings.spanDimensions());
      String problem = write(p, s.startTimeUnixNano());
      for (SpanEvent e : s.hasEvents() && problem == null ? s.events() : List.<SpanEvent>of()) {
        problem =
            write(
                new Point(LOGS, new LinkedHashMap<>(ids))
                    .always("event.name", e.name())
                    .integer("dropped_attributes_count", e.droppedAttributesCount())
                    .attributes(values(e.attributes()), List.of()),
                e.timeUnixNano());
      }
      for (SpanLink l : s.hasLinks() && problem == null ? s.links() : List.<SpanLink>of()) {
        problem = write(link(ids, l), s.startTimeUnixNano());
      }
      return problem;
    }

    private Point link(Map<String, String> ids, SpanLink l) {
      return new Point("span-links", new LinkedHashMap<>(ids))
          .tag("linked_trace_id", hex(l.traceIdHigh()) + hex(l.traceIdLow()))
          .tag("linked_span_id", hex(l.spanId()))
          .text("trace_state", l.traceState())
          .number("flags", l.flags() & 0xffff_ffffL) // a point has a field at least
          .integer("dropped_attributes_count", l.droppedAttributesCount())
          .attributes(values(l.attributes()), List.of());
    }

    /**
     * Writes a point as a row.
     *
     * @param nanos Unix time, unsigned
     * @return null, or the reason why it cannot be represented
     */
    private @Nullable String write(Point p, long nanos) {
      if (nanos < 0) {
        return "time_out_of_range"; // beyond 2262
      }
      LabelsBuilder b = new LabelsBuilder().set(Labels.METRIC_NAME, p.measurement);
      settings.defaultTags().forEach(b::set);
      p.tags.forEach(b::set);
      InfluxSeries.key(b.build(), false, key);
      byte[] series = key.take();
      if (series.length > InfluxSeries.MAX_KEY) {
        return "series_key_too_long";
      }
      String identity = new String(series, StandardCharsets.UTF_8);
      long at = nanos;
      while (!written.add(identity + ' ' + at)) {
        at++;
      }
      if (at != nanos) {
        p.number("time_unix_nano", nanos);
      }
      to.put(series).put(' ').put(p.fields.take()).put(' ').number(at).put('\n');
      rows++;
      return null;
    }
  }

  /** Builder of a point. Empty fields are omitted. */
  private static final class Point {
    final String measurement;
    final Map<String, String> tags;
    final TextBuffer fields = new TextBuffer();

    Point(String measurement, Map<String, String> tags) {
      this.measurement = measurement;
      this.tags = tags;
    }

    Point tag(String name, String value) {
      tags.put(name, value);
      return this;
    }

    Point text(String name, String value) {
      return value.isEmpty() ? this : always(name, value);
    }

    Point always(String name, String value) {
      field(name).put('"').put(value.replace("\\", "\\\\").replace("\"", "\\\"")).put('"');
      return this;
    }

    Point integer(String name, long value) {
      return value == 0 ? this : number(name, value);
    }

    Point number(String name, long value) {
      field(name).number(value).put('i');
      return this;
    }

    private TextBuffer field(String name) {
      return fields.put(fields.size() == 0 ? "" : ",").put(name).put('=');
    }

    /** Adds some attributes as tags and all others as JSON in one field. */
    Point attributes(Map<String, @Nullable Object> all, List<String> dimensions) {
      StringBuilder json = new StringBuilder();
      all.forEach(
          (k, v) -> {
            if (dimensions.contains(k) && !tags.containsKey(k)) {
              tags.put(k, AttributeText.text(v));
            } else {
              GoJson.append(json.append(json.isEmpty() ? "{" : ","), k);
              AttributeText.json(json.append(':'), v);
            }
          });
      return text("attributes", json.isEmpty() ? "" : json.append('}').toString());
    }
  }

  private static Map<String, String> ids(long high, long low, long span) {
    Map<String, String> m = new LinkedHashMap<>();
    if ((high | low) != 0) {
      m.put(TRACE_ID, hex(high) + hex(low));
    }
    if (span != 0) {
      m.put(SPAN_ID, hex(span));
    }
    return m;
  }

  private static String hex(long id) {
    return String.format("%016x", id);
  }

  private static Map<String, @Nullable Object> values(Attributes a) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    a.forEach(m::put);
    return m;
  }

  /** Merges attributes; a conflicting value of an outer level gets another name. */
  private static Map<String, @Nullable Object> all(
      Attributes resource, Scope scope, Attributes own) {
    Map<String, @Nullable Object> m = values(resource);
    if (!scope.name().isEmpty()) {
      m.put("otel.scope.name", scope.name());
    }
    if (!scope.version().isEmpty()) {
      m.put("otel.scope.version", scope.version());
    }
    Attributes between = scope.attributes();
    between.forEach((k, v) -> over(m, k, v, "resource."));
    own.forEach((k, v) -> over(m, k, v, between.get(k) == null ? "resource." : "scope."));
    return m;
  }

  private static void over(
      Map<String, @Nullable Object> m, String k, @Nullable Object v, String otherwise) {
    Object was = m.put(k, v);
    if (was != null && !was.equals(v)) {
      m.put(otherwise + k, was);
    }
  }
}
