package dev.tethys.codec.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts OTLP log records to streams and structured metadata as Loki's OTLP endpoint does:
 * resource attributes that identify a workload are labels, all other attributes are metadata of
 * each entry. Source: the defaults of {@code otlp_config} in Loki's documentation.
 */
public final class OtlpLogs {
  /** Resource attributes that are labels of a stream. */
  public static final Set<String> DEFAULT_LABELS =
      Set.of(
          "service.name",
          "service.namespace",
          "service.instance.id",
          "deployment.environment",
          "deployment.environment.name",
          "cloud.region",
          "cloud.availability_zone",
          "k8s.cluster.name",
          "k8s.namespace.name",
          "k8s.pod.name",
          "k8s.container.name",
          "container.name",
          "k8s.replicaset.name",
          "k8s.deployment.name",
          "k8s.statefulset.name",
          "k8s.daemonset.name",
          "k8s.cronjob.name",
          "k8s.job.name");

  private final Set<String> labelNames;
  private final boolean plainNames;
  private final Map<String, String> names = new HashMap<>();

  /**
   * @param labelNames resource attributes that are labels of a stream
   * @param plainNames true if resource attributes whose names are label names already, without a
   *     dot, are labels too: those of entries that came from Loki's push or from Promtail's jobs
   */
  public OtlpLogs(Set<String> labelNames, boolean plainNames) {
    this.labelNames = labelNames;
    this.plainNames = plainNames;
  }

  /**
   * Adds all records. Not safe for several threads.
   *
   * @param now time of records that have none, Unix nanoseconds
   */
  public void add(LogsData logs, long now, LogBatch into) {
    for (ResourceGroup<LogRecord> group : logs.resources()) {
      LabelsBuilder builder = new LabelsBuilder();
      Attributes metadata = new Attributes();
      group
          .resource()
          .attributes()
          .forEach(
              (k, v) -> {
                if (isLabel(k)) {
                  String text = AttributeText.text(v);
                  if (!text.isEmpty()) {
                    builder.set(labelName(k), text);
                  }
                } else {
                  metadata.put(k, v);
                }
              });
      Labels labels = builder.build();
      labels =
          labels.isEmpty()
              ? Labels.of(StreamEnrichment.SERVICE_NAME, StreamEnrichment.UNKNOWN_SERVICE)
              : StreamEnrichment.withService(labels);
      String level = StreamEnrichment.levelOf(labels);
      int stream = into.stream(labels);
      for (ScopeGroup<LogRecord> s : group.scopes()) {
        for (LogRecord record : s.items()) {
          add(record, now, stream, into);
          addAll("", metadata, into);
          addScope(s.scope(), into);
          addFields(record, into);
          addAll("", record.attributes(), into);
          StreamEnrichment.addLevel(into, level);
        }
      }
    }
  }

  private boolean isLabel(String name) {
    return labelNames.contains(name) || (plainNames && labelName(name).equals(name));
  }

  private static void add(LogRecord record, long now, int stream, LogBatch into) {
    long time = record.timeUnixNano();
    if (time == 0) {
      time = record.observedTimeUnixNano() == 0 ? now : record.observedTimeUnixNano();
    }
    byte[] body =
        record.body() instanceof byte[] raw
            ? raw
            : AttributeText.text(record.body()).getBytes(StandardCharsets.UTF_8);
    into.add(time, stream, body, 0, body.length);
  }

  private void addScope(Scope scope, LogBatch into) {
    addAll("", scope.attributes(), into);
    add("scope_name", scope.name(), into);
    add("scope_version", scope.version(), into);
    number("scope_dropped_attributes_count", scope.droppedAttributesCount(), into);
  }

  private void addFields(LogRecord record, LogBatch into) {
    if (record.observedTimeUnixNano() != 0) {
      add("observed_timestamp", Long.toUnsignedString(record.observedTimeUnixNano()), into);
    }
    number("severity_number", record.severityNumber(), into);
    add("severity_text", record.severityText(), into);
    add("event_name", record.eventName(), into);
    number("flags", record.flags(), into);
    number("dropped_attributes_count", record.droppedAttributesCount(), into);
    if ((record.traceIdHigh() | record.traceIdLow()) != 0) {
      HexFormat hex = HexFormat.of();
      add(
          "trace_id",
          hex.toHexDigits(record.traceIdHigh()) + hex.toHexDigits(record.traceIdLow()),
          into);
    }
    if (record.spanId() != 0) {
      add("span_id", HexFormat.of().toHexDigits(record.spanId()), into);
    }
  }

  /** Adds attributes; a map gives one pair for each of its values, named by its path. */
  private void addAll(String prefix, Attributes attributes, LogBatch into) {
    attributes.forEach(
        (k, v) -> {
          String name = prefix + labelName(k);
          if (v instanceof Attributes nested) {
            addAll(name + '_', nested, into);
          } else {
            add(name, v, into);
          }
        });
  }

  private static void number(String name, int value, LogBatch into) {
    if (value != 0) {
      add(name, Integer.toUnsignedString(value), into);
    }
  }

  private static void add(String name, @Nullable Object value, LogBatch into) {
    String text = AttributeText.text(value);
    if (!text.isEmpty()) {
      byte[] b = text.getBytes(StandardCharsets.UTF_8);
      PushBatchReader.put(into, into.name(name), b, 0, b.length);
    }
  }

  private String labelName(String attribute) {
    if (names.size() > 4096) {
      names.clear(); // names come from outside
    }
    return names.computeIfAbsent(attribute, OtlpLogs::toLabelName);
  }

  /** Name as Prometheus's translator makes it: other characters become an underscore. */
  private static String toLabelName(String attribute) {
    StringBuilder sb = new StringBuilder(attribute.length() + 4);
    for (int i = 0; i < attribute.length(); i++) {
      char c = attribute.charAt(i);
      boolean letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      sb.append(letter || (c >= '0' && c <= '9') ? c : '_');
    }
    if (!sb.isEmpty() && sb.charAt(0) >= '0' && sb.charAt(0) <= '9') {
      sb.insert(0, "key_");
    } else if (sb.length() > 1 && sb.charAt(0) == '_' && sb.charAt(1) != '_') {
      sb.insert(0, "key");
    }
    return sb.isEmpty() ? "_" : sb.toString();
  }
}
