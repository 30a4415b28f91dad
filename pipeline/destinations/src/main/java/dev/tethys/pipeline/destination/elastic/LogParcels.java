package dev.tethys.pipeline.destination.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.destination.rows.LineParcels;
import dev.tethys.pipeline.destination.rows.Records;
import dev.tethys.pipeline.naming.BoundedNames;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Log records as documents, or as those that Clymene makes of lines. The id of a document is drawn
 * when its request is made, so that sending the request again writes nothing twice.
 */
record LogParcels(
    BoundedNames index,
    LineParcels lines,
    int maxItems,
    int maxBytes,
    boolean clymene,
    LongSupplier millis)
    implements Encoder {
  private static final SecureRandom RANDOM = new SecureRandom();

  @Override
  public Encoded encode(Batch batch) {
    Map<String, String> headers = lines.headers(batch);
    List<String> tenants = batch.metadata().get("x-scope-orgid");
    String tenant = tenants.isEmpty() ? "" : tenants.getFirst();
    List<Parcel> out = new ArrayList<>();
    TextBuffer text = new TextBuffer();
    byte[] drawn = new byte[12];
    RANDOM.nextBytes(drawn);
    String prefix = Base64.getUrlEncoder().withoutPadding().encodeToString(drawn);
    int number = 0;
    int items = 0;
    for (ResourceGroup<LogRecord> g : Records.logs(batch).resources()) {
      Attributes resource = g.resource().attributes();
      String name = index.of(k -> AttributeText.text(value(resource, k)));
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          text.put("{\"create\":{\"_index\":").json(name).put(",\"_id\":\"").put(prefix);
          text.put('-').number(number++).put("\"}}\n");
          if (clymene) {
            clymenes(resource, r, tenant, text);
          } else {
            document(resource, r, text);
          }
          items++;
          if (items >= maxItems || text.size() >= maxBytes) {
            out.add(parcel(batch, text, items, headers));
            items = 0;
          }
        }
      }
    }
    if (items > 0) {
      out.add(parcel(batch, text, items, headers));
    }
    return Encoded.of(out);
  }

  private Parcel parcel(Batch b, TextBuffer text, int items, Map<String, String> headers) {
    return new Parcel(b.signal(), lines.seal(text.take()), items, 0, headers);
  }

  private static @Nullable Object value(Attributes a, String key) {
    for (int i = 0; i < a.size(); i++) {
      if (a.key(i).equals(key)) {
        return a.value(i);
      }
    }
    return null;
  }

  /** Its own fields win over labels of their names; the hash is always 0 there. */
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
        if (!CLYMENES.contains(a.key(i))) {
          labels.putIfAbsent(a.key(i), AttributeText.text(a.value(i)));
        }
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
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }

  private void document(Attributes resource, LogRecord r, TextBuffer to) {
    to.put("{\"@timestamp\":\"").put(time(r));
    to.put("\",\"message\":").json(AttributeText.text(r.body()));
    if (!r.severityText().isEmpty()) {
      to.put(",\"severity_text\":").json(r.severityText());
    }
    if ((r.traceIdHigh() | r.traceIdLow()) != 0) {
      to.put(",\"trace_id\":\"");
      to.put(String.format("%016x%016x", r.traceIdHigh(), r.traceIdLow())).put('"');
    }
    if (r.spanId() != 0) {
      to.put(",\"span_id\":\"").put(String.format("%016x", r.spanId())).put('"');
    }
    to.put(",\"resource\":").put(AttributeText.json(new StringBuilder(), resource).toString());
    to.put(",\"attributes\":");
    to.put(AttributeText.json(new StringBuilder(), r.attributes()).toString()).put("}\n");
  }

  /** The mappings of such documents. */
  static String mappings(boolean openSearch) {
    String flat =
        openSearch
            ? "{\"type\":\"flat_object\"}"
            : "{\"type\":\"flattened\",\"ignore_above\":1024}";
    return "{\"dynamic\":false,\"properties\":{\"@timestamp\":{\"type\":\"date_nanos\"},"
        + "\"message\":{\"type\":\"text\"},\"severity_text\":{\"type\":\"keyword\"},"
        + "\"trace_id\":{\"type\":\"keyword\"},\"span_id\":{\"type\":\"keyword\"},"
        + "\"resource\":"
        + flat
        + ",\"attributes\":"
        + flat
        + "}}";
  }
}
