package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.graphite.GraphiteSeries;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.carbon.CarbonSettings.Format;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames;
import dev.tethys.pipeline.exporter.client.LineEndpoint;
import dev.tethys.pipeline.exporter.client.LineProbe;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code carbon} exporters. */
public final class CarbonExporterFactory
    implements ExporterFactory<CarbonSettings>, Checkable<CarbonSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public CarbonExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "carbon";
  }

  @Override
  public String about() {
    return "Writes metrics to Graphite by carbon's protocols, or to a hosted one by HTTP.";
  }

  @Override
  public Type<CarbonSettings> settings() {
    return CarbonSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  private static BoundedMetricNames places(CarbonSettings s, Context context) {
    return new BoundedMetricNames(
        s.path(),
        GraphiteSeries::path,
        GraphiteSeries::node,
        new BoundedNames(
            s.path(), s.maxNames(), context.metrics(), context.id().toString(), Signal.METRICS));
  }

  @Override
  public Exporter create(CarbonSettings s, Signal signal, Context context) {
    // Queued compressed; over the wire go plain lines.
    LineRequestEncoder lines =
        new LineRequestEncoder(
            Compression.ZSTD, Compression.DEFAULT_LEVEL, 1, "", auth(s, context));
    BoundedMetricNames names = places(s, context);
    return context.exporter(
        s.delivery(),
        signal,
        new RowRequestEncoder(
            s.rows(),
            false,
            () -> new CarbonWriter(s, names),
            lines,
            new UnsupportedItemCounter(context.metrics(), context.id().toString())),
        s.http() == null
            ? new CarbonSender(
                s.endpoint().open(s.delivery().timeout()), lines, s.format() == Format.PICKLE)
            : poster(s, s.http(), context, lines));
  }

  private static @Nullable ClientAuth auth(CarbonSettings s, Context context) {
    return s.http() == null ? null : ClientAuth.of(s.http().client().auth(), context);
  }

  private CarbonHttpSender poster(
      CarbonSettings s, CarbonHttp http, Context context, LineRequestEncoder lines) {
    return new CarbonHttpSender(
        http,
        s.format() == Format.JSON,
        HttpEndpoint.of(
            http.client(), http.credentials(), s.delivery().timeout(), clients, context),
        lines);
  }

  @Override
  public Map<String, String> keysOf(String url) {
    return url.startsWith("http")
        ? Map.of("http.endpoint", url, "format", "json")
        : LineEndpoint.keysOf(url);
  }

  @Override
  public ExporterProbe probe(CarbonSettings s, Signal signal, Context context) {
    BoundedMetricNames names = places(s, context);
    LineProbe.Sample sample =
        (metric, seconds, value) -> {
          CarbonWriter w = new CarbonWriter(s, names);
          w.series(Labels.of(Labels.METRIC_NAME, metric, "job", "tethys"));
          w.sample(seconds * 1000, value);
          byte[] lines = w.take();
          return s.format() == Format.PICKLE ? CarbonSender.pickled(lines) : lines;
        };
    if (s.http() == null) {
      return new LineProbe(s.endpoint(), s.delivery().timeout(), sample);
    }
    LineRequestEncoder none = new LineRequestEncoder(Compression.NONE, 0, 1, "", null);
    return new CarbonHttpProbe(s.http().url(), poster(s, s.http(), context, none), sample);
  }
}
