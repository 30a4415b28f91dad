package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Redaction;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code otlp_http} exporters. */
public final class OtlpHttpExporterFactory
    implements ExporterFactory<OtlpHttpSettings>, Checkable<OtlpHttpSettings> {
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

  private static OtlpRequestEncoder encoder(
      OtlpHttpSettings s, Signal signal, @Nullable ClientAuth auth) {
    HttpClientSettings c = s.client();
    return new OtlpRequestEncoder(
        signal.otlp(),
        "content-encoding",
        c.compression().word(),
        c.compression(),
        c.level(),
        s.json(),
        auth);
  }

  private OtlpHttpSender sender(
      OtlpHttpSettings s, OtlpRequestEncoder encoder, @Nullable ClientAuth auth, Context context) {
    URI url = s.url(encoder.signal());
    if (url == null) {
      String word = encoder.signal().name().toLowerCase(Locale.ROOT);
      throw new ConfigException(
          context.name(), "set endpoint or " + word + "_endpoint for " + word);
    }
    return new OtlpHttpSender(
        encoder,
        url,
        s.client().headers(),
        ClientAuth.withSigning(auth),
        s.delivery().timeout(),
        clients,
        f -> f.client(ClientAuth.signing(s.client().client(), auth)),
        context.clock()::millis,
        context.logger());
  }

  @Override
  public Exporter create(OtlpHttpSettings s, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    OtlpRequestEncoder encoder = encoder(s, signal, auth);
    return context.exporter(s.delivery(), signal, encoder, sender(s, encoder, auth, context));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public ExporterProbe probe(OtlpHttpSettings s, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    OtlpRequestEncoder encoder = encoder(s, signal, auth);
    return OtlpProbe.of(
        signal,
        encoder,
        sender(s, encoder, auth, context),
        Redaction.url(Objects.requireNonNull(s.url(encoder.signal()))));
  }
}
