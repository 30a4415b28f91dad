package dev.tethys.app.clymene;

import static dev.tethys.app.clymene.ClymeneExporters.one;
import static dev.tethys.app.clymene.ClymeneExporters.put;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlTree;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds a collector configuration from Clymene's flags. Intentional differences: Kafka is written
 * with all acknowledgements unless configured otherwise, nothing is acknowledged before it is
 * delivered, and a group without a position starts with the oldest record.
 */
public final class ClymeneGraph {
  private static final System.Logger LOG = JulLogger.of(ClymeneGraph.class.getName());

  /** Keys of {@code prometheus.yml} that do not concern scraping. */
  private static final Set<String> OF_SERVERS =
      Set.of(
          "rule_files",
          "alerting",
          "remote_write",
          "remote_read",
          "storage",
          "tracing",
          "otlp",
          "runtime");

  /** Replaces the name of a file that is not on this machine. */
  private static final String INCLUDED = "\0file";

  private final ClymeneFlags flags;
  private final ClymeneExporters databases;

  private ClymeneGraph(ClymeneFlags flags) {
    this.flags = flags;
    this.databases = new ClymeneExporters(flags);
  }

  /**
   * Converts the flags into a collector configuration.
   *
   * @throws ConfigException if {@code clymene.yml} is not valid YAML
   * @throws IOException if {@code clymene.yml} cannot be read
   */
  static YamlDocument document(ClymeneFlags flags) throws IOException {
    ClymeneGraph g = new ClymeneGraph(flags);
    return document(g.tree(false, g.jobs()));
  }

  /**
   * Builds the configuration of a gateway that accepts all kinds of pushes, not only Clymene's:
   * metrics and log lines, by OTLP, remote write and Loki's push API.
   */
  static YamlDocument documentOfEverything(ClymeneFlags flags) {
    return document(new ClymeneGraph(flags).tree(true, null));
  }

  private static YamlDocument document(Map<String, @Nullable Object> tree) {
    return YamlTree.document(tree, "STORAGE_TYPE");
  }

  /**
   * Renders the configuration as YAML accepted by a collector, with absolute paths.
   *
   * @param check reads the configuration, and throws if it is invalid
   * @throws ConfigException if {@code clymene.yml} is wrong
   * @throws IOException if {@code clymene.yml} exists but cannot be read
   */
  public static String yaml(ClymeneFlags flags, Consumer<YamlDocument> check) throws IOException {
    if (flags.role() == ClymeneRole.PROMTAIL) {
      return ClymeneLogAgent.yaml(flags);
    }
    ClymeneGraph g = new ClymeneGraph(flags);
    boolean scrapes = flags.role() == ClymeneRole.AGENT;
    Path file = Path.of(scrapes ? flags.get("config.file") : "");
    boolean isElsewhere = scrapes && Files.notExists(file);
    Map<String, @Nullable Object> tree = g.tree(false, isElsewhere ? INCLUDED : g.jobs());
    YamlDocument document = document(tree).recordingPaths();
    if (!isElsewhere) {
      check.accept(document);
    }
    Map<String, @Nullable Object> written =
        YamlTree.written(
            tree, document, s -> s.equals(INCLUDED) ? "${file:" + file + "}" : escaped(s));
    refuseNestedKeys(written, file);
    return YamlWriter.write(written);
  }

  /** Rejects nested keys: in a collector's configuration, {@code a::b} is b within a. */
  private static void refuseNestedKeys(@Nullable Object tree, Path file) {
    switch (tree) {
      case Map<?, ?> m ->
          m.forEach(
              (k, v) -> {
                if (String.valueOf(k).contains("::")) {
                  throw new UsageException(
                      file
                          + ": the key \""
                          + k
                          + "\" contains \"::\", which nests keys in a collector's configuration;"
                          + " run tethys agent with this file instead");
                }
                refuseNestedKeys(v, file);
              });
      case List<?> l -> l.forEach(v -> refuseNestedKeys(v, file));
      case null, default -> {}
    }
  }

  /** Dollars mean groups of regular expressions here, not variables of a collector. */
  private static String escaped(String s) {
    return s.replace("$", "$$");
  }

  /** Builds the log exporters. */
  static Map<String, @Nullable Object> logExporters(ClymeneFlags flags) {
    return new ClymeneExporters(flags).of(false, "");
  }

  /** Returns the extensions referenced by the log exporters. */
  static Map<String, @Nullable Object> logExtensions(ClymeneFlags flags) {
    return new ClymeneExporters(flags).extensions();
  }

  private Map<String, @Nullable Object> tree(boolean everything, @Nullable Object jobs) {
    Map<String, @Nullable Object> receivers = new LinkedHashMap<>();
    switch (flags.role()) {
      case AGENT -> receivers.put("prometheus", one("config", jobs));
      case GATEWAY, PROMTAIL_GATEWAY ->
          receivers.put(everything ? "gateway" : "clymene", gateway(everything));
      case INGESTER, PROMTAIL_INGESTER -> receivers.put("kafka", ingester());
      case PROMTAIL -> throw new IllegalStateException("it has no Collector receiver");
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
        one("health_check", one("endpoint", address("admin.http.host-ports")));
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

  /** Address of the metrics page, which also serves the reload endpoint. */
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
      throw new UsageException("--" + flag + "=" + at + ": expected host:port");
    }
    Map<String, @Nullable Object> m = one("host", colon == 0 ? "0.0.0.0" : at.substring(0, colon));
    m.put("port", flags.number(flag, at.substring(colon + 1)));
    return m;
  }

  private String level() {
    String l = flags.get("log-level");
    if (!List.of("debug", "info", "warn", "error").contains(l)) {
      throw new UsageException("--log-level=" + l + ": expected debug, info, warn or error");
    }
    return l;
  }

  private YamlTree.Placed address(String flag) {
    return flags.placed(flag, everywhere(flags.get(flag)));
  }

  /** Expands {@code :15610} to every address of the machine. */
  static String everywhere(String hostPort) {
    return hostPort.startsWith(":") ? "0.0.0.0" + hostPort : hostPort;
  }

  /**
   * Returns the scrape jobs; null for programs that scrape nothing. Positions and types come from
   * the file, whose paths are relative to its folder.
   */
  private @Nullable Object jobs() throws IOException {
    if (flags.role() != ClymeneRole.AGENT) {
      return null;
    }
    Path file = Path.of(flags.get("config.file"));
    YamlNode root;
    try {
      root = YamlDocument.read(file).root();
    } catch (NoSuchFileException e) {
      throw new IOException("--config.file=" + file + ": there is no such file", e);
    } catch (IOException e) {
      throw new IOException(
          "--config.file=" + file + " cannot be read: " + IoFailures.reason(e), e);
    }
    Map<String, YamlNode.Entry> entries = root.entries();
    for (String key : OF_SERVERS) {
      YamlNode.Entry e = entries.get(key);
      if (e != null && !e.value().isNull()) {
        LOG.log(
            Level.WARNING,
            "{0}: {1} is ignored: an agent scrapes, and STORAGE_TYPE names the databases",
            e.key().where(),
            key);
      }
    }
    YamlNode scraping = root.without(OF_SERVERS);
    if (entries.containsKey("scrape_configs") || entries.containsKey("scrape_config_files")) {
      return scraping;
    }
    LOG.log(Level.WARNING, "{0}: no scrape_configs; nothing is scraped", file);
    Map<String, @Nullable Object> empty = new LinkedHashMap<>();
    scraping.entries().forEach((k, e) -> empty.put(k, e.value()));
    empty.put("scrape_configs", List.of());
    return new YamlTree.Placed(empty, file.toString());
  }

  /** Configures a gateway exporter; headers are forwarded if they may name a tenant. */
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
    Map<String, @Nullable Object> m = one("endpoint", address(hostPort));
    for (String p : prefixes) {
      if (flags.bool(p + ".tls.enabled")) {
        Map<String, @Nullable Object> tls = new LinkedHashMap<>();
        put(tls, "cert_file", flags.placed(p + ".tls.cert"));
        put(tls, "key_file", flags.placed(p + ".tls.key"));
        put(tls, "client_ca_file", flags.placed(p + ".tls.client-ca"));
        m.put("tls", tls);
      }
    }
    return m;
  }

  private Map<String, @Nullable Object> ingester() {
    boolean metrics = flags.role().metrics();
    String p = "kafka.consumer";
    Map<String, @Nullable Object> m = databases.kafka(p);
    m.put("group_id", flags.placed(p + ".group-id"));
    m.put("initial_offset", "earliest");
    put(m, "dead_letter_topic", flags.placed(p + ".dead-letter-topic"));
    Map<String, @Nullable Object> topic = new LinkedHashMap<>();
    String flag = metrics ? p + ".topic" : p + ".promtail.topic";
    topic.put("topics", flags.placed(flag, List.of(flags.get(flag))));
    topic.put("encoding", databases.encoding(p, metrics, false));
    m.put(metrics ? "metrics" : "logs", topic);
    return m;
  }
}
