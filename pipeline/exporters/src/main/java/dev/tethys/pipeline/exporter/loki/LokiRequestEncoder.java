package dev.tethys.pipeline.exporter.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.exporter.rows.RecordFields;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Encodes logs as push requests, one for each tenant. A resource is a stream and its attributes (or
 * some of them) are labels; a record is an entry and its other attributes are structured metadata.
 * Data from the Loki receiver is encoded to the original request.
 */
final class LokiRequestEncoder implements Encoder {
  /** Labels of a stream without any, because Loki requires at least one. */
  private static final Labels UNKNOWN = Labels.of("service_name", "unknown_service");

  /** Names of severities; each has four levels, the last three with the suffixes 2, 3 and 4. */
  private static final List<String> LEVELS =
      List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");

  private record Entry(long time, String line, Labels metadata) {}

  private final LokiExporterSettings settings;
  private final @Nullable ClientAuth auth;
  private final LongSupplier millis;

  LokiRequestEncoder(
      LokiExporterSettings settings, @Nullable ClientAuth auth, LongSupplier millis) {
    this.settings = settings;
    this.auth = auth;
    this.millis = millis;
  }

  @Override
  public Encoded encode(Batch batch) {
    LogsData logs;
    try {
      logs = new OtlpReader().logs(batch.body(), 0, batch.body().length);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
    Map<String, Map<Labels, List<Entry>>> tenants = new LinkedHashMap<>();
    for (ResourceGroup<LogRecord> g : logs.resources()) {
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          add(g.resource().attributes(), s.scope(), r, tenants);
        }
      }
    }
    List<EncodedRequest> out = new ArrayList<>();
    tenants.forEach((tenant, streams) -> out.add(encodedRequest(batch, tenant, streams)));
    return Encoded.of(out);
  }

  private void add(
      Attributes resource,
      Scope scope,
      LogRecord r,
      Map<String, Map<Labels, List<Entry>>> tenants) {
    RecordFields stream = new RecordFields(LokiRequestEncoder::name);
    RecordFields entry = new RecordFields(LokiRequestEncoder::name).own(r).scope(scope, "scope_");
    List<String> chosen = settings.resourceLabels();
    r.attributes()
        .forEach(
            (k, v) ->
                (settings.recordLabels().contains(k) ? stream : entry)
                    .attribute(k, v, "attribute_"));
    resource.forEach(
        (k, v) ->
            (chosen.isEmpty() || chosen.contains(k) ? stream : entry).attribute(k, v, "resource_"));
    LabelsBuilder labels = new LabelsBuilder();
    stream.all().forEach(labels::set);
    defaults(resource, r, labels);
    LabelsBuilder metadata = new LabelsBuilder();
    entry.all().forEach(metadata::set);
    String own = labels.get(LogEntry.TENANT_LABEL);
    Labels of = labels.remove(LogEntry.TENANT_LABEL).build();
    long time =
        r.timeUnixNano() != 0
            ? r.timeUnixNano()
            : r.observedTimeUnixNano() != 0
                ? r.observedTimeUnixNano()
                : millis.getAsLong() * 1_000_000;
    tenants
        .computeIfAbsent(own.isEmpty() ? settings.tenant() : own, t -> new LinkedHashMap<>())
        .computeIfAbsent(of.isEmpty() ? UNKNOWN : of, l -> new ArrayList<>())
        .add(new Entry(time, AttributeText.text(r.body()), metadata.build()));
  }

  /** Adds the labels that the Collector's exporter added automatically, if configured. */
  private void defaults(Attributes resource, LogRecord r, LabelsBuilder labels) {
    for (LokiExporterSettings.Default d : settings.defaults()) {
      switch (d) {
        case EXPORTER -> labels.set("exporter", "OTLP");
        case JOB -> {
          String service = AttributeText.text(resource.get("service.name"));
          String namespace = AttributeText.text(resource.get("service.namespace"));
          if (!service.isEmpty()) {
            labels.set("job", namespace.isEmpty() ? service : namespace + "/" + service);
          }
        }
        case INSTANCE -> {
          String instance = AttributeText.text(resource.get("service.instance.id"));
          if (!instance.isEmpty()) {
            labels.set("instance", instance);
          }
        }
        case LEVEL -> {
          int n = r.severityNumber();
          if (n >= 1 && n <= 24 && labels.get("level").isEmpty()) {
            int more = (n - 1) % 4;
            labels.set("level", LEVELS.get((n - 1) / 4) + (more == 0 ? "" : more + 1));
          }
        }
      }
    }
  }

  private EncodedRequest encodedRequest(
      Batch batch, String tenant, Map<Labels, List<Entry>> streams) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (auth != null) {
      headers.putAll(auth.headers(batch.metadata()));
    }
    if (!tenant.isEmpty()) {
      headers.put(LokiSender.TENANT, tenant);
    }
    int items = streams.values().stream().mapToInt(List::size).sum();
    byte[] body;
    if (settings.json()) {
      Compression c = settings.client().compression();
      byte[] b = json(streams).getBytes(StandardCharsets.UTF_8);
      body = c == Compression.NONE ? b : c.compress(b, 0, b.length, settings.client().level());
      if (c != Compression.NONE) {
        headers.put("Content-Encoding", c.word());
      }
      headers.put("Content-Type", LokiSender.JSON);
    } else {
      PushWriter w = new PushWriter();
      streams.forEach(
          (labels, entries) -> {
            String text = labels.toString();
            entries.forEach(e -> w.add(text, e.time, e.line, e.metadata));
          });
      byte[] b = w.toByteArray();
      body = SnappyBlock.encode(b, 0, b.length);
    }
    return new EncodedRequest(batch.signal(), body, items, batch.lane(), headers);
  }

  private static String json(Map<Labels, List<Entry>> streams) {
    StringBuilder sb = new StringBuilder("{\"streams\":[");
    String comma = "";
    for (Map.Entry<Labels, List<Entry>> s : streams.entrySet()) {
      sb.append(comma).append("{\"stream\":");
      comma = ",";
      object(sb, s.getKey());
      sb.append(",\"values\":[");
      String separator = "";
      for (Entry e : s.getValue()) {
        sb.append(separator).append("[\"").append(e.time).append("\",");
        separator = ",";
        GoJson.append(sb, e.line);
        if (!e.metadata.isEmpty()) {
          object(sb.append(','), e.metadata);
        }
        sb.append(']');
      }
      sb.append("]}");
    }
    return sb.append("]}").toString();
  }

  private static void object(StringBuilder sb, Labels labels) {
    String comma = "{";
    for (Labels.Label l : labels.toList()) {
      GoJson.append(sb.append(comma), l.name()).append(':');
      GoJson.append(sb, l.value());
      comma = ",";
    }
    sb.append(labels.isEmpty() ? "{}" : "}");
  }

  /** Replaces characters that are invalid in a label name, and a leading digit, by underscores. */
  private static String name(String key) {
    StringBuilder sb = new StringBuilder(key.length());
    key.codePoints()
        .forEach(
            c -> {
              boolean letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
              boolean digit = c >= '0' && c <= '9';
              sb.append(digit && sb.isEmpty() ? "key_" : "")
                  .append(letter || digit ? (char) c : '_');
            });
    return sb.isEmpty() ? "_" : sb.toString();
  }
}
