package dev.tethys.codec.jaeger;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a trace as Jaeger's UI reads it. Resources become processes; kind, status, scope and trace
 * state become tags as in OpenTelemetry's page "OpenTelemetry to Jaeger Transformation"; {@link
 * JaegerBatch} is the inverse.
 */
public final class JaegerTraceWriter {
  private static final String SERVICE = "service.name";
  private static final List<String> KINDS =
      List.of("", "internal", "server", "client", "producer", "consumer");
  private static final int STATUS_OK = 1;
  private static final int STATUS_ERROR = 2;

  /** Integers beyond this lose digits in JavaScript and are written as strings. */
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final TextBuffer out;
  private char before;

  private JaegerTraceWriter(TextBuffer out) {
    this.out = out;
  }

  /** Appends the spans of one trace as an object of JSON. */
  public static void write(TracesData trace, TextBuffer to) {
    new JaegerTraceWriter(to).trace(trace);
  }

  private void trace(TracesData trace) {
    Map<Attributes, String> processes = new LinkedHashMap<>();
    out.put("{\"traceID\":\"");
    Span first = first(trace);
    if (first != null) {
      traceId(first.traceIdHigh(), first.traceIdLow());
    }
    out.put("\",\"spans\":");
    char separator = '[';
    for (ResourceGroup<Span> r : trace.resources()) {
      String process =
          processes.computeIfAbsent(r.resource().attributes(), x -> "p" + (processes.size() + 1));
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          out.put(separator);
          separator = ',';
          span(s.scope(), span, process);
        }
      }
    }
    out.put(separator == '[' ? "[]" : "]").put(",\"processes\":{");
    separator = ' ';
    for (Map.Entry<Attributes, String> e : processes.entrySet()) {
      if (separator == ',') {
        out.put(',');
      }
      separator = ',';
      process(e.getKey(), e.getValue());
    }
    out.put("},\"warnings\":null}");
  }

  private static @Nullable Span first(TracesData trace) {
    for (ResourceGroup<Span> r : trace.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        if (!s.items().isEmpty()) {
          return s.items().getFirst();
        }
      }
    }
    return null;
  }

  private void process(Attributes a, String id) {
    String service = AttributeText.text(a.get(SERVICE));
    out.json(id).put(":{\"serviceName\":").json(service).put(",\"tags\":");
    before = '[';
    a.forEach(
        (k, v) -> {
          if (!k.equals(SERVICE)) {
            tag(k, v);
          }
        });
    endTags();
    out.put('}');
  }

  private void span(Scope scope, Span s, String process) {
    out.put("{\"traceID\":\"");
    traceId(s.traceIdHigh(), s.traceIdLow());
    out.put("\",\"spanID\":\"");
    hex(s.spanId());
    out.put("\",\"operationName\":").json(s.name()).put(",\"references\":");
    references(s);
    long micros = Long.divideUnsigned(s.startTimeUnixNano(), 1000);
    out.put(",\"startTime\":").number(micros);
    long nanos = s.endTimeUnixNano() - s.startTimeUnixNano();
    out.put(",\"duration\":").number(Math.max(0, nanos) / 1000).put(",\"tags\":");
    before = '[';
    scope(scope);
    s.attributes().forEach(this::tag);
    if (s.kind() > 0 && s.kind() < KINDS.size()) {
      tag("span.kind", KINDS.get(s.kind()));
    }
    status(s);
    if (!s.traceState().isEmpty()) {
      tag("w3c.tracestate", s.traceState());
    }
    endTags();
    out.put(",\"logs\":");
    logs(s);
    out.put(",\"processID\":").json(process).put(",\"warnings\":null}");
  }

  private void scope(Scope scope) {
    if (!scope.name().isEmpty()) {
      tag("otel.scope.name", scope.name());
    }
    if (!scope.version().isEmpty()) {
      tag("otel.scope.version", scope.version());
    }
    scope.attributes().forEach(this::tag);
  }

  private void status(Span s) {
    switch (s.statusCode()) {
      case STATUS_OK -> tag("otel.status_code", "OK");
      case STATUS_ERROR -> {
        if (!s.attributes().contains("error")) {
          tag("error", true);
        }
        tag("otel.status_code", "ERROR");
      }
      default -> {
        // unset has no tag
      }
    }
    if (!s.statusMessage().isEmpty()) {
      tag("otel.status_description", s.statusMessage());
    }
  }

  private void references(Span s) {
    char separator = '[';
    boolean referenced = false;
    if (s.parentSpanId() != 0) {
      reference(separator, "CHILD_OF", s.traceIdHigh(), s.traceIdLow(), s.parentSpanId());
      separator = ',';
      referenced = true;
    }
    if (s.hasLinks()) {
      for (SpanLink l : s.links()) {
        String type = l.attributes().getString("opentracing.ref_type");
        reference(
            separator,
            "child_of".equals(type) ? "CHILD_OF" : "FOLLOWS_FROM",
            l.traceIdHigh(),
            l.traceIdLow(),
            l.spanId());
        separator = ',';
        referenced = true;
      }
    }
    out.put(referenced ? "]" : "[]");
  }

  private void reference(char separator, String type, long high, long low, long span) {
    out.put(separator).put("{\"refType\":\"").put(type).put("\",\"traceID\":\"");
    traceId(high, low);
    out.put("\",\"spanID\":\"");
    hex(span);
    out.put("\"}");
  }

  private void logs(Span s) {
    if (!s.hasEvents()) {
      out.put("[]");
      return;
    }
    char separator = '[';
    for (SpanEvent e : s.events()) {
      out.put(separator).put("{\"timestamp\":");
      separator = ',';
      out.number(Long.divideUnsigned(e.timeUnixNano(), 1000)).put(",\"fields\":");
      before = '[';
      if (!e.name().isEmpty()) {
        tag("event", e.name());
      }
      e.attributes().forEach(this::tag);
      endTags();
      out.put('}');
    }
    out.put(separator == '[' ? "[]" : "]");
  }

  private void tag(String key, @Nullable Object value) {
    out.put(before).put("{\"key\":").json(key).put(",\"type\":");
    before = ',';
    switch (value) {
      case Boolean b -> out.put("\"bool\",\"value\":").put(b.toString());
      case Long n -> {
        out.put("\"int64\",\"value\":");
        if (Math.abs(n) <= MAX_EXACT && n != Long.MIN_VALUE) {
          out.number(n);
        } else {
          out.put('"').number(n).put('"');
        }
      }
      case Double d when Double.isFinite(d) -> out.put("\"float64\",\"value\":").number(d);
      case byte[] b -> out.put("\"binary\",\"value\":").json(Base64.getEncoder().encodeToString(b));
      case null, default -> out.put("\"string\",\"value\":").json(AttributeText.text(value));
    }
    out.put('}');
  }

  private void endTags() {
    out.put(before == '[' ? "[]" : "]");
  }

  private void traceId(long high, long low) {
    if (high != 0) {
      hex(high);
    }
    hex(low);
  }

  private void hex(long v) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      out.put(Character.forDigit((int) (v >>> shift) & 15, 16));
    }
  }
}
