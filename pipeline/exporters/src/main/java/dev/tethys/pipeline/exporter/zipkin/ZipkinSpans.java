package dev.tethys.pipeline.exporter.zipkin;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinWriter;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import dev.tethys.pipeline.exporter.rows.Records;

/** Creates Zipkin span lists from batches of traces. */
final class ZipkinSpans implements Encoder {
  private final ZipkinSettings settings;
  private final LineRequestEncoder lists;

  ZipkinSpans(ZipkinSettings settings, LineRequestEncoder lists) {
    this.settings = settings;
    this.lists = lists;
  }

  @Override
  public Encoded encode(Batch batch) {
    RecordCutter cutter = new RecordCutter(batch, lists, settings.maxSpans(), settings.maxBytes());
    ZipkinWriter w = new ZipkinWriter(settings.defaultService(), AttributeText::text);
    for (ResourceGroup<Span> g : Records.traces(batch).resources()) {
      for (ScopeGroup<Span> s : g.scopes()) {
        for (Span span : s.items()) {
          TextBuffer to = cutter.next();
          cutter.end(
              switch (settings.format()) {
                case JSON -> w.json(g.resource().attributes(), s.scope(), span, to);
                case PROTO -> w.protobuf(g.resource().attributes(), s.scope(), span, to);
              });
        }
      }
    }
    return cutter.encoded();
  }
}
