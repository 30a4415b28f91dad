package dev.tethys.collect.logs.push;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.web.HttpListenerOptions;
import java.time.Duration;

/**
 * The limits of a {@code server} block, Promtail's own or that of a source.
 *
 * @param timeout how long reading a request, writing an answer and idling may take, each
 * @param connections 0 for the listener's own limit
 * @param grace how long requests may go on once it stops
 */
public record ServerLimits(Duration timeout, int connections, Duration grace) {
  /** Promtail's, but for the number of connections. */
  public static final ServerLimits DEFAULT =
      new ServerLimits(Duration.ofSeconds(120), 0, Duration.ofSeconds(30));

  /** The keys, to be included in a section. */
  public static final Section SECTION = new Section("server", "Limits of a server.");

  private static final Key<Duration> GRACE =
      SECTION.key(
          "graceful_shutdown_timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "How long requests may go on once it stops.");
  private static final Key<Duration> READ = timeout("read", 30);
  private static final Key<Duration> WRITE = timeout("write", 30);
  private static final Key<Duration> IDLE = timeout("idle", 120);
  private static final Key<Long> CONNECTIONS =
      SECTION.key("http_listen_conn_limit", Type.INT, 0L, "Most connections; 0 for 512.");
  private static final Key<Boolean> PROFILING =
      SECTION.key("profiling_enabled", Type.BOOL, false, "false: there are no profiles of Go.");

  static {
    SECTION.key("grpc_listen_address", Type.STRING, "", "Without effect: nothing is served there.");
    for (String s :
        new String[] {
          "grpc_listen_port",
          "grpc_listen_conn_limit",
          "grpc_server_max_recv_msg_size",
          "grpc_server_max_send_msg_size",
          "grpc_server_max_concurrent_streams"
        }) {
      SECTION.key(s, Type.INT, 0L, "Without effect: nothing is served over gRPC.");
    }
    SECTION.notBuilt("grpc_tls_config", "TLS of gRPC, over which nothing is served.");
  }

  private static Key<Duration> timeout(String what, int seconds) {
    return SECTION.key(
        "http_server_" + what + "_timeout",
        GoDurations.TYPE,
        Duration.ofSeconds(seconds),
        "The longest of the three timeouts holds for reading, writing and idling.");
  }

  /** Reads the keys out of a block. */
  public static ServerLimits read(YamlObject o) {
    YamlNode profiling = o.at(PROFILING);
    if (profiling != null && o.get(PROFILING)) {
      profiling.notBuilt("server.profiling_enabled");
    }
    long connections = o.get(CONNECTIONS);
    if (connections < 0 || connections > 1_000_000) {
      throw o.error(CONNECTIONS, "http_listen_conn_limit is from 0 to 1000000");
    }
    Duration longest = o.get(READ);
    for (Key<Duration> k : java.util.List.of(WRITE, IDLE)) {
      longest = longest.compareTo(o.get(k)) < 0 ? o.get(k) : longest;
    }
    if (longest.isZero() || longest.isNegative()) {
      throw o.error(READ, "a timeout must be more than 0");
    }
    return new ServerLimits(longest, (int) connections, o.get(GRACE));
  }

  /** A listener's options with these limits. */
  public HttpListenerOptions of(HttpListenerOptions options) {
    HttpListenerOptions out = options.withReadTimeout(timeout).withStopGrace(grace);
    return connections == 0 ? out : out.withMaxConnections(connections);
  }
}
