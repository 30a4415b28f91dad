package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerSettings;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code otlp} receiver.
 *
 * @param grpc null if it does not serve gRPC
 * @param http null if it does not serve HTTP
 */
public record OtlpReceiverSettings(@Nullable GrpcServerSettings grpc, @Nullable Http http) {
  /**
   * The HTTP side.
   *
   * @param paths URL path of each signal
   */
  public record Http(HttpServerSettings server, Map<OtlpSignal, String> paths) {
    String path(OtlpSignal s) {
      return Objects.requireNonNull(paths.get(s));
    }
  }

  private static final Section HTTP = new Section("http", "OTLP over HTTP.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(HTTP, "localhost:4318");
  private static final Key<String> TRACES_PATH =
      HTTP.key("traces_url_path", Type.STRING, "/v1/traces", "URL path that receives traces.");
  private static final Key<String> METRICS_PATH =
      HTTP.key("metrics_url_path", Type.STRING, "/v1/metrics", "URL path that receives metrics.");
  private static final Key<String> LOGS_PATH =
      HTTP.key("logs_url_path", Type.STRING, "/v1/logs", "URL path that receives logs.");
  private static final Key<String> PROFILES_PATH =
      HTTP.key(
          "profiles_url_path",
          Type.STRING,
          "/v1development/profiles",
          "URL path that receives profiles.");

  private static final Type<Http> HTTP_TYPE = HTTP.type(OtlpReceiverSettings::http);
  private static final Type<GrpcServerSettings> GRPC_TYPE =
      GrpcServerSettings.type("localhost:4317");

  private static final Section PROTOCOLS =
      new Section(
          "protocols", "Protocols to accept; a key without a value uses the protocol's defaults.");
  private static final Key<GrpcServerSettings> GRPC_KEY =
      PROTOCOLS.optional("grpc", GRPC_TYPE, "OTLP over gRPC.");
  private static final Key<Http> HTTP_KEY =
      PROTOCOLS.optional("http", HTTP_TYPE, "OTLP over HTTP.");

  private static final Section SECTION =
      new Section("otlp", "Receives OTLP over gRPC and HTTP (protobuf and JSON).");
  private static final Key<OtlpReceiverSettings> PROTOCOLS_KEY =
      SECTION.required(
          "protocols", PROTOCOLS.type(OtlpReceiverSettings::protocols), "Protocols to accept.");

  static final Type<OtlpReceiverSettings> TYPE = SECTION.type(o -> o.get(PROTOCOLS_KEY));

  private static OtlpReceiverSettings protocols(YamlObject o) {
    OtlpReceiverSettings s =
        new OtlpReceiverSettings(read(o, GRPC_KEY, GRPC_TYPE), read(o, HTTP_KEY, HTTP_TYPE));
    if (s.grpc == null && s.http == null) {
      throw o.error("must specify at least one protocol when using the OTLP receiver: grpc, http");
    }
    return s;
  }

  /** Reads a key; one without a value enables its protocol. */
  private static <T> @Nullable T read(YamlObject o, Key<T> key, Type<T> type) {
    YamlNode n = o.at(key);
    return n == null ? null : type.read(n);
  }

  private static Http http(YamlObject o) {
    return new Http(
        HTTP_KEYS.read(o),
        Map.of(
            OtlpSignal.TRACES, path(o, TRACES_PATH),
            OtlpSignal.METRICS, path(o, METRICS_PATH),
            OtlpSignal.LOGS, path(o, LOGS_PATH),
            OtlpSignal.PROFILES, path(o, PROFILES_PATH)));
  }

  private static String path(YamlObject o, Key<String> key) {
    String p = o.get(key);
    return p.startsWith("/") ? p : "/" + p;
  }
}
