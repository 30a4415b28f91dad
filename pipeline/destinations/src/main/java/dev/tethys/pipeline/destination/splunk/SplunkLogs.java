package dev.tethys.pipeline.destination.splunk;

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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Log records as events, one a line; attributes are fields, {@code host.name} is the host. */
final class SplunkLogs implements Encoder {
  private final SplunkSettings settings;
  private final BoundedNames indices;
  private final byte[] common;
  private final LineParcels lines;
  private final LongSupplier millis;

  SplunkLogs(
      SplunkSettings settings, BoundedNames indices, LineParcels lines, LongSupplier millis) {
    this.settings = settings;
    this.indices = indices;
    this.common = SplunkEvents.common(settings);
    this.lines = lines;
    this.millis = millis;
  }

  @Override
  public Encoded encode(Batch batch) {
    Map<String, String> headers = lines.headers(batch);
    List<Parcel> out = new ArrayList<>();
    TextBuffer text = new TextBuffer();
    int items = 0;
    for (ResourceGroup<LogRecord> g : Records.logs(batch).resources()) {
      String index = indices.of(l -> AttributeText.text(g.resource().attributes().get(l)));
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          event(index, g.resource().attributes(), r, text);
          items++;
          if (items >= settings.rows().maxItems() || text.size() >= settings.rows().maxBytes()) {
            out.add(new Parcel(batch.signal(), lines.seal(text.take()), items, 0, headers));
            items = 0;
          }
        }
      }
    }
    if (items > 0) {
      out.add(new Parcel(batch.signal(), lines.seal(text.take()), items, 0, headers));
    }
    return Encoded.of(out);
  }

  private void event(String index, Attributes resource, LogRecord r, TextBuffer to) {
    long nanos = r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano();
    SplunkEvents.time(nanos == 0 ? millis.getAsLong() : Math.floorDiv(nanos, 1_000_000L), to);
    to.put(common);
    SplunkEvents.index(index, to);
    Map<String, String> fields = new LinkedHashMap<>();
    resource.forEach((k, v) -> fields.put(k, AttributeText.text(v)));
    r.attributes().forEach((k, v) -> fields.put(k, AttributeText.text(v)));
    String host = fields.remove("host.name");
    if (host != null) {
      to.put(",\"host\":").json(host);
    }
    if (!r.severityText().isEmpty()) {
      fields.put("severity_text", r.severityText());
    }
    if ((r.traceIdHigh() | r.traceIdLow()) != 0) {
      fields.put("trace_id", String.format("%016x%016x", r.traceIdHigh(), r.traceIdLow()));
    }
    if (r.spanId() != 0) {
      fields.put("span_id", String.format("%016x", r.spanId()));
    }
    String body = AttributeText.text(r.body());
    to.put(",\"event\":").json(body.isEmpty() ? " " : body).put(",\"fields\":{");
    String comma = "";
    for (Map.Entry<String, String> f : fields.entrySet()) {
      to.put(comma).json(f.getKey()).put(':').json(f.getValue());
      comma = ",";
    }
    to.put("}}\n");
  }
}
