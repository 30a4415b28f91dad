package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReaderTarget.Limits;
import dev.tethys.collect.database.reader.ReaderTarget.StatementRecords;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plans of the statements of a real MariaDB, and of a real MySQL where one is installed. */
@Timeout(180)
@Tag("slow")
final class MysqlPlansTest {
  private static final List<String> LOAD =
      List.of(
          "SELECT * FROM orders WHERE id = 7",
          "SELECT item, COUNT(*) FROM orders GROUP BY item ORDER BY 2 DESC LIMIT 10",
          "SELECT COUNT(*) FROM orders WHERE item LIKE 'secret%' AND amount > 87654321",
          "SELECT o.id FROM orders o JOIN orders p ON p.id = o.amount WHERE p.item = 'secret 3'",
          "SELECT 'a;b' FROM orders LIMIT 3",
          "INSERT INTO orders VALUES (0, 'secret', 3) ON DUPLICATE KEY UPDATE amount = 4",
          "UPDATE orders SET amount = amount + 1 WHERE id = 9",
          "DELETE FROM orders WHERE id = -5",
          "REPLACE INTO orders VALUES (100002, 'secret', 4)",
          "SELECT * FROM orders WHERE id IN (SELECT amount FROM orders WHERE item = 'x') FOR UPDATE");

  @TempDir Path dir;

  @Test
  void replacesParameters() {
    assertThat(MysqlPlans.withValues("select '?', `a?` /* ? */ from t where b = ? limit ?, ?"))
        .isEqualTo("select '?', `a?` /* ? */ from t where b = '2000-01-01' limit 10, 10");
    assertThat(MysqlPlans.withValues("select 'it\\'s ?' limit ? offset ?"))
        .isEqualTo("select 'it\\'s ?' limit 10 offset 10");
    assertThat(MysqlPlans.withValues("select 'open ?")).isEqualTo("select 'open ?");
  }

  @Test
  void explainsStatementsOfMariadb() throws Exception {
    try (MariadbProcess server =
        new MariadbProcess(
            dir,
            "--performance-schema-consumer-events-statements-current=ON",
            "--performance-schema-consumer-events-statements-history=ON")) {
      explains(server.connect("root", "", null), server.port());
    }
  }

  @Test
  void explainsStatementsOfMysql() throws Exception {
    try (MysqlProcess server = new MysqlProcess(dir)) {
      explains(server.connect("root", ""), server.port());
    }
  }

  private static MysqlReader reader(int port, Duration slow) {
    Limits d = Limits.DEFAULT;
    return new MysqlReader(
        new ReaderTarget(
            "127.0.0.1",
            port,
            "monitor",
            () -> new Secret("m1"),
            "",
            null,
            new Limits(
                d.excluded(),
                false,
                false,
                false,
                1000,
                d.tables(),
                false,
                new StatementRecords(true, true, slow))));
  }

  private static DatabaseReading read(MysqlReader r) throws Exception {
    return r.read(Deadline.in(Duration.ofSeconds(20)));
  }

  private static void explains(MysqlConnection load, int port) throws Exception {
    load.query("CREATE DATABASE shop");
    load.query("USE shop");
    load.query("CREATE TABLE orders (id INT PRIMARY KEY, item VARCHAR(100), amount INT)");
    load.query("INSERT INTO orders VALUES (1, 'item 1', 1)");
    for (int i = 0; i < 8; i++) {
      load.query(
          "INSERT INTO orders SELECT id + " + (1 << i) + ", CONCAT('item ', id), id FROM orders");
    }
    load.query("CREATE USER monitor@'%' IDENTIFIED BY 'm1'");
    load.query("GRANT PROCESS, REPLICATION CLIENT ON *.* TO monitor@'%'");
    load.query("GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO monitor@'%'");
    try (load;
        MysqlReader r = reader(port, Duration.ofMillis(300))) {
      read(r);
      Set<String> planned = new HashSet<>();
      Set<String> failed = new HashSet<>();
      for (int i = 0; i < 8; i++) {
        for (int n = 0; n < 10; n++) {
          for (String sql : LOAD) {
            load.query(sql);
          }
        }
        String before = load.query("SELECT COUNT(*), SUM(amount) FROM orders").rows().toString();
        DatabaseReading reading = read(r);
        assertThat(load.query("SELECT COUNT(*), SUM(amount) FROM orders").rows().toString())
            .isEqualTo(before);
        assertThat(reading.parts())
            .filteredOn(p -> p.name().equals("plans of statements"))
            .allSatisfy(p -> assertThat(p.problem()).isEmpty());
        for (StatementEvent e : reading.events()) {
          if (e.kind() == Kind.PLAN && e.database().equals("shop")) {
            assertThat(e.body()).contains("{").doesNotContain("secret", "87654321");
            planned.add(e.fingerprint());
          } else if (e.kind() == Kind.PLAN_FAILED && e.database().equals("shop")) {
            failed.add(e.body());
          }
        }
      }
      int all = planned.size() + failed.size();
      assertThat(all).isGreaterThanOrEqualTo(10);
      assertThat(planned).as("not explained: %s", failed).hasSizeGreaterThanOrEqualTo(all * 9 / 10);
      reportsASlowCall(load, r);
    }
  }

  private static void reportsASlowCall(MysqlConnection load, MysqlReader r) throws Exception {
    Thread call =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    load.query("SELECT 'secret', SLEEP(2)");
                  } catch (Exception e) {
                    // ends with the test
                  }
                });
    List<StatementEvent> samples = new ArrayList<>();
    while (call.isAlive()) {
      read(r).events().stream().filter(e -> e.kind() == Kind.SAMPLE).forEach(samples::add);
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertThat(samples).hasSize(1);
    assertThat(samples.getFirst().body())
        .contains("select ?, ", "sleep", "( ? )")
        .doesNotContain("secret");
    assertThat(samples.getFirst().attributes()).containsEntry("db.user", "root");
  }
}
