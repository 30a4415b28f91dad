package dev.tethys.codec.jaeger;

import dev.tethys.codec.jaeger.JaegerSpan.Log;
import dev.tethys.codec.jaeger.JaegerSpan.Process;
import dev.tethys.codec.jaeger.JaegerSpan.Reference;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Converts a batch of Jaeger spans to OTLP by OpenTelemetry's mapping. The process is the resource,
 * {@code span.kind} and {@code error} set kind and status, logs become events, references other
 * than parents become links.
 */
public final class JaegerBatch {
  private static final int STATUS_OK = 1;
  private static final int STATUS_ERROR = 2;

  private final List<JaegerSpan> spans = new ArrayList<>();
  private Process process = new Process();

  JaegerBatch() {}

  void process(Process p) {
    process = p;
  }

  void add(JaegerSpan s) {
    spans.add(s);
  }

  private record Scope(String name, String version) {}

  private record Group(ResourceGroup<Span> resource, Map<Scope, ScopeGroup<Span>> scopes) {}

  /**
   * The spans as OTLP's.
   *
   * @param refusals receives the rejected spans
   */
  public TracesData traces(RejectedItems refusals) {
    TracesData traces = new TracesData();
    Map<Process, Group> groups = new IdentityHashMap<>();
    int number = 0;
    for (JaegerSpan s : spans) {
      number++;
      String reason = s.check();
      if (reason != null) {
        refusals.add(number, "span " + number + " \"" + s.name + "\"", reason);
        continue;
      }
      Group g =
          groups.computeIfAbsent(
              s.process == null ? process : s.process,
              p -> {
                ResourceGroup<Span> r = resource(p);
                traces.resources().add(r);
                return new Group(r, new LinkedHashMap<>());
              });
      Scope scope =
          new Scope(
              taken(s.tags, "otel.scope.name", "otel.library.name"),
              taken(s.tags, "otel.scope.version", "otel.library.version"));
      g.scopes
          .computeIfAbsent(
              scope,
              x -> {
                ScopeGroup<Span> made = new ScopeGroup<>();
                made.scope().setName(x.name);
                made.scope().setVersion(x.version);
                g.resource.scopes().add(made);
                return made;
              })
          .items()
          .add(span(s));
    }
    return traces;
  }

  private static String taken(Attributes tags, String name, String older) {
    String v = tags.getString(name);
    String w = tags.getString(older);
    tags.remove(name);
    tags.remove(older);
    return v != null ? v : w != null ? w : "";
  }

  private static ResourceGroup<Span> resource(Process p) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    Attributes a = r.resource().attributes();
    a.put("service.name", p.service.isEmpty() ? "unknown_service" : p.service);
    p.tags.forEach((k, v) -> a.put(k.equals("hostname") ? "host.name" : k, v));
    return r;
  }

  private static Span span(JaegerSpan s) {
    RequestMemory.chargeItem();
    Span span = new Span();
    span.setTraceId(s.traceHigh, s.traceLow);
    span.setSpanId(s.id);
    span.setName(s.name);
    span.setStartTimeUnixNano(s.start);
    span.setEndTimeUnixNano(s.start + Math.max(0, s.duration));
    long parent = s.parent;
    for (Reference r : s.references) {
      boolean own = r.traceHigh() == s.traceHigh && r.traceLow() == s.traceLow;
      if (parent == 0 && r.childOf() && own) {
        parent = r.spanId();
      }
    }
    span.setParentSpanId(parent);
    for (Reference r : s.references) {
      if (r.childOf() && r.spanId() == parent) {
        continue;
      }
      SpanLink l = new SpanLink();
      l.setTraceId(r.traceHigh(), r.traceLow());
      l.setSpanId(r.spanId());
      l.attributes().put("opentracing.ref_type", r.childOf() ? "child_of" : "follows_from");
      span.links().add(l);
    }
    for (Log l : s.logs) {
      SpanEvent e = new SpanEvent();
      e.setTimeUnixNano(l.nanos());
      String name = l.fields().getString("event");
      e.setName(name == null ? "" : name);
      l.fields()
          .forEach(
              (k, v) -> {
                if (!(k.equals("event") && v instanceof String)) {
                  e.attributes().put(k, v);
                }
              });
      span.events().add(e);
    }
    tags(s.tags, span);
    return span;
  }

  private static void tags(Attributes tags, Span span) {
    String state = tags.getString("w3c.tracestate");
    if (state != null) {
      span.setTraceState(state);
      tags.remove("w3c.tracestate");
    }
    String kind = tags.getString("span.kind");
    if (kind != null) {
      int k =
          switch (kind) {
            case "internal" -> 1;
            case "server" -> 2;
            case "client" -> 3;
            case "producer" -> 4;
            case "consumer" -> 5;
            default -> 0;
          };
      span.setKind(k);
      if (k != 0) {
        tags.remove("span.kind");
      }
    }
    String code = tags.getString("otel.status_code");
    if (code != null) {
      span.setStatusCode(code.equals("OK") ? STATUS_OK : code.equals("ERROR") ? STATUS_ERROR : 0);
      tags.remove("otel.status_code");
    }
    String about = tags.getString("otel.status_description");
    if (about != null) {
      span.setStatusMessage(about);
      tags.remove("otel.status_description");
    }
    Object error = tags.get("error");
    if (Boolean.TRUE.equals(error) || "true".equals(error)) {
      span.setStatusCode(STATUS_ERROR);
      tags.remove("error");
    }
    tags.forEach(span.attributes()::put);
  }
}
