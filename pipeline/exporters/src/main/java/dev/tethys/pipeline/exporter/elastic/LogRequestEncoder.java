package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.clymene.FieldNames;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.Records;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Encodes log records as documents, or in the document format that Clymene uses for lines. */
record LogRequestEncoder(DocumentRequestEncoder encoder, boolean clymene, LongSupplier millis)
    implements Encoder {
  @Override
  public Encoded encode(Batch batch) {
    List<String> tenants = batch.metadata().get("x-scope-orgid");
    String tenant = tenants.isEmpty() ? "" : tenants.getFirst();
    return encoder.encode(
        batch,
        Records.logs(batch).resources(),
        (resource, scope, r, to) -> {
          if (clymene) {
            clymenes(resource, r, tenant, to);
          } else {
            document(resource, scope.scope(), r, to);
          }
        });
  }

  /** Fixed fields of a log record document; the hash field is always 0. */
  private static final Set<String> CLYMENES =
      Set.of("hash", "entries.ts", "entries.line", "tenant");

  /**
   * Labels at the top, as Clymene's converter puts them; dots in the names of its fields are part
   * of the names.
   */
  private void clymenes(Attributes resource, LogRecord r, String tenant, TextBuffer to) {
    Map<String, String> labels = new TreeMap<>();
    for (Attributes a : List.of(resource, r.attributes())) {
      for (int i = 0; i < a.size(); i++) {
        String name =
            FieldNames.of(
                a.key(i), CLYMENES, n -> resource.get(n) != null || r.attributes().get(n) != null);
        labels.putIfAbsent(name, AttributeText.text(a.value(i)));
      }
    }
    to.put("{");
    labels.forEach((k, v) -> to.json(k).put(":").json(v).put(","));
    to.put("\"hash\":\"0\",\"entries.ts\":\"").put(time(r));
    to.put("\",\"entries.line\":").json(AttributeText.text(r.body()));
    to.put(",\"tenant\":").json(tenant).put("}\n");
  }

  private String time(LogRecord r) {
    long nanos =
        r.timeUnixNano() != 0
            ? r.timeUnixNano()
            : r.observedTimeUnixNano() != 0
                ? r.observedTimeUnixNano()
                : millis.getAsLong() * 1_000_000;
    return DocumentRequestEncoder.time(nanos);
  }

  private void document(Attributes resource, Scope scope, LogRecord r, TextBuffer to) {
    to.put("{\"@timestamp\":\"").put(time(r));
    to.put("\",\"message\":").json(AttributeText.text(r.body()));
    if (!r.severityText().isEmpty()) {
      to.put(",\"severity_text\":").json(r.severityText());
    }
    if (r.severityNumber() != 0) {
      to.put(",\"severity_number\":").number(r.severityNumber());
    }
    if (!r.eventName().isEmpty()) {
      to.put(",\"event_name\":").json(r.eventName());
    }
    if (!scope.name().isEmpty()) {
      to.put(",\"scope\":").json(scope.name());
    }
    if (!scope.version().isEmpty()) {
      to.put(",\"scope_version\":").json(scope.version());
    }
    if ((r.traceIdHigh() | r.traceIdLow()) != 0) {
      to.put(",\"trace_id\":\"").put(SpanText.traceId(r.traceIdHigh(), r.traceIdLow())).put('"');
    }
    if (r.spanId() != 0) {
      to.put(",\"span_id\":\"").put(SpanText.spanId(r.spanId())).put('"');
    }
    AttributeFields.write(to, "resource", resource);
    AttributeFields.write(to, "attributes", r.attributes());
    to.put("}\n");
  }

  /** Returns the index mappings for such documents. */
  static String mappings(boolean openSearch) {
    String flat = DocumentRequestEncoder.flat(openSearch);
    return "{\"dynamic\":false,\"properties\":{\"@timestamp\":{\"type\":\"date_nanos\"},"
        + "\"message\":{\"type\":\"text\"},\"severity_text\":"
        + DocumentRequestEncoder.WORD
        + ",\"event_name\":"
        + DocumentRequestEncoder.WORD
        + ",\"scope\":"
        + DocumentRequestEncoder.WORD
        + ",\"severity_number\":{\"type\":\"byte\"}"
        + ",\"trace_id\":{\"type\":\"keyword\"},\"span_id\":{\"type\":\"keyword\"},"
        + "\"resource\":"
        + flat
        + ",\"attributes\":"
        + flat
        + "}}";
  }
}
