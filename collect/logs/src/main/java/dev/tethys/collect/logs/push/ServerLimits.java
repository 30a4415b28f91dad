package dev.tethys.collect.logs.push;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.web.HttpListenerOptions;
import java.time.Duration;
import java.util.List;

/**
 * The limits of a {@code server} block, Promtail's own or that of a source, and its keys that
 * change nothing here.
 *
 * @param timeout maximum duration of each of: reading a request, writing a response, idling
 * @param connections 0 for the listener's own limit
 * @param grace how long requests may continue once it stops
 * @param proxied whether connections may begin with a header of the PROXY protocol
 */
public record ServerLimits(Duration timeout, int connections, Duration grace, boolean proxied) {
  /** Promtail's defaults, except for the number of connections. */
  public static final ServerLimits DEFAULT =
      new ServerLimits(Duration.ofSeconds(120), 0, Duration.ofSeconds(30), false);

  /** The keys, to be included in a section. */
  public static final Section SECTION = new Section("server", "Limits of a server.");

  private static final Key<Duration> GRACE =
      SECTION.key(
          "graceful_shutdown_timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Timeout of requests that are in progress at shutdown.");
  private static final Key<Duration> READ = timeout("read", 30);
  private static final Key<Duration> WRITE = timeout("write", 30);
  private static final Key<Duration> READ_HEADER = timeout("read_header", 0);
  private static final Key<Duration> IDLE = timeout("idle", 120);
  private static final Key<Long> CONNECTIONS =
      SECTION.key(
          "http_listen_conn_limit", Type.INT, 0L, "Maximum number of connections; 0 for 512.");
  private static final Key<Boolean> PROXIED =
      SECTION.key(
          "proxy_protocol_enabled",
          Type.BOOL,
          false,
          "If true, connections may begin with a PROXY protocol header, version 1 or 2.");
  private static final Key<String> NETWORK =
      SECTION.key(
          "http_listen_network",
          Type.STRING,
          "tcp",
          "Network to listen on: only tcp; the address selects IPv4 or IPv6.");
  private static final String OVER_GRPC = "Accepted and ignored: there is no gRPC server.";

  /** Keys that are rejected when set. */
  private static final List<Key<Boolean>> UNUSED_KEYS =
      List.of(
          booleanKey("profiling_enabled", "Profiles of Go."),
          booleanKey("log_source_ips_enabled", "Requests in the log, with addresses."),
          booleanKey("log_request_headers", "Requests in the log, with headers."),
          booleanKey("log_request_at_info_level_enabled", "Requests in the log."),
          booleanKey("trace_request_headers", "Headers of requests in traces."),
          booleanKey(
              "http_log_closed_connections_without_response_enabled",
              "Connections without a request in the log."));

  static {
    for (String s : List.of("network", "address")) {
      SECTION.key("grpc_listen_" + s, Type.STRING, "", OVER_GRPC);
    }
    for (String s :
        List.of(
            "listen_port",
            "listen_conn_limit",
            "server_max_recv_msg_size",
            "server_max_send_msg_size",
            "server_max_concurrent_streams",
            "server_num_workers")) {
      SECTION.key("grpc_" + s, Type.INT, 0L, OVER_GRPC);
    }
    for (String s :
        List.of(
            "max_connection_idle",
            "max_connection_age",
            "max_connection_age_grace",
            "keepalive_time",
            "keepalive_timeout",
            "min_time_between_pings")) {
      SECTION.key("grpc_server_" + s, GoDurations.TYPE, Duration.ZERO, OVER_GRPC);
    }
    for (String s :
        List.of(
            "grpc_server_ping_without_stream_allowed",
            "grpc_server_stats_tracking_enabled",
            "grpc_server_recv_buffer_pools_enabled",
            "grpc_collect_max_streams_by_conn",
            "report_grpc_codes_in_instrumentation_label_enabled")) {
      SECTION.key(s, Type.BOOL, false, OVER_GRPC);
    }
    SECTION.optional("grpc_tls_config", ServerTls.TYPE, OVER_GRPC);
    for (String s : List.of("full", "header", "regex")) {
      SECTION.key("log_source_ips_" + s, Type.STRING, "", "Setting of log_source_ips_enabled.");
    }
    SECTION.key(
        "log_request_exclude_headers_list", Type.STRING, "", "Setting of log_request_headers.");
    SECTION.key(
        "trace_request_exclude_headers_list", Type.STRING, "", "Setting of trace_request_headers.");
    SECTION.notBuilt("cluster_validation", "A label that requests carry.");
  }

  private static Key<Boolean> booleanKey(String key, String what) {
    return SECTION.key(key, Type.BOOL, false, "false: " + what + " is not built.");
  }

  private static Key<Duration> timeout(String what, int seconds) {
    return SECTION.key(
        "http_server_" + what + "_timeout",
        GoDurations.TYPE,
        Duration.ofSeconds(seconds),
        "Timeout of the server; the longest of them applies to reading, writing and idling.");
  }

  /** Reads the keys from a block. */
  public static ServerLimits read(YamlObject o) {
    for (Key<Boolean> k : UNUSED_KEYS) {
      YamlNode n = o.at(k);
      if (n != null && o.get(k)) {
        n.notBuilt("server." + k.name());
      }
    }
    if (!o.get(NETWORK).equals("tcp")) {
      throw o.error(
          NETWORK,
          "http_listen_network must be tcp; for one kind of address set http_listen_address,"
              + " 0.0.0.0 or ::");
    }
    long connections = o.get(CONNECTIONS);
    if (connections < 0 || connections > 1_000_000) {
      throw o.error(CONNECTIONS, "http_listen_conn_limit must be 0 to 1000000");
    }
    Duration longest = o.get(READ);
    for (Key<Duration> k : List.of(WRITE, READ_HEADER, IDLE)) {
      longest = longest.compareTo(o.get(k)) < 0 ? o.get(k) : longest;
    }
    if (longest.isZero() || longest.isNegative()) {
      throw o.error(READ, "a timeout must be more than 0");
    }
    return new ServerLimits(longest, (int) connections, o.get(GRACE), o.get(PROXIED));
  }

  /** A listener's options with these limits. */
  public HttpListenerOptions of(HttpListenerOptions options) {
    HttpListenerOptions out =
        options.withReadTimeout(timeout).withStopGrace(grace).withProxyHeaders(proxied);
    return connections == 0 ? out : out.withMaxConnections(connections);
  }
}
