package dev.tethys.codec.zipkin;

import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Binary;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Zipkin's spans as OTLP's, by OpenTelemetry's mapping between both: services are resources,
 * endpoints {@code net.host.*} and {@code net.peer.*}, the tag {@code error} a status, annotations
 * events.
 */
final class ZipkinToOtlp {
  private static final int STATUS_OK = 1;
  private static final int STATUS_ERROR = 2;

  private record Origin(String service, String scope, String version) {}

  private final boolean typedTags;
  private final long now;
  private final TracesData traces = new TracesData();
  private final Map<Origin, ScopeGroup<Span>> scopes = new LinkedHashMap<>();
  private final Map<String, ResourceGroup<Span>> resources = new LinkedHashMap<>();

  /**
   * Creates an empty converter.
   *
   * @param now Unix microseconds, for spans without any time
   */
  ZipkinToOtlp(boolean typedTags, long now) {
    this.typedTags = typedTags;
    this.now = now;
  }

  TracesData traces() {
    return traces;
  }

  private static @Nullable Annotation find(ZipkinSpan s, String value) {
    for (Annotation a : s.annotations) {
      if (a.value().equals(value)) {
        return a;
      }
    }
    return null;
  }

  /**
   * Adds a span of version 1. Its core annotations determine its role: {@code cs, cr} a client,
   * {@code sr, ss} a server, {@code ms} a producer, {@code mr} a consumer. One that was both sides
   * of a call, as old clients share them, becomes two.
   */
  void addFirst(ZipkinSpan s) {
    boolean client = find(s, "cs") != null || find(s, "cr") != null;
    boolean server = find(s, "sr") != null || find(s, "ss") != null;
    if (client) {
      add(side(s, "CLIENT", "cs", "cr", "sa"));
    }
    if (server) {
      add(side(s, "SERVER", "sr", "ss", "ca"));
    }
    if (!client && !server) {
      if (find(s, "ms") != null) {
        add(side(s, "PRODUCER", "ms", "", "ma"));
      } else if (find(s, "mr") != null) {
        add(side(s, "CONSUMER", "mr", "", "ma"));
      } else {
        add(side(s, "", "", "", ""));
      }
    }
  }

  private static ZipkinSpan side(
      ZipkinSpan s, String kind, String begin, String end, String address) {
    ZipkinSpan out = new ZipkinSpan();
    out.traceHigh = s.traceHigh;
    out.traceLow = s.traceLow;
    out.id = s.id;
    out.parent = s.parent;
    out.name = s.name;
    out.kind = kind;
    Annotation first = begin.isEmpty() ? null : find(s, begin);
    Annotation last = end.isEmpty() ? null : find(s, end);
    Annotation core = first == null ? last : first;
    out.local = core == null ? Endpoint.NONE : core.endpoint();
    boolean known = s.timestamp != 0 && (kind.isEmpty() || !kind.equals("SERVER") || first == null);
    out.timestamp = known ? s.timestamp : first == null ? s.timestamp : first.time();
    out.duration =
        first != null && last != null && (!known || s.duration == 0)
            ? Math.max(0, last.time() - first.time())
            : s.duration;
    for (Annotation a : s.annotations) {
      switch (a.value()) {
        case "cs", "cr", "sr", "ss", "ms", "mr" -> {
          // kind and times already express this
        }
        default -> out.annotations.add(a);
      }
    }
    for (Binary b : s.binary) {
      switch (b.key()) {
        case "sa", "ca", "ma" -> {
          if (b.key().equals(address)) {
            out.remote = b.endpoint();
          }
        }
        default -> {
          if (out.local.service().isEmpty()) {
            out.local = b.endpoint();
          }
          out.tags.put(b.key(), b.value());
          if (b.typed()) {
            out.typed.add(b.key());
          }
        }
      }
    }
    return out;
  }

  private ScopeGroup<Span> scope(ZipkinSpan s) {
    String name = taken(s, "otel.scope.name", "otel.library.name");
    String version = taken(s, "otel.scope.version", "otel.library.version");
    return scopes.computeIfAbsent(
        new Origin(s.local.service(), name, version),
        o -> {
          ResourceGroup<Span> r =
              resources.computeIfAbsent(
                  o.service,
                  service -> {
                    ResourceGroup<Span> made = new ResourceGroup<>();
                    made.resource()
                        .attributes()
                        .put("service.name", service.isEmpty() ? "unknown_service" : service);
                    traces.resources().add(made);
                    return made;
                  });
          ScopeGroup<Span> made = new ScopeGroup<>();
          made.scope().setName(o.scope);
          made.scope().setVersion(o.version);
          r.scopes().add(made);
          return made;
        });
  }

  private static String taken(ZipkinSpan s, String name, String older) {
    String v = s.tags.remove(name);
    String w = s.tags.remove(older);
    return v != null ? v : w != null ? w : "";
  }

  /** Adds a span of version 2. */
  void add(ZipkinSpan s) {
    ScopeGroup<Span> group = scope(s);
    RequestMemory.chargeItem();
    Span span = new Span();
    span.setTraceId(s.traceHigh, s.traceLow);
    span.setSpanId(s.id);
    span.setParentSpanId(s.parent);
    span.setName(s.name);
    span.setKind(kind(s));
    long start = s.timestamp;
    if (start == 0) {
      start =
          s.annotations.stream().mapToLong(Annotation::time).filter(t -> t > 0).min().orElse(now);
    }
    span.setStartTimeUnixNano(start * 1000);
    span.setEndTimeUnixNano((start + Math.max(0, s.duration)) * 1000);
    for (Annotation a : s.annotations) {
      SpanEvent e = new SpanEvent();
      e.setTimeUnixNano(a.time() * 1000);
      e.setName(a.value());
      span.events().add(e);
    }
    status(s, span);
    Attributes attributes = span.attributes();
    endpoint(attributes, "net.host.", s.local);
    endpoint(attributes, "net.peer.", s.remote);
    if (!s.remote.service().isEmpty()) {
      attributes.put("peer.service", s.remote.service());
    }
    s.tags.forEach((k, v) -> attributes.put(k, typedTags || s.typed.contains(k) ? typed(v) : v));
    group.items().add(span);
  }

  private static int kind(ZipkinSpan s) {
    return switch (s.kind) {
      case "CLIENT" -> 3;
      case "SERVER" -> 2;
      case "PRODUCER" -> 4;
      case "CONSUMER" -> 5;
      default -> "internal".equals(s.tags.get("span.kind")) ? 1 : 0;
    };
  }

  private static void endpoint(Attributes to, String prefix, Endpoint e) {
    String ip = e.ipv4().isEmpty() ? e.ipv6() : e.ipv4();
    if (!ip.isEmpty()) {
      to.put(prefix + "ip", ip);
    }
    if (e.port() > 0) {
      to.put(prefix + "port", (long) e.port());
    }
  }

  private static void status(ZipkinSpan s, Span span) {
    String code = s.tags.remove("otel.status_code");
    String about = s.tags.remove("otel.status_description");
    if (code != null) {
      span.setStatusCode(
          switch (code) {
            case "OK", "STATUS_CODE_OK" -> STATUS_OK;
            case "ERROR", "STATUS_CODE_ERROR" -> STATUS_ERROR;
            default -> 0;
          });
      span.setStatusMessage(about == null ? "" : about);
    }
    String error = s.tags.get("error");
    if (error != null
        && span.statusCode() == STATUS_ERROR
        && error.equals(span.statusMessage().isEmpty() ? "true" : span.statusMessage())) {
      s.tags.remove("error"); // it only repeats the status
    }
    if (error != null && !error.equals("false") && code == null) {
      if (!error.isEmpty()) {
        s.tags.remove("error"); // an empty one is kept, for a status cannot say it
      }
      span.setStatusCode(STATUS_ERROR);
      if (!error.isEmpty() && !error.equals("true")) {
        span.setStatusMessage(error);
      }
    }
  }

  private static Object typed(String v) {
    if (v.equals("true") || v.equals("false")) {
      return v.equals("true");
    }
    if (v.matches("-?\\d{1,18}")) {
      return Long.parseLong(v);
    }
    if (v.matches("-?\\d+\\.\\d+([eE][-+]?\\d+)?")) {
      return Double.parseDouble(v);
    }
    return v;
  }
}
