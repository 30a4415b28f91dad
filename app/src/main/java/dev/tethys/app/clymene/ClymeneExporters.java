package dev.tethys.app.clymene;

import dev.tethys.config.YamlTree;
import dev.tethys.runtime.cli.UsageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Exporters to the databases that Clymene's flags name. They write the same data as Clymene, so
 * that dashboards continue to work. Kafka is written with all acknowledgements unless configured
 * otherwise.
 */
final class ClymeneExporters {
  /** The extension with the token of Elasticsearch. */
  private static final String TOKEN = "bearertokenauth/elasticsearch";

  private final ClymeneFlags flags;

  ClymeneExporters(ClymeneFlags flags) {
    this.flags = flags;
  }

  /**
   * Returns the exporters of metrics or of log lines.
   *
   * @param name the suffix of exporters that carry either; empty, or with its slash
   */
  Map<String, @Nullable Object> of(boolean metrics, String name) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (String s : flags.storages()) {
      switch (s) {
        case "kafka" -> out.put("kafka" + name, producer(metrics));
        case "gateway" -> out.put("clymene" + name, gatewayClient(metrics));
        case "elasticsearch" -> out.put("elasticsearch" + name, elasticsearch(metrics));
        case "influxdb", "tdengine", "kdb" -> {
          if (metrics) {
            out.put(
                s,
                switch (s) {
                  case "influxdb" -> influxdb();
                  case "tdengine" -> tdengine();
                  default -> kdb();
                });
          }
        }
        case "opentsdb" -> {
          if (metrics) {
            opentsdb(out);
          }
        }
        case "loki" -> {
          if (!metrics) {
            Map<String, @Nullable Object> loki = one("endpoint", flags.placed("loki.client.url"));
            loki.put("timeout", flags.placed("loki.client.timeout"));
            out.put("loki", loki);
          }
        }
        case "cortex" -> {
          if (metrics) {
            out.put("prometheus_remote_write/cortex", write("cortex.distributor"));
          }
        }
        default -> {
          if (metrics) {
            out.put("prometheus_remote_write", write("prometheus.remote"));
          }
        }
      }
    }
    if (flags.role() == ClymeneRole.INGESTER) {
      out.forEach((exporter, keys) -> joinRecords(exporter, keys));
    }
    return out;
  }

  /**
   * Joins Kafka records before they are written: a record contains what an agent sent in one
   * request, and a backlog of them would cause as many small requests to a database.
   */
  private static void joinRecords(String exporter, @Nullable Object keys) {
    if (exporter.startsWith("debug/")) {
      return; // it has no queue
    }
    @SuppressWarnings("unchecked")
    Map<String, @Nullable Object> all =
        (Map<String, @Nullable Object>) Objects.requireNonNull(keys);
    @SuppressWarnings("unchecked")
    Map<String, @Nullable Object> queue =
        (Map<String, @Nullable Object>)
            all.computeIfAbsent("sending_queue", k -> new LinkedHashMap<String, Object>());
    Map<String, @Nullable Object> batch = one("flush_timeout", "200ms");
    batch.put("min_size", 8192L);
    Objects.requireNonNull(queue).put("batch", batch);
    if (exporter.startsWith("prometheus_remote_write")) {
      // After a restart, records of stored samples are refused and sent singly. With several
      // consumers some series would get ahead, and the database would refuse the samples of others
      // as too old.
      queue.put("num_consumers", 1L);
    }
  }

  static void put(Map<String, @Nullable Object> m, String key, YamlTree.Placed value) {
    if (!value.value().equals("")) {
      m.put(key, value);
    }
  }

  static Map<String, @Nullable Object> one(String key, @Nullable Object value) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put(key, value);
    return m;
  }

  /** Returns broker addresses, authentication and TLS settings. */
  Map<String, @Nullable Object> kafka(String p) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("brokers", placed(p + ".brokers", list(flags.get(p + ".brokers"))));
    m.put("client_id", flags.placed(p + ".client-id"));
    String authentication = flags.get(p + ".authentication");
    switch (authentication) {
      case "none", "tls" -> {}
      case "plaintext" -> {
        Map<String, @Nullable Object> sasl = new LinkedHashMap<>();
        sasl.put("username", flags.placed(p + ".plaintext.username"));
        sasl.put("password", flags.placed(p + ".plaintext.password"));
        sasl.put("mechanism", flags.placed(p + ".plaintext.mechanism"));
        m.put("auth", one("sasl", sasl));
      }
      case "kerberos" -> m.put("auth", one("kerberos", kerberos(p + ".kerberos")));
      default ->
          throw new UsageException(
              "--"
                  + p
                  + ".authentication="
                  + authentication
                  + ": expected none, tls, plaintext or kerberos");
    }
    if (authentication.equals("tls") || flags.bool(p + ".tls.enabled")) {
      m.put("tls", clientTls(p));
    }
    return m;
  }

  private Map<String, @Nullable Object> kerberos(String p) {
    Map<String, @Nullable Object> m = one("username", flags.placed(p + ".username"));
    put(m, "realm", flags.placed(p + ".realm"));
    put(m, "service_name", flags.placed(p + ".service-name"));
    if (flags.bool(p + ".use-keytab")) {
      put(m, "keytab_file", flags.placed(p + ".keytab-file"));
    } else {
      put(m, "password", flags.placed(p + ".password"));
    }
    put(m, "config_file", flags.placed(p + ".config-file"));
    return m;
  }

  private Map<String, @Nullable Object> clientTls(String p) {
    Map<String, @Nullable Object> tls = new LinkedHashMap<>();
    tls.put("insecure", false);
    put(tls, "ca_file", flags.placed(p + ".tls.ca"));
    put(tls, "cert_file", flags.placed(p + ".tls.cert"));
    put(tls, "key_file", flags.placed(p + ".tls.key"));
    put(tls, "server_name_override", flags.placed(p + ".tls.server-name"));
    if (flags.bool(p + ".tls.skip-host-verify")) {
      tls.put("insecure_skip_verify", true);
    }
    return tls;
  }

  private static List<String> list(String commas) {
    return Arrays.stream(commas.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** Returns the record encoding. */
  String encoding(String p, boolean metrics, boolean flat) {
    if (!metrics) {
      return "clymene_logs"; // regardless of the flag: Clymene's logs are always JSON
    }
    String e = flags.get(p + ".encoding");
    return switch (e) {
      case "protobuf" -> "remote_write";
      case "json" -> flat ? "clymene_flat" : "clymene_json";
      default ->
          throw new UsageException("--" + p + ".encoding=" + e + ": expected protobuf or json");
    };
  }

  private Map<String, @Nullable Object> producer(boolean metrics) {
    String p = "kafka.producer";
    Map<String, @Nullable Object> m = kafka(p);
    Map<String, @Nullable Object> topic = new LinkedHashMap<>();
    topic.put("topic", flags.placed(metrics ? p + ".topic" : p + ".promtail.topic"));
    topic.put("encoding", encoding(p, metrics, flags.bool(p + ".flatten-for-druid")));
    m.put(metrics ? "metrics" : "logs", topic);
    Map<String, @Nullable Object> producer = new LinkedHashMap<>();
    if (flags.isGiven(p + ".required-acks")) {
      String acks = flags.get(p + ".required-acks");
      producer.put(
          "required_acks",
          switch (acks) {
            case "noack" -> "0";
            case "local" -> "1";
            case "all" -> "all";
            default ->
                throw new UsageException(
                    "--" + p + ".required-acks=" + acks + ": expected noack, local or all");
          });
    }
    if (!flags.get(p + ".compression").equals("none")) {
      producer.put("compression", flags.placed(p + ".compression"));
      String level = flags.get(p + ".compression-level");
      if (!level.isEmpty()) {
        producer.put("compression_params", one("level", flags.number(p + ".compression-level")));
      }
    }
    if (flags.isGiven(p + ".batch-linger")) {
      producer.put("linger", flags.placed(p + ".batch-linger"));
    }
    for (Map.Entry<String, String> e :
        Map.of("batch-size", "batch_size", "batch-max-messages", "flush_max_messages").entrySet()) {
      YamlTree.Placed n = flags.number(p + "." + e.getKey());
      if ((Long) n.value() > 0) {
        producer.put(e.getValue(), n);
      }
    }
    if (!producer.isEmpty()) {
      m.put("producer", producer);
    }
    return m;
  }

  private YamlTree.Placed placed(String flag, Object value) {
    return flags.placed(flag, value);
  }

  private Map<String, @Nullable Object> write(String p) {
    Map<String, @Nullable Object> m = one("endpoint", flags.placed(p + ".url"));
    m.put("timeout", flags.placed(p + ".timeout"));
    if (!flags.get(p + ".user.agent").isEmpty()) {
      m.put("headers", one("User-Agent", flags.placed(p + ".user.agent")));
    }
    if (flags.role() == ClymeneRole.AGENT && flags.isGiven("metric.split.length")) {
      m.put("max_samples_per_send", flags.number("metric.split.length"));
    }
    return m;
  }

  private boolean hasToken() {
    return flags.storages().contains("elasticsearch") && !flags.get("es.token-file").isEmpty();
  }

  /** Returns the extensions referenced by exporters. */
  Map<String, @Nullable Object> extensions() {
    return hasToken()
        ? one(TOKEN, one("filename", flags.placed("es.token-file")))
        : new LinkedHashMap<>();
  }

  /** Configures Clymene's index and documents, so that dashboards made for them still work. */
  private Map<String, @Nullable Object> elasticsearch(boolean metrics) {
    List<String> servers = list(flags.get("es.server-urls"));
    Map<String, @Nullable Object> m =
        servers.size() == 1
            ? one("endpoint", placed("es.server-urls", servers.getFirst()))
            : one("endpoints", placed("es.server-urls", servers));
    if (flags.bool("es.sniffer")) {
      Map<String, @Nullable Object> discover = one("on_start", true);
      discover.put("interval", "15m");
      if (flags.bool("es.sniffer-tls-enabled")) {
        discover.put("scheme", "https");
      }
      m.put("discover", discover);
    }
    if (hasToken()) { // goes before name and password in Clymene, too
      m.put("auth", one("authenticator", TOKEN));
    } else {
      put(m, "user", flags.placed("es.username"));
      put(m, "password", flags.placed("es.password"));
    }
    String prefix = flags.get("es.index-prefix");
    prefix = prefix.isEmpty() ? "" : prefix + "-";
    if (metrics) {
      String index = "es.clymene-agent.index.name";
      m.put("metrics_index", placed(index, prefix + flags.get(index)));
      m.put("metrics_schema", "clymene");
    } else {
      String index = "es.clymene-promtail.index.name";
      m.put("logs_index", placed(index, prefix + flags.get(index)));
      m.put("logs_schema", "clymene");
    }
    m.put("data_stream", false);
    m.put("create_template", false);
    if (!flags.get("es.timeout").matches("0[a-z]*")) {
      m.put("timeout", flags.placed("es.timeout"));
    }
    m.put("max_request_bytes", flags.number("es.bulk.size"));
    m.put("max_samples_per_send", flags.number("es.bulk.actions"));
    m.put("sending_queue", one("num_consumers", flags.number("es.bulk.workers")));
    tlsIfEnabled(m, "es");
    return m;
  }

  private Map<String, @Nullable Object> influxdb() {
    Map<String, @Nullable Object> m = one("endpoint", flags.placed("influxdb.url"));
    for (String k : List.of("token", "org", "bucket")) {
      put(m, k, flags.placed("influxdb." + k));
    }
    m.put("metrics_schema", "clymene");
    m.put("compression", flags.bool("influxdb.write.use-gzip") ? "gzip" : "none");
    m.put("timeout", flags.placed("influxdb.http.http-request-timeout"));
    m.put("max_samples_per_send", flags.number("influxdb.write.batch-size"));
    Map<String, @Nullable Object> tags = new LinkedHashMap<>();
    for (String pair : list(flags.get("influxdb.write.default-tags"))) {
      int eq = pair.indexOf('=');
      if (eq < 1) {
        throw new UsageException(
            "--influxdb.write.default-tags: \"" + pair + "\" must be name=value");
      }
      tags.put(pair.substring(0, eq), pair.substring(eq + 1));
    }
    if (!tags.isEmpty()) {
      m.put("default_tags", placed("influxdb.write.default-tags", tags));
    }
    tlsIfEnabled(m, "influxdb");
    return m;
  }

  /** Adds an exporter per host, because Clymene writes all points to each host. */
  private void opentsdb(Map<String, @Nullable Object> out) {
    boolean http = flags.bool("opentsdb.http");
    if (flags.bool("opentsdb.dry-run") && !http) { // which Clymene ignores over HTTP
      out.put("debug/opentsdb", one("verbosity", "detailed"));
      return;
    }
    String path = flags.get("opentsdb.http-api-path");
    if (http && !path.matches("/?(.+/)?api/put/?")) {
      throw new UsageException(
          "--opentsdb.http-api-path=" + path + "; the path must end with api/put");
    }
    String before = path.replaceFirst("/?api/put/?$", "").replaceFirst("^/", "");
    String scheme = (http ? "http" : "telnet") + (flags.bool("opentsdb.ssl") ? "s" : "");
    String flag = "opentsdb.hosts";
    List<String> hosts = list(flags.get(flag));
    if (hosts.isEmpty()) {
      flag = "opentsdb.host";
      hosts = List.of(flags.get(flag) + ":" + flags.get("opentsdb.port"));
    }
    int n = 0;
    for (String host : hosts) {
      String at = host.contains(":") ? host : host + ":" + flags.get("opentsdb.port");
      Map<String, @Nullable Object> m =
          one(
              "endpoint",
              placed(flag, scheme + "://" + at + (http && !before.isEmpty() ? "/" + before : "")));
      if (http) {
        put(m, "username", flags.placed("opentsdb.http-username"));
        put(m, "password", flags.placed("opentsdb.http-password"));
      }
      m.put("timeout", flags.placed("opentsdb.timeout"));
      m.put("max_tags", flags.number("opentsdb.max-tags"));
      m.put("max_samples_per_send", flags.number("opentsdb.max-chunk"));
      n++;
      out.put(hosts.size() == 1 ? "opentsdb" : "opentsdb/" + n, m);
    }
  }

  /** Configures one super table with labels as JSON, as in Clymene. */
  private Map<String, @Nullable Object> tdengine() {
    Map<String, @Nullable Object> m =
        one(
            "endpoint",
            placed(
                "tdengine.hostname",
                "http://"
                    + flags.get("tdengine.hostname")
                    + ":"
                    + flags.get("tdengine.server-port")));
    m.put("username", flags.placed("tdengine.user"));
    m.put("password", flags.placed("tdengine.password"));
    m.put("database", flags.placed("tdengine.dbname"));
    m.put("protocol", "sql");
    m.put("table", "metrics");
    m.put("max_samples_per_send", flags.number("tdengine.max-sql-length"));
    return m;
  }

  private Map<String, @Nullable Object> kdb() {
    Map<String, @Nullable Object> m = one("endpoint", flags.placed("kdb.host-port"));
    put(m, "username", flags.placed("kdb.username"));
    put(m, "password", flags.placed("kdb.password"));
    m.put("mode", flags.placed("kdb.mode"));
    m.put("timeout", flags.placed("kdb.timeout"));
    m.put("tls", flags.bool("kdb.tls.enabled") ? clientTls("kdb") : one("insecure", true));
    return m;
  }

  private void tlsIfEnabled(Map<String, @Nullable Object> m, String p) {
    if (flags.bool(p + ".tls.enabled")) {
      m.put("tls", clientTls(p));
    }
  }

  private Map<String, @Nullable Object> gatewayClient(boolean metrics) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    String type = flags.get("gateway.service-type");
    boolean client = !flags.role().word().endsWith("gateway");
    switch (type) {
      case "grpc" -> {
        Map<String, @Nullable Object> grpc = new LinkedHashMap<>();
        List<String> spellings = new ArrayList<>(List.of("gateway.grpc-client"));
        if (client) {
          spellings.add("gateway.grpc");
        }
        String flag =
            flags.first(spellings.stream().map(s -> s + ".host-port").toArray(String[]::new));
        grpc.put("endpoints", placed(flag, list(flags.get(flag))));
        for (String s : spellings) {
          if (flags.bool(s + ".tls.enabled")) {
            grpc.put("tls", clientTls(s));
          }
        }
        grpc.putIfAbsent("tls", one("insecure", true));
        m.put("grpc", grpc);
      }
      case "http" -> {
        String[] url =
            client
                ? new String[] {"gateway.http-client", "gateway.http"}
                : new String[] {"gateway.http-client"};
        String kind = metrics ? ".url" : ".logs.url";
        Map<String, @Nullable Object> http =
            one(
                "endpoint",
                flags.placed(
                    flags.first(Arrays.stream(url).map(s -> s + kind).toArray(String[]::new))));
        String agent =
            flags.first(Arrays.stream(url).map(x -> x + ".user.agent").toArray(String[]::new));
        if (!flags.get(agent).isEmpty()) {
          http.put("headers", one("User-Agent", flags.placed(agent)));
        }
        m.put("http", http);
        m.put(
            "timeout",
            flags.placed(
                flags.first(Arrays.stream(url).map(s -> s + ".timeout").toArray(String[]::new))));
      }
      default ->
          throw new UsageException("--gateway.service-type=" + type + ": expected grpc or http");
    }
    return m;
  }
}
