package dev.tethys.pipeline.destination.otlp;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.destination.client.HttpClientSettings;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Makes {@code otlp_http} exporters. */
public final class OtlpHttpExporterFactory implements ExporterFactory<OtlpHttpSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public OtlpHttpExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "otlp_http";
  }

  @Override
  public List<String> aliases() {
    return List.of("otlphttp");
  }

  @Override
  public String about() {
    return "Exports traces, metrics, logs and profiles by OTLP over HTTP.";
  }

  @Override
  public Type<OtlpHttpSettings> settings() {
    return OtlpHttpSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Exporter create(OtlpHttpSettings s, Signal signal, Context context) {
    HttpClientSettings c = s.client();
    OtlpSignal of = signal.otlp();
    URI url = s.url(of);
    if (url == null) {
      String word = signal.name().toLowerCase(Locale.ROOT);
      throw new ConfigException(
          context.name(), "neither endpoint nor " + word + "_endpoint says where " + word + " go");
    }
    ClientAuth auth = c.auth() == null ? null : context.extension(c.auth(), ClientAuth.class);
    OtlpParcels parcels =
        new OtlpParcels(
            of,
            "content-encoding",
            c.compression().word(),
            c.compression(),
            c.level(),
            s.json(),
            auth);
    return context.exporter(
        s.delivery(),
        signal,
        parcels,
        new OtlpHttpSender(
            parcels,
            url,
            c.headers(),
            auth,
            s.delivery().timeout(),
            clients,
            f -> f.client(c.client()),
            context.clock()::millis,
            context.logger()));
  }
}
