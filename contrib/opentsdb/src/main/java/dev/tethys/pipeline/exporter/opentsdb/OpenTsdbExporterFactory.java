package dev.tethys.pipeline.exporter.opentsdb;

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
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code opentsdb} exporters. */
public final class OpenTsdbExporterFactory
    implements ExporterFactory<OpenTsdbSettings>, Checkable<OpenTsdbSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public OpenTsdbExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "opentsdb";
  }

  @Override
  public String about() {
    return "Writes metrics to OpenTSDB 2, by HTTP or by its telnet protocol.";
  }

  @Override
  public Type<OpenTsdbSettings> settings() {
    return OpenTsdbSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  private HttpEndpoint endpoint(OpenTsdbSettings s, Context context) {
    return HttpEndpoint.of(s.client(), s.credentials(), s.delivery().timeout(), clients, context);
  }

  private static @Nullable LineSockets sockets(OpenTsdbSettings s) {
    return s.telnet() ? TelnetPutSender.sockets(s) : null;
  }

  @Override
  public Exporter create(OpenTsdbSettings s, Signal signal, Context context) {
    // Queued compressed; sent as an array or as lines.
    LineRequestEncoder lines =
        new LineRequestEncoder(
            Compression.ZSTD,
            Compression.DEFAULT_LEVEL,
            1,
            s.telnet() ? "" : "application/json",
            ClientAuth.of(s.client().auth(), context));
    LineSockets sockets = sockets(s);
    return context.exporter(
        s.delivery(),
        signal,
        new RowRequestEncoder(
            s.rows(),
            false,
            () -> new TsdbWriter(s),
            lines,
            new UnsupportedItemCounter(context.metrics(), context.id().toString())),
        sockets == null
            ? new HttpPutSender(s, endpoint(s, context), lines)
            : new TelnetPutSender(sockets, lines));
  }

  @Override
  public ExporterProbe probe(OpenTsdbSettings s, Signal signal, Context context) {
    return new OpenTsdbProbe(s, endpoint(s, context), sockets(s));
  }
}
