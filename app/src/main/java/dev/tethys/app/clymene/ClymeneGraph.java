package dev.tethys.app.clymene;

import dev.tethys.app.cli.UsageException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The graph that Clymene's flags mean, as a collector configuration. What differs on purpose: Kafka
 * is written with all acknowledgements unless told otherwise, nothing is acknowledged before it is
 * delivered, and a group without a position begins with the oldest record.
 */
public final class ClymeneGraph {
  private final ClymeneFlags flags;

  private ClymeneGraph(ClymeneFlags flags) {
    this.flags = flags;
  }

  /** The configuration, as YAML. */
  public static String yaml(ClymeneFlags flags) {
    if (flags.role() == ClymeneRole.PROMTAIL) {
      return ClymeneLogAgent.yaml(flags);
    }
    return YamlWriter.write(new ClymeneGraph(flags).tree(false));
  }

  /**
   * The configuration of a gateway that takes everything that is pushed, not what Clymene's takes
   * alone: metrics and log lines, by OTLP, remote write and Loki's push as well.
   */
  static String yamlOfEverything(ClymeneFlags flags) {
    return YamlWriter.write(new ClymeneGraph(flags).tree(true));
  }

  /** The exporters of log lines. */
  static Map<String, @Nullable Object> logExporters(ClymeneFlags flags) {
    return new ClymeneGraph(flags).exporters(false, "");
  }

  private Map<String, @Nullable Object> tree(boolean everything) {
    Map<String, @Nullable Object> receivers = new LinkedHashMap<>();
    switch (flags.role()) {
      case AGENT -> receivers.put("prometheus", agent());
      case GATEWAY, PROMTAIL_GATEWAY ->
          receivers.put(everything ? "gateway" : "clymene", gateway(everything));
      case INGESTER, PROMTAIL_INGESTER -> receivers.put("kafka", ingester());
      case PROMTAIL -> throw new IllegalStateException("it has no receiver of the collector's");
    }
    Map<String, @Nullable Object> exporters = new LinkedHashMap<>();
    Map<String, @Nullable Object> pipelines = new LinkedHashMap<>();
    for (boolean metrics : new boolean[] {true, false}) {
      if (!everything && metrics != flags.role().metrics()) {
        continue;
      }
      Map<String, @Nullable Object> some =
          exporters(metrics, everything && !metrics ? "/logs" : "");
      if (!some.isEmpty()) {
        exporters.putAll(some);
        Map<String, @Nullable Object> pipeline = new LinkedHashMap<>();
        pipeline.put("receivers", List.copyOf(receivers.keySet()));
        pipeline.put("exporters", List.copyOf(some.keySet()));
        pipelines.put(metrics ? "metrics" : "logs", pipeline);
      }
    }
    if (pipelines.isEmpty()) {
      throw new UsageException(
          "STORAGE_TYPE="
              + String.join(",", flags.storages())
              + ": none takes what clymene-"
              + flags.role().word()
              + " is given");
    }
    Map<String, @Nullable Object> telemetry = one("logs", one("level", level()));
    telemetry.put(
        "metrics",
        one("readers", List.of(one("pull", one("exporter", one("prometheus", metrics()))))));
    Map<String, @Nullable Object> service = new LinkedHashMap<>();
    service.put("extensions", List.of("health_check"));
    service.put("pipelines", pipelines);
    service.put("telemetry", telemetry);
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("receivers", receivers);
    tree.put("exporters", exporters);
    tree.put(
        "extensions",
        one("health_check", one("endpoint", address(flags.get("admin.http.host-ports")))));
    tree.put("service", service);
    return tree;
  }

  private Map<String, @Nullable Object> exporters(boolean metrics, String name) {
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
            Map<String, @Nullable Object> loki = one("endpoint", flags.get("loki.client.url"));
            loki.put("timeout", flags.get("loki.client.timeout"));
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
    return out;
  }

  private static Map<String, @Nullable Object> one(String key, @Nullable Object value) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put(key, value);
    return m;
  }

  /** Where metrics are, and with them what asks for a reload. */
  private Map<String, @Nullable Object> metrics() {
    if (!flags.get("metrics-http-route").equals("/metrics")) {
      throw new UsageException(
          "--metrics-http-route=" + flags.get("metrics-http-route") + " is not built: /metrics is");
    }
    boolean agent = flags.role() == ClymeneRole.AGENT;
    String flag = agent ? "http.port" : "metrics.http.host-port";
    String at = agent ? ":" + flags.get(flag) : flags.get(flag);
    int colon = at.lastIndexOf(':');
    if (colon < 0) {
      throw new UsageException("--" + flag + "=" + at + ": host:port is wanted");
    }
    Map<String, @Nullable Object> m = one("host", colon == 0 ? "0.0.0.0" : at.substring(0, colon));
    m.put("port", number(flag, at.substring(colon + 1)));
    return m;
  }

  private String level() {
    String l = flags.get("log-level");
    if (!List.of("debug", "info", "warn", "error").contains(l)) {
      throw new UsageException("--log-level=" + l + ": debug, info, warn or error is wanted");
    }
    return l;
  }

  /** {@code :15610} is every address of the machine. */
  static String address(String hostPort) {
    return hostPort.startsWith(":") ? "0.0.0.0" + hostPort : hostPort;
  }

  /**
   * The file itself where it can be read, because dollars in it mean groups of regular expressions,
   * not variables; else where it is to be found.
   */
  private Map<String, @Nullable Object> agent() {
    Path file = Path.of(flags.get("config.file"));
    if (!Files.isReadable(file)) {
      return one("config", "${file:" + file + "}");
    }
    try {
      YamlDocument d = YamlDocument.parse(file.toString(), null, Files.readString(file));
      Map<String, Object> config = new LinkedHashMap<>();
      d.root()
          .entries()
          .forEach(
              (k, e) -> {
                if (!k.equals("rule_files")) { // read by Clymene, and never looked at
                  config.put(k, escaped(e.value()));
                }
              });
      return one("config", config);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + e.getMessage());
    }
  }

  private static Object escaped(YamlNode n) {
    if (n.isList()) {
      return n.items().stream().map(ClymeneGraph::escaped).toList();
    }
    if (n.isMap()) {
      Map<String, Object> out = new LinkedHashMap<>();
      n.entries().forEach((k, e) -> out.put(k, escaped(e.value())));
      return out;
    }
    if (n.isNull()) {
      return "";
    }
    String s = n.asString();
    // Not y, on and the like: they are truth values only where one is wanted.
    return s.equals("true") || s.equals("false") ? Boolean.valueOf(s) : s.replace("$", "$$");
  }

  /** Headers go along where they may name a tenant. */
  private Map<String, @Nullable Object> gateway(boolean everything) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("grpc", server("gateway.grpc-server.host-port", "gateway.grpc-server", "gateway.grpc"));
    m.put("http", server("gateway.http-server.host-port", "gateway.http-server", "gateway.http"));
    if (everything) {
      for (Object o : m.values()) {
        @SuppressWarnings("unchecked")
        Map<String, Object> server = (Map<String, Object>) java.util.Objects.requireNonNull(o);
        server.put("include_metadata", true);
      }
    }
    return m;
  }

  private Map<String, @Nullable Object> server(String hostPort, String... prefixes) {
    Map<String, @Nullable Object> m = one("endpoint", address(flags.get(hostPort)));
    for (String p : prefixes) {
      if (flags.bool(p + ".tls.enabled")) {
        Map<String, @Nullable Object> tls = new LinkedHashMap<>();
        put(tls, "cert_file", flags.get(p + ".tls.cert"));
        put(tls, "key_file", flags.get(p + ".tls.key"));
        put(tls, "client_ca_file", flags.get(p + ".tls.client-ca"));
        m.put("tls", tls);
      }
    }
    return m;
  }

  private static void put(Map<String, @Nullable Object> m, String key, String value) {
    if (!value.isEmpty()) {
      m.put(key, value);
    }
  }

  private Map<String, @Nullable Object> kafka(String p) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("brokers", list(flags.get(p + ".brokers")));
    m.put("client_id", flags.get(p + ".client-id"));
    String authentication = flags.get(p + ".authentication");
    switch (authentication) {
      case "none", "tls" -> {}
      case "plaintext" -> {
        Map<String, @Nullable Object> sasl = new LinkedHashMap<>();
        sasl.put("username", flags.get(p + ".plaintext.username"));
        sasl.put("password", flags.get(p + ".plaintext.password"));
        sasl.put("mechanism", flags.get(p + ".plaintext.mechanism"));
        m.put("auth", one("sasl", sasl));
      }
      default ->
          throw new UsageException(
              "--"
                  + p
                  + ".authentication="
                  + authentication
                  + " is not built; none, tls and plaintext are");
    }
    if (authentication.equals("tls") || flags.bool(p + ".tls.enabled")) {
      m.put("tls", clientTls(p));
    }
    return m;
  }

  private Map<String, @Nullable Object> clientTls(String p) {
    Map<String, @Nullable Object> tls = new LinkedHashMap<>();
    tls.put("insecure", false);
    put(tls, "ca_file", flags.get(p + ".tls.ca"));
    put(tls, "cert_file", flags.get(p + ".tls.cert"));
    put(tls, "key_file", flags.get(p + ".tls.key"));
    put(tls, "server_name_override", flags.get(p + ".tls.server-name"));
    if (flags.bool(p + ".tls.skip-host-verify")) {
      tls.put("insecure_skip_verify", true);
    }
    return tls;
  }

  private static List<String> list(String commas) {
    return Arrays.stream(commas.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private String encoding(String p, boolean metrics, boolean flat) {
    if (!metrics) {
      return "clymene_logs"; // whatever the flag says: Clymene's logs are always JSON
    }
    String e = flags.get(p + ".encoding");
    return switch (e) {
      case "protobuf" -> "remote_write";
      case "json" -> flat ? "clymene_flat" : "clymene_json";
      default ->
          throw new UsageException("--" + p + ".encoding=" + e + ": protobuf or json is wanted");
    };
  }

  private Map<String, @Nullable Object> ingester() {
    boolean metrics = flags.role().metrics();
    String p = "kafka.consumer";
    Map<String, @Nullable Object> m = kafka(p);
    m.put("group_id", flags.get(p + ".group-id"));
    m.put("initial_offset", "earliest");
    Map<String, @Nullable Object> topic = new LinkedHashMap<>();
    topic.put("topics", List.of(flags.get(metrics ? p + ".topic" : p + ".promtail.topic")));
    topic.put("encoding", encoding(p, metrics, false));
    m.put(metrics ? "metrics" : "logs", topic);
    return m;
  }

  private Map<String, @Nullable Object> producer(boolean metrics) {
    String p = "kafka.producer";
    Map<String, @Nullable Object> m = kafka(p);
    Map<String, @Nullable Object> topic = new LinkedHashMap<>();
    topic.put("topic", flags.get(metrics ? p + ".topic" : p + ".promtail.topic"));
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
                    "--" + p + ".required-acks=" + acks + ": noack, local or all is wanted");
          });
    }
    if (!flags.get(p + ".compression").equals("none")) {
      producer.put("compression", flags.get(p + ".compression"));
      String level = flags.get(p + ".compression-level");
      if (!level.isEmpty()) {
        producer.put("compression_params", one("level", number(p + ".compression-level", level)));
      }
    }
    if (flags.isGiven(p + ".batch-linger")) {
      producer.put("linger", flags.get(p + ".batch-linger"));
    }
    if (!producer.isEmpty()) {
      m.put("producer", producer);
    }
    return m;
  }

  private static long number(String flag, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException("--" + flag + "=" + text + ": a number is wanted");
    }
  }

  private Map<String, @Nullable Object> write(String p) {
    Map<String, @Nullable Object> m = one("endpoint", flags.get(p + ".url"));
    m.put("timeout", flags.get(p + ".timeout"));
    String agent = flags.get(p + ".user.agent");
    if (!agent.isEmpty()) {
      m.put("headers", one("User-Agent", agent));
    }
    if (flags.role() == ClymeneRole.AGENT && flags.isGiven("metric.split.length")) {
      m.put(
          "max_samples_per_send", number("metric.split.length", flags.get("metric.split.length")));
    }
    return m;
  }

  /** Clymene's index and documents, so that dashboards that are made for them go on. */
  private Map<String, @Nullable Object> elasticsearch(boolean metrics) {
    List<String> servers = list(flags.get("es.server-urls"));
    if (servers.size() != 1) {
      throw new UsageException(
          "--es.server-urls="
              + flags.get("es.server-urls")
              + ": one server is written to; put a balancer before several, or write --config with"
              + " an exporter for each");
    }
    if (flags.bool("es.sniffer")) {
      throw new UsageException("--es.sniffer is not built: nodes are not looked for");
    }
    Map<String, @Nullable Object> m = one("endpoint", servers.getFirst());
    put(m, "user", flags.get("es.username"));
    put(m, "password", flags.get("es.password"));
    if (metrics) {
      m.put("metrics_index", flags.get("es.clymene-agent.index.name"));
      m.put("metrics_schema", "clymene");
    } else {
      m.put("logs_index", flags.get("es.clymene-promtail.index.name"));
      m.put("logs_schema", "clymene");
    }
    m.put("data_stream", false);
    m.put("create_template", false);
    if (!flags.get("es.timeout").matches("0[a-z]*")) {
      m.put("timeout", flags.get("es.timeout"));
    }
    m.put("max_request_bytes", number("es.bulk.size", flags.get("es.bulk.size")));
    m.put("max_samples_per_send", number("es.bulk.actions", flags.get("es.bulk.actions")));
    m.put(
        "sending_queue",
        one("num_consumers", number("es.bulk.workers", flags.get("es.bulk.workers"))));
    tlsIfEnabled(m, "es");
    return m;
  }

  private Map<String, @Nullable Object> influxdb() {
    Map<String, @Nullable Object> m = one("endpoint", flags.get("influxdb.url"));
    for (String k : List.of("token", "org", "bucket")) {
      put(m, k, flags.get("influxdb." + k));
    }
    m.put("metrics_schema", "clymene");
    m.put("compression", flags.bool("influxdb.write.use-gzip") ? "gzip" : "none");
    m.put("timeout", flags.get("influxdb.http.http-request-timeout"));
    m.put(
        "max_samples_per_send",
        number("influxdb.write.batch-size", flags.get("influxdb.write.batch-size")));
    Map<String, @Nullable Object> tags = new LinkedHashMap<>();
    for (String pair : list(flags.get("influxdb.write.default-tags"))) {
      int eq = pair.indexOf('=');
      if (eq < 1) {
        throw new UsageException(
            "--influxdb.write.default-tags: \"" + pair + "\" is no name=value");
      }
      tags.put(pair.substring(0, eq), pair.substring(eq + 1));
    }
    if (!tags.isEmpty()) {
      m.put("default_tags", tags);
    }
    tlsIfEnabled(m, "influxdb");
    return m;
  }

  /** Clymene writes all points to each host, and so does an exporter for each. */
  private void opentsdb(Map<String, @Nullable Object> out) {
    boolean http = flags.bool("opentsdb.http");
    String path = flags.get("opentsdb.http-api-path");
    if (http && !path.matches("/?api/put/?")) {
      throw new UsageException("--opentsdb.http-api-path=" + path + " is not built: api/put is");
    }
    String scheme = (http ? "http" : "telnet") + (flags.bool("opentsdb.ssl") ? "s" : "");
    List<String> hosts = list(flags.get("opentsdb.hosts"));
    if (hosts.isEmpty()) {
      hosts = List.of(flags.get("opentsdb.host") + ":" + flags.get("opentsdb.port"));
    }
    int n = 0;
    for (String host : hosts) {
      String at = host.contains(":") ? host : host + ":" + flags.get("opentsdb.port");
      Map<String, @Nullable Object> m = one("endpoint", scheme + "://" + at);
      if (http) {
        put(m, "username", flags.get("opentsdb.http-username"));
        put(m, "password", flags.get("opentsdb.http-password"));
      }
      m.put("timeout", flags.get("opentsdb.timeout"));
      m.put("max_tags", number("opentsdb.max-tags", flags.get("opentsdb.max-tags")));
      m.put("max_samples_per_send", number("opentsdb.max-chunk", flags.get("opentsdb.max-chunk")));
      n++;
      out.put(hosts.size() == 1 ? "opentsdb" : "opentsdb/" + n, m);
    }
  }

  /** One super table with labels as JSON, as Clymene has it. */
  private Map<String, @Nullable Object> tdengine() {
    Map<String, @Nullable Object> m =
        one(
            "endpoint",
            "http://" + flags.get("tdengine.hostname") + ":" + flags.get("tdengine.server-port"));
    m.put("username", flags.get("tdengine.user"));
    m.put("password", flags.get("tdengine.password"));
    m.put("database", flags.get("tdengine.dbname"));
    m.put("protocol", "sql");
    m.put("table", "metrics");
    m.put(
        "max_samples_per_send",
        number("tdengine.max-sql-length", flags.get("tdengine.max-sql-length")));
    return m;
  }

  private Map<String, @Nullable Object> kdb() {
    Map<String, @Nullable Object> m = one("endpoint", flags.get("kdb.host-port"));
    put(m, "username", flags.get("kdb.username"));
    put(m, "password", flags.get("kdb.password"));
    m.put("mode", flags.get("kdb.mode"));
    m.put("timeout", flags.get("kdb.timeout"));
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
        List<String> hosts =
            list(flags.first(spellings.stream().map(s -> s + ".host-port").toArray(String[]::new)));
        grpc.put("endpoints", hosts);
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
                flags.first(Arrays.stream(url).map(s -> s + kind).toArray(String[]::new)));
        String agent =
            flags.first(Arrays.stream(url).map(x -> x + ".user.agent").toArray(String[]::new));
        if (!agent.isEmpty()) {
          http.put("headers", one("User-Agent", agent));
        }
        m.put("http", http);
        m.put(
            "timeout",
            flags.first(Arrays.stream(url).map(s -> s + ".timeout").toArray(String[]::new)));
      }
      default ->
          throw new UsageException("--gateway.service-type=" + type + ": grpc or http is wanted");
    }
    return m;
  }
}
