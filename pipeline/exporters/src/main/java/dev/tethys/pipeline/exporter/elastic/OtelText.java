package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributedMessage;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Encodes log records, spans, their events and data points as documents of the mapping mode {@code
 * otel}, for Elasticsearch's templates {@code logs-*.otel-*} and {@code traces-*.otel-*}. Fields
 * and their order are those of the Collector's exporter (its package otelserializer). Empty values
 * are omitted.
 */
final class OtelText {
  private static final List<String> KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");
  private static final List<String> STATUSES = List.of("Unset", "Ok", "Error");
  private static final HexFormat HEX = HexFormat.of();
  private static final String LON = "geo.location.lon";
  private static final String LAT = "geo.location.lat";

  private final TextBuffer to;
  private boolean first = true; // of the object that is written
  private boolean dimensions; // lists and maps become text, as dimensions of series must

  OtelText(TextBuffer to) {
    this.to = to;
  }

  void log(
      ResourceGroup<?> resource,
      ScopeGroup<?> scope,
      LogRecord r,
      CollectorMode.DataStreamName at) {
    begin();
    long nanos = r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano();
    time("@timestamp", nanos);
    time("observed_timestamp", r.observedTimeUnixNano());
    place(at);
    text("severity_text", r.severityText());
    count("severity_number", r.severityNumber());
    traceId(r.traceIdHigh(), r.traceIdLow());
    spanId("span_id", r.spanId());
    attributes(r.attributes());
    count("dropped_attributes_count", Integer.toUnsignedLong(r.droppedAttributesCount()));
    String event = r.eventName();
    text(
        "event_name",
        event.isEmpty() && r.attributes().get("event.name") instanceof String s ? s : event);
    writeContext(resource, scope);
    body(r.body());
    end();
  }

  private void body(@Nullable Object body) {
    if (body == null) {
      return;
    }
    key("body").put('{');
    switch (body) {
      case Attributes _ -> to.put("\"structured\":");
      case ArrayValue list -> {
        boolean maps = true;
        for (int i = 0; i < list.size(); i++) {
          maps &= list.get(i) instanceof Attributes;
        }
        to.put(maps ? "\"structured\":" : "\"structured\":{\"value\":"); // no list but of objects
        value(list);
        to.put(maps ? "}" : "}}");
        return;
      }
      default -> to.put("\"text\":");
    }
    value(body);
    to.put('}');
  }

  void span(
      ResourceGroup<?> resource, ScopeGroup<?> scope, Span s, CollectorMode.DataStreamName at) {
    begin();
    time("@timestamp", s.startTimeUnixNano());
    place(at);
    traceId(s.traceIdHigh(), s.traceIdLow());
    spanId("span_id", s.spanId());
    text("trace_state", s.traceState());
    spanId("parent_span_id", s.parentSpanId());
    text("name", s.name());
    text("kind", word(KINDS, s.kind()));
    // A clock that was set back makes spans that end before they begin, and no duration below 0.
    key("duration").number(Math.max(0, s.endTimeUnixNano() - s.startTimeUnixNano()));
    attributes(s.attributes());
    count("dropped_attributes_count", Integer.toUnsignedLong(s.droppedAttributesCount()));
    count("dropped_events_count", Integer.toUnsignedLong(s.droppedEventsCount()));
    links(s.hasLinks() ? s.links() : List.of());
    count("dropped_links_count", Integer.toUnsignedLong(s.droppedLinksCount()));
    key("status");
    begin();
    text("message", s.statusMessage());
    text("code", word(STATUSES, s.statusCode()));
    close();
    writeContext(resource, scope);
    end();
  }

  private void links(List<SpanLink> links) {
    key("links").put('[');
    for (int i = 0; i < links.size(); i++) {
      SpanLink l = links.get(i);
      to.put(i == 0 ? "" : ",");
      begin();
      traceId(l.traceIdHigh(), l.traceIdLow());
      spanId("span_id", l.spanId());
      text("trace_state", l.traceState());
      attributes(l.attributes());
      count("dropped_attributes_count", Integer.toUnsignedLong(l.droppedAttributesCount()));
      close();
    }
    to.put(']');
  }

  void event(
      ResourceGroup<?> resource,
      ScopeGroup<?> scope,
      Span s,
      SpanEvent e,
      CollectorMode.DataStreamName at) {
    begin();
    time("@timestamp", e.timeUnixNano());
    place(at);
    traceId(s.traceIdHigh(), s.traceIdLow());
    spanId("span_id", s.spanId());
    count("dropped_attributes_count", Integer.toUnsignedLong(e.droppedAttributesCount()));
    text("event_name", e.name());
    Attributes a = e.attributes();
    if (!e.name().isEmpty()) {
      a = a.copy();
      a.put("event.name", e.name());
    }
    attributes(a);
    writeContext(resource, scope);
    end();
  }

  /**
   * Writes a data point. The Collector's exporter merges points with equal time and attributes,
   * which is equivalent in Elasticsearch.
   */
  void point(
      ResourceGroup<?> resource,
      ScopeGroup<?> scope,
      Metric m,
      DataPoint p,
      PointValue v,
      CollectorMode.DataStreamName at) {
    dimensions = true;
    begin();
    time("@timestamp", p.timeUnixNano());
    if (p.startTimeUnixNano() != 0) {
      time("start_timestamp", p.startTimeUnixNano());
    }
    text("unit", m.unit());
    place(at);
    attributes(p.attributes());
    writeContext(resource, scope);
    key("metrics");
    begin();
    key(m.name()).put(v.json());
    close();
    count("_doc_count", v.documents());
    key("_metric_names_hash").put('"').put(Integer.toHexString(fnv(m.name()))).put('"');
    end();
  }

  /**
   * Computes the 32-bit FNV-1a hash, which distinguishes series of one time that differ only in the
   * metric name.
   */
  private static int fnv(String name) {
    int hash = 0x811c9dc5;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x01000193;
    }
    return hash;
  }

  private void writeContext(ResourceGroup<?> resource, ScopeGroup<?> scope) {
    key("resource");
    begin();
    text("schema_url", resource.schemaUrl());
    rest(resource.resource());
    key("scope");
    begin();
    text("schema_url", scope.schemaUrl());
    text("name", scope.scope().name());
    text("version", scope.scope().version());
    rest(scope.scope());
  }

  private void rest(AttributedMessage m) {
    attributes(m.attributes());
    count("dropped_attributes_count", Integer.toUnsignedLong(m.droppedAttributesCount()));
    close();
  }

  private void begin() {
    to.put('{');
    first = true;
  }

  /** Ends an object inside another. */
  private void close() {
    to.put('}');
    first = false;
  }

  private void end() {
    to.put("}\n");
  }

  private TextBuffer key(String name) {
    if (!first) {
      to.put(',');
    }
    first = false;
    return to.json(name).put(':');
  }

  /** Milliseconds with six decimals, as text: a date in nanoseconds to Elasticsearch. */
  private void time(String name, long nanos) {
    String rest = Long.toString(1_000_000 + Long.remainderUnsigned(nanos, 1_000_000)).substring(1);
    key(name).put('"').put(Long.toUnsignedString(Long.divideUnsigned(nanos, 1_000_000)));
    to.put('.').put(rest).put('"');
  }

  private void place(CollectorMode.DataStreamName at) {
    if (at.dataset().isEmpty()) {
      return;
    }
    key("data_stream");
    begin();
    text("type", at.type());
    text("dataset", at.dataset());
    text("namespace", at.namespace());
    close();
  }

  private void text(String name, String value) {
    if (!value.isEmpty()) {
      key(name).json(value);
    }
  }

  private void count(String name, long value) {
    if (value != 0) {
      key(name).number(value);
    }
  }

  private void traceId(long high, long low) {
    text("trace_id", SpanText.traceId(high, low));
  }

  private void spanId(String name, long id) {
    text(name, SpanText.spanId(id));
  }

  /** Returns the name of a numeric value; "" if it has none. */
  static String word(List<String> words, int index) {
    return index >= 0 && index < words.size() ? words.get(index) : "";
  }

  private void attributes(Attributes a) {
    if (a.isEmpty()) {
      return;
    }
    key("attributes");
    begin();
    Set<String> seen = new HashSet<>();
    Map<String, @Nullable Double[]> places = new TreeMap<>();
    for (int i = 0; i < a.size(); i++) {
      String k = a.key(i);
      Object v = a.value(i);
      if (CollectorMode.isRouting(k) || !seen.add(k)) {
        continue;
      }
      if (v instanceof Double d && (isGeo(k, LON) || isGeo(k, LAT))) {
        String prefix = k.substring(0, k.length() - LON.length());
        places.computeIfAbsent(prefix, _ -> new Double[2])[k.endsWith(LON) ? 0 : 1] = d;
        continue;
      }
      key(k);
      value(v);
    }
    places.forEach(this::geo);
    close();
  }

  private static boolean isGeo(String key, String name) {
    return key.equals(name) || key.endsWith("." + name);
  }

  /** Writes a geo point of both coordinates, or the single coordinate present. */
  private void geo(String prefix, @Nullable Double[] at) {
    Double lon = at[0];
    Double lat = at[1];
    if (lon != null && lat != null) {
      key(prefix + "geo.location").put('[');
      value(lon);
      to.put(',');
      value(lat);
      to.put(']');
    } else if (lon != null) {
      key(prefix + LON);
      value(lon);
    } else {
      key(prefix + LAT);
      value(lat);
    }
  }

  /** Writes a scalar value. */
  static void scalar(TextBuffer to, @Nullable Object v) {
    switch (v) {
      case null -> to.put("null");
      case String s -> to.json(s);
      case Boolean b -> to.put(b.toString());
      case Long n -> to.number(n);
      case Double d -> to.put(number(d));
      case byte[] b -> to.put('"').put(HEX.formatHex(b)).put('"');
      default -> throw new IllegalArgumentException(v.getClass().toString());
    }
  }

  /** Writes the map that a record's body is, as the mapping mode {@code bodymap} has documents. */
  void body(Attributes map) {
    value(map);
    to.put('\n');
  }

  private void value(@Nullable Object v) {
    if (dimensions && (v instanceof ArrayValue || v instanceof Attributes)) {
      to.json(ValueText.of(v));
      return;
    }
    switch (v) {
      case ArrayValue list -> {
        to.put('[');
        for (int i = 0; i < list.size(); i++) {
          to.put(i == 0 ? "" : ",");
          value(list.get(i));
        }
        to.put(']');
      }
      case Attributes map -> {
        to.put('{');
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < map.size(); i++) {
          if (seen.add(map.key(i))) {
            to.put(i == 0 ? "" : ",").json(map.key(i)).put(':');
            value(map.value(i));
          }
        }
        to.put('}');
      }
      case null, default -> scalar(to, v);
    }
  }

  /**
   * Formats with a decimal point: a field whose first value is 1 would be mapped as an integer
   * permanently.
   */
  static String number(double d) {
    if (!Double.isFinite(d)) {
      return "null";
    }
    String s = GoFloat.g(d);
    if (s.indexOf('.') >= 0) {
      return s;
    }
    int e = s.indexOf('e');
    return e < 0 ? s + ".0" : s.substring(0, e) + ".0" + s.substring(e);
  }
}
