package dev.tethys.pipeline.receiver.server;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server as the Collector writes it (configgrpc).
 *
 * @param tls null for none
 * @param auth the extension that decides who may send; null for everyone
 * @param includeMetadata whether headers go along with batches
 */
public record GrpcServerSettings(
    String endpoint,
    @Nullable ServerTlsSettings tls,
    int maxMessageBytes,
    @Nullable Reference auth,
    boolean includeMetadata) {
  private static final long MAX_MESSAGE_MIB = 1023;

  private static final Section AUTH = new Section("auth", "Who may send.");
  private static final Key<Reference> AUTHENTICATOR =
      AUTH.required("authenticator", Reference.TYPE, "The extension that decides.");

  static final Type<Reference> AUTH_TYPE = AUTH.type(o -> o.get(AUTHENTICATOR));

  static {
    AUTH.notBuilt("request_params", "Parameters of the URL that count as headers.");
  }

  /**
   * The block with a default endpoint.
   *
   * @param endpoint such as {@code localhost:4317}
   */
  public static Type<GrpcServerSettings> type(String endpoint) {
    Section s = new Section("grpc", "A gRPC server.");
    Key<String> where = s.key("endpoint", Type.STRING, endpoint, "Where it listens: host:port.");
    Key<String> transport =
        s.key("transport", Type.STRING, "tcp", "tcp; Unix sockets are not built.");
    Key<ServerTlsSettings> tls = s.optional("tls", ServerTlsSettings.TYPE, "TLS; plain without.");
    Key<Long> max =
        s.key(
            "max_recv_msg_size_mib", Type.INT, 4L, "Largest request in MiB, after decompression.");
    Key<Reference> auth = s.optional("auth", AUTH_TYPE, "Who may send; everyone without.");
    Key<Boolean> metadata =
        s.key("include_metadata", Type.BOOL, false, "Headers go along with what they brought.");
    s.notBuilt("max_concurrent_streams", "Most calls at once on a connection.");
    s.notBuilt("read_buffer_size", "Bytes that are read at once.");
    s.notBuilt("write_buffer_size", "Bytes that are written at once.");
    s.notBuilt("keepalive", "Pings, and an age at which connections end.");
    s.notBuilt("middlewares", "Extensions that see every call.");
    return s.type(
        o -> {
          tcp(o, transport);
          long mib = o.get(max);
          if (mib < 1 || mib > MAX_MESSAGE_MIB) {
            throw o.error(max, "max_recv_msg_size_mib wants 1 to " + MAX_MESSAGE_MIB);
          }
          return new GrpcServerSettings(
              o.get(where), o.find(tls), (int) mib << 20, o.find(auth), o.get(metadata));
        });
  }

  static void tcp(YamlObject o, Key<String> transport) {
    switch (o.get(transport)) {
      case "tcp", "tcp4", "tcp6" -> {
        // what it is
      }
      default ->
          throw o.error(
              transport,
              "transport \""
                  + o.get(transport)
                  + "\" is not built in Tethys yet (see README): tcp");
    }
  }
}
