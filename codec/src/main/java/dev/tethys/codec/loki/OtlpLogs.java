package dev.tethys.codec.loki;

import dev.tethys.codec.loki.OtlpMapping.Action;
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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts OTLP log records to streams and structured metadata by an {@link OtlpMapping}, as Loki's
 * OTLP endpoint does. Not thread-safe.
 */
public final class OtlpLogs {
  private final OtlpMapping mapping;
  private final Map<String, String> names = new HashMap<>();

  public OtlpLogs(OtlpMapping mapping) {
    this.mapping = mapping;
  }

  /** Streams of one resource: one, unless attributes of records are labels. */
  private final class Streams {
    private final LabelsBuilder base;
    private final LogBatch into;
    private final Map<Labels, Integer> indexes = new HashMap<>();
    private int index = -1;
    private String level = "";

    Streams(LabelsBuilder base, LogBatch into) {
      this.base = base;
      this.into = into;
    }

    int of(LogRecord record) {
      if (!mapping.hasLabelsOfRecords()) {
        if (index < 0) {
          index = add(base.build());
        }
        return index;
      }
      LabelsBuilder b = base.build().toBuilder();
      record.attributes().forEach((k, v) -> addRecordLabel(k, v, b));
      if (mapping.severityTextAsLabel() && !record.severityText().isEmpty()) {
        b.set("severity_text", record.severityText());
      }
      Labels labels = b.build();
      Integer known = indexes.get(labels);
      if (known == null) {
        known = add(labels);
        indexes.put(labels, known);
      } else {
        level = StreamEnrichment.levelOf(into.streams.get(known));
      }
      return known;
    }

    private void addRecordLabel(String name, @Nullable Object value, LabelsBuilder to) {
      if (OtlpMapping.action(name, mapping.log()) == Action.INDEX_LABEL) {
        addLabel("", name, value, to);
      }
    }

    private int add(Labels own) {
      LabelsBuilder b = own.toBuilder();
      for (Labels.Label l : mapping.defaultLabels().toList()) {
        if (!own.has(l.name())) {
          b.set(l.name(), l.value());
        }
      }
      Labels labels = b.build();
      labels =
          labels.isEmpty()
              ? Labels.of(StreamEnrichment.SERVICE_NAME, StreamEnrichment.UNKNOWN_SERVICE)
              : StreamEnrichment.withService(labels);
      level = StreamEnrichment.levelOf(labels);
      return into.stream(labels);
    }
  }

  /**
   * Adds all records.
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
                switch (resourceAction(k)) {
                  case INDEX_LABEL -> addLabel("", k, v, builder);
                  case STRUCTURED_METADATA -> metadata.put(k, v);
                  case DROP -> {}
                }
              });
      Streams streams = new Streams(builder, into);
      for (ScopeGroup<LogRecord> s : group.scopes()) {
        for (LogRecord record : s.items()) {
          add(record, now, streams.of(record), into);
          addAll("", metadata, into);
          addScope(s.scope(), into);
          addFields(record, into);
          addKept(record.attributes(), mapping.log(), into);
          StreamEnrichment.addLevel(into, streams.level);
        }
      }
    }
  }

  private Action resourceAction(String name) {
    Action a = OtlpMapping.action(name, mapping.resource());
    if (a != null) {
      return a;
    }
    return mapping.plainNames() && labelName(name).equals(name)
        ? Action.INDEX_LABEL
        : Action.STRUCTURED_METADATA;
  }

  /** Adds a label; a map adds one label for each of its values, named by the path. */
  private void addLabel(String prefix, String name, @Nullable Object value, LabelsBuilder to) {
    String label = prefix + labelName(name);
    if (value instanceof Attributes nested) {
      nested.forEach((k, v) -> addLabel(label + '_', k, v, to));
      return;
    }
    String text = AttributeText.text(value);
    if (!text.isEmpty()) {
      to.set(label, text);
    }
  }

  /** Adds the attributes that are metadata by some rules. */
  private void addKept(Attributes attributes, List<OtlpMapping.Rule> rules, LogBatch into) {
    if (rules.isEmpty()) {
      addAll("", attributes, into);
      return;
    }
    attributes.forEach(
        (k, v) -> {
          Action a = OtlpMapping.action(k, rules);
          if (a == null || a == Action.STRUCTURED_METADATA) {
            addPair("", k, v, into);
          }
        });
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
    addKept(scope.attributes(), mapping.scope(), into);
    add("scope_name", scope.name(), into);
    add("scope_version", scope.version(), into);
    number("scope_dropped_attributes_count", scope.droppedAttributesCount(), into);
  }

  private void addFields(LogRecord record, LogBatch into) {
    if (record.observedTimeUnixNano() != 0) {
      add("observed_timestamp", Long.toUnsignedString(record.observedTimeUnixNano()), into);
    }
    number("severity_number", record.severityNumber(), into);
    if (!mapping.severityTextAsLabel()) {
      add("severity_text", record.severityText(), into);
    }
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

  /** Adds attributes; a map adds one pair for each of its values, named by the path. */
  private void addAll(String prefix, Attributes attributes, LogBatch into) {
    attributes.forEach((k, v) -> addPair(prefix, k, v, into));
  }

  private void addPair(String prefix, String key, @Nullable Object value, LogBatch into) {
    String name = prefix + labelName(key);
    if (value instanceof Attributes nested) {
      addAll(name + '_', nested, into);
    } else {
      add(name, value, into);
    }
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
      into.setMetadata(into.name(name), b, 0, b.length);
    }
  }

  private String labelName(String attribute) {
    if (names.size() > 4096) {
      names.clear(); // names come from outside
    }
    return names.computeIfAbsent(attribute, OtlpLogs::toLabelName);
  }

  /** Converts a name like Prometheus's translator: other characters become an underscore. */
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
