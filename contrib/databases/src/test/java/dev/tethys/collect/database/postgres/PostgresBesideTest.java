package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On the same PostgreSQL ours shows what the real postgres_exporter shows. */
@Timeout(180)
@Tag("slow")
final class PostgresBesideTest {
  private static final String PASSWORD = "se/cr@t1";

  /** Collectors whose metrics 0.19 shows with a label server; from 0.20 on they have none. */
  private static final List<String> MOVED =
      List.of("pg_settings_", "pg_stat_activity_", "pg_stat_archiver_", "pg_replication_slots_");

  private static final Map<String, String> EXCEPTIONS =
      Map.of(
          "pg_stat_activity_count",
          "which other connections there are",
          "pg_stat_activity_max_tx_duration",
          "which other connections there are",
          "pg_scrape_collector_duration_seconds",
          "0.20 has more collectors",
          "pg_stat_archiver_last_archive_age",
          "0.20 leaves out what is null",
          "pg_scrape_collector_success",
          "0.20 has more collectors");

  private static final Set<String> MOVING =
      Set.of(
          "pg_exporter_last_scrape_duration_seconds",
          "pg_exporter_scrapes_total",
          "pg_scrape_collector_duration_seconds",
          "pg_stat_activity_count",
          "pg_stat_activity_max_tx_duration",
          "pg_settings_extra_float_digits", // of the session
          "pg_long_running_transactions",
          "pg_long_running_transactions_oldest_timestamp_seconds",
          "pg_locks_count",
          "pg_stat_database_numbackends",
          "pg_stat_user_tables_n_live_tup",
          "pg_stat_user_tables_n_dead_tup",
          "pg_stat_user_tables_n_mod_since_analyze",
          "pg_stat_user_tables_last_autovacuum",
          "pg_stat_user_tables_last_autoanalyze",
          "pg_stat_user_tables_index_size_bytes",
          "pg_stat_user_tables_table_size_bytes",
          "pg_database_size_bytes",
          "pg_database_wraparound_age_datfrozenxid_seconds",
          "pg_wal_segments",
          "pg_wal_size_bytes",
          "pg_replication_slots_pg_wal_lsn_diff",
          "pg_replication_slots_slot_current_wal_lsn");

  @TempDir static Path dir;
  private static PostgresProcess server;

  @BeforeAll
  static void start() throws Exception {
    server = new PostgresProcess(dir, PASSWORD);
    try (PostgresConnection c = connect()) {
      c.query("select 1", r -> assertThat(r.next()).isTrue());
      execute(c, "alter system set shared_preload_libraries = 'pg_stat_statements'");
      execute(c, "alter system set wal_level = 'logical'");
    }
    server.killAndRestart();
    try (PostgresConnection c = connect()) {
      execute(c, "create extension pg_stat_statements");
      execute(c, "create table orders (id int primary key, amount numeric, paid timestamptz)");
      execute(c, "insert into orders select n, n * 1.5, now() from generate_series(1, 1000) n");
      execute(c, "create database other");
      execute(c, "create role reader connection limit 5 login password 'abc'");
      execute(c, "analyze orders");
      c.query("select pg_create_physical_replication_slot('physical')", r -> {});
      c.query("select pg_create_logical_replication_slot('logical', 'test_decoding')", r -> {});
      for (int i = 0; i < 5; i++) {
        c.query("select sum(amount) from orders, generate_series(1, 10)", r -> {});
      }
      c.query("select pg_stat_force_next_flush()", r -> {});
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** Runs a statement that has no response. */
  static void execute(PostgresConnection c, String sql) throws Exception {
    String answering = "with done as (select 1) select 1 from done";
    assertThatThrownBy(() -> c.query(sql, r -> {})).hasMessageContaining("No results");
    c.query(answering, r -> {});
  }

  private static PostgresConnection connect() throws Exception {
    return PostgresConnection.open(
        PostgresDsn.parse(dsn("postgres")), Deadline.in(Duration.ofSeconds(60)));
  }

  private static String dsn(String database) {
    return "host=127.0.0.1 port="
        + server.port()
        + " user=tethys password='"
        + PASSWORD
        + "' sslmode=disable dbname="
        + database;
  }

  /** The real one does not understand a space in a password. */
  private static String url() {
    return "postgresql://tethys:se%2Fcr%40t1@127.0.0.1:"
        + server.port()
        + "/postgres?sslmode=disable";
  }

  private void compare(String... flags) throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("prometheus-postgres-exporter").toString());
    command.add("--web.listen-address=127.0.0.1:" + port);
    for (String f : flags) {
      command.add("--" + (f.endsWith("=true") ? f.substring(0, f.length() - 5) : f));
    }
    try (ServerProcess real =
            new ServerProcess(
                port,
                dir.resolve("exporter" + port + ".log"),
                Map.of("DATA_SOURCE_NAME", url()),
                command);
        Exporter ours =
            Settings.open(
                new PostgresExporterKind(), Map.of("DATA_SOURCE_NAME", dsn("postgres")), flags)) {
      Exposition theirs = Exposition.parse(real.get("/metrics"));
      String build = theirs.samples("postgres_exporter_build_info").keySet().toString();
      assumeTrue(build.contains("0.19."), "needs postgres_exporter 0.19, and there is " + build);
      Exposition mine = SideBySide.of(Settings.metrics(ours));
      for (String name : List.copyOf(theirs.families.keySet())) {
        Exposition.Family f = theirs.families.get(name);
        if (f != null && MOVED.stream().anyMatch(name::startsWith)) {
          theirs.families.put(name, withoutServer(f));
        }
      }
      Map<String, String> d = SideBySide.differences("pg_", theirs, mine);
      d.keySet().removeAll(EXCEPTIONS.keySet());
      // 0.20 has renamed these.
      d.keySet().removeIf(n -> n.startsWith("pg_replication_slot"));
      assertThat(d).isEmpty();
      assertThat(SideBySide.values("pg_", theirs, mine, MOVING)).isEmpty();
      assertThat(mine.samples("pg_scrape_collector_success"))
          .containsAllEntriesOf(known(theirs.samples("pg_scrape_collector_success")));
      assertThat(mine.samples("pg_up")).isEqualTo(theirs.samples("pg_up"));
      assertThat(mine.samples("pg_exporter_last_scrape_error")).containsValue(0.0);
      assertThat(mine.samples("pg_stat_activity_count"))
          .containsKey("datname=\"postgres\",state=\"disabled\"");
      assertThat(mine.samples("pg_replication_slots_slot_is_active"))
          .containsKey("slot_name=\"physical\",slot_type=\"physical\"");
    }
  }

  private static Map<String, Double> known(Map<String, Double> collectors) {
    Map<String, Double> out = new TreeMap<>(collectors);
    out.remove("collector=\"replication_slot\"");
    return out;
  }

  private static Exposition.Family withoutServer(Exposition.Family f) {
    Exposition.Family out = new Exposition.Family(f.type(), f.help());
    f.samples()
        .forEach(
            (k, v) ->
                out.samples()
                    .put(
                        k.replaceAll(",?(server|fleet)=\"[^\"]*\"", "").replaceFirst("^,", ""), v));
    return out;
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    compare();
  }

  @Test
  void formerFlagNamesKeepTheirMeaning() throws Exception {
    Map<String, String> environment = Map.of("DATA_SOURCE_NAME", dsn("postgres"));
    try (Exporter all = Settings.open(new PostgresExporterKind(), environment);
        Exporter fewer =
            Settings.open(
                new PostgresExporterKind(),
                environment,
                "disable-settings-metrics=true",
                "collector.replication_slot=false")) {
      assertThat(SideBySide.of(Settings.metrics(all)).families.keySet())
          .anyMatch(n -> n.startsWith("pg_settings_"))
          .anyMatch(n -> n.startsWith("pg_replication_slots_"));
      assertThat(SideBySide.of(Settings.metrics(fewer)).families.keySet())
          .anyMatch(n -> n.startsWith("pg_stat_database_"))
          .noneMatch(n -> n.startsWith("pg_settings_") || n.startsWith("pg_replication_slot"));
    }
  }

  @Test
  void formerFlagNamesMatchTheReference() throws Exception {
    int port = Ports.free();
    try (ServerProcess real =
        new ServerProcess(
            port,
            dir.resolve("exporter" + port + ".log"),
            Map.of("DATA_SOURCE_NAME", url()),
            List.of(
                Shared.peer("prometheus-postgres-exporter").toString(),
                "--web.listen-address=127.0.0.1:" + port,
                "--disable-settings-metrics",
                "--no-collector.replication_slot"))) {
      assertThat(Exposition.parse(real.get("/metrics")).families.keySet())
          .anyMatch(n -> n.startsWith("pg_stat_database_"))
          .noneMatch(n -> n.startsWith("pg_settings_") || n.startsWith("pg_replication_slot"));
    }
  }

  @Test
  void exposesSameMetricsWithAllCollectorsAndCustomQueries() throws Exception {
    Path queries = dir.resolve("queries.yaml");
    Files.writeString(
        queries,
        """
        pg_orders:
          query: "select count(*) as total, max(id) as highest, 'x' as kind, 7 as plain, now() as at from orders"
          cache_seconds: 1
          metrics:
          - total: {usage: "COUNTER", description: "Orders"}
          - highest: {usage: "GAUGE", description: "Highest"}
          - kind: {usage: "LABEL", description: "Kind"}
          - at: {usage: "DISCARD", description: ""}
        pg_sizes:
          query: "select array[1, 10] as size, array[3, 5] as size_bucket, 42.5 as size_sum, 6 as size_count"
          metrics:
          - size: {usage: "HISTOGRAM", description: "Sizes"}
        """);
    compare(
        "collector.buffercache_summary=true",
        "collector.database_wraparound=true",
        "collector.long_running_transactions=true",
        "collector.postmaster=true",
        "collector.stat_activity_autovacuum=true",
        "collector.stat_checkpointer=true",
        "collector.stat_wal_receiver=true",
        "collector.statio_user_indexes=true",
        "collector.xlog_location=true",
        "constantLabels=fleet=blue",
        "extend.query-path=" + queries);
  }

  @Test
  void exposesStatementsAndIdleProcesses() throws Exception {
    try (PostgresConnection idle = connect();
        Exporter ours =
            Settings.open(
                new PostgresExporterKind(),
                Map.of(
                    "DATA_SOURCE_URI",
                    "127.0.0.1:" + server.port() + "/postgres?sslmode=disable",
                    "DATA_SOURCE_USER",
                    "tethys",
                    "DATA_SOURCE_PASS",
                    PASSWORD),
                "collector.stat_statements=true",
                "collector.stat_statements.include_query=true",
                "collector.stat_statements.limit=50",
                "collector.process_idle=true")) {
      idle.query("select 1", r -> {});
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("pg_scrape_collector_success")).doesNotContainValue(0.0);
      assertThat(e.samples("pg_stat_statements_calls_total")).hasSizeBetween(1, 50);
      assertThat(e.samples("pg_stat_statements_query_id").keySet().toString())
          .contains("generate_series");
      assertThat(e.samples("pg_process_idle_seconds").keySet())
          .anyMatch(k -> k.startsWith("_bucket") && k.contains("state=\"idle\""));
    }
  }

  @Test
  void probesTargetsWithAuthModule() throws Exception {
    Path config = dir.resolve("postgres_exporter.yml");
    Files.writeString(
        config,
        """
        auth_modules:
          main:
            type: userpass
            userpass: {username: tethys, password: "%s"}
            options: {sslmode: disable}
        """
            .formatted(PASSWORD));
    try (Exporter ours = Settings.open(new PostgresExporterKind(), "config.file=" + config)) {
      String target = "127.0.0.1:" + server.port() + "%2Fpostgres";
      Exposition e =
          SideBySide.of(Settings.probe(ours, "/probe", "auth_module=main&target=" + target));
      assertThat(e.samples("pg_up")).containsValue(1.0);
      assertThat(e.samples("pg_stat_user_tables_n_live_tup"))
          .containsKey("datname=\"postgres\",relname=\"orders\",schemaname=\"public\"");
      e = SideBySide.of(Settings.probe(ours, "/probe", "target=" + target));
      assertThat(e.samples("pg_up")).containsValue(0.0);
      assertThatThrownBy(() -> Settings.probe(ours, "/probe", "auth_module=none&target=" + target))
          .isInstanceOf(ProbeException.class)
          .hasMessage("auth_module none not found");
      Files.writeString(config, "auth_modules: {main: {type: kerberos}}");
      assertThatThrownBy(ours::reload).hasMessageContaining("kerberos");
      e = SideBySide.of(Settings.probe(ours, "/probe", "auth_module=main&target=" + target));
      assertThat(e.samples("pg_up")).containsValue(1.0);
    }
  }

  @Test
  void queriesAllDiscoveredDatabases() throws Exception {
    Path queries = dir.resolve("each.yaml");
    Files.writeString(
        queries,
        """
        here:
          query: "select current_database() as datname, 1 as asked"
          metrics:
          - datname: {usage: LABEL}
          - asked: {usage: GAUGE}
        never:
          query: "select 1 as asked"
          runonserver: "<9.0.0"
          metrics:
          - asked: {usage: GAUGE}
        """);
    try (Exporter ours =
        Settings.open(
            new PostgresExporterKind(),
            Map.of("DATA_SOURCE_NAME", dsn("postgres")),
            "auto-discover-databases=true",
            "extend.query-path=" + queries)) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("here_asked").keySet().toString())
          .contains("datname=\"postgres\"")
          .contains("datname=\"other\"");
      assertThat(e.families).doesNotContainKey("never_asked");
      Files.writeString(queries, "here: {query: select 1, metric: []}");
      e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("pg_exporter_user_queries_load_error")).containsValue(1.0);
    }
  }

  @Test
  void reportsDownOrSilentServer() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int port : new int[] {Ports.free(), silent.getLocalPort()}) {
        try (Exporter ours =
            Settings.open(
                new PostgresExporterKind(),
                Map.of("DATA_SOURCE_NAME", "postgres://u:topsecret@127.0.0.1:" + port + "/x"),
                "collection-timeout=500ms")) {
          Exposition e = SideBySide.of(Settings.metrics(ours));
          assertThat(e.families.keySet())
              .containsExactlyInAnyOrder(
                  "pg_up",
                  "pg_exporter_last_scrape_error",
                  "pg_exporter_scrapes_total",
                  "pg_exporter_last_scrape_duration_seconds");
          assertThat(e.samples("pg_up")).containsValue(0.0);
          assertThat(e.samples("pg_exporter_last_scrape_error")).containsValue(1.0);
        }
      }
    }
  }
}
