package dev.tethys.pipeline.exporter.statsd;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.statsd.StatsdKind;
import dev.tethys.codec.statsd.StatsdTagStyle;
import dev.tethys.codec.statsd.StatsdWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.LineEndpoint;
import dev.tethys.pipeline.exporter.client.LineProbe;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import java.util.Map;
import java.util.Set;

/** Creates {@code statsd} exporters. */
public final class StatsdExporterFactory
    implements ExporterFactory<StatsdSettings>, Checkable<StatsdSettings> {
  @Override
  public String type() {
    return "statsd";
  }

  @Override
  public String about() {
    return "Writes metrics to StatsD, DogStatsD and compatible servers.";
  }

  @Override
  public Type<StatsdSettings> settings() {
    return StatsdSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  /** Creates an encoder that compresses queued requests; plain lines go over the wire. */
  static LineRequestEncoder encoder() {
    return new LineRequestEncoder(Compression.ZSTD, Compression.DEFAULT_LEVEL, 1, "", null);
  }

  @Override
  public Exporter create(StatsdSettings s, Signal signal, Context context) {
    LineRequestEncoder lines = encoder();
    return context.exporter(
        s.delivery(),
        signal,
        new StatsdMetrics(
            s,
            lines,
            new UnsupportedItemCounter(context.metrics(), context.id().toString()),
            new BoundedNames(
                s.name(), s.maxNames(), context.metrics(), context.id().toString(), signal)),
        new StatsdSender(s.endpoint().open(s.delivery().timeout()), lines));
  }

  @Override
  public Map<String, String> keysOf(String url) {
    return LineEndpoint.keysOf(url);
  }

  @Override
  public ExporterProbe probe(StatsdSettings s, Signal signal, Context context) {
    return new LineProbe(
        s.endpoint(),
        s.delivery().timeout(),
        (metric, seconds, value) -> {
          TextBuffer line = new TextBuffer();
          new StatsdWriter(line)
              .line(
                  StatsdKind.GAUGE,
                  StatsdTagStyle.name(metric),
                  s.style().tags().add("job", "tethys"),
                  value,
                  1,
                  null);
          return line.take();
        });
  }
}
