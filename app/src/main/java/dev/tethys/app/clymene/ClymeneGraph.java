package dev.tethys.app.clymene;

import static dev.tethys.app.clymene.ClymeneExporters.number;
import static dev.tethys.app.clymene.ClymeneExporters.one;
import static dev.tethys.app.clymene.ClymeneExporters.put;

import dev.tethys.app.cli.UsageException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private final ClymeneExporters databases;

  private ClymeneGraph(ClymeneFlags flags) {
    this.flags = flags;
    this.databases = new ClymeneExporters(flags);
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
    return new ClymeneExporters(flags).of(false, "");
  }

  /** The extensions that these name. */
  static Map<String, @Nullable Object> logExtensions(ClymeneFlags flags) {
    return new ClymeneExporters(flags).extensions();
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
          databases.of(metrics, everything && !metrics ? "/logs" : "");
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
    Map<String, @Nullable Object> extensions =
        one("health_check", one("endpoint", address(flags.get("admin.http.host-ports"))));
    extensions.putAll(databases.extensions());
    service.put("extensions", List.copyOf(extensions.keySet()));
    service.put("pipelines", pipelines);
    service.put("telemetry", telemetry);
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("receivers", receivers);
    tree.put("exporters", exporters);
    tree.put("extensions", extensions);
    tree.put("service", service);
    return tree;
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

  private Map<String, @Nullable Object> ingester() {
    boolean metrics = flags.role().metrics();
    String p = "kafka.consumer";
    Map<String, @Nullable Object> m = databases.kafka(p);
    m.put("group_id", flags.get(p + ".group-id"));
    m.put("initial_offset", "earliest");
    Map<String, @Nullable Object> topic = new LinkedHashMap<>();
    topic.put("topics", List.of(flags.get(metrics ? p + ".topic" : p + ".promtail.topic")));
    topic.put("encoding", databases.encoding(p, metrics, false));
    m.put(metrics ? "metrics" : "logs", topic);
    return m;
  }
}
