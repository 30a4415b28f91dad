package dev.tethys.pipeline.server;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.client.IgnoredCollectorKeys;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.web.ConnectionTimes;
import dev.tethys.web.Http2Limits;
import org.jspecify.annotations.Nullable;

/**
 * gRPC server with the Collector's keys (configgrpc).
 *
 * @param endpoint listen address: {@code host:port}, or {@code unix:path}
 * @param tls null without TLS
 * @param auth the extension that authenticates senders; null for everyone
 * @param includeMetadata whether headers become metadata of batches
 * @param connections lifetimes and keepalive pings of connections
 * @param http2 limits of concurrent calls and client pings
 */
public record GrpcServerSettings(
    String endpoint,
    @Nullable ServerTlsSettings tls,
    int maxMessageBytes,
    @Nullable Reference auth,
    boolean includeMetadata,
    ConnectionTimes connections,
    Http2Limits http2) {
  private static final long MAX_MESSAGE_MIB = 1023;
  private static final long MAX_STREAMS = 1_000_000;

  private static final Section AUTH = new Section("auth", "Authenticator of incoming requests.");
  private static final Key<Reference> AUTHENTICATOR =
      AUTH.required("authenticator", Reference.TYPE, "Extension that authenticates the calls.");

  private static final Type<Reference> AUTH_TYPE = AUTH.type(o -> o.get(AUTHENTICATOR));

  /**
   * Settings of methods on the listener of another server, which handles addresses and users;
   * headers become metadata of batches.
   */
  public static GrpcServerSettings within(int maxMessageBytes) {
    return new GrpcServerSettings(
        "", null, maxMessageBytes, null, true, ConnectionTimes.USUAL, Http2Limits.USUAL);
  }

  /**
   * Returns the type of the block with a default endpoint.
   *
   * @param endpoint such as {@code localhost:4317}
   */
  public static Type<GrpcServerSettings> type(String endpoint) {
    Section s = new Section("grpc", "gRPC server.");
    Key<String> where =
        s.key(
            "endpoint",
            Type.STRING,
            endpoint,
            "Address to listen on: host:port or the path of a Unix socket.");
    Key<String> transport = Listeners.transport(s);
    Key<ServerTlsSettings> tls =
        s.optional(
            "tls", ServerTlsSettings.TYPE, "TLS settings of the server; plain text if absent.");
    Key<Long> max =
        s.key(
            "max_recv_msg_size_mib",
            Type.INT,
            4L,
            "Maximum size of a request in MiB, after decompression.");
    Key<Reference> auth =
        s.optional(
            "auth", AUTH_TYPE, "Authenticator of incoming calls; unset accepts every client.");
    Key<Boolean> metadata =
        s.key(
            "include_metadata",
            Type.BOOL,
            false,
            "If true, request headers are kept as metadata of the telemetry.");
    Key<Long> streams =
        s.key(
            "max_concurrent_streams",
            Type.INT,
            0L,
            "Maximum number of concurrent calls on a connection; "
                + "0 for "
                + Http2Limits.USUAL.streams()
                + ".");
    Key<GrpcKeepalive> keepalive =
        s.key("keepalive", GrpcKeepalive.TYPE, GrpcKeepalive.NONE, "Keepalive of connections.");
    IgnoredCollectorKeys foreign = new IgnoredCollectorKeys(s, true);
    return s.type(
        o -> {
          foreign.check(o);
          long mib = o.get(max);
          if (mib < 1 || mib > MAX_MESSAGE_MIB) {
            throw o.error(max, "max_recv_msg_size_mib must be 1 to " + MAX_MESSAGE_MIB);
          }
          long calls = o.get(streams);
          if (calls < 0 || calls > MAX_STREAMS) {
            throw o.error(streams, "max_concurrent_streams must be 0 to " + MAX_STREAMS);
          }
          GrpcKeepalive k = o.get(keepalive);
          return new GrpcServerSettings(
              Listeners.address(o, where, transport),
              o.find(tls),
              (int) mib << 20,
              o.find(auth),
              o.get(metadata),
              k.times(),
              Http2Limits.of(
                  calls == 0 ? Http2Limits.USUAL.streams() : (int) calls,
                  k.pingEvery(),
                  k.pingIdle()));
        });
  }
}
