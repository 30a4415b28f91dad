package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readings of a real MariaDB. */
@Timeout(180)
@Tag("slow")
final class MysqlReaderTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir static Path dir;
  private static MariadbProcess server;

  @BeforeAll
  static void start() throws Exception {
    server = new MariadbProcess(dir);
    try (MysqlConnection c = server.connect("root", "", null)) {
      c.query("CREATE DATABASE shop");
      c.query("USE shop");
      c.query("CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(100))");
      c.query("INSERT INTO shop.orders SELECT seq, CONCAT('item ', seq) FROM seq_1_to_20000");
      c.query("ANALYZE TABLE shop.orders");
      c.query("CREATE USER monitor@'%' IDENTIFIED BY 'm1'");
      c.query("GRANT PROCESS, REPLICATION CLIENT, REPLICA MONITOR ON *.* TO monitor@'%'");
      c.query("GRANT SELECT ON *.* TO monitor@'%'");
      c.query("CREATE USER nothing@'%' IDENTIFIED BY 'n1'");
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static MysqlReader reader(String user, String password) {
    return new MysqlReader(
        new ReaderTarget(
            "127.0.0.1",
            server.port(),
            user,
            () -> new Secret(password),
            "",
            null,
            ReaderTarget.Limits.DEFAULT));
  }

  private static DatabaseReading read(MysqlReader r) throws Exception {
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

  @Test
  void readsTheServerUnderCorootsNames() throws Exception {
    try (MysqlReader r = reader("monitor", "m1");
        MysqlConnection load = server.connect("root", "", null)) {
      load.query("SELECT COUNT(*) FROM shop.orders WHERE item LIKE 'warm%'");
      DatabaseReading first = read(r);
      assertThat(first.parts()).allSatisfy(p -> assertThat(p.problem()).isEmpty());
      for (int i = 0; i < 100; i++) {
        load.query("SELECT COUNT(*) FROM shop.orders WHERE item LIKE '" + i + "%'");
      }
      DatabaseReading second = read(r);
      assertThat(second.parts()).allSatisfy(p -> assertThat(p.problem()).isEmpty());
      Set<String> names = new TreeSet<>();
      second.families().forEach(f -> names.add(f.name()));
      assertThat(names)
          .contains(
              "mysql_up",
              "mysql_scrape_error",
              "mysql_info",
              "mysql_connections_max",
              "mysql_connections_current",
              "mysql_connections_total",
              "mysql_connections_aborted_total",
              "mysql_traffic_received_bytes_total",
              "mysql_traffic_sent_bytes_total",
              "mysql_queries_total",
              "mysql_slow_queries_total",
              "mysql_top_query_calls_per_second",
              "mysql_top_query_time_per_second",
              "mysql_top_query_lock_time_per_second",
              "mysql_top_table_io_wait_time_per_second",
              "mysql_database_size_bytes",
              "mysql_table_size_bytes",
              "db_statement_info");
      String query = "";
      for (Metric m : all(second, "db_statement_info")) {
        if (m.labels().get("text").startsWith("select count ( * ) from `shop`")
            || m.labels().get("text").startsWith("select count ( * ) from shop")) {
          query = m.labels().get("query");
        }
      }
      assertThat(query).isNotEmpty();
      double calls = value(second, "mysql_top_query_calls_per_second", "query", query);
      double time = value(second, "mysql_top_query_time_per_second", "query", query);
      MysqlConnection.Rows digest =
          load.query(
              "SELECT COUNT_STAR, SUM_TIMER_WAIT FROM"
                  + " performance_schema.events_statements_summary_by_digest WHERE DIGEST_TEXT LIKE"
                  + " 'SELECT COUNT%orders%LIKE%'");
      assertThat(digest.rows()).hasSize(1);
      assertThat(digest.rows().getFirst().getFirst()).isEqualTo("101");
      double average =
          Double.parseDouble(String.valueOf(digest.rows().getFirst().get(1))) / 1e12 / 101;
      // The first call, which is before the interval, may take longer than the others.
      assertThat(time / calls).isCloseTo(average, within(0.3 * average));
      assertThat(value(second, "mysql_connections_max")).isEqualTo(151);
      assertThat(value(second, "mysql_table_size_bytes", "db", "shop", "table", "orders"))
          .isEqualTo(
              Double.parseDouble(
                  String.valueOf(
                      load.query(
                              "SELECT DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES"
                                  + " WHERE TABLE_NAME = 'orders'")
                          .rows()
                          .getFirst()
                          .getFirst())));
    }
  }

  @Test
  void holdsOneConnection() throws Exception {
    try (MysqlReader r = reader("monitor", "m1");
        MysqlConnection control = server.connect("root", "", null)) {
      for (int i = 0; i < 3; i++) {
        read(r);
      }
      assertThat(
              control
                  .query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='monitor'")
                  .rows()
                  .getFirst()
                  .getFirst())
          .isEqualTo("1");
    }
  }

  @Test
  void namesTheMissingRight() throws Exception {
    try (MysqlReader r = reader("nothing", "n1")) {
      DatabaseReading reading = read(r);
      assertThat(reading.parts())
          .filteredOn(p -> !p.isRead())
          .extracting(DatabaseReading.Part::remedy)
          .contains("GRANT SELECT ON performance_schema.* TO 'nothing'@'%';");
      assertThat(value(reading, "mysql_up")).isEqualTo(1);
    }
  }

  @Test
  void reportsARefusedLogin() throws Exception {
    try (MysqlReader r = reader("monitor", "wrong")) {
      assertThatThrownBy(() -> read(r))
          .isInstanceOfSatisfying(
              ReadingException.class,
              e -> assertThat(e.failure()).isEqualTo(ReadingException.Failure.LOGIN));
    }
  }
}
