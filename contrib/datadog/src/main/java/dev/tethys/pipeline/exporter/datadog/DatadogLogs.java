package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import dev.tethys.pipeline.exporter.rows.Records;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Encodes log records as objects of Datadog's intake (API v2, "Send logs"): attributes are typed
 * keys next to the message. An attribute with the name of a key that Datadog interprets becomes
 * {@code otel.NAME}.
 */
final class DatadogLogs implements Encoder {
  /** Limits of the intake: a thousand records and 5 MB per request. */
  static final int MAX_ITEMS = 1000;

  static final int MAX_BYTES = 4_500_000;

  private static final String[] SEVERITIES = {"trace", "debug", "info", "warn", "error", "fatal"};

  private final DatadogNames names;
  private final LineRequestEncoder lists;
  private final LongSupplier millis;
  private final @Nullable DatadogManifests manifests;

  /**
   * @param manifests consumer of Kubernetes manifests, or null to send them as logs
   */
  DatadogLogs(
      DatadogSettings settings,
      LineRequestEncoder lists,
      LongSupplier millis,
      @Nullable DatadogManifests manifests) {
    this.manifests = manifests;
    this.names = new DatadogNames(settings.hostname(), true, true);
    this.lists = lists;
    this.millis = millis;
  }

  @Override
  public Encoded encode(Batch batch) {
    RecordCutter cutter = new RecordCutter(batch, lists, MAX_ITEMS, MAX_BYTES);
    DatadogManifests.Run objects = manifests == null ? null : manifests.begin();
    Map<String, Integer> drops = new LinkedHashMap<>();
    for (ResourceGroup<LogRecord> g : Records.logs(batch).resources()) {
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          if (objects != null && DatadogManifests.holds(s.scope())) {
            String problem = objects.add(g.resource().attributes(), r);
            if (problem != null) {
              drops.merge(problem, 1, Integer::sum);
            }
            continue;
          }
          write(g.resource().attributes(), s.scope(), r, cutter.next());
          cutter.end(null);
        }
      }
    }
    Encoded logs = cutter.encoded();
    if (objects == null) {
      return logs;
    }
    List<EncodedRequest> all = new ArrayList<>(logs.requests());
    all.addAll(objects.requests());
    drops.putAll(logs.drops());
    return new Encoded(all, drops);
  }

  /** Attributes that Datadog reads itself, under its names. */
  private Map<String, @Nullable Object> reserved(
      Attributes resource, Scope scope, LogRecord r, StringBuilder tags) {
    Map<String, @Nullable Object> o = new LinkedHashMap<>();
    o.put("message", AttributeText.text(r.body()));
    o.put("ddsource", AttributeText.text(first(r.attributes(), resource, "ddsource", "tethys")));
    o.put("ddtags", tags.toString());
    o.put("hostname", names.host(resource));
    o.put("service", AttributeText.text(first(resource, resource, "service.name", "")));
    long nanos = r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano();
    long at = nanos == 0 ? millis.getAsLong() : Long.divideUnsigned(nanos, 1_000_000L);
    o.put("@timestamp", Instant.ofEpochMilli(at).toString());
    int n = r.severityNumber();
    o.put(
        "status",
        !r.severityText().isEmpty()
            ? r.severityText()
            : n >= 1 && n <= 24 ? SEVERITIES[(n - 1) / 4] : "");
    if ((r.traceIdHigh() | r.traceIdLow()) != 0) {
      o.put("dd.trace_id", Long.toUnsignedString(r.traceIdLow()));
      o.put("otel.trace_id", String.format("%016x%016x", r.traceIdHigh(), r.traceIdLow()));
    }
    if (r.spanId() != 0) {
      o.put("dd.span_id", Long.toUnsignedString(r.spanId()));
      o.put("otel.span_id", String.format("%016x", r.spanId()));
    }
    if (!r.eventName().isEmpty()) {
      o.put("otel.event_name", r.eventName());
    }
    if (!scope.name().isEmpty()) {
      o.put("otel.scope_name", scope.name());
    }
    if (!scope.version().isEmpty()) {
      o.put("otel.scope_version", scope.version());
    }
    if (n != 0) {
      o.put("otel.severity_number", (long) n);
    }
    if (nanos != 0) { // @timestamp has milliseconds
      o.put("otel.time_unix_nano", Long.toUnsignedString(nanos));
    }
    o.values().removeIf(""::equals);
    o.putIfAbsent("message", "");
    return o;
  }

  private static Object first(Attributes of, Attributes then, String key, String otherwise) {
    Object v = of.get(key);
    v = v == null ? then.get(key) : v;
    return v == null ? otherwise : v;
  }

  private void write(Attributes resource, Scope scope, LogRecord r, TextBuffer to) {
    StringBuilder tags = new StringBuilder();
    resource.forEach(
        (k, v) -> {
          String unified = DatadogNames.unified(k);
          if (unified.equals("env") || unified.equals("version")) {
            tags.append(tags.isEmpty() ? "" : ",");
            tags.append(unified).append(':').append(AttributeText.text(v));
          }
        });
    String own = AttributeText.text(first(r.attributes(), resource, "ddtags", ""));
    tags.append(tags.isEmpty() || own.isEmpty() ? "" : ",").append(own);
    Map<String, @Nullable Object> o = reserved(resource, scope, r, tags);
    resource.forEach((k, v) -> attribute(o, k, v));
    r.attributes()
        .forEach(
            (k, v) -> {
              Object was = resource.get(k);
              attribute(o, k, v);
              if (was != null && o.containsKey(k) && !was.equals(v)) {
                o.put("resource." + k, was);
              }
            });
    String comma = "{";
    for (Map.Entry<String, @Nullable Object> e : o.entrySet()) {
      to.put(comma).json(e.getKey()).put(':');
      to.put(AttributeText.json(new StringBuilder(), e.getValue()).toString());
      comma = ",";
    }
    to.put("}\n");
  }

  private static void attribute(Map<String, @Nullable Object> o, String key, @Nullable Object v) {
    switch (key) {
      case "ddsource", "ddtags" -> keep(o, key, key, v);
      case "service.name" -> keep(o, key, "service", v);
      case "host.name" -> keep(o, key, "hostname", v);
      case "message",
          "hostname",
          "host",
          "service",
          "status",
          "severity",
          "level",
          "timestamp",
          "date",
          "@timestamp",
          "_timestamp",
          "source",
          "source_category",
          "trace_id" ->
          o.put("otel." + key, v);
      default -> o.put(key, v);
    }
  }

  /**
   * Adds an attribute. If Datadog has another name for it, it is repeated only with a different
   * value.
   */
  private static void keep(
      Map<String, @Nullable Object> o, String key, String theirs, @Nullable Object v) {
    String text = AttributeText.text(v);
    String there = String.valueOf(o.getOrDefault(theirs, ""));
    if (!text.equals(there) && !(key.equals("ddtags") && there.endsWith(text))) {
      o.put("otel." + key, v);
    }
  }
}
