package dev.tethys.pipeline.receiver.clymene;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerSettings;
import org.jspecify.annotations.Nullable;

/**
 * Listeners of a gateway.
 *
 * @param grpc null if it does not serve gRPC
 * @param http null if it does not serve HTTP
 */
public record GatewaySettings(
    @Nullable GrpcServerSettings grpc, @Nullable HttpServerSettings http) {
  /** Returns the settings type of a receiver. */
  static Type<GatewaySettings> type(String name, String about) {
    Section http = new Section("http", "HTTP server.");
    HttpServerSettings.Keys keys = new HttpServerSettings.Keys(http, "localhost:15611");
    Type<HttpServerSettings> httpType = http.type(keys::read);
    Type<GrpcServerSettings> grpcType = GrpcServerSettings.type("localhost:15610");
    Section s = new Section(name, about);
    Key<GrpcServerSettings> grpcKey =
        s.optional("grpc", grpcType, "gRPC server; a key without a value uses its defaults.");
    Key<HttpServerSettings> httpKey =
        s.optional("http", httpType, "HTTP server; a key without a value uses its defaults.");
    return s.type(
        o -> {
          GatewaySettings g =
              new GatewaySettings(read(o, grpcKey, grpcType), read(o, httpKey, httpType));
          if (g.grpc == null && g.http == null) {
            throw o.error("at least one of grpc and http is required");
          }
          return g;
        });
  }

  private static <T> @Nullable T read(YamlObject o, Key<T> key, Type<T> type) {
    YamlNode n = o.at(key);
    return n == null ? null : type.read(n);
  }
}
