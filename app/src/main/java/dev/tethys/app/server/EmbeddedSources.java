package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.insight.SourceApi;
import dev.tethys.config.ConfigException;
import dev.tethys.insight.source.InsightSource;
import dev.tethys.insight.source.InsightSources;
import dev.tethys.insight.source.JoinedStores;
import dev.tethys.insight.source.MetricCache;
import dev.tethys.insight.source.WantedSeries;
import dev.tethys.model.GoQuote;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sources of {@code --insight.source} and their metric cache; nothing without the flag. */
final class EmbeddedSources implements AutoCloseable {
  private static final String SOURCE = "insight.source";
  private static final String FILE = "insight.source.config-file";
  private static final String INTERVAL = "insight.source.interval";
  private static final String CATCH_UP = "insight.source.max-catch-up";
  private static final String METRICS = "insight.source.metrics";
  private static final String SERIES = "insight.source.max-series";
  private static final String AGE = "insight.cache.time";
  private static final String BYTES = "insight.cache.size";

  static final List<Flag> FLAGS =
      List.of(
          of(
              SOURCE,
              LIST,
              "",
              "URL or NAME=URL of a server with Prometheus's HTTP API (Prometheus, VictoriaMetrics,"
                  + " Mimir, Thanos). The series that services and pages use are copied into a"
                  + " cache on disk; NAME becomes their label cluster if they have none. May be"
                  + " repeated. (Tethys)"),
          of(
              FILE,
              STRING,
              "",
              "File with further sources, with credentials, TLS and headers in Prometheus's grammar"
                  + " of HTTP clients. (Tethys)"),
          of(INTERVAL, DURATION, "30s", "Interval at which sources are read. (Tethys)"),
          of(
              CATCH_UP,
              DURATION,
              "24h",
              "Age of the oldest samples that are read at the first start and after an outage."
                  + " (Tethys)"),
          of(
              METRICS,
              STRING,
              "",
              "Regular expression of the names of further metrics to copy; .* copies all."
                  + " (Tethys)"),
          of(
              SERIES,
              INTEGER,
              "500000",
              "Maximum number of series of all sources in memory; further ones are left out."
                  + " (Tethys)"),
          of(AGE, DURATION, "30d", "Time for which copied samples are kept. (Tethys)"),
          of(
              BYTES,
              SIZE,
              "10GB",
              "Maximum size of copied samples on disk; the oldest are removed first. (Tethys)"));

  /**
   * Metrics read by pages in addition to metrics of rules: hosts, containers, processes, calls
   * between services.
   */
  private static final List<String> OF_PAGES =
      List.of(
          "up",
          "target_info",
          "{__name__=~\"(node|container|machine)_.+\"}",
          "{__name__=~\"traces_(spanmetrics|span_metrics|service_graph)_.+\"}",
          "{__name__=~\"process_(cpu_seconds_total|resident_memory_bytes|start_time_seconds"
              + "|open_fds|max_fds)\"}");

  private static final Duration MAX_SCRAPE_INTERVAL = Duration.ofMinutes(1);
  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(5);
  private static final Duration LONGEST_INTERVAL = Duration.ofMinutes(4);

  private final FlagSet flags;
  private final ConfiguredFiles<List<InsightSource>> sources;
  private final boolean hasFile;
  private final @Nullable MetricCache cache;
  private final List<WantedSeries> wanted = new ArrayList<>();
  private List<InsightSource> current;
  private volatile @Nullable InsightSources reading;

  /**
   * @param folder root data folder
   * @param heads share of the memory of heads, of which the cache gets a quarter
   * @throws UsageException if a flag is not valid
   * @throws IOException if the file of sources cannot be read
   */
  EmbeddedSources(FlagSet flags, Path folder, MemoryShare heads) throws IOException {
    this.flags = flags;
    List<InsightSource> given = sources(flags);
    this.sources = new ConfiguredFiles<>(given, () -> sources(flags));
    this.current = given;
    this.hasFile = !flags.get(FILE).isEmpty();
    if (given.isEmpty() && !hasFile) {
      this.cache = null;
      return;
    }
    Duration interval = Duration.ofMillis(flags.millis(INTERVAL));
    if (interval.compareTo(SHORTEST_INTERVAL) < 0 || interval.compareTo(LONGEST_INTERVAL) > 0) {
      throw new UsageException(
          "tethys server: --" + INTERVAL + "=" + flags.get(INTERVAL) + ": must be 5s to 4m");
    }
    long series = flags.integer(SERIES);
    if (series < 1 || series > Integer.MAX_VALUE / 4) {
      throw new UsageException(
          "tethys server: --" + SERIES + "=" + series + ": must be 1 to " + Integer.MAX_VALUE / 4);
    }
    MetricCache c =
        new MetricCache(
            folder.resolve("insight-cache"),
            new MetricCache.Limits(
                Duration.ofMillis(flags.millis(AGE)),
                flags.bytes(BYTES),
                (int) series,
                heads.max() / 4),
            InstantSource.system());
    heads.addMeasured(c::memory);
    this.cache = c;
    wanted.add(() -> OF_PAGES);
    String further = flags.get(METRICS);
    if (!further.isEmpty()) {
      try {
        Regex.whole(further);
      } catch (RegexSyntaxException e) {
        throw new UsageException(
            "tethys server: --" + METRICS + "=" + further + ": " + e.getMessage());
      }
      String selector = "{__name__=~" + GoQuote.quote(further) + ",__name__!=\"\"}";
      wanted.add(() -> List.of(selector));
    }
  }

  /** Files that are read with each configuration. */
  List<Path> watched() {
    return Stream.of(flags.get(FILE))
        .filter(f -> !f.isEmpty())
        .map(Path::of)
        .filter(Files::isReadable)
        .toList();
  }

  /**
   * Reads the file of sources for a configuration.
   *
   * @throws dev.tethys.config.ConfigException if it is not valid; nothing has changed then
   * @throws IOException if it cannot be read
   */
  void read(PrometheusConfig c) throws IOException {
    if (hasFile) {
      sources.of(c);
    }
  }

  /**
   * Reads the sources of a configuration from now on.
   *
   * @throws IOException if a certificate cannot be read; the sources are then those before
   */
  void apply(PrometheusConfig c) throws IOException {
    if (!hasFile) {
      return;
    }
    List<InsightSource> next = sources.apply(c);
    InsightSources r = reading;
    if (r != null && !next.equals(current)) {
      r.replace(next);
    }
    current = next;
  }

  private static List<InsightSource> sources(FlagSet flags) throws IOException {
    List<InsightSource> out = new ArrayList<>();
    for (String text : flags.list(SOURCE)) {
      try {
        out.add(InsightSource.parse(text));
      } catch (IllegalArgumentException e) {
        throw new UsageException("tethys server: --" + SOURCE + ": " + e.getMessage());
      }
    }
    String file = flags.get(FILE);
    if (!file.isEmpty()) {
      out.addAll(InsightSource.readAll(Path.of(file)));
    }
    try {
      InsightSource.check(out);
    } catch (IllegalArgumentException e) {
      if (!file.isEmpty()) {
        throw new ConfigException(file, String.valueOf(e.getMessage()));
      }
      throw new UsageException("tethys server: --" + SOURCE + ": " + e.getMessage());
    }
    return List.copyOf(out);
  }

  /** True if there is a source. */
  boolean isUsed() {
    return cache != null;
  }

  /** Joins the server's store with the cache, if there is one. */
  ScopedSource join(ScopedSource store) {
    return cache == null ? store : new JoinedStores(store, cache);
  }

  /** Returns how late samples may reach the cache, in milliseconds. */
  long lag() {
    return cache == null ? 0 : flags.millis(INTERVAL) + MAX_SCRAPE_INTERVAL.toMillis() + 30_000;
  }

  /** Returns the state of the cache; null if there is none, or it is not open yet. */
  @Nullable StoreHealth health() {
    return cache == null ? null : cache.health();
  }

  /** Adds series to be copied, before {@link #start}. */
  void want(WantedSeries series) {
    wanted.add(series);
  }

  void addTo(Routes routes) {
    new SourceApi(
            () -> {
              InsightSources r = reading;
              return r == null ? List.of() : r.status();
            })
        .addTo(routes);
  }

  /**
   * Starts to read the sources.
   *
   * @throws IOException if a certificate or the folder of the cache cannot be read
   */
  void start(SignalServices services) throws IOException {
    MetricCache c = cache;
    if (c == null) {
      return;
    }
    InsightSources r =
        new InsightSources(
            current,
            c,
            List.copyOf(wanted),
            Duration.ofMillis(flags.millis(INTERVAL)),
            Duration.ofMillis(flags.millis(CATCH_UP)),
            services.clients(),
            InstantSource.system());
    services.registry().register(r);
    reading = r;
    r.start();
  }

  @Override
  public void close() {
    InsightSources r = reading;
    if (r != null) {
      r.close();
    }
  }
}
