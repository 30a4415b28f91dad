package dev.tethys.pipeline.destination.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.destination.rows.Records;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Log records and spans as documents of the mapping mode {@code otel}; each event of a span is one
 * more, among the logs, and of the same item. A sender may ask for another mode, in the metadata
 * {@code X-Elastic-Mapping-Mode} or in an attribute of a scope: what asks for one that is not built
 * is dropped and counted.
 *
 * @param parcels whose names are {@link #names}
 */
record OtelParcels(OtelMode mode, DocumentParcels parcels) implements Encoder {
  /** Why items are dropped that ask for a mode which is not built. */
  static final String OTHER_MODE = "mapping_mode";

  /** Names that attributes and labels make; "" for one too many. */
  static BoundedNames names(int most, Registry registry, String exporter, Signal signal) {
    return new BoundedNames(l -> l.apply("index"), "", most, registry, exporter, signal);
  }

  @Override
  public Encoded encode(Batch batch) {
    boolean logs = batch.signal() == Signal.LOGS;
    List<String> asked = batch.metadata().get("x-elastic-mapping-mode");
    String usual = asked.isEmpty() ? "otel" : asked.getFirst();
    Telemetry<?> data = logs ? Records.logs(batch) : Records.traces(batch);
    DocumentParcels.Requests out = parcels.requests(batch);
    int dropped = 0;
    for (ResourceGroup<?> r : data.resources()) {
      for (ScopeGroup<?> s : r.scopes()) {
        Attributes a = s.scope().attributes();
        String wants =
            a.contains(OtelMode.MAPPING_MODE) ? ValueText.of(a.get(OtelMode.MAPPING_MODE)) : usual;
        if (!wants.toLowerCase(Locale.ROOT).equals("otel")) {
          dropped += s.itemCount();
          continue;
        }
        for (Item<?> i : s.items()) {
          write(r, s, i, out);
        }
      }
    }
    return new Encoded(out.finished(), dropped, OTHER_MODE);
  }

  private void write(
      ResourceGroup<?> r, ScopeGroup<?> s, Item<?> item, DocumentParcels.Requests out) {
    TextBuffer text = out.text();
    Attributes resource = r.resource().attributes();
    Attributes scope = s.scope().attributes();
    String name = s.scope().name();
    if (item instanceof LogRecord l) {
      OtelMode.Place at = OtelMode.route("logs", l.attributes(), scope, resource, name);
      OtelMode.Place to = bounded("logs", mode.logsIndex(), at, resource);
      out.create(to.index());
      new OtelText(text).log(r, s, l, to);
      out.ended();
    } else if (item instanceof Span span) {
      OtelMode.Place at = OtelMode.route("traces", span.attributes(), scope, resource, name);
      OtelMode.Place to = bounded("traces", mode.tracesIndex(), at, resource);
      out.create(to.index());
      new OtelText(text).span(r, s, span, to);
      for (SpanEvent e : span.hasEvents() ? span.events() : List.<SpanEvent>of()) {
        at = OtelMode.route("logs", e.attributes(), scope, resource, name);
        to = bounded("logs", mode.logsIndex(), at, resource);
        out.create(to.index());
        new OtelText(text).event(r, s, span, e, to);
      }
      out.ended();
    }
  }

  /**
   * The index that is configured, else where attributes route to; of no more names than allowed.
   */
  private OtelMode.Place bounded(
      String type, @Nullable NameTemplate fixed, OtelMode.Place routed, Attributes resource) {
    if (fixed != null) {
      String index = fixed.of(k -> AttributeText.text(resource.get(k)));
      return OtelMode.Place.index(
          parcels.index().of(_ -> index).isEmpty() ? fixed.of(_ -> BoundedNames.OTHER) : index);
    }
    return parcels.index().of(_ -> routed.index()).isEmpty()
        ? OtelMode.Place.stream(type, BoundedNames.OTHER + ".otel", "default")
        : routed;
  }
}
