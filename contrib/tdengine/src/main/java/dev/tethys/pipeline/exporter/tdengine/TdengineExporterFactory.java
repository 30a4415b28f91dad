package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Set;

/** Creates {@code tdengine} exporters. */
public final class TdengineExporterFactory
    implements ExporterFactory<TdengineSettings>, Checkable<TdengineSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public TdengineExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "tdengine";
  }

  @Override
  public String about() {
    return "Writes metrics to TDengine 3, by lines or SQL.";
  }

  @Override
  public Type<TdengineSettings> settings() {
    return TdengineSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  private HttpEndpoint endpoint(TdengineSettings s, Context context) {
    return HttpEndpoint.of(s.client(), s.credentials(), s.delivery().timeout(), clients, context);
  }

  @Override
  public Exporter create(TdengineSettings s, Signal signal, Context context) {
    // Lines are queued as sent; statements are compressed only for the queue.
    LineRequestEncoder lines =
        s.sql()
            ? new LineRequestEncoder(
                Compression.ZSTD,
                Compression.DEFAULT_LEVEL,
                1,
                "",
                ClientAuth.of(s.client().auth(), context))
            : new LineRequestEncoder(
                s.client().compression(),
                s.client().level(),
                1,
                "text/plain; charset=utf-8",
                ClientAuth.of(s.client().auth(), context));
    UnsupportedItemCounter leftOut =
        new UnsupportedItemCounter(context.metrics(), context.id().toString());
    return context.exporter(
        s.delivery(),
        signal,
        NamedEncoder.of(
            new BoundedNames(
                s.names(), s.maxNames(), context.metrics(), context.id().toString(), signal),
            new NamedEncoder.Series(s.rows().otlp(), false),
            name ->
                NamedEncoder.withName(
                    name,
                    new RowRequestEncoder(
                        s.rows(), false, () -> new TdengineWriter(s, name), lines, leftOut))),
        new TdengineSender(s, endpoint(s, context), lines));
  }

  @Override
  public ExporterProbe probe(TdengineSettings s, Signal signal, Context context) {
    return new TdengineProbe(s, endpoint(s, context));
  }
}
