package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.collect.database.DebianRoot;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReaderTarget.Limits;
import dev.tethys.collect.database.reader.ReaderTarget.StatementRecords;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Ports;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readings of a real PostgreSQL 18 of a {@link DebianRoot}, compared with the server's views. */
@Timeout(180)
@Tag("slow")
final class Postgres18Test {
  private static final String BIN = "/usr/lib/postgresql/18/bin/";

  private static void asPostgres(DebianRoot root, String command) throws Exception {
    root.run("su", "postgres", "-s", "/bin/sh", "-c", command);
  }

  private static void execute(Connection c, String sql) throws Exception {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static double number(Connection c, String sql) throws Exception {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      assertThat(r.next()).isTrue();
      return r.getDouble(1);
    }
  }

  private static TreeMap<String, Double> values(DatabaseReading r) {
    TreeMap<String, Double> out = new TreeMap<>();
    for (MetricFamily f : r.families()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (m.point() instanceof MetricFamily.Value v) {
          out.put(f.name() + m.labels(), v.value());
        }
      }
    }
    return out;
  }

  @Test
  void readsWhatTheServersViewsShow() throws Exception {
    try (DebianRoot root = DebianRoot.with(BIN + "postgres")) {
      Path folder = root.folder();
      assertThat(folder.toFile().setWritable(true, false)).isTrue();
      String data = root.inside("data");
      int port = Ports.free();
      asPostgres(
          root,
          BIN
              + "initdb -D "
              + data
              + " -U tethys --auth=trust --locale=C.UTF-8 --encoding=UTF8 --no-sync");
      asPostgres(
          root,
          BIN
              + "pg_ctl start -D "
              + data
              + " -w -l "
              + root.inside("log")
              + " -o \"-p "
              + port
              + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
              + " -c shared_preload_libraries=pg_stat_statements -c track_io_timing=on\"");
      try {
        compare(port);
      } finally {
        asPostgres(root, BIN + "pg_ctl stop -D " + data + " -m immediate -w");
      }
    }
  }

  private static void compare(int port) throws Exception {
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?preferQueryMode=simple";
    Limits d = Limits.DEFAULT;
    ReaderTarget target =
        new ReaderTarget(
            "127.0.0.1",
            port,
            "monitor",
            () -> Secret.NONE,
            "",
            null,
            new Limits(
                d.excluded(),
                true,
                true,
                true,
                1000,
                d.tables(),
                false,
                new StatementRecords(true, true, Duration.ofSeconds(1))));
    try (Connection c = DriverManager.getConnection(url, "tethys", "");
        PostgresReader r = new PostgresReader(target)) {
      execute(c, "create extension pg_stat_statements");
      execute(c, "create role monitor login");
      execute(c, "grant pg_monitor, pg_read_all_data to monitor");
      execute(c, "create table orders (id int primary key, item text)");
      execute(c, "insert into orders select n, 'item ' || n from generate_series(1, 2000) n");
      execute(c, "checkpoint");
      String of = " from pg_stat_statements where query like 'select count(*) from orders%'";
      execute(c, "select count(*) from orders where item like 'warm%'");
      r.read(Deadline.in(Duration.ofSeconds(20)));
      double calls = number(c, "select sum(calls)" + of);
      double time = number(c, "select sum(total_exec_time + total_plan_time)" + of);
      for (int i = 0; i < 300; i++) {
        execute(c, "select count(*) from orders where item like '" + i + "%'");
      }
      DatabaseReading reading = r.read(Deadline.in(Duration.ofSeconds(20)));
      assertThat(reading.parts()).allSatisfy(p -> assertThat(p.problem()).isEmpty());
      calls = number(c, "select sum(calls)" + of) - calls;
      time = (number(c, "select sum(total_exec_time + total_plan_time)" + of) - time) / 1000;
      TreeMap<String, Double> v = values(reading);
      String query =
          v.keySet().stream()
              .filter(k -> k.startsWith("db_statement_info{") && k.contains("count ( * ) from ord"))
              .map(k -> k.replaceAll(".*query=\"([0-9a-f]+)\".*", "$1"))
              .findFirst()
              .orElseThrow();
      String labels = "_per_second{db=\"postgres\", query=\"" + query + "\", user=\"tethys\"}";
      double shownCalls = v.getOrDefault("pg_top_query_calls" + labels, 0.0);
      double shownTime = v.getOrDefault("pg_top_query_time" + labels, 0.0);
      assertThat(calls).isEqualTo(300);
      assertThat(shownCalls / shownTime).isCloseTo(calls / time, within(0.02 * calls / time));
      assertThat(v.get("pg_setting{name=\"max_connections\"}")).isEqualTo(100);
      assertThat(v.get("pg_checkpoints_scheduled_total{type=\"requested\"}"))
          .isEqualTo(number(c, "select num_requested from pg_stat_checkpointer"));
      assertThat(v.get("pg_buffers_written_total{source=\"checkpointer\"}"))
          .isCloseTo(number(c, "select buffers_written from pg_stat_checkpointer"), within(100.0));
      assertThat(reading.events())
          .filteredOn(e -> e.kind() == Kind.PLAN && e.fingerprint().equals(query))
          .singleElement()
          .satisfies(e -> assertThat(e.body()).contains("Seq Scan"));
    }
  }
}
