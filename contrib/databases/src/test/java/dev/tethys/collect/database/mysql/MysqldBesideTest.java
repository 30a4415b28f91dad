package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On the same MariaDB ours shows what the real mysqld_exporter shows. */
@Timeout(240)
final class MysqldBesideTest {
  private static final String PASSWORD = "p#ss=w'rd";

  @TempDir static Path dir;
  private static MariadbProcess server;
  private static Path cnf;

  @BeforeAll
  static void start() throws Exception {
    server = new MariadbProcess(dir);
    try (MysqlConnection c = server.connect("root", "", null)) {
      c.query("CREATE USER 'exporter'@'%' IDENTIFIED BY 'p#ss=w''rd'");
      c.query("GRANT ALL ON *.* TO 'exporter'@'%'");
      c.query("CREATE DATABASE shop");
      c.query("CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, amount DECIMAL(10,2))");
      c.query("INSERT INTO shop.orders (amount) VALUES (1.5), (2.5), (NULL)");
      c.query("CREATE DATABASE heartbeat");
      c.query("CREATE TABLE heartbeat.heartbeat (ts VARCHAR(26), server_id INT PRIMARY KEY)");
      c.query("INSERT INTO heartbeat.heartbeat VALUES ('2026-01-02 03:04:05.006000', 7)");
    }
    cnf = dir.resolve("my.cnf");
    Files.writeString(
        cnf,
        """
        # how to log in
        [mysqld]
        skip-networking
        [client]
        user = exporter
        password = "%s"
        [client.other]
        user = exporter
        """
            .formatted(PASSWORD));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** Metrics that are the same for every client of the server, and do not change by themselves. */
  private static final Set<String> SAME =
      Set.of(
          "mysql_up",
          "mysql_version_info",
          "mysql_transaction_isolation",
          "mysql_global_variables_max_connections",
          "mysql_global_variables_innodb_buffer_pool_size",
          "mysql_global_variables_server_id",
          "mysql_info_schema_auto_increment_column",
          "mysql_info_schema_auto_increment_column_max",
          "mysql_heartbeat_stored_timestamp_seconds",
          "mysql_info_schema_innodb_tablespace_space_info",
          "mysql_info_schema_innodb_tablespace_file_size_bytes",
          "mysql_perf_schema_external_lock_waits_total",
          "mysql_mysql_max_connections",
          "mysql_binlog_files");

  private Exposition compare(Set<String> exceptions, String... flags) throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("prometheus-mysqld-exporter").toString());
    command.add("--web.listen-address=127.0.0.1:" + port);
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("config.my-cnf=" + cnf);
    all.add("mysqld.address=127.0.0.1:" + server.port());
    all.forEach(
        f -> command.add("--" + (f.endsWith("=true") ? f.substring(0, f.length() - 5) : f)));
    try (ServerProcess real =
            new ServerProcess(port, dir.resolve("e" + port + ".log"), Map.of(), command);
        Exporter ours = Settings.open(new MysqldExporterKind(), all.toArray(String[]::new))) {
      real.get("/metrics");
      Settings.metrics(ours);
      Exposition theirs = Exposition.parse(real.get("/metrics"));
      String build = theirs.samples("mysqld_exporter_build_info").keySet().toString();
      assumeTrue(build.contains("0.19."), "needs mysqld_exporter 0.19, and there is " + build);
      Exposition mine = SideBySide.of(Settings.metrics(ours));
      Map<String, String> d = SideBySide.differences("mysql_", theirs, mine);
      d.keySet().removeAll(exceptions);
      assertThat(d).isEmpty();
      Set<String> moving = new TreeSet<>(theirs.families.keySet());
      moving.removeAll(SAME);
      assertThat(SideBySide.values("mysql_", theirs, mine, moving)).isEmpty();
      assertThat(mine.samples("mysql_exporter_collector_success"))
          .isEqualTo(theirs.samples("mysql_exporter_collector_success"));
      assertThat(mine.samples("mysql_up")).containsValue(1.0);
      return mine;
    }
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    compare(Set.of());
  }

  @Test
  void exposesSameMetricsWithMoreCollectors() throws Exception {
    compare(
        Set.of(
            // which threads there are, and which events, depends on the moment
            "mysql_mysql_delete_history_priv", // of MariaDB, which the real one does not ask for
            "mysql_info_schema_processlist_threads",
            "mysql_info_schema_processlist_seconds",
            "mysql_info_schema_processlist_processes_by_host",
            "mysql_info_schema_processlist_processes_by_user"),
        "collect.auto_increment.columns=true",
        "collect.binlog_size=true",
        "collect.slave_hosts=true",
        "collect.heartbeat=true",
        "collect.heartbeat.utc=true",
        "collect.engine_innodb_status=true",
        "collect.info_schema.processlist=true",
        "collect.info_schema.tables=true",
        "collect.info_schema.clientstats=true",
        "collect.info_schema.userstats=true",
        "collect.info_schema.tablestats=true",
        "collect.info_schema.schemastats=true",
        "collect.mysql.user=true",
        "collect.mysql.user.privileges=true",
        "collect.perf_schema.eventsstatementssum=true",
        "collect.perf_schema.eventswaits=true",
        "collect.perf_schema.file_events=true",
        "collect.perf_schema.indexiowaits=true",
        "collect.perf_schema.tableiowaits=true",
        "collect.info_schema.replica_host=true",
        "collect.sys.user_summary=true");
  }

  /** Those that MariaDB does not have fail in both. */
  @Test
  void exposesSameEngineAndPerformanceSchemaMetrics() throws Exception {
    Exposition e =
        compare(
            Set.of(),
            "collect.engine_tokudb_status=true",
            "collect.info_schema.innodb_metrics=true",
            "collect.info_schema.innodb_tablespaces=true",
            "collect.info_schema.rocksdb_perf_context=true",
            "collect.perf_schema.file_instances=true",
            "collect.perf_schema.file_instances.filter=(shop|mysql).*[.]ibd$",
            "collect.perf_schema.file_instances.remove_prefix=" + dir.resolve("mariadb") + "/",
            "collect.perf_schema.memory_events=true",
            "collect.perf_schema.memory_events.remove_prefix=memory/sql/",
            "collect.perf_schema.tablelocks=true",
            "collect.perf_schema.replication_applier_status_by_worker=true",
            "collect.perf_schema.replication_group_member_stats=true",
            "collect.perf_schema.replication_group_members=true");
    assertThat(e.families)
        .containsKeys(
            "mysql_info_schema_innodb_metrics_buffer_pool_pages",
            "mysql_info_schema_innodb_tablespace_file_size_bytes",
            "mysql_perf_schema_file_instances_bytes",
            "mysql_perf_schema_memory_events_used_bytes",
            "mysql_perf_schema_sql_lock_waits_seconds_total");
    assertThat(e.samples("mysql_perf_schema_file_instances_total").keySet())
        .anyMatch(l -> l.contains("file_name=\"shop/orders.ibd\""));
  }

  @Test
  void slowQueryFailsAlone() throws Exception {
    try (MysqlConnection c = server.connect("root", "", null)) {
      c.query("CREATE VIEW heartbeat.slow AS SELECT SLEEP(60) AS ts, 1 AS server_id");
    }
    try (Exporter ours =
        Settings.open(
            new MysqldExporterKind(),
            "config.my-cnf=" + cnf,
            "mysqld.address=127.0.0.1:" + server.port(),
            "exporter.query_timeout=1",
            "exporter.max_open_connections=1",
            "collect.heartbeat=true",
            "collect.heartbeat.table=slow",
            "collect.sys.user_summary=true")) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("mysql_exporter_collector_success"))
          .containsEntry("collector=\"collect.heartbeat\"", 0.0)
          .containsEntry("collector=\"collect.slave_status\"", 1.0)
          .containsEntry("collector=\"collect.sys.user_summary\"", 1.0);
    }
  }

  @Test
  void probesTargetsBySection() throws Exception {
    try (Exporter ours = Settings.open(new MysqldExporterKind(), "config.my-cnf=" + cnf)) {
      String target = "target=127.0.0.1:" + server.port();
      Exposition e =
          SideBySide.of(
              Settings.probe(
                  ours, "/probe", target + "&auth_module=client.other&collect[]=slave_status"));
      assertThat(e.samples("mysql_up")).containsValue(1.0);
      assertThat(e.samples("mysql_exporter_collector_success"))
          .containsOnlyKeys("collector=\"collect.slave_status\"");
      e =
          SideBySide.of(
              Settings.probe(ours, "/probe", "target=unix://" + server.socket().toString()));
      assertThat(e.samples("mysql_up")).containsValue(1.0);
      assertThatThrownBy(() -> Settings.probe(ours, "/probe", target + "&auth_module=none"))
          .isInstanceOf(ProbeException.class)
          .hasMessageContaining("[none]");
    }
  }

  @Test
  void reportsDownOrSilentServer() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int port : new int[] {Ports.free(), silent.getLocalPort()}) {
        try (Exporter ours =
            Settings.open(
                new MysqldExporterKind(),
                Map.of("MYSQLD_EXPORTER_PASSWORD", "x"),
                "mysqld.username=me",
                "config.my-cnf=" + dir.resolve("none"),
                "mysqld.address=127.0.0.1:" + port)) {
          Exposition e = SideBySide.of(Settings.metrics(ours, "0.6"));
          assertThat(e.families).containsOnlyKeys("mysql_up");
          assertThat(e.samples("mysql_up")).containsValue(0.0);
        }
      }
    }
  }

  @Test
  void rejectsInvalidSettingsAtStart() {
    assertThatThrownBy(
            () -> Settings.open(new MysqldExporterKind(), "config.my-cnf=" + dir.resolve("none")))
        .hasMessage("no user specified in section [client] or parent");
    assertThatThrownBy(() -> Settings.open(new MysqldExporterKind(), "mysqld.address=localhost"))
        .hasMessage("--mysqld.address: localhost must be HOST:PORT or unix:///PATH");
  }
}
