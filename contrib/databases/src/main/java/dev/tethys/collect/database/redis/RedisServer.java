package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.DatabaseScrape;
import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One Redis, Valkey, KeyDB, Dragonfly, Sentinel or Tile38, shown as redis_exporter does. */
final class RedisServer implements DatabaseScrape {
  private static final System.Logger LOG = JulLogger.of(RedisServer.class.getName());
  private static final int DATABASES = 16; // if the server does not report the number
  private static final int MAX_DATABASES = 10_000;
  private static final Set<String> SECRET_SETTINGS =
      Set.of("masterauth", "requirepass", "tls-key-file-pass", "tls-client-key-file-pass");
  private static final Set<String> ALWAYS =
      Set.of("io-threads", "maxclients", "maxmemory", "repl-backlog-size");
  private static final Pattern COMMAND_TIME =
      Pattern.compile("^cmdstat_([a-zA-Z0-9|]+):.*usec=([0-9]+)", Pattern.MULTILINE);
  private static final Map<String, String> LOG_SETTINGS =
      Map.of(
          "commandlog-execution-slower-than", "commandlog_execution_slower_than",
          "commandlog-slow-execution-max-len", "commandlog_slow_execution_max_len",
          "commandlog-request-larger-than", "commandlog_request_larger_than",
          "commandlog-large-request-max-len", "commandlog_large_request_max_len",
          "commandlog-reply-larger-than", "commandlog_reply_larger_than",
          "commandlog-large-reply-max-len", "commandlog_large_reply_max_len");

  private final Supplier<RedisAddress> address;
  private final RedisOptions options;
  private final Duration timeout;
  private final LongAdder targetErrors;
  private final LongAdder scrapes = new LongAdder();
  private final DoubleAdder seconds = new DoubleAdder();
  private final LongAdder finished = new LongAdder();

  /**
   * Creates a server that has not been queried yet.
   *
   * @param address looked up on every scrape, so that a password may change
   * @param timeout timeout of the entire scrape
   * @param targetErrors requests for targets that made no sense
   */
  RedisServer(
      Supplier<RedisAddress> address,
      RedisOptions options,
      Duration timeout,
      LongAdder targetErrors) {
    this.address = address;
    this.options = options;
    this.timeout = timeout;
    this.targetErrors = targetErrors;
  }

  @Override
  public List<MetricFamily> scrape(Deadline deadline) {
    return scrape(deadline, e -> LOG.log(Level.ERROR, "redis: {0}", message(e)));
  }

  private static String message(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /**
   * Queries the server.
   *
   * @param failed receives the error if it could not be read
   */
  List<MetricFamily> scrape(Deadline deadline, Consumer<Exception> failed) {
    MetricSet out = new MetricSet(options.namespace());
    scrapes.increment();
    long start = System.nanoTime();
    String error = "";
    try {
      scrape(out, deadline.atMost(timeout));
    } catch (IOException | ScrapeLimitException e) {
      error = message(e);
      failed.accept(e);
    }
    out.gauge(
        "exporter_last_scrape_error",
        "Status of the last scrape: 1 if it failed, with the error in the label err.",
        error.isEmpty() ? 0 : 1,
        "err",
        error);
    out.gauge("up", "1 if the server answered, 0 otherwise.", error.isEmpty() ? 1 : 0);
    double took = (System.nanoTime() - start) / 1e9;
    out.gauge("exporter_last_scrape_duration_seconds", "Duration of the last scrape.", took);
    seconds.add(took);
    finished.increment();
    out.always(Labels.EMPTY);
    out.counter("exporter_scrapes_total", "Scrapes of the server.", scrapes.sum());
    out.add(
        "exporter_scrape_duration_seconds",
        MetricType.SUMMARY,
        "Duration of scrapes.",
        new MetricFamily.Quantiles(finished.sum(), seconds.sum(), new double[0], new double[0]));
    out.counter(
        "target_scrape_request_errors_total", "Invalid requests for targets.", targetErrors.sum());
    return out.families();
  }

  private void scrape(MetricSet out, Deadline deadline) throws IOException {
    long start = System.nanoTime();
    RedisAddress where = address.get();
    RedisConnection c;
    try {
      c = RedisConnection.open(where, deadline);
    } finally {
      out.gauge(
          "exporter_last_scrape_connect_time_seconds",
          "Time to connect and log in.",
          (System.nanoTime() - start) / 1e9);
    }
    try (c) {
      collectAll(out, c, where, deadline);
    }
  }

  private void collectAll(MetricSet out, RedisConnection c, RedisAddress where, Deadline deadline)
      throws IOException {
    if (options.ping()) {
      long start = System.nanoTime();
      if (c.send("PING") instanceof RedisReply.Failure f) {
        LOG.log(Level.ERROR, "redis: PING: {0}", f.message());
      } else {
        out.gauge(
            "exporter_last_scrape_ping_time_seconds",
            "Duration of a PING.",
            (System.nanoTime() - start) / 1e9);
      }
    }
    if (options.setName()
        && c.send("CLIENT", "SETNAME", "redis_exporter") instanceof RedisReply.Failure f) {
      LOG.log(Level.WARNING, "redis: CLIENT SETNAME: {0}", f.message());
    }
    String info = c.send("INFO", "ALL").text();
    if (info == null || info.isEmpty()) {
      info = String.valueOf(c.command("INFO").text());
    }
    if (options.roleLabel()) {
      out.always(Labels.of("instance_role", InfoMetrics.role(info)));
    }
    int databases = config(out, c);
    if (info.contains("cluster_enabled:1")) {
      RedisReply cluster = c.send("CLUSTER", "INFO");
      String text = cluster.text();
      if (text != null) {
        databases = 1;
        fields(out, text);
      } else {
        LOG.log(Level.ERROR, "redis: CLUSTER INFO: {0}", cluster);
      }
    } else if (databases == 0) {
      databases = DATABASES;
    }
    long now = System.currentTimeMillis() / 1000;
    String role = new InfoMetrics(out, options.shown(), now).add(info, databases);
    if (options.shown().latency()) {
      latencies(out, c, info);
    }
    keys(out, c, where, deadline, role, databases);
    slowLog(out, c);
    if (!options.tile38()) {
      commandLog(out, c);
    }
    if (info.contains("# Sentinel")) {
      new SentinelMetrics(out, options.shown(), c).add();
    }
    if (options.shown().clients()) {
      String list = c.send("CLIENT", "LIST").text();
      ClientMetrics.add(out, list == null ? "" : list, options.shown().clientPorts(), now);
    }
    modules(out, c);
    scripts(out, c);
  }

  /** Collects keys; another server of the cluster is queried only if a flag requests it. */
  private void keys(
      MetricSet out,
      RedisConnection c,
      RedisAddress where,
      Deadline deadline,
      String role,
      int databases)
      throws IOException {
    RedisCluster cluster = null;
    try {
      if (options.cluster()) {
        cluster = new RedisCluster(where, deadline);
      }
      RedisCommands server = cluster != null ? cluster : c;
      KeyMetrics keys = new KeyMetrics(out, options, server);
      if (role.equals("slave") || !options.keys().notOnMaster()) {
        keys.check();
        keys.count();
        new StreamMetrics(out, options, server).add(keys);
      }
      keys.groups(databases);
    } catch (RedisException e) {
      LOG.log(Level.ERROR, "redis: keys: {0}", e.getMessage());
    } finally {
      if (cluster != null) {
        cluster.close();
      }
    }
  }

  private void fields(MetricSet out, String text) {
    for (String line : text.split("\n")) {
      String[] f = line.trim().split(":", -1);
      if (f.length == 2) {
        InfoFields.add(out, f[0], f[1], options.shown().system());
      }
    }
  }

  /**
   * Collects settings.
   *
   * @return number of databases, 0 if the server does not report it
   */
  private int config(MetricSet out, RedisConnection c) throws IOException {
    if (options.configCommand().equals("-")) {
      return 0;
    }
    Map<String, String> config = new LinkedHashMap<>();
    c.send(options.configCommand(), "GET", "*")
        .pairs()
        .forEach((k, v) -> config.put(k, String.valueOf(v.text())));
    config.forEach((k, v) -> setting(out, k, v));
    if (options.shown().rdbSize()) {
      rdbSize(out, config);
    }
    String databases = config.getOrDefault("databases", "0");
    if (!databases.matches("\\d{1,9}")) {
      throw new IOException("invalid config value for key databases: " + databases);
    }
    return Math.min(Integer.parseInt(databases), MAX_DATABASES);
  }

  private void setting(MetricSet out, String key, String value) {
    Double v = GoNumbers.parse(value);
    RedisOptions.PageContent shown = options.shown();
    if (shown.config() && !(shown.redact() && SECRET_SETTINGS.contains(key))) {
      out.gauge("config_key_value", "Setting.", 1, "key", key, "value", value);
      if (v != null) {
        out.gauge("config_value", "Numeric setting.", v, "key", key);
      }
    }
    if (ALWAYS.contains(key) && v != null) {
      String name = "config_" + key.replace('-', '_');
      out.gauge(name, name + " metric", v);
    }
    if (key.equals("client-output-buffer-limit")) {
      String[] f = value.split(" ");
      for (int i = 0; i + 3 < f.length; i += 4) { // class, hard limit, soft limit, its seconds
        limit(out, "config_client_output_buffer_limit_bytes", f[i], "hard", f[i + 1]);
        limit(out, "config_client_output_buffer_limit_bytes", f[i], "soft", f[i + 2]);
        limit(out, "config_client_output_buffer_limit_overcome_seconds", f[i], "soft", f[i + 3]);
      }
    }
  }

  private static void limit(MetricSet out, String name, String of, String limit, String value) {
    Double v = GoNumbers.parse(value);
    if (v != null) {
      out.gauge(name, "Limit of the buffers of a class.", v, "class", of, "limit", limit);
    }
  }

  /** Adds the size of the RDB file if it is on this machine. */
  private static void rdbSize(MetricSet out, Map<String, String> config) throws IOException {
    String dir = config.getOrDefault("dir", "");
    String name = config.getOrDefault("dbfilename", "");
    if (dir.isEmpty()
        || name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.contains("/")) {
      return;
    }
    Path file = Path.of(dir, name);
    if (Files.notExists(file)) {
      out.gauge("rdb_current_size_bytes", "Size of the RDB file.", 0);
    } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      out.gauge("rdb_current_size_bytes", "Size of the RDB file.", Files.size(file));
    } else {
      LOG.log(Level.WARNING, "Redis file {0} is not readable or not a regular file", file);
    }
  }

  private static void latencies(MetricSet out, RedisConnection c, String info) throws IOException {
    for (RedisReply event : c.send("LATENCY", "LATEST").items()) {
      List<RedisReply> f = event.items();
      String name = f.size() < 4 ? null : f.getFirst().text();
      Long at = name == null ? null : f.get(1).whole();
      Long millis = name == null ? null : f.get(2).whole();
      if (name != null && at != null && millis != null) {
        out.gauge(
            "latency_spike_last", "Time of the last spike, Unix seconds.", at, "event_name", name);
        out.gauge(
            "latency_spike_duration_seconds",
            "Duration of the last spike.",
            millis / 1e3,
            "event_name",
            name);
      }
    }
    Map<String, Double> micros = new LinkedHashMap<>();
    Matcher m = COMMAND_TIME.matcher(info);
    while (m.find()) {
      double v = Double.parseDouble(m.group(2));
      String command = m.group(1);
      micros.merge(command, v, Double::sum);
      int bar = command.indexOf('|');
      if (bar >= 0) { // a command's time is that of its subcommands
        micros.merge(command.substring(0, bar), v, Double::sum);
      }
    }
    c.send("LATENCY", "HISTOGRAM")
        .pairs()
        .forEach((command, h) -> histogram(out, command, h, micros.getOrDefault(command, 0.0)));
  }

  /** Parses {@code calls N histogram_usec (bound count bound count …)} with cumulative counts. */
  private static void histogram(MetricSet out, String command, RedisReply h, double sum) {
    Map<String, RedisReply> f = h.pairs();
    RedisReply calls = f.get("calls");
    RedisReply of = f.get("histogram_usec");
    Long count = calls == null ? null : calls.whole();
    if (count == null || of == null) {
      return;
    }
    List<RedisReply> b = of.items();
    int n = b.size() / 2;
    double[] bounds = new double[n + 1];
    double[] counts = new double[n + 1];
    for (int i = 0; i < n; i++) {
      Long bound = b.get(2 * i).whole();
      Long v = b.get(2 * i + 1).whole();
      if (bound == null || v == null) {
        return;
      }
      bounds[i] = bound;
      counts[i] = v;
    }
    bounds[n] = Double.POSITIVE_INFINITY;
    counts[n] = count;
    out.add(
        "commands_latencies_usec",
        MetricType.HISTOGRAM,
        "Latencies of each command in microseconds.",
        new MetricFamily.Buckets(count, sum, bounds, counts, List.of()),
        "cmd",
        command);
  }

  private static void slowLog(MetricSet out, RedisConnection c) throws IOException {
    if (c.send("SLOWLOG", "LEN") instanceof RedisReply.Whole n) {
      out.gauge("slowlog_length", "Entries of the slow log.", n.value());
    }
    if (!(c.send("SLOWLOG", "GET", "1") instanceof RedisReply.Many entries)) {
      return;
    }
    List<RedisReply> last =
        entries.items().isEmpty() ? List.of() : entries.items().getFirst().items();
    Long id = last.isEmpty() ? null : last.getFirst().whole();
    Long micros = last.size() < 3 ? null : last.get(2).whole();
    out.gauge("slowlog_last_id", "Number of the newest entry.", id == null ? 0 : id);
    out.gauge(
        "last_slow_execution_duration_seconds",
        "Duration of the newest slow execution.",
        micros == null ? 0 : micros / 1e6);
  }

  /** Collects Valkey's command log; other servers do not support the command. */
  private void commandLog(MetricSet out, RedisConnection c) throws IOException {
    List<RedisReply> known = c.send("COMMAND", "INFO", "COMMANDLOG").items();
    if (known.isEmpty() || known.getFirst() instanceof RedisReply.Nothing) {
      return;
    }
    for (String kind : List.of("slow", "large-request", "large-reply")) {
      if (c.send("COMMANDLOG", "LEN", kind) instanceof RedisReply.Whole n) {
        out.gauge(
            "commandlog_" + kind.replace('-', '_') + "_length",
            "Entries of the log of commands.",
            n.value());
      }
    }
    if (!options.configCommand().equals("-")) {
      c.send(options.configCommand(), "GET", "commandlog-*")
          .pairs()
          .forEach(
              (k, v) -> {
                String name = LOG_SETTINGS.get(k);
                Long n = v.whole();
                if (name != null && n != null) {
                  out.gauge(name, "Setting " + k + ".", n);
                }
              });
    }
  }

  private void modules(MetricSet out, RedisConnection c) throws IOException {
    if (options.tile38()) {
      c.send("SERVER", "EXT")
          .pairs()
          .forEach(
              (k, v) ->
                  InfoFields.add(
                      out,
                      k.startsWith("tile38_") ? k : "tile38_" + k,
                      String.valueOf(v.text()),
                      options.shown().system()));
    }
    if (options.shown().modules()) {
      String text = c.send("INFO", "MODULES").text();
      for (String line : text == null ? new String[0] : text.split("\n")) {
        String l = line.trim();
        if (l.startsWith("module:")) {
          module(out, l.substring(7));
        } else {
          fields(out, l);
        }
      }
    }
    if (options.shown().searchIndexes()) {
      try {
        SearchMetrics.add(out, c, options.shown().indexes());
      } catch (RedisException e) {
        LOG.log(Level.ERROR, "redis: indexes: {0}", e.getMessage());
      }
    }
  }

  /** Parses {@code name=search,ver=21005,api=1,filters=0,usedby=[],using=[],options=[]}. */
  private static void module(MetricSet out, String text) {
    String[] f = text.split(",");
    if (f.length != 7) {
      return;
    }
    String[] names = {"name", "ver", "api", "filters", "usedby", "using"};
    String[] labels = new String[2 * names.length];
    for (int i = 0; i < names.length; i++) {
      labels[2 * i] = names[i];
      labels[2 * i + 1] = f[i].substring(f[i].indexOf('=') + 1);
    }
    out.gauge("module_info", "Information about a loaded module.", 1, labels);
  }

  private void scripts(MetricSet out, RedisConnection c) throws IOException {
    for (var script : options.scripts().entrySet()) {
      String file = script.getKey();
      RedisReply r =
          c.send(options.readOnlyScripts() ? "EVAL_RO" : "EVAL", script.getValue(), "0", "0");
      Map<String, RedisReply> values = r.pairs();
      String wrong = r instanceof RedisReply.Failure f ? f.message() : "";
      for (var e : values.entrySet()) {
        Double v = GoNumbers.parse(e.getValue().text());
        if (v == null) {
          wrong = e.getKey() + " is not a number";
          break;
        }
        out.gauge("script_values", "Result of a script.", v, "key", e.getKey(), "filename", file);
      }
      // 2 marks a script without a result.
      out.gauge(
          "script_result",
          "Outcome of a script.",
          !wrong.isEmpty() ? 0 : values.isEmpty() ? 2 : 1,
          "filename",
          file);
      if (!wrong.isEmpty()) {
        throw new IOException("script " + file + ": " + wrong);
      }
    }
  }
}
