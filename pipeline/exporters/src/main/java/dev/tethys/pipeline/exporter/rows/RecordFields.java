package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Flat text fields for databases with one level of names. A field whose name is taken gets a
 * prefix, so no value is overwritten; the first field keeps the name.
 */
public final class RecordFields {
  private final UnaryOperator<String> naming;
  private final SequencedMap<String, String> fields = new LinkedHashMap<>();

  /**
   * Creates an empty instance.
   *
   * @param naming converts names for the destination
   */
  public RecordFields(UnaryOperator<String> naming) {
    this.naming = naming;
  }

  /** Adds severity, ids and the event's name, those that exist. */
  public RecordFields own(LogRecord r) {
    return own(r, "severity_text", "severity_number");
  }

  /** Variant with other names of the severity as text and as a number. */
  public RecordFields own(LogRecord r, String severityText, String severityNumber) {
    if (r.severityNumber() != 0) {
      put(severityNumber, Integer.toString(r.severityNumber()), "");
    }
    if (!r.severityText().isEmpty()) {
      put(severityText, r.severityText(), "");
    }
    if ((r.traceIdHigh() | r.traceIdLow()) != 0) {
      put("trace_id", SpanText.traceId(r.traceIdHigh(), r.traceIdLow()), "");
    }
    if (r.spanId() != 0) {
      put("span_id", SpanText.spanId(r.spanId()), "");
    }
    if (!r.eventName().isEmpty()) {
      put("event_name", r.eventName(), "");
    }
    return this;
  }

  /**
   * Adds name and version of a scope.
   *
   * @param prefix prefix of the name and version fields
   */
  public RecordFields scope(Scope s, String prefix) {
    if (!s.name().isEmpty()) {
      put(prefix + "name", s.name(), "");
    }
    if (!s.version().isEmpty()) {
      put(prefix + "version", s.version(), "");
    }
    return this;
  }

  /**
   * Adds attributes.
   *
   * @param otherwise prefix of a name that is in use
   */
  public RecordFields attributes(Attributes all, String otherwise) {
    all.forEach((k, v) -> put(k, AttributeText.text(v), otherwise));
    return this;
  }

  /** Adds one attribute. */
  public void attribute(String name, @Nullable Object value, String otherwise) {
    put(name, AttributeText.text(value), otherwise);
  }

  private void put(String name, String value, String otherwise) {
    String key = naming.apply(name);
    for (int n = 1; ; n++) {
      String before = fields.putIfAbsent(key, value);
      if (before == null || before.equals(value)) {
        return;
      }
      key = naming.apply(otherwise + name) + (n == 1 ? "" : "_" + n);
    }
  }

  /** Returns all fields in insertion order. */
  public Map<String, String> all() {
    return fields;
  }
}
