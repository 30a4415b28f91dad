package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code clymene} exporters. */
public final class ClymeneExporterFactory
    implements ExporterFactory<ClymeneSettings>, Checkable<ClymeneSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public ClymeneExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "clymene";
  }

  @Override
  public String about() {
    return "Sends metrics and log lines to gateways of Clymene, over gRPC or HTTP.";
  }

  @Override
  public Type<ClymeneSettings> settings() {
    return ClymeneSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Exporter create(ClymeneSettings s, Signal signal, Context context) {
    HttpClientSettings http = s.http();
    Reference reference = http == null ? s.grpc().getFirst().auth() : http.auth();
    ClientAuth auth = ClientAuth.of(reference, context);
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    ClymeneRequestEncoder encoder = encoder(s, auth, clock);
    return context.exporter(
        s.delivery(), signal, encoder, sender(s, signal, auth, clients, encoder));
  }

  /** Returns the keys for an address: a gateway's address is gRPC's, unless it is a URL. */
  @Override
  public Map<String, String> keysOf(String url) {
    return url.startsWith("http")
        ? Map.of("http.endpoint", url)
        : Map.of("grpc.endpoint", url.replaceFirst("^[a-z]+://", ""));
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(ClymeneSettings s, Signal signal, Context context) {
    HttpClientSettings http = s.http();
    Reference reference = http == null ? s.grpc().getFirst().auth() : http.auth();
    ClientAuth auth = ClientAuth.of(reference, context);
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    ItemProbe.Lookup lookup = (p, seconds, value) -> "the gateway, which cannot be queried";
    ClymeneRequestEncoder encoder = encoder(s, auth, clock);
    if (http == null) {
      ClymeneGrpcSender sender =
          new ClymeneGrpcSender(s.grpc(), auth, s.delivery().timeout(), encoder);
      return new ItemProbe(signal, () -> ClymeneProbe.overGrpc(sender), encoder, sender, lookup);
    }
    URI url = ClymeneSettings.url(Objects.requireNonNull(http.endpoint()), signal);
    HttpEndpoint endpoint =
        HttpEndpoint.of(http, Map.of(), s.delivery().timeout(), clients, context);
    return new ItemProbe(
        signal,
        () -> ClymeneProbe.overHttp(url, endpoint),
        encoder,
        sender(s, signal, auth, clients, encoder),
        lookup);
  }

  static ClymeneRequestEncoder encoder(
      ClymeneSettings s, @Nullable ClientAuth auth, InstantSource clock) {
    GatewayFormat form = GatewayFormat.HTTP;
    if (s.http() == null) {
      GrpcClientSettings g = s.grpc().getFirst();
      form = new GatewayFormat(false, g.compression(), g.encoding());
    }
    return new ClymeneRequestEncoder(form, s.maxBytes(), auth, clock);
  }

  static Sender sender(
      ClymeneSettings s,
      Signal signal,
      @Nullable ClientAuth auth,
      HttpClientFactory clients,
      ClymeneRequestEncoder encoder) {
    HttpClientSettings http = s.http();
    return http == null
        ? new ClymeneGrpcSender(s.grpc(), auth, s.delivery().timeout(), encoder)
        : new ClymeneHttpSender(
            http,
            ClymeneSettings.url(Objects.requireNonNull(http.endpoint()), signal),
            auth,
            s.delivery().timeout(),
            clients,
            encoder);
  }
}
