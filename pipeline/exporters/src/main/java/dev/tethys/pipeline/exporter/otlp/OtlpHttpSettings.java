package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code otlp_http} exporter.
 *
 * @param endpoints separate endpoints by signal
 * @param json whether requests are JSON
 */
public record OtlpHttpSettings(
    HttpClientSettings client,
    Map<OtlpSignal, URI> endpoints,
    boolean json,
    DeliverySettings delivery) {
  private static final Section SECTION =
      new Section("otlp_http", "Exports OTLP over HTTP.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys KEYS = new HttpClientSettings.Keys(SECTION);
  private static final Key<String> TRACES =
      SECTION.key("traces_endpoint", Type.STRING, "", "Full URL for traces.");
  private static final Key<String> METRICS =
      SECTION.key("metrics_endpoint", Type.STRING, "", "Full URL for metrics.");
  private static final Key<String> LOGS =
      SECTION.key("logs_endpoint", Type.STRING, "", "Full URL for logs.");
  private static final Key<String> PROFILES =
      SECTION.key("profiles_endpoint", Type.STRING, "", "Full URL for profiles.");
  private static final Key<Boolean> ENCODING =
      SECTION.key(
          "encoding",
          Type.oneOf("encoding", "proto", false, "json", true),
          false,
          "Encoding of requests: proto or json.");

  static final Type<OtlpHttpSettings> TYPE = SECTION.type(OtlpHttpSettings::read);

  private static OtlpHttpSettings read(YamlObject o) {
    Map<OtlpSignal, URI> endpoints = new EnumMap<>(OtlpSignal.class);
    Map.of(
            OtlpSignal.TRACES, TRACES,
            OtlpSignal.METRICS, METRICS,
            OtlpSignal.LOGS, LOGS,
            OtlpSignal.PROFILES, PROFILES)
        .forEach(
            (signal, key) -> {
              String url = o.get(key);
              if (!url.isEmpty()) {
                endpoints.put(signal, HttpClientSettings.Keys.url(o, key, url));
              }
            });
    HttpClientSettings client = KEYS.read(o);
    if (client.endpoint() == null && endpoints.isEmpty()) {
      throw o.error("at least one endpoint must be specified");
    }
    return new OtlpHttpSettings(
        client, endpoints, o.get(ENCODING), DeliverySettings.read(o, Duration.ofSeconds(30)));
  }

  /** Returns the URL of a signal, or null if not configured. */
  @Nullable URI url(OtlpSignal signal) {
    URI own = endpoints.get(signal);
    URI all = client.endpoint();
    if (own != null || all == null) {
      return own;
    }
    String s = all.toString();
    return URI.create((s.endsWith("/") ? s.substring(0, s.length() - 1) : s) + signal.httpPath());
  }
}
