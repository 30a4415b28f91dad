package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code clymene} exporter over gRPC or HTTP.
 *
 * @param grpc one for each gateway; empty for HTTP
 * @param http null for gRPC
 * @param maxBytes the largest message, before compression
 */
public record ClymeneSettings(
    List<GrpcClientSettings> grpc,
    @Nullable HttpClientSettings http,
    int maxBytes,
    DeliverySettings delivery) {
  private static final String USER_AGENT = "Tethys";

  private static final Section GRPC = new Section("grpc", "gRPC connection to the gateways.");
  private static final GrpcClientSettings.Keys GRPC_KEYS =
      new GrpcClientSettings.Keys(GRPC, true, "none");
  private static final Section HTTP = new Section("http", "HTTP connection to a gateway.");
  private static final HttpClientSettings.Keys HTTP_KEYS = new HttpClientSettings.Keys(HTTP);

  private static final Section SECTION =
      new Section("clymene", "Sends metrics and logs to Clymene gateways.")
          .include(DeliverySettings.SECTION);
  private static final Key<List<GrpcClientSettings>> GRPC_KEY =
      SECTION.key(
          "grpc",
          GRPC.type(o -> GRPC_KEYS.readAll(o, USER_AGENT)),
          List.of(),
          "gRPC connection to the gateways.");
  private static final Key<HttpClientSettings> HTTP_KEY =
      SECTION.optional("http", HTTP.type(ClymeneSettings::http), "HTTP connection to a gateway.");
  private static final Key<Long> MAX_BYTES =
      SECTION.key(
          "max_message_bytes",
          Type.INT,
          3L << 20,
          "Maximum size of a message before compression; Clymene's gateways "
              + "accept up to 4 MiB over gRPC.");

  static final Type<ClymeneSettings> TYPE = SECTION.type(ClymeneSettings::read);

  private static HttpClientSettings http(YamlObject o) {
    for (String key : List.of("compression", "compression_params")) {
      if (o.node().entries().containsKey(key)) {
        throw o.error(
            key + " cannot be chosen: metrics are a block of snappy, logs are not compressed");
      }
    }
    return HTTP_KEYS.read(o);
  }

  private static ClymeneSettings read(YamlObject o) {
    List<GrpcClientSettings> grpc = o.get(GRPC_KEY);
    HttpClientSettings http = o.find(HTTP_KEY);
    if (grpc.isEmpty() == (http == null)) {
      throw o.error("exactly one of grpc and http is required");
    }
    if (http != null && http.endpoint() == null) {
      throw o.error(HTTP_KEY, "endpoint is missing: the URL of a gateway");
    }
    long max = o.get(MAX_BYTES);
    if (max < 1024 || max > 1 << 30) {
      throw o.error(MAX_BYTES, "max_message_bytes must be 1024 to " + (1 << 30));
    }
    return new ClymeneSettings(
        grpc, http, (int) max, DeliverySettings.read(o, Duration.ofSeconds(10)));
  }

  /**
   * Returns the URL to which a signal is posted: under a gateway's address, or at the configured
   * path.
   */
  static URI url(URI endpoint, Signal signal) {
    String path = endpoint.getRawPath();
    return path == null || path.isEmpty() || path.equals("/")
        ? endpoint.resolve(signal == Signal.METRICS ? "/api/metrics" : "/api/logs")
        : endpoint;
  }
}
