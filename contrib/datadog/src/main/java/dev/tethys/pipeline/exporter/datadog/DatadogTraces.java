package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import dev.tethys.pipeline.exporter.rows.Records;
import org.jspecify.annotations.Nullable;

/**
 * Encodes spans in the format of Datadog's agent. Each payload has one chunk with one span, which
 * Datadog joins by trace id, so a request can be split between any two spans.
 */
final class DatadogTraces implements Encoder {
  /** The agent cuts payloads at 3.2 MB. */
  private static final int MAX_BYTES = 3_200_000;

  private static final int MAX_ITEMS = 5000;

  private final DatadogSettings settings;
  private final LineRequestEncoder lines;

  DatadogTraces(DatadogSettings settings, LineRequestEncoder lines) {
    this.settings = settings;
    this.lines = lines;
  }

  @Override
  public Encoded encode(Batch batch) {
    RecordCutter cutter = new RecordCutter(batch, lines, MAX_ITEMS, MAX_BYTES);
    DatadogSpans spans =
        new DatadogSpans(settings.traces(), new DatadogNames(settings.hostname(), true, true));
    for (ResourceGroup<Span> r : Records.traces(batch).resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span p : s.items()) {
          @Nullable String problem =
              spans.write(r.resource().attributes(), s.scope(), p, cutter.next());
          cutter.end(problem);
        }
      }
    }
    return cutter.encoded();
  }
}
