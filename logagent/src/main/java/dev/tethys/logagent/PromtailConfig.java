package dev.tethys.logagent;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.file.FileOptions;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.push.ServerLimits;
import dev.tethys.collect.logs.push.ServerTls;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.exporter.loki.LokiClientConfig;
import dev.tethys.pipeline.exporter.loki.LokiLimits;
import dev.tethys.pipeline.stages.EntryLimiter;
import dev.tethys.pipeline.stages.Sizes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code promtail.yml}.
 *
 * @param clients destinations of entries
 * @param wal write-ahead log of their requests; null for memory
 * @param readLimit null if none
 * @param frequency interval at which files are discovered
 * @param graph the graph that entries go into beside clients, as a collector's configuration; null
 *     if none
 * @param tenant tenant for entries sent to pipelines that set no tenant; "" for none
 * @param folder base of relative paths in the graph; null for the working directory
 */
record PromtailConfig(
    Server server,
    List<LokiClientConfig> clients,
    @Nullable WalConfig wal,
    PositionsConfig positions,
    List<ScrapeConfig> jobs,
    LokiLimits limits,
    @Nullable ReadLimit readLimit,
    FileTailing.Frequency frequency,
    boolean stdin,
    @Nullable String graph,
    String tenant,
    @Nullable Path folder) {

  /** HTTP server and log settings. */
  record Server(
      boolean disabled,
      String address,
      long port,
      String prefix,
      boolean healthCheckTarget,
      boolean runtimeReload,
      boolean instrumentation,
      String externalUrl,
      Logging logging,
      @Nullable ServerTls tls,
      ServerLimits limits) {
    static final Server DEFAULT =
        new Server(
            false,
            "",
            80,
            "",
            true,
            false,
            true,
            "",
            new Logging("", ""),
            null,
            ServerLimits.DEFAULT);

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      if (disabled) {
        m.put("disable", true);
        return m;
      }
      m.put("http_listen_address", address);
      m.put("http_listen_port", port);
      m.put("http_path_prefix", prefix);
      m.put("external_url", externalUrl);
      m.put("health_check_target", healthCheckTarget);
      m.put("enable_runtime_reload", runtimeReload);
      m.put("register_instrumentation", instrumentation);
      if (tls != null) {
        m.put(
            "http_tls_config",
            Map.of("cert_file", tls.certFile(), "client_auth_type", tls.clientAuth().name()));
      }
      m.put("http_listen_conn_limit", limits.connections());
      m.put("http_server_read_timeout", limits.timeout());
      m.put("graceful_shutdown_timeout", limits.grace());
      m.put("proxy_protocol_enabled", limits.proxied());
      return m;
    }
  }

  /**
   * Limit on entries and bytes of lines per second, after all stages.
   *
   * @param entries null for no limit
   * @param bytes null for no limit
   * @param drop whether entries beyond the limit are dropped instead of delayed
   */
  record ReadLimit(
      EntryLimiter.@Nullable Rate entries, EntryLimiter.@Nullable Rate bytes, boolean drop) {}

  /**
   * Log settings, as in the flags {@code log.level} and {@code log.format}; "" for the value of the
   * flag.
   */
  record Logging(String level, String format) {}

  /** Position storage settings. */
  record PositionsConfig(String file, Duration syncPeriod, boolean ignoreInvalidYaml) {
    static final PositionsConfig DEFAULT =
        new PositionsConfig("/var/log/positions.yaml", Duration.ofSeconds(10), false);

    boolean isSameFile(PositionsConfig other) {
      return Path.of(file)
          .toAbsolutePath()
          .normalize()
          .equals(Path.of(other.file).toAbsolutePath().normalize());
    }
  }

  /**
   * A source of entries: discovered files, and the other inputs of the job.
   *
   * @param stages the list as written; null if none
   * @param written the entire block as written, by which a reload detects changes
   */
  record ScrapeConfig(
      @Nullable Object written,
      String name,
      @Nullable YamlNode stages,
      List<DiscoveryConfig> discovery,
      List<LogSourceConfig> sources,
      Relabeling relabeling,
      FileOptions options) {}

  private static final Section SERVER = new Section("server", "HTTP server.");
  private static final Key<Boolean> DISABLE =
      SERVER.key("disable", Type.BOOL, false, "Disables the server.");
  private static final Key<String> ADDRESS =
      SERVER.key(
          "http_listen_address", Type.STRING, "", "Listen address; all addresses by default.");
  private static final Key<Long> PORT =
      SERVER.key("http_listen_port", Type.PORT, 80L, "Listen port.");
  private static final Key<String> PREFIX =
      SERVER.key("http_path_prefix", Type.STRING, "", "Prefix of every path.");
  private static final Key<Boolean> HEALTH =
      SERVER.key(
          "health_check_target", Type.BOOL, true, "If true, /ready waits for a target with files.");

  private static final Key<ServerTls> SERVER_TLS =
      SERVER.optional("http_tls_config", ServerTls.TYPE, "TLS of the server.");

  private static final Key<String> LOG_LEVEL =
      SERVER.key(
          "log_level",
          Type.STRING,
          "",
          "Log level: debug, info, warn or error; the flag --log.level takes precedence.");
  private static final Key<String> LOG_FORMAT =
      SERVER.key(
          "log_format",
          Type.STRING,
          "",
          "Log format: logfmt or json; the flag --log.format takes precedence.");

  private static final Key<Boolean> RELOAD =
      SERVER.key("enable_runtime_reload", Type.BOOL, false, "Enables /reload for GET and POST.");
  private static final Key<Boolean> INSTRUMENTATION =
      SERVER.key("register_instrumentation", Type.BOOL, true, "Enables /metrics.");
  private static final Key<String> EXTERNAL_URL =
      SERVER.key("external_url", Type.STRING, "", "External URL of the pages.");

  static {
    SERVER.include(ServerLimits.SECTION);
    SERVER.include(ServerTls.BESIDE);
  }

  private static final Section POSITIONS = new Section("positions", "Read positions of files.");
  private static final Key<String> FILENAME =
      POSITIONS.key("filename", Type.PATH, PositionsConfig.DEFAULT.file, "File of the positions.");
  private static final Key<Duration> POSITIONS_SYNC =
      POSITIONS.key(
          "sync_period",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Interval between writes of the file.");
  private static final Key<Boolean> IGNORE_INVALID =
      POSITIONS.key(
          "ignore_invalid_yaml",
          Type.BOOL,
          false,
          "If true, a file with invalid YAML counts as empty.");

  private static final Section LIMITS = new Section("limits_config", "Limits of all entries.");
  private static final Key<Boolean> RATE =
      LIMITS.key("readline_rate_enabled", Type.BOOL, false, "Enables the rate limit of entries.");
  private static final Key<Long> MAX_STREAMS =
      LIMITS.key(
          "max_streams", Type.INT, 0L, "Maximum number of streams in a request; 0 for no limit.");
  private static final Key<Long> MAX_LINE =
      LIMITS.key("max_line_size", Sizes.TYPE, 0L, "Maximum length of a line; 0 for no limit.");
  private static final Key<Boolean> TRUNCATE =
      LIMITS.key(
          "max_line_size_truncate", Type.BOOL, false, "If true, longer lines are truncated.");

  private static final Key<Double> READ_RATE =
      LIMITS.key("readline_rate", Type.FLOAT, 10_000.0, "Entries per second.");
  private static final Key<Long> READ_BURST =
      LIMITS.key("readline_burst", Type.INT, 10_000L, "Maximum number of entries in a burst.");
  private static final Key<Boolean> READ_DROP =
      LIMITS.key(
          "readline_rate_drop",
          Type.BOOL,
          true,
          "If true, entries above the limit are dropped; otherwise they wait.");
  private static final Key<Long> READ_BYTES =
      LIMITS.key(
          "readbytes_rate",
          Sizes.TYPE,
          0L,
          "Bytes of lines per second, not counted by Promtail; 0 for no limit.");
  private static final Key<Long> READ_BYTES_BURST =
      LIMITS.key(
          "readbytes_burst", Sizes.TYPE, 0L, "Maximum bytes in a burst; 0 for those of a second.");

  private record Limits(LokiLimits ofLoki, @Nullable ReadLimit read) {
    static final Limits NONE = new Limits(LokiLimits.NONE, null);
  }

  private static final Section TARGETS = new Section("target_config", "Discovery of files.");
  private static final Key<Duration> SYNC =
      TARGETS.key(
          "sync_period", GoDurations.TYPE, Duration.ofSeconds(10), "Interval of the discovery.");
  private static final Key<Boolean> STDIN =
      TARGETS.key("stdin", Type.BOOL, false, "If true, standard input is read instead of files.");

  private static final Section WATCH = new Section("file_watch_config", "Polling of files.");
  private static final Key<Duration> MIN_POLL =
      WATCH.key(
          "min_poll_frequency",
          GoDurations.TYPE,
          Duration.ofMillis(250),
          "Poll interval after a change.");
  private static final Key<Duration> MAX_POLL =
      WATCH.key(
          "max_poll_frequency",
          GoDurations.TYPE,
          Duration.ofMillis(250),
          "Poll interval without changes.");
  private static final Section GLOBAL = new Section("global", "Settings of all jobs.");
  private static final Key<YamlObject> FILE_WATCH =
      GLOBAL.optional("file_watch_config", WATCH.type(o -> o), "Polling of files.");

  static final Section TOP = new Section("promtail.yml", "Configuration of Promtail.");
  private static final Key<Server> SERVER_KEY =
      TOP.key("server", SERVER.type(PromtailConfig::server), Server.DEFAULT, "HTTP server.");
  private static final Key<YamlNode> CLIENTS =
      TOP.optional("clients", Type.ANY, "Destinations of entries.");
  private static final Key<YamlNode> CLIENT =
      TOP.optional("client", Type.ANY, "Single client, of older versions of Promtail.");
  private static final Key<PositionsConfig> POSITIONS_KEY =
      TOP.key(
          "positions",
          POSITIONS.type(
              o ->
                  new PositionsConfig(
                      o.get(FILENAME), o.get(POSITIONS_SYNC), o.get(IGNORE_INVALID))),
          PositionsConfig.DEFAULT,
          "Read positions of files.");
  private static final Key<List<ScrapeConfig>> SCRAPES =
      TOP.key("scrape_configs", Type.list(JobSection.TYPE), List.of(), "Sources of entries.");
  private static final Key<Limits> LIMITS_KEY =
      TOP.key(
          "limits_config",
          LIMITS.type(PromtailConfig::limits),
          Limits.NONE,
          "Limits of all entries.");
  private static final Key<Limits> CLYMENES_LIMITS_KEY =
      TOP.optional(
          "limit_config", LIMITS.type(PromtailConfig::limits), "Form of limits_config in Clymene.");
  private static final Key<String> TENANT =
      TOP.key("tenant_id", Type.STRING, "", "Tenant of entries without one, for exporters.");
  private static final Key<YamlObject> TARGETS_KEY =
      TOP.optional("target_config", TARGETS.type(o -> o), "Discovery of files.");
  private static final Key<YamlNode> EXTENSIONS =
      TOP.optional(
          "extensions", Type.ANY, "Extensions in the Collector's grammar, by id; all of them run.");
  private static final Key<YamlNode> PROCESSORS =
      TOP.optional(
          "processors",
          Type.ANY,
          "Processors in the Collector's grammar, in this order before exporters.");
  private static final Key<YamlNode> EXPORTERS =
      TOP.optional(
          "exporters",
          Type.ANY,
          "Exporters in the Collector's grammar; each gets all entries, as clients do.");
  private static final Key<WalConfig> WAL =
      TOP.optional("wal", WalConfig.TYPE, "Write-ahead log of client requests.");
  private static final Key<YamlObject> GLOBAL_KEY =
      TOP.optional("global", GLOBAL.type(o -> o), "Settings of all jobs.");

  private static final Section TRACES =
      new Section("tracing", "Tracing of the program, which Promtail sends to Jaeger.");
  private static final Key<Boolean> TRACED =
      TRACES.key("enabled", Type.BOOL, true, "Read, without effect: no traces are sent.");
  private static final Key<Boolean> TRACING =
      TOP.key("tracing", TRACES.type(o -> o.get(TRACED)), true, "Tracing of the program.");

  private static final Section OPTIONS =
      new Section("options", "Options of older versions of Promtail.");
  private static final Key<YamlObject> OPTIONS_KEY =
      TOP.optional(
          "options",
          OPTIONS.type(o -> o),
          "Options of older versions of Promtail; without effect.");

  static {
    OPTIONS.notBuilt("stream_lag_labels", "Labels of the metric promtail_stream_lag_seconds.");
  }

  private static final Type<PromtailConfig> TYPE = TOP.type(PromtailConfig::read);

  /**
   * Reads a file.
   *
   * @throws dev.tethys.config.ConfigException with the invalid or unsupported setting and its
   *     position
   */
  static PromtailConfig of(YamlDocument document) {
    return document.readWhole(() -> TYPE.read(document.root()));
  }

  /**
   * Validates the graph, which is otherwise read on creation.
   *
   * @param own factories of components that only this process has
   * @throws dev.tethys.config.ConfigException with the invalid or unsupported setting and its
   *     position
   */
  void check(List<ComponentFactory<?>> own) {
    YamlDocument d = graphDocument();
    if (d != null) {
      PipelineLogExporter.check(d, own);
    }
  }

  /** Returns the settings shared by all jobs after their stages, for comparison. */
  List<@Nullable Object> destinations() {
    return Arrays.asList(clients, wal, limits, readLimit, graph, tenant);
  }

  /** Copy with the jobs of another configuration. */
  PromtailConfig withJobs(List<ScrapeConfig> others) {
    return new PromtailConfig(
        server, clients, wal, positions, others, limits, readLimit, frequency, stdin, graph, tenant,
        folder);
  }

  /** Copy with queues in memory only; no file is opened. */
  PromtailConfig withoutWal() {
    return new PromtailConfig(
        server, clients, null, positions, jobs, limits, readLimit, frequency, stdin, graph, tenant,
        folder);
  }

  private static PromtailConfig read(YamlObject o) {
    YamlNode clients = o.at(CLIENTS);
    List<LokiClientConfig> to = new ArrayList<>();
    YamlNode one = o.at(CLIENT);
    if (one != null && !one.isNull()) {
      to.add(LokiClientConfig.TYPE.read(one));
    }
    if (clients != null && !clients.isNull()) {
      to.addAll(LokiClientConfig.readList(clients));
    }
    List<ScrapeConfig> jobs = o.get(SCRAPES);
    List<String> names = new ArrayList<>();
    for (ScrapeConfig j : jobs) {
      if (names.contains(j.name)) {
        throw o.error(SCRAPES, "two scrape_configs have the job_name \"" + j.name + "\"");
      }
      names.add(j.name);
    }
    YamlObject targets = o.find(TARGETS_KEY);
    YamlObject global = o.find(GLOBAL_KEY);
    YamlObject watch = global == null ? null : global.find(FILE_WATCH);
    FileTailing.Frequency d = FileTailing.Frequency.DEFAULT;
    FileTailing.Frequency frequency =
        new FileTailing.Frequency(
            watch == null ? d.minPoll() : watch.get(MIN_POLL),
            watch == null ? d.maxPoll() : watch.get(MAX_POLL),
            targets == null ? d.sync() : targets.get(SYNC));
    if (watch != null
        && (frequency.minPoll().isZero()
            || frequency.maxPoll().compareTo(frequency.minPoll()) < 0)) {
      throw watch.error("min_poll_frequency must be more than 0 and at most max_poll_frequency");
    }
    if (frequency.sync().isZero() && targets != null) {
      throw targets.error(SYNC, "sync_period must be more than 0");
    }
    o.find(OPTIONS_KEY);
    o.get(TRACING);
    WalConfig wal = wal(o);
    if (wal != null && to.isEmpty()) {
      throw o.error(
          WAL,
          "wal applies to clients, but none are configured; exporters have sending_queue.storage");
    }
    Limits clymenes = o.find(CLYMENES_LIMITS_KEY);
    if (clymenes != null && o.has(LIMITS_KEY)) {
      throw o.error(
          CLYMENES_LIMITS_KEY, "limits_config and limit_config are the same; set only one");
    }
    Limits limits = clymenes == null ? o.get(LIMITS_KEY) : clymenes;
    return new PromtailConfig(
        o.get(SERVER_KEY),
        List.copyOf(to),
        wal,
        o.get(POSITIONS_KEY),
        jobs,
        limits.ofLoki,
        limits.read,
        frequency,
        targets != null && targets.get(STDIN),
        graph(o),
        o.get(TENANT),
        o.node().directory());
  }

  private static @Nullable WalConfig wal(YamlObject o) {
    WalConfig wal = o.find(WAL);
    return wal == null || !wal.enabled() ? null : wal;
  }

  /** A graph with all configured components: one pipeline from the entries read. */
  private static @Nullable String graph(YamlObject o) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    Map<String, @Nullable Object> service = new LinkedHashMap<>();
    Map<String, @Nullable Object> pipeline = new LinkedHashMap<>();
    pipeline.put("receivers", List.of(PipelineLogExporter.RECEIVER));
    Map<String, @Nullable Object> receivers = new LinkedHashMap<>();
    receivers.put(PipelineLogExporter.RECEIVER, Map.of());
    tree.put("receivers", receivers);
    for (Key<YamlNode> k : List.of(EXTENSIONS, PROCESSORS, EXPORTERS)) {
      YamlNode n = o.at(k);
      if (n != null && !n.isNull()) {
        tree.put(k.name(), PromtailFlags.tree(n, Map.of()));
        (k == EXTENSIONS ? service : pipeline).put(k.name(), List.copyOf(n.entries().keySet()));
      }
    }
    if (!tree.containsKey(EXPORTERS.name())) {
      if (tree.size() > 1) {
        throw o.error("extensions and processors apply to exporters, but none are configured");
      }
      return null;
    }
    service.put("pipelines", Map.of("logs", pipeline));
    tree.put("service", service);
    return YamlWriter.write(tree);
  }

  /** The graph to be read. */
  @Nullable YamlDocument graphDocument() {
    return graph == null ? null : YamlDocument.parse("promtail.yml as a graph", folder, graph);
  }

  private static Logging logging(YamlObject o) {
    String level = o.get(LOG_LEVEL);
    String format = o.get(LOG_FORMAT);
    if (!List.of("", "debug", "info", "warn", "error").contains(level)) {
      throw o.error(LOG_LEVEL, "unrecognized log level " + level);
    }
    if (!List.of("", "logfmt", "json").contains(format)) {
      throw o.error(LOG_FORMAT, "unrecognized log format " + format);
    }
    return new Logging(level, format);
  }

  private static Server server(YamlObject o) {
    String prefix = o.get(PREFIX);
    if (!prefix.isEmpty() && !prefix.startsWith("/")) {
      throw o.error(PREFIX, "http_path_prefix must begin with /");
    }
    return new Server(
        o.get(DISABLE),
        o.get(ADDRESS),
        o.get(PORT),
        prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix,
        o.get(HEALTH),
        o.get(RELOAD),
        o.get(INSTRUMENTATION),
        o.get(EXTERNAL_URL),
        logging(o),
        ServerTls.of(o, SERVER_TLS),
        ServerLimits.read(o));
  }

  private static Limits limits(YamlObject o) {
    EntryLimiter.Rate entries = null;
    if (o.get(RATE)) {
      if (!(o.get(READ_RATE) > 0)) {
        throw o.error(READ_RATE, "readline_rate must be more than 0");
      }
      if (o.get(READ_BURST) < 1) {
        throw o.error(READ_BURST, "readline_burst must be at least 1");
      }
      entries = new EntryLimiter.Rate(o.get(READ_RATE), o.get(READ_BURST));
    }
    EntryLimiter.Rate bytes = null;
    long byteRate = o.get(READ_BYTES);
    long byteBurst = o.get(READ_BYTES_BURST);
    if (byteRate > 0) {
      bytes = new EntryLimiter.Rate(byteRate, byteBurst > 0 ? byteBurst : byteRate);
    } else if (byteBurst > 0) {
      throw o.error(READ_BYTES_BURST, "readbytes_burst requires readbytes_rate");
    }
    ReadLimit read =
        entries == null && bytes == null ? null : new ReadLimit(entries, bytes, o.get(READ_DROP));
    LokiLimits ofLoki =
        new LokiLimits(Math.toIntExact(o.get(MAX_STREAMS)), o.get(MAX_LINE), o.get(TRUNCATE));
    return new Limits(ofLoki, read);
  }

  /** The effective configuration for display, without secrets. */
  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("server", server.tree());
    m.put("clients", clients.stream().map(LokiClientConfig::tree).toList());
    YamlDocument d = graphDocument();
    if (d != null) {
      for (String k : List.of("extensions", "processors", "exporters")) {
        YamlNode.Entry e = d.root().entries().get(k);
        m.put(k, e == null ? null : List.copyOf(e.value().entries().keySet())); // without secrets
      }
    }
    if (wal != null) {
      m.put("wal", Map.of("enabled", true, "dir", wal.dir().toString(), "max_size", wal.bytes()));
    }
    Map<String, @Nullable Object> l = new LinkedHashMap<>();
    if (readLimit != null) {
      EntryLimiter.Rate lines = readLimit.entries;
      EntryLimiter.Rate bytes = readLimit.bytes;
      l.put("readline_rate_enabled", lines == null ? null : true);
      l.put("readline_rate", lines == null ? null : lines.perSecond());
      l.put("readline_burst", lines == null ? null : lines.burst());
      l.put("readbytes_rate", bytes == null ? null : (long) bytes.perSecond());
      l.put("readbytes_burst", bytes == null ? null : bytes.burst());
      l.put("readline_rate_drop", readLimit.drop);
    }
    l.put("max_streams", limits.maxStreams());
    l.put("max_line_size", limits.maxLineBytes());
    l.put("max_line_size_truncate", limits.truncate());
    m.put("limits_config", l);
    m.put("target_config", Map.of("sync_period", frequency.sync()));
    Map<String, @Nullable Object> p = new LinkedHashMap<>();
    p.put("filename", positions.file);
    p.put("sync_period", positions.syncPeriod);
    p.put("ignore_invalid_yaml", positions.ignoreInvalidYaml);
    m.put("positions", p);
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    for (ScrapeConfig j : jobs) {
      Map<String, @Nullable Object> s = new LinkedHashMap<>();
      s.put("job_name", j.name);
      if (j.stages != null && !j.stages.isNull()) {
        s.put("pipeline_stages", j.stages.asTree());
      }
      s.put("relabel_configs", RelabelConfig.tree(j.relabeling));
      Discoveries.addTo(s, j.discovery);
      s.put("sources", j.sources.stream().map(LogSourceConfig::kind).toList());
      all.add(s);
    }
    m.put("scrape_configs", all);
    return m;
  }
}
