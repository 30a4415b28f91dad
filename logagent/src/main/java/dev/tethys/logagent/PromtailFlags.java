package dev.tethys.logagent;

import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Promtail's flags for keys of its file; flags override the file. They are inserted into the file's
 * tree, which is then read as if they were part of the file.
 */
final class PromtailFlags {
  /** A flag, and the key that it sets: a path with dots. */
  private record Setting(String flag, Flag.Kind kind, String key) {}

  private static final List<Setting> SETTINGS =
      List.of(
          text("positions.file", "positions.filename"),
          text("positions.sync-period", "positions.sync_period"),
          bool("positions.ignore-invalid-yaml", "positions.ignore_invalid_yaml"),
          text("target.sync-period", "target_config.sync_period"),
          text("file-watch.min_poll_frequency", "global.file_watch_config.min_poll_frequency"),
          text("file-watch.max_poll_frequency", "global.file_watch_config.max_poll_frequency"),
          bool("tracing.enabled", "tracing.enabled"),
          bool("limit.readline-rate-enabled", "limits_config.readline_rate_enabled"),
          new Setting("limit.readline-rate", Flag.Kind.FLOAT, "limits_config.readline_rate"),
          number("limit.readline-burst", "limits_config.readline_burst"),
          bool("limit.readline-rate-drop", "limits_config.readline_rate_drop"),
          number("max-streams", "limits_config.max_streams"),
          text("max-line-size", "limits_config.max_line_size"),
          bool("max-line-size-truncate", "limits_config.max_line_size_truncate"),
          bool("server.enable-runtime-reload", "server.enable_runtime_reload"),
          bool("server.health-check-target", "server.health_check_target"),
          bool("server.profiling_enabled", "server.profiling_enabled"),
          bool("server.register-instrumentation", "server.register_instrumentation"),
          text("server.external-url", "server.external_url"),
          text("server.http-listen-network", "server.http_listen_network"),
          text("server.http-listen-address", "server.http_listen_address"),
          number("server.http-listen-port", "server.http_listen_port"),
          number("server.http-conn-limit", "server.http_listen_conn_limit"),
          text("server.http-read-timeout", "server.http_server_read_timeout"),
          text("server.http-read-header-timeout", "server.http_server_read_header_timeout"),
          text("server.http-write-timeout", "server.http_server_write_timeout"),
          text("server.http-idle-timeout", "server.http_server_idle_timeout"),
          text("server.graceful-shutdown-timeout", "server.graceful_shutdown_timeout"),
          text("server.path-prefix", "server.http_path_prefix"),
          bool(
              "server.http-log-closed-connections-without-response-enabled",
              "server.http_log_closed_connections_without_response_enabled"),
          bool("server.proxy-protocol-enabled", "server.proxy_protocol_enabled"),
          bool("server.log-source-ips-enabled", "server.log_source_ips_enabled"),
          text("server.log-source-ips-full", "server.log_source_ips_full"),
          text("server.log-source-ips-header", "server.log_source_ips_header"),
          text("server.log-source-ips-regex", "server.log_source_ips_regex"),
          bool("server.log-request-headers", "server.log_request_headers"),
          text(
              "server.log-request-headers-exclude-list", "server.log_request_exclude_headers_list"),
          bool(
              "server.log-request-at-info-level-enabled",
              "server.log_request_at_info_level_enabled"),
          bool("server.trace-request-headers", "server.trace_request_headers"),
          text(
              "server.trace-request-headers-exclude-list",
              "server.trace_request_exclude_headers_list"),
          text("server.tls-cipher-suites", "server.tls_cipher_suites"),
          text("server.tls-min-version", "server.tls_min_version"),
          text("server.http-tls-cert-path", "server.http_tls_config.cert_file"),
          text("server.http-tls-key-path", "server.http_tls_config.key_file"),
          text("server.http-tls-client-auth", "server.http_tls_config.client_auth_type"),
          text("server.http-tls-ca-path", "server.http_tls_config.client_ca_file"),
          text("server.grpc-tls-cert-path", "server.grpc_tls_config.cert_file"),
          text("server.grpc-tls-key-path", "server.grpc_tls_config.key_file"),
          text("server.grpc-tls-client-auth", "server.grpc_tls_config.client_auth_type"),
          text("server.grpc-tls-ca-path", "server.grpc_tls_config.client_ca_file"),
          text("server.grpc-listen-network", "server.grpc_listen_network"),
          bool(
              "server.grpc-collect-max-streams-by-conn", "server.grpc_collect_max_streams_by_conn"),
          bool(
              "server.report-grpc-codes-in-instrumentation-label-enabled",
              "server.report_grpc_codes_in_instrumentation_label_enabled"),
          text(
              "server.grpc.keepalive.max-connection-idle",
              "server.grpc_server_max_connection_idle"),
          text("server.grpc.keepalive.max-connection-age", "server.grpc_server_max_connection_age"),
          text(
              "server.grpc.keepalive.max-connection-age-grace",
              "server.grpc_server_max_connection_age_grace"),
          text("server.grpc.keepalive.time", "server.grpc_server_keepalive_time"),
          text("server.grpc.keepalive.timeout", "server.grpc_server_keepalive_timeout"),
          text(
              "server.grpc.keepalive.min-time-between-pings",
              "server.grpc_server_min_time_between_pings"),
          bool(
              "server.grpc.keepalive.ping-without-stream-allowed",
              "server.grpc_server_ping_without_stream_allowed"),
          bool("server.grpc.stats-tracking-enabled", "server.grpc_server_stats_tracking_enabled"),
          bool(
              "server.grpc.recv-buffer-pools-enabled",
              "server.grpc_server_recv_buffer_pools_enabled"),
          number("server.grpc.num-workers", "server.grpc_server_num_workers"),
          text("server.grpc-listen-address", "server.grpc_listen_address"),
          number("server.grpc-listen-port", "server.grpc_listen_port"),
          number("server.grpc-conn-limit", "server.grpc_listen_conn_limit"),
          number("server.grpc-max-recv-msg-size-bytes", "server.grpc_server_max_recv_msg_size"),
          number("server.grpc-max-send-msg-size-bytes", "server.grpc_server_max_send_msg_size"),
          number(
              "server.grpc-max-concurrent-streams", "server.grpc_server_max_concurrent_streams"));

  private static final String CLIENT_URL = "client.url";
  private static final String CLIENT_LABELS = "client.external-labels";
  private static final List<Setting> CLIENT =
      List.of(
          text("client.tenant-id", "tenant_id"),
          text("client.batch-wait", "batchwait"),
          number("client.batch-size-bytes", "batchsize"),
          text("client.timeout", "timeout"),
          bool("client.drop-rate-limited-batches", "drop_rate_limited_batches"),
          text("client.min-backoff", "backoff_config.min_period"),
          text("client.max-backoff", "backoff_config.max_period"),
          number("client.max-retries", "backoff_config.max_retries"));

  private PromtailFlags() {}

  private static Setting text(String flag, String key) {
    return new Setting(flag, Flag.Kind.STRING, key);
  }

  private static Setting bool(String flag, String key) {
    return new Setting(flag, Flag.Kind.BOOLEAN, key);
  }

  private static Setting number(String flag, String key) {
    return new Setting(flag, Flag.Kind.INTEGER, key);
  }

  private static Flag refused(String name, Flag.Kind kind) {
    return Flag.refused(name, kind, "", "a label that requests carry");
  }

  static List<Flag> all() {
    List<Flag> out = new ArrayList<>();
    for (Setting s : SETTINGS) {
      out.add(Flag.of(s.flag, s.kind, "", "Before the file's " + s.key + "."));
    }
    for (String f : List.of("latency-cutoff", "unit")) {
      out.add(
          Flag.refused(
              "server.throughput." + f, Flag.Kind.STRING, "", "throughput by a header of answers"));
    }
    for (String f : List.of("label", "http.excluded-paths", "http.excluded-user-agents")) {
      out.add(refused("server.cluster-validation." + f, Flag.Kind.STRING));
    }
    for (String protocol : List.of("grpc", "http")) {
      for (String f : List.of("enabled", "soft-validation")) {
        out.add(refused("server.cluster-validation." + protocol + "." + f, Flag.Kind.BOOLEAN));
      }
    }
    out.add(
        Flag.of(
            CLIENT_URL,
            Flag.Kind.STRING,
            "",
            "URL of a further client, configured by the other flags client.*."));
    out.add(
        Flag.of(
            CLIENT_LABELS,
            Flag.Kind.STRING,
            "",
            "Labels added to entries of every client that lack them, as a=b,c=d."));
    for (Setting s : CLIENT) {
      out.add(Flag.of(s.flag, s.kind, "", "Of the client of client.url: its " + s.key + "."));
    }
    return out;
  }

  /**
   * Settings of the file without its jobs, combined with those of flags.
   *
   * @return null if none of these flags is set
   * @throws UsageException if flags contradict each other
   */
  static @Nullable YamlDocument applied(
      YamlDocument document, String name, @Nullable Path folder, FlagSet f) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    if (tree(document.root(), null) instanceof Map<?, ?> m) {
      m.forEach((k, v) -> tree.put(String.valueOf(k), v));
    }
    tree.remove("scrape_configs");
    boolean any = false;
    for (Setting s : SETTINGS) {
      any |= set(tree, s, f);
    }
    List<@Nullable Object> clients = new ArrayList<>();
    if (tree.get("clients") instanceof List<?> l) {
      clients.addAll(l);
    }
    if (f.isGiven(CLIENT_URL)) {
      Map<String, @Nullable Object> c = new LinkedHashMap<>();
      c.put("url", f.get(CLIENT_URL));
      for (Setting s : CLIENT) {
        set(c, s, f);
      }
      clients.add(c);
      any = true;
    } else {
      for (Setting s : CLIENT) {
        if (f.isGiven(s.flag)) {
          throw new UsageException("tethys logs: --" + s.flag + " goes with --" + CLIENT_URL);
        }
      }
    }
    if (f.isGiven(CLIENT_LABELS)) {
      Map<String, String> labels = labels(f.get(CLIENT_LABELS));
      clients.replaceAll(c -> labelled(c, labels));
      any = true;
    }
    if (!any) {
      return null;
    }
    tree.put("clients", clients);
    return YamlDocument.parse(name + " with flags", folder, YamlWriter.write(tree));
  }

  /**
   * A node as a tree that reads the same after it is written.
   *
   * @param nothing replaces a key without a value
   */
  static @Nullable Object tree(YamlNode n, @Nullable Object nothing) {
    if (n.isNull()) {
      return nothing;
    }
    if (n.isList()) {
      List<@Nullable Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(tree(i, nothing)));
      return out;
    }
    if (n.isMap()) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      n.entries().forEach((k, e) -> out.put(k, tree(e.value(), nothing)));
      return out;
    }
    Object o = n.asTree();
    // 007 is a number, but as a name it is not 7.
    return o instanceof Boolean || o.toString().equals(n.asString()) ? o : n.asString();
  }

  private static boolean set(Map<String, @Nullable Object> tree, Setting s, FlagSet f) {
    if (!f.isGiven(s.flag)) {
      return false;
    }
    Map<String, @Nullable Object> at = tree;
    String[] path = s.key.split("\\.");
    for (int i = 0; i < path.length - 1; i++) {
      Map<String, @Nullable Object> inner = new LinkedHashMap<>();
      if (at.get(path[i]) instanceof Map<?, ?> m) {
        m.forEach((k, v) -> inner.put(String.valueOf(k), v));
      }
      at.put(path[i], inner);
      at = inner;
    }
    String text = f.get(s.flag);
    at.put(
        path[path.length - 1],
        switch (s.kind) {
          case BOOLEAN -> Boolean.valueOf(text);
          case INTEGER -> Long.valueOf(text);
          case FLOAT -> Double.valueOf(text);
          default -> text;
        });
    return true;
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int eq = pair.indexOf('=');
      if (eq <= 0) {
        throw new UsageException(
            "tethys logs: --" + CLIENT_LABELS + " must be name=value, not \"" + pair + "\"");
      }
      out.put(pair.substring(0, eq).strip(), pair.substring(eq + 1).strip());
    }
    return out;
  }

  private static @Nullable Object labelled(@Nullable Object client, Map<String, String> labels) {
    if (!(client instanceof Map<?, ?> m)) {
      return client; // errors in it are reported when it is read
    }
    Map<Object, @Nullable Object> out = new LinkedHashMap<>(m);
    Map<Object, @Nullable Object> all = new LinkedHashMap<>(labels);
    if (m.get("external_labels") instanceof Map<?, ?> own) {
      all.putAll(own);
    }
    out.put("external_labels", all);
    return out;
  }
}
