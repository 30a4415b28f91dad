package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoJson;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes single spans as {@code TracerPayload}s of an {@code AgentPayload} (datadog-agent, {@code
 * agent_payload.proto}, {@code tracer_payload.proto}, {@code span.proto}). Text is in {@code meta},
 * numbers are in {@code metrics}. Not thread-safe.
 */
final class DatadogSpans {
  /** Fields of every payload in addition to its spans. */
  static final String OTHERS = others();

  private static final int MAX_NAME = 100;
  private static final int MAX_RESOURCE = 5000;
  private static final int MAX_KEY = 200;
  private static final int MAX_VALUE = 25_000;
  private static final int ERROR = 2;
  private static final String[] STATUSES = {"Unset", "Ok", "Error"};

  /** HTTP attributes whose Datadog names predate OpenTelemetry. */
  private static final Map<String, String> HTTP =
      Map.ofEntries(
          Map.entry("client.address", "http.client_ip"),
          Map.entry("http.response.body.size", "http.response.content_length"),
          Map.entry("http.response.status_code", "http.status_code"),
          Map.entry("http.request.body.size", "http.request.content_length"),
          Map.entry("http.request.header.referrer", "http.referrer"),
          Map.entry("http.request.method", "http.method"),
          Map.entry("network.protocol.version", "http.version"),
          Map.entry("server.address", "http.server_name"),
          Map.entry("url.full", "http.url"),
          Map.entry("user_agent.original", "http.useragent"));

  private static final String HEADER = "http.request.header.";

  private final DatadogSettings.Traces settings;
  private final DatadogNames names;
  private final ProtoWriter proto = new ProtoWriter();

  DatadogSpans(DatadogSettings.Traces settings, DatadogNames names) {
    this.settings = settings;
    this.names = names;
  }

  private static String others() {
    ProtoWriter w = new ProtoWriter().string(7, "tethys");
    return new String(w.buffer(), 0, w.size(), StandardCharsets.ISO_8859_1);
  }

  /** Tags of a span in Datadog's form. */
  private static final class Tags {
    final Map<String, String> meta = new LinkedHashMap<>();
    final Map<String, Double> metrics = new LinkedHashMap<>();

    void text(String key, String value) {
      if (!value.isEmpty()) {
        meta.putIfAbsent(cut(key, MAX_KEY), cut(value, MAX_VALUE));
      }
    }

    void attribute(String key, @Nullable Object value) {
      String as =
          key.startsWith(HEADER) && !HTTP.containsKey(key)
              ? "http.request.headers." + key.substring(HEADER.length())
              : HTTP.getOrDefault(key, key);
      switch (as) {
        case "service.name", "operation.name", "resource.name", "span.type" -> {
          // they have their own fields
        }
        default -> {
          if (value instanceof Number n) {
            if (Double.isFinite(n.doubleValue())) {
              metrics.putIfAbsent(cut(as, MAX_KEY), n.doubleValue());
            } else {
              text(as, value.toString()); // metrics have no such values
            }
          } else {
            text(as, AttributeText.text(value));
          }
        }
      }
    }
  }

  /**
   * Writes a span as one row.
   *
   * @return null, or the reason why it cannot be represented
   */
  @Nullable String write(Attributes resource, Scope scope, Span s, TextBuffer to) {
    if (s.traceIdLow() == 0 || s.spanId() == 0) {
      return "no_id";
    }
    if (s.startTimeUnixNano() <= 0) {
      return "time_out_of_range";
    }
    DatadogSpanNames called =
        new DatadogSpanNames(
            s,
            k -> {
              String v = AttributeText.text(s.attributes().get(k));
              return v.isEmpty() ? AttributeText.text(resource.get(k)) : v;
            });
    String target = settings.spanNameAsResource() ? s.name() : called.resource();
    if (s.parentSpanId() == 0) {
      for (Regex p : settings.ignored()) {
        if (p.find(target)) {
          return "ignored_resource";
        }
      }
    }
    Tags tags = tags(resource, scope, s, called);
    String service = first(s.attributes(), resource, "service.name");
    String env = tags.meta.getOrDefault("env", "");
    ProtoWriter w = proto.clear();
    int payload = w.begin(5);
    w.stringUnlessEmpty(1, first(s.attributes(), resource, "container.id"));
    w.stringUnlessEmpty(2, first(resource, resource, "telemetry.sdk.language"));
    w.stringUnlessEmpty(4, version(resource));
    int chunk = w.begin(6);
    w.int64(1, 1); // kept by the sampler
    int span = w.begin(3);
    w.string(1, service.isEmpty() ? "otlpresourcenoservicename" : service(service));
    w.string(2, operation(settings.spanNameAsResource() ? s.name() : called.operation()));
    w.string(3, cut(target.isEmpty() ? s.name() : target, MAX_RESOURCE));
    w.int64(4, s.traceIdLow()).int64(5, s.spanId()).int64Unless0(6, s.parentSpanId());
    w.int64(7, s.startTimeUnixNano());
    w.int64(8, Math.max(0, s.endTimeUnixNano() - s.startTimeUnixNano()));
    w.int64Unless0(9, s.statusCode() == ERROR ? 1 : 0);
    tags.meta.forEach(
        (k, v) -> {
          int entry = w.begin(10);
          w.string(1, k).string(2, v).end(entry);
        });
    tags.metrics.forEach(
        (k, v) -> {
          int entry = w.begin(11);
          w.string(1, k).float64(2, v).end(entry);
        });
    w.string(12, cut(called.type(), MAX_NAME)).end(span);
    w.end(chunk);
    w.stringUnlessEmpty(8, env);
    w.stringUnlessEmpty(9, names.host(resource));
    w.stringUnlessEmpty(10, tags.meta.getOrDefault("version", ""));
    w.end(payload);
    to.put(w.buffer(), 0, w.size());
    return null;
  }

  private static String version(Attributes resource) {
    String sdk = first(resource, resource, "telemetry.sdk.version");
    return sdk.isEmpty() ? "" : "otlp-" + sdk;
  }

  private static String first(Attributes a, Attributes b, String key) {
    String v = AttributeText.text(a.get(key));
    return v.isEmpty() ? AttributeText.text(b.get(key)) : v;
  }

  private static Tags tags(Attributes resource, Scope scope, Span s, DatadogSpanNames called) {
    Tags t = new Tags();
    t.text("span.kind", called.kind());
    t.text("otel.trace_id", hex(s.traceIdHigh()) + hex(s.traceIdLow()));
    if (s.traceIdHigh() != 0) {
      t.text("_dd.p.tid", hex(s.traceIdHigh()));
    }
    t.text(
        "otel.status_code",
        STATUSES[s.statusCode() == 1 || s.statusCode() == 2 ? s.statusCode() : 0]);
    t.text("otel.status_description", s.statusMessage());
    t.text("w3c.tracestate", s.traceState());
    t.text("otel.scope.name", scope.name());
    t.text("otel.scope.version", scope.version());
    t.text("otel.library.name", scope.name());
    t.text("otel.library.version", scope.version());
    s.attributes().forEach(t::attribute);
    if (s.hasEvents()) {
      t.text("events", events(s));
      exception(s, t);
    }
    if (s.hasLinks()) {
      t.text("_dd.span_links", links(s));
    }
    if (s.statusCode() == ERROR) {
      t.text("error.msg", s.statusMessage());
    }
    for (String k : new String[] {"deployment.environment.name", "deployment.environment"}) {
      t.text("env", first(s.attributes(), resource, k));
    }
    t.text("version", first(s.attributes(), resource, "service.version"));
    scope.attributes().forEach((k, v) -> t.text(k, AttributeText.text(v)));
    resource.forEach(t::attribute);
    if (called.isTopLevel()) {
      t.metrics.put("_top_level", 1.0);
    }
    return t;
  }

  /** Adds error tags from the last exception, if any. */
  private static void exception(Span s, Tags t) {
    for (SpanEvent e : s.events().reversed()) {
      if (e.name().equals("exception")) {
        t.text("_dd.span_events.has_exception", "true");
        if (s.statusCode() == ERROR) {
          t.text("error.msg", AttributeText.text(e.attributes().get("exception.message")));
          t.text("error.type", AttributeText.text(e.attributes().get("exception.type")));
          t.text("error.stack", AttributeText.text(e.attributes().get("exception.stacktrace")));
        }
        return;
      }
    }
  }

  private static String events(Span s) {
    StringBuilder sb = new StringBuilder("[");
    for (SpanEvent e : s.events()) {
      sb.append(sb.length() == 1 ? "{" : ",{");
      sb.append("\"time_unix_nano\":").append(Long.toUnsignedString(e.timeUnixNano()));
      GoJson.append(sb.append(",\"name\":"), e.name());
      rest(sb, e.attributes(), e.droppedAttributesCount());
    }
    return sb.append(']').toString();
  }

  private static String links(Span s) {
    StringBuilder sb = new StringBuilder("[");
    for (SpanLink l : s.links()) {
      sb.append(sb.length() == 1 ? "{" : ",{");
      sb.append("\"trace_id\":\"").append(hex(l.traceIdHigh())).append(hex(l.traceIdLow()));
      sb.append("\",\"span_id\":\"").append(hex(l.spanId())).append('"');
      if (!l.traceState().isEmpty()) {
        GoJson.append(sb.append(",\"tracestate\":"), l.traceState());
      }
      rest(sb, l.attributes(), l.droppedAttributesCount());
    }
    return sb.append(']').toString();
  }

  private static void rest(StringBuilder sb, Attributes attributes, int dropped) {
    if (!attributes.isEmpty()) {
      AttributeText.json(sb.append(",\"attributes\":"), attributes);
    }
    if (dropped != 0) {
      sb.append(",\"dropped_attributes_count\":").append(Integer.toUnsignedString(dropped));
    }
    sb.append('}');
  }

  private static String hex(long id) {
    return String.format("%016x", id);
  }

  /** Returns the operation name of a span: letters, digits, underscores and dots. */
  private String operation(String name) {
    String n = settings.remappings().getOrDefault(name, name).replaceAll("[^A-Za-z0-9_.]", "_");
    return n.isEmpty() ? "unnamed_operation" : cut(n, MAX_NAME);
  }

  /** Normalizes a service name as Datadog does. */
  private static String service(String name) {
    return cut(name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_:./-]", "_"), MAX_NAME);
  }

  /** Truncates text to a number of characters without splitting one. */
  private static String cut(String s, int most) {
    if (s.length() <= most) {
      return s;
    }
    return s.substring(0, Character.isHighSurrogate(s.charAt(most - 1)) ? most - 1 : most);
  }
}
