package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.DatabaseScrape;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Servers scraped for one page. Collectors query the first of them; the user's queries run on all,
 * and on all of their databases if databases are discovered.
 *
 * <p>Bounds: number of databases; only results of the last scrape are kept.
 */
final class PostgresServers implements DatabaseScrape {
  private static final System.Logger LOG = JulLogger.of(PostgresServers.class.getName());
  private static final int MAX_DATABASES = 1000;
  private static final int MAX_QUERIES_BYTES = 8 << 20;
  private static final UserQueries.UserQuery CONFLICTS = conflicts();

  private record Cached(List<MetricFamily> families, long at) {}

  private final List<PostgresDsn> sources;
  private final PostgresOptions options;
  private final LongAdder scrapes = new LongAdder();
  private final Map<String, Cached> cache = new ConcurrentHashMap<>();

  PostgresServers(List<PostgresDsn> sources, PostgresOptions options) {
    this.sources = List.copyOf(sources);
    this.options = options;
  }

  private static UserQueries.UserQuery conflicts() {
    Map<String, UserQueries.Column> columns = new LinkedHashMap<>();
    for (String label : List.of("datid", "datname")) {
      columns.put(label, new UserQueries.Column(UserQueries.Usage.LABEL, "", Map.of()));
    }
    for (String c : List.of("tablespace", "lock", "snapshot", "bufferpin", "deadlock")) {
      columns.put(
          "confl_" + c,
          new UserQueries.Column(
              UserQueries.Usage.COUNTER,
              "Queries cancelled on a standby for a conflict of the kind " + c + ".",
              Map.of()));
    }
    return new UserQueries.UserQuery(
        "select * from pg_stat_database_conflicts",
        columns,
        true,
        java.time.Duration.ZERO,
        VersionRange.parse(""));
  }

  @Override
  public List<MetricFamily> scrape(Deadline given) {
    Deadline deadline = given.atMost(options.timeout());
    long start = System.nanoTime();
    scrapes.increment();
    MetricSet out = new MetricSet("");
    String[] constant = options.constantLabels().toArray(String[]::new);
    UserQueries queries = queries(out, constant);
    int failed = 0;
    int unreachable = 0;
    try {
      for (int i = 0; i < sources.size(); i++) {
        try {
          failed += server(sources.get(i), i == 0, queries, deadline, out);
        } catch (IOException | SQLException | IllegalArgumentException e) {
          LOG.log(Level.ERROR, "postgres at {0}: {1}", sources.get(i), e.getMessage());
          failed++;
          unreachable++;
        }
      }
    } catch (ScrapeLimitException e) {
      LOG.log(Level.ERROR, "postgres: {0}", e.getMessage());
      failed++;
    }
    out.gauge(
        "pg_up",
        "1 if at least one server could be reached, 0 otherwise.",
        unreachable >= sources.size() ? 0 : 1,
        constant);
    out.gauge(
        "pg_exporter_last_scrape_error",
        "1 if the last scrape had an error, 0 otherwise.",
        failed > 0 ? 1 : 0,
        constant);
    out.counter("pg_exporter_scrapes_total", "Number of scrapes.", scrapes.sum(), constant);
    out.gauge(
        "pg_exporter_last_scrape_duration_seconds",
        "Duration of the last scrape.",
        (System.nanoTime() - start) / 1e9,
        constant);
    return out.families();
  }

  /** Reads the query file on every scrape, so a new one needs no reload. */
  private UserQueries queries(MetricSet out, String... constant) {
    Path file = options.queries();
    if (file == null) {
      return UserQueries.NONE;
    }
    String hash = "";
    UserQueries q = UserQueries.NONE;
    boolean wrong = false;
    try {
      if (Files.size(file) > MAX_QUERIES_BYTES) {
        throw new IOException(file + ": more than " + MAX_QUERIES_BYTES + " bytes");
      }
      byte[] b = Files.readAllBytes(file);
      hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(b));
      q = UserQueries.parse(file.toString(), new String(b, StandardCharsets.UTF_8));
    } catch (IOException | ConfigException e) {
      LOG.log(Level.ERROR, "postgres: queries: {0}", e.getMessage());
      wrong = true;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    List<String> labels = new ArrayList<>(List.of(constant));
    labels.addAll(List.of("filename", file.toString(), "hashsum", hash));
    out.gauge(
        "pg_exporter_user_queries_load_error",
        "1 if the file of custom queries could not be loaded, 0 otherwise.",
        wrong ? 1 : 0,
        labels.toArray(String[]::new));
    return q;
  }

  /**
   * Queries a server.
   *
   * @return number of failed queries
   * @throws SQLException if it cannot be reached
   */
  private int server(
      PostgresDsn dsn, boolean first, UserQueries queries, Deadline deadline, MetricSet out)
      throws IOException, SQLException {
    int failed = 0;
    List<String> databases = new ArrayList<>();
    try (PostgresConnection c = PostgresConnection.open(dsn, deadline)) {
      int version = c.version();
      List<String> labels = new ArrayList<>(List.of("server", dsn.server()));
      labels.addAll(options.constantLabels());
      Map<String, UserQueries.UserQuery> all = new LinkedHashMap<>();
      if (options.defaults()) {
        version(c, version, labels, out);
        all.put("pg_stat_database_conflicts", CONFLICTS);
      }
      all.putAll(queries.byNamespace());
      failed += run(all, true, c, version, dsn, labels, out);
      if (first) {
        collectors(c, version, out);
      }
      if (options.discover()) {
        discover(c, databases);
      }
    }
    for (String database : databases) {
      PostgresDsn other = dsn.withDatabase(database);
      List<String> labels = new ArrayList<>(List.of("server", dsn.server()));
      labels.addAll(options.constantLabels());
      try (PostgresConnection c = PostgresConnection.open(other, deadline)) {
        failed += run(queries.byNamespace(), false, c, c.version(), other, labels, out);
      } catch (IOException | SQLException e) {
        LOG.log(Level.ERROR, "postgres at {0}: {1}", other, e.getMessage());
        failed++;
      }
    }
    return failed;
  }

  private void discover(PostgresConnection c, List<String> databases) throws SQLException {
    c.query(
        "select datname from pg_database"
            + " where datallowconn and not datistemplate and datname <> current_database()",
        r -> {
          while (PostgresConnection.next(r)) {
            String name = r.getString(1);
            if (!options.exclude().contains(name)
                && (options.include().isEmpty() || options.include().contains(name))
                && databases.size() < MAX_DATABASES) {
              databases.add(name);
            }
          }
        });
  }

  private static void version(PostgresConnection c, int version, List<String> labels, MetricSet out)
      throws SQLException {
    String brief =
        version >= 100_000
            ? version / 10_000 + "." + version % 10_000 + ".0"
            : version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    c.query(
        "select version()",
        r -> {
          if (r.next()) {
            List<String> all = new ArrayList<>(labels);
            all.addAll(List.of("version", r.getString(1), "short_version", brief));
            out.untyped("pg_static", "Version of the server.", 1, all.toArray(String[]::new));
          }
        });
  }

  private int run(
      Map<String, UserQueries.UserQuery> queries,
      boolean master,
      PostgresConnection c,
      int version,
      PostgresDsn dsn,
      List<String> labels,
      MetricSet out) {
    int failed = 0;
    for (var e : queries.entrySet()) {
      UserQueries.UserQuery q = e.getValue();
      if ((q.master() && !master) || !q.versions().contains(version)) {
        continue;
      }
      String namespace = e.getKey().replaceFirst("pg", options.prefix());
      String key = dsn + " " + e.getKey();
      try {
        List<MetricFamily> families = kept(key, q);
        if (families == null) {
          MetricSet of = new MetricSet("");
          UserQueries.run(namespace, q, c, labels, of);
          families = of.families();
          if (!q.cache().isZero()) {
            cache.put(key, new Cached(families, System.nanoTime()));
          }
        }
        families.forEach(out::addAll);
      } catch (SQLException x) {
        LOG.log(Level.ERROR, "postgres at {0}: {1}: {2}", dsn, e.getKey(), x.getMessage());
        failed++;
      }
    }
    return failed;
  }

  private @Nullable List<MetricFamily> kept(String key, UserQueries.UserQuery q) {
    Cached old = cache.get(key);
    if (old != null && System.nanoTime() - old.at <= q.cache().toNanos()) {
      return old.families;
    }
    cache.remove(key);
    return null;
  }

  private void collectors(PostgresConnection c, int version, MetricSet out) {
    for (String name : options.collectors()) {
      long start = System.nanoTime();
      boolean success = true;
      try {
        collect(name, c, version, out);
      } catch (SQLException e) {
        LOG.log(Level.ERROR, "postgres: collector {0}: {1}", name, e.getMessage());
        success = false;
      }
      out.gauge(
          "pg_scrape_collector_duration_seconds",
          "Duration of a collector.",
          (System.nanoTime() - start) / 1e9,
          "collector",
          name);
      out.gauge(
          "pg_scrape_collector_success",
          "1 if the collector succeeded, 0 otherwise.",
          success ? 1 : 0,
          "collector",
          name);
    }
  }

  private void collect(String name, PostgresConnection c, int version, MetricSet out)
      throws SQLException {
    Set<String> exclude = options.exclude();
    switch (name) {
      case "settings" -> SpecialCollectors.settings(c, out);
      case "process_idle" -> SpecialCollectors.processIdle(c, out);
      case "stat_statements" -> SpecialCollectors.statements(c, version, options.statements(), out);
      default -> CollectorTable.collect(name, c, version, exclude, out);
    }
  }
}
