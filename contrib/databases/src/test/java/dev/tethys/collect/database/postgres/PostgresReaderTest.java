package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readings of a real PostgreSQL. */
@Timeout(180)
@Tag("slow")
final class PostgresReaderTest {
  private static final String PASSWORD = "secret";
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir static Path dir;
  private static PostgresProcess server;

  @BeforeAll
  static void start() throws Exception {
    server = new PostgresProcess(dir, PASSWORD);
    try (Connection c = connect("postgres")) {
      execute(c, "alter system set shared_preload_libraries = 'pg_stat_statements'");
      execute(c, "alter system set track_io_timing = on");
    }
    server.killAndRestart();
    try (Connection c = connect("postgres")) {
      execute(c, "create extension pg_stat_statements");
      execute(c, "create role monitor login password 'm1'");
      execute(c, "grant pg_monitor to monitor");
      execute(c, "create role nothing login password 'n1'");
      execute(c, "create database shop");
    }
    try (Connection c = connect("shop")) {
      execute(c, "create table orders (id int primary key, item text)");
      execute(c, "alter table orders set (autovacuum_enabled = off)");
      execute(c, "insert into orders select n, 'item ' || n from generate_series(1, 20000) n");
      execute(c, "analyze orders");
      execute(c, "delete from orders where id % 2 = 0");
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static Connection connect(String database) throws Exception {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + server.port() + "/" + database + "?sslmode=disable",
        "tethys",
        PASSWORD);
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

  private static PostgresReader reader(String user, String password) {
    return new PostgresReader(
        new ReaderTarget(
            "127.0.0.1",
            server.port(),
            user,
            () -> new Secret(password),
            "",
            null,
            ReaderTarget.Limits.DEFAULT));
  }

  private static DatabaseReading read(PostgresReader r) throws Exception {
    return r.read(Deadline.in(LIMIT));
  }

  private static List<Metric> all(DatabaseReading r, String name, String... labels) {
    List<Metric> out = new ArrayList<>();
    for (MetricFamily f : r.families()) {
      if (f.name().equals(name)) {
        for (Metric m : f.metrics()) {
          boolean matches = true;
          for (int i = 0; i < labels.length; i += 2) {
            matches &= m.labels().get(labels[i]).equals(labels[i + 1]);
          }
          if (matches) {
            out.add(m);
          }
        }
      }
    }
    return out;
  }

  private static double value(DatabaseReading r, String name, String... labels) {
    List<Metric> found = all(r, name, labels);
    assertThat(found).as(name).hasSize(1);
    return ((MetricFamily.Value) found.getFirst().point()).value();
  }

  private static List<String> problems(DatabaseReading r) {
    return r.parts().stream()
        .filter(p -> !p.isRead())
        .map(p -> p.name() + ": " + p.problem())
        .toList();
  }

  @Test
  void readsTheServerUnderCorootsNames() throws Exception {
    try (PostgresReader r = reader("monitor", "m1")) {
      DatabaseReading first = read(r);
      assertThat(problems(first)).isEmpty();
      DatabaseReading second = read(r);
      assertThat(problems(second)).isEmpty();
      Set<String> names = new TreeSet<>();
      second.families().forEach(f -> names.add(f.name()));
      assertThat(names)
          .contains(
              "pg_up",
              "pg_probe_seconds",
              "pg_scrape_error",
              "pg_info",
              "pg_setting",
              "pg_connections",
              "pg_autovacuum_workers",
              "pg_latency_seconds",
              "pg_db_queries_per_second",
              "pg_top_query_calls_per_second",
              "pg_top_query_time_per_second",
              "pg_top_query_io_time_per_second",
              "pg_wal_current_lsn",
              "pg_wal_size_bytes",
              "pg_wal_archived_segments_total",
              "pg_wal_archive_failures_total",
              "pg_checkpoints_scheduled_total",
              "pg_checkpoints_total",
              "pg_restartpoints_total",
              "pg_buffers_written_total",
              "pg_time_since_last_checkpoint_seconds",
              "pg_wal_since_last_checkpoint_bytes",
              "pg_xid_age",
              "pg_multixact_age",
              "pg_oldest_xmin_age",
              "pg_database_size_bytes",
              "pg_table_size_bytes",
              "pg_db_table_bloat_bytes",
              "pg_db_index_bloat_bytes",
              "pg_table_bloat_bytes",
              "pg_table_dead_tuple_bytes",
              "pg_table_dead_tuples",
              "pg_table_live_tuples",
              "pg_table_mods_since_analyze",
              "pg_table_reltuples",
              "pg_table_seconds_since_last_analyze",
              "pg_table_setting",
              "db_statement_info");
      try (Connection c = connect("shop")) {
        assertThat(value(second, "pg_setting", "name", "max_connections")).isEqualTo(40);
        assertThat(value(second, "pg_setting", "name", "shared_buffers", "unit", "8kB"))
            .isEqualTo(number(c, "select setting from pg_settings where name = 'shared_buffers'"));
        assertThat(value(second, "pg_table_size_bytes", "db", "shop", "table", "orders"))
            .isEqualTo(number(c, "select pg_total_relation_size('orders')"));
        assertThat(value(second, "pg_table_dead_tuples", "table", "orders"))
            .isCloseTo(10_000, within(10.0)); // other tests update a row
        assertThat(value(second, "pg_database_size_bytes", "db", "shop"))
            .isCloseTo(number(c, "select pg_database_size('shop')"), within(1_000_000.0));
        assertThat(value(second, "pg_wal_current_lsn"))
            .isLessThanOrEqualTo(number(c, "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"));
      }
      assertThat(value(second, "pg_table_setting", "autovacuum_disabled", "1")).isEqualTo(1);
      assertThat(value(second, "pg_scrape_error", "warning", "")).isZero();
    }
  }

  @Test
  void countsStatementsAsTheServerDoes() throws Exception {
    try (PostgresReader r = reader("monitor", "m1");
        Connection load = connect("shop");
        Connection control = connect("postgres")) {
      String of =
          " from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = 'shop'"
              + " and query like 'select count(*) from orders where item%'";
      execute(load, "select count(*) from orders where item like 'warm%'");
      read(r);
      double calls = number(control, "select sum(calls)" + of);
      double time = number(control, "select sum(total_exec_time + total_plan_time)" + of);
      for (int i = 0; i < 200; i++) {
        execute(load, "select count(*) from orders where item like '" + i + "%'");
      }
      DatabaseReading second = read(r);
      double shown = 0;
      double shownTime = 0;
      for (Metric info : all(second, "db_statement_info")) {
        if (info.labels().get("text").startsWith("select count ( * ) from orders where item")) {
          String query = info.labels().get("query");
          shown += value(second, "pg_top_query_calls_per_second", "query", query, "db", "shop");
          shownTime += value(second, "pg_top_query_time_per_second", "query", query, "db", "shop");
        }
      }
      calls = number(control, "select sum(calls)" + of) - calls;
      time = number(control, "select sum(total_exec_time + total_plan_time)" + of) - time;
      assertThat(calls).isEqualTo(200);
      // The quotient does not depend on the interval, which begins within the first reading.
      assertThat(shown / shownTime)
          .isCloseTo(calls / (time / 1000), within(0.02 * calls / (time / 1000)));
      assertThat(shown).isPositive();
    }
  }

  @Test
  void namesTheBlockingStatement() throws Exception {
    try (PostgresReader r = reader("monitor", "m1");
        Connection holder = connect("shop");
        Connection waiter = connect("shop")) {
      holder.setAutoCommit(false);
      execute(holder, "update orders set item = 'held' where id = 1");
      Thread waits =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      execute(waiter, "update orders set item = 'waits' where id = 1");
                    } catch (Exception e) {
                      // ends with the test
                    }
                  });
      String blocking = "";
      for (int i = 0; i < 200 && blocking.isEmpty(); i++) {
        DatabaseReading reading = read(r);
        for (Metric m : all(reading, "pg_lock_awaiting_queries", "db", "shop")) {
          String query = m.labels().get("blocking_query");
          for (Metric info : all(reading, "db_statement_info", "query", query)) {
            blocking = info.labels().get("text");
          }
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
      holder.rollback();
      waits.join();
      assertThat(blocking).isEqualTo("update orders set item = ? where id = ?");
    }
  }

  @Test
  void holdsOneConnectionWhileTablesAreLocked() throws Exception {
    try (PostgresReader r = reader("monitor", "m1");
        Connection holder = connect("shop");
        Connection control = connect("postgres")) {
      holder.setAutoCommit(false);
      execute(holder, "lock table orders in access exclusive mode");
      for (int i = 0; i < 3; i++) {
        DatabaseReading reading = read(r);
        assertThat(value(reading, "pg_up")).isEqualTo(1);
        assertThat(
                number(
                    control,
                    "select count(*) from pg_stat_activity where application_name ="
                        + " 'tethys-cluster-agent'"))
            .isLessThanOrEqualTo(1);
      }
      holder.rollback();
    }
  }

  @Test
  void reportsChangedTablesAndSettings() throws Exception {
    ReaderTarget.Limits d = ReaderTarget.Limits.DEFAULT;
    ReaderTarget target =
        new ReaderTarget(
            "127.0.0.1",
            server.port(),
            "monitor",
            () -> new Secret("m1"),
            "",
            null,
            new ReaderTarget.Limits(
                d.excluded(), true, false, true, 1000, Duration.ofNanos(1), false));
    try (PostgresReader r = new PostgresReader(target);
        Connection c = connect("shop");
        Connection admin = connect("postgres")) {
      execute(c, "create table changing (id int not null)");
      assertThat(read(r).changes()).isEmpty();
      execute(c, "alter table changing add column note text default 'none'");
      execute(admin, "alter system set work_mem = '5MB'");
      execute(admin, "select pg_reload_conf()");
      List<DatabaseChange> changes = new ArrayList<>();
      for (int i = 0; i < 100 && changes.size() < 2; i++) {
        changes.addAll(read(r).changes());
        TimeUnit.MILLISECONDS.sleep(20);
      }
      assertThat(changes).extracting(DatabaseChange::object).contains("changing", "pg_settings");
      assertThat(changes)
          .filteredOn(x -> x.object().equals("changing"))
          .singleElement()
          .satisfies(
              x -> {
                assertThat(x.database()).isEqualTo("shop");
                assertThat(x.difference())
                    .contains(
                        "--- shop/public/changing\n", "+    note text DEFAULT 'none'::text\n");
              });
      execute(admin, "alter system reset work_mem");
      execute(admin, "select pg_reload_conf()");
      execute(c, "drop table changing");
    }
  }

  @Test
  void cannotWrite() throws Exception {
    PostgresConnection c =
        PostgresConnection.open(
            PostgresDsn.parse(
                "host=127.0.0.1 port="
                    + server.port()
                    + " user=tethys password=secret sslmode=disable dbname=shop"
                    + " default_transaction_read_only=on statement_timeout=1000"),
            Deadline.in(LIMIT));
    try (c) {
      assertThatThrownBy(() -> c.query("insert into orders values (-1, 'x') returning 1", _ -> {}))
          .hasMessageContaining("read-only");
      assertThatThrownBy(() -> c.query("select pg_sleep(20)", _ -> {}))
          .hasMessageContaining("statement timeout");
    }
  }

  @Test
  void namesTheMissingRight() throws Exception {
    try (PostgresReader r = reader("nothing", "n1")) {
      DatabaseReading reading = read(r);
      assertThat(reading.parts())
          .filteredOn(p -> !p.isRead())
          .extracting(DatabaseReading.Part::remedy)
          .contains("GRANT pg_monitor TO \"nothing\";");
      assertThat(value(reading, "pg_up")).isEqualTo(1);
    }
  }

  @Test
  void reportsARefusedLoginOnce() throws Exception {
    try (PostgresReader r = reader("monitor", "wrong")) {
      assertThatThrownBy(() -> read(r))
          .isInstanceOfSatisfying(
              ReadingException.class,
              e -> assertThat(e.failure()).isEqualTo(ReadingException.Failure.LOGIN))
          .hasMessageNotContaining("wrong");
    }
  }
}
