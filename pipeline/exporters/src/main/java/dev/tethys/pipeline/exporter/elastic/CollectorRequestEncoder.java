package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.exporter.rows.Records;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Encodes log records, spans and data points as documents of the Collector's mapping modes. In
 * {@code otel}, each span event is a separate document among the logs and belongs to the item of
 * its span. A sender may select a mode by the metadata {@code X-Elastic-Mapping-Mode} or by a scope
 * attribute. Items with a mode that is not allowed, or that does not support their signal, are
 * dropped and counted.
 *
 * @param encoder its request names are {@link #names}
 * @param millis a clock
 */
record CollectorRequestEncoder(
    CollectorMode mode, DocumentRequestEncoder encoder, LongSupplier millis) implements Encoder {
  /** Reason for dropping items that request an unavailable mode. */
  static final String OTHER_MODE = "mapping_mode";

  /** Names that attributes and labels make; "" for one too many. */
  static BoundedNames names(int most, Registry registry, String exporter, Signal signal) {
    return new BoundedNames(l -> l.apply("index"), "", most, registry, exporter, signal);
  }

  @Override
  public Encoded encode(Batch batch) {
    return new EncodingRun(batch).encoded();
  }

  private static Telemetry<?> metrics(Batch batch, Map<String, Integer> drops) {
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        if (c.leftOut() > 0) {
          drops.put("no place in OTLP", c.leftOut());
        }
        return c.metrics();
      }
      return new OtlpReader().metrics(batch.body(), 0, batch.size());
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private final class EncodingRun {
    private final Batch batch;
    private final DocumentRequestEncoder.Requests out;
    private final Map<String, Integer> drops = new LinkedHashMap<>();
    private ResourceGroup<?> group = new ResourceGroup<Span>(); // these of the item at hand
    private ScopeGroup<?> scope = new ScopeGroup<Span>();
    private Mapping mapping = mode.mapping();

    EncodingRun(Batch batch) {
      this.batch = batch;
      this.out = encoder.requests(batch);
    }

    Encoded encoded() {
      Telemetry<?> data =
          switch (batch.signal()) {
            case LOGS -> Records.logs(batch);
            case TRACES -> Records.traces(batch);
            default -> metrics(batch, drops);
          };
      List<String> asked = batch.metadata().get("x-elastic-mapping-mode");
      for (ResourceGroup<?> r : data.resources()) {
        for (ScopeGroup<?> s : r.scopes()) {
          Attributes a = s.scope().attributes();
          Mapping wanted =
              a.contains(CollectorMode.MAPPING_MODE)
                  ? Mapping.named(ValueText.of(a.get(CollectorMode.MAPPING_MODE)))
                  : asked.isEmpty() ? mode.mapping() : Mapping.named(asked.getFirst());
          if (wanted == null || !mode.allowed().contains(wanted) || !wanted.takes(batch.signal())) {
            dropped(OTHER_MODE, s.itemCount());
            continue;
          }
          group = r;
          scope = s;
          mapping = wanted;
          for (Item<?> i : s.items()) {
            switch (i) {
              case LogRecord l -> log(l);
              case Span p -> span(p);
              case Metric m -> metric(m);
              default -> throw new IllegalStateException(i.getClass().toString());
            }
          }
        }
      }
      return new Encoded(out.finished(), drops);
    }

    private void dropped(String reason, int items) {
      if (items > 0) {
        drops.merge(reason, items, Integer::sum);
      }
    }

    private void log(LogRecord l) {
      CollectorMode.DataStreamName to = place("logs", mode.logsIndex(), l.attributes());
      if (mapping == Mapping.BODYMAP
          && !to.type().isEmpty()
          && !to.type().equals("logs")
          && !to.type().equals("metrics")) {
        dropped("data_stream_type", 1);
        return;
      }
      if (mapping == Mapping.BODYMAP && !(l.body() instanceof Attributes)) {
        dropped("body_no_map", 1);
        return;
      }
      Attributes own = l.attributes();
      out.create(
          to.index(),
          mode.ids() ? ValueText.of(own.get(CollectorMode.ID)) : "",
          mode.pipelines() ? ValueText.of(own.get(CollectorMode.PIPELINE)) : "");
      Attributes resource = group.resource().attributes();
      TextBuffer text = out.text();
      switch (mapping) {
        case OTEL -> new OtelText(text).log(group, scope, l, to);
        case NONE -> RawText.NONE.log(resource, scope.scope(), l, to, text);
        case RAW -> RawText.RAW.log(resource, scope.scope(), l, to, text);
        case ECS -> EcsText.log(resource, scope.scope(), l, to, text);
        case BODYMAP -> {
          if (l.body() instanceof Attributes map) {
            new OtelText(text).body(map);
          }
        }
        case TETHYS -> throw new IllegalStateException("not one of the Collector's");
      }
      out.ended();
    }

    private void span(Span span) {
      CollectorMode.DataStreamName to = place("traces", mode.tracesIndex(), span.attributes());
      out.create(to.index(), id(span.attributes()), "");
      Attributes resource = group.resource().attributes();
      TextBuffer text = out.text();
      switch (mapping) {
        case OTEL -> new OtelText(text).span(group, scope, span, to);
        case NONE -> RawText.NONE.span(resource, scope.scope(), span, to, text);
        case RAW -> RawText.RAW.span(resource, scope.scope(), span, to, text);
        case ECS -> EcsText.span(resource, scope.scope(), span, to, text);
        case BODYMAP, TETHYS -> throw new IllegalStateException("no documents of spans");
      }
      if (mapping == Mapping.OTEL && span.hasEvents()) {
        for (SpanEvent e : span.events()) {
          CollectorMode.DataStreamName at = place("logs", mode.logsIndex(), e.attributes());
          out.create(at.index(), id(e.attributes()), "");
          new OtelText(text).event(group, scope, span, e, at);
        }
      }
      out.ended();
    }

    private String id(Attributes own) {
      return mode.spanIds() ? ValueText.of(own.get(CollectorMode.ID)) : "";
    }

    private void metric(Metric m) {
      MetricData<?> data = m.data();
      if (data == null) {
        return;
      }
      for (DataPoint p : data.points()) {
        PointValue v = PointValue.of(data, p);
        if (!v.problem().isEmpty()) {
          dropped(v.problem(), 1);
          continue;
        }
        CollectorMode.DataStreamName to = place("metrics", mode.metricsIndex(), p.attributes());
        out.createSample(to.index(), "metrics." + m.name(), v.template());
        new OtelText(out.text()).point(group, scope, m, p, v, to);
        out.ended();
      }
    }

    /**
     * Returns the index of a document: configured, or routed by attributes within the limit of
     * names.
     */
    private CollectorMode.DataStreamName place(
        String type, @Nullable NameTemplate fixed, Attributes own) {
      CollectorMode.DataStreamName to = bounded(type, fixed, own);
      DatedIndices dated = mode.dated();
      return dated == null
          ? to
          : CollectorMode.DataStreamName.index(dated.at(to.index(), millis.getAsLong()));
    }

    private CollectorMode.DataStreamName bounded(
        String type, @Nullable NameTemplate fixed, Attributes own) {
      Attributes resource = group.resource().attributes();
      if (fixed != null) {
        String index = fixed.of(k -> AttributeText.text(resource.get(k)));
        return CollectorMode.DataStreamName.index(
            encoder.index().of(_ -> index).isEmpty() ? fixed.of(_ -> BoundedNames.OTHER) : index);
      }
      CollectorMode.DataStreamName routed =
          CollectorMode.route(
              mapping, type, own, scope.scope().attributes(), resource, scope.scope().name());
      return encoder.index().of(_ -> routed.index()).isEmpty()
          ? CollectorMode.DataStreamName.stream(
              type, BoundedNames.OTHER + CollectorMode.suffix(mapping), "default")
          : routed;
    }
  }
}
