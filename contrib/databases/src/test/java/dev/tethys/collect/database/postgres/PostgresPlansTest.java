package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReaderTarget.Limits;
import dev.tethys.collect.database.reader.ReaderTarget.StatementRecords;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plans of the statements of a real PostgreSQL. */
@Timeout(180)
@Tag("slow")
final class PostgresPlansTest {
  private static final String PASSWORD = "secret";

  /** Statements of a mixed load, with the quirks of normalized texts. */
  private static final List<String> LOAD =
      List.of(
          "select * from orders where id = 7",
          "select * from orders where id in (1, 2, 3)",
          "select item, count(*) from orders group by item order by 2 desc limit 10",
          "select o.id, c.name from orders o join customers c on c.id = o.customer where c.name ="
              + " 'n7' limit 5",
          "select count(*) from orders where at > now() - interval '1 day'",
          "select count(*) from orders where at > date '2020-01-01'",
          "select extract(year from at), count(*) from orders where amount > 3 group by 1",
          "select date_trunc('day', at), sum(amount) from orders group by date_trunc('day', at)",
          "select * from orders where item like 'item 1%' order by at desc limit 3",
          "select * from orders where tags @> '{\"a\": 1}'",
          "select 'constant', null is null",
          "with recent as (select * from orders order by at desc limit 100) select avg(amount) from"
              + " recent",
          "select * from orders where (id, customer) = (3, 4)",
          "select coalesce(item, 'none') || '!' from orders where amount between 1 and 2.5",
          "select case when amount > 10 then 'big' else 'small' end, count(*) from orders group by"
              + " 1",
          "insert into orders (id, customer, item, amount) values (100001, 1, 'new', 1.5) on"
              + " conflict (id) do update set amount = 2",
          "update orders set amount = amount + 1 where id = 9",
          "update customers set name = 'x' where id in (select customer from orders where id = 3)",
          "delete from orders where id = 100001",
          "with gone as (delete from orders where id = -5 returning id) select count(*) from gone",
          "select * from orders where id = any('{1,2}'::int[]) for update",
          "select exists (select 1 from customers where name = 'n8')");

  @TempDir static Path dir;
  private static PostgresProcess server;

  @BeforeAll
  static void start() throws Exception {
    server = new PostgresProcess(dir, PASSWORD);
    try (Connection c = connect("postgres", "tethys", PASSWORD)) {
      execute(c, "alter system set shared_preload_libraries = 'pg_stat_statements'");
    }
    server.killAndRestart();
    try (Connection c = connect("postgres", "tethys", PASSWORD)) {
      execute(c, "create extension pg_stat_statements");
      execute(c, "create role monitor login password 'm1'");
      execute(c, "grant pg_monitor, pg_read_all_data, pg_write_all_data to monitor");
      execute(c, "create role bare login password 'b1'");
      execute(c, "grant pg_monitor to bare");
      execute(c, "create role half login password 'h1'");
      execute(c, "grant pg_monitor, pg_read_all_data to half");
      execute(c, "create role app login superuser password 'a1'");
      execute(c, "alter role app set search_path = sales, \"$user\"");
      execute(c, "create database shop");
    }
    try (Connection c = connect("shop", "tethys", PASSWORD)) {
      execute(c, "create schema sales");
      execute(c, "create schema app");
      execute(
          c,
          "create table sales.orders (id int primary key, customer int, item text, at timestamptz"
              + " default now(), amount numeric, tags jsonb)");
      execute(c, "create table app.customers (id int primary key, name text)");
      execute(
          c,
          "insert into sales.orders select n, n % 100, 'item ' || n % 50, now(), n % 20, '{}' from"
              + " generate_series(1, 5000) n");
      execute(c, "insert into app.customers select n, 'n' || n from generate_series(1, 100) n");
      execute(c, "analyze");
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static Connection connect(String database, String user, String password)
      throws Exception {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:"
            + server.port()
            + "/"
            + database
            + "?sslmode=disable&preferQueryMode=simple",
        user,
        password);
  }

  private static void execute(Connection c, String sql) throws Exception {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static String one(Connection c, String sql) throws Exception {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      assertThat(r.next()).isTrue();
      return r.getString(1);
    }
  }

  private static PostgresReader reader(String user, String password, Duration slow) {
    Limits d = Limits.DEFAULT;
    return new PostgresReader(
        new ReaderTarget(
            "127.0.0.1",
            server.port(),
            user,
            () -> new Secret(password),
            "",
            null,
            new Limits(
                d.excluded(),
                true,
                false,
                false,
                1000,
                Duration.ofNanos(1),
                false,
                new StatementRecords(true, true, slow))));
  }

  private static DatabaseReading read(PostgresReader r) throws Exception {
    return r.read(Deadline.in(Duration.ofSeconds(20)));
  }

  private static void load(Connection app) throws Exception {
    for (int i = 0; i < 20; i++) {
      for (String sql : LOAD) {
        execute(app, sql);
      }
    }
  }

  @Test
  void explainsTheStatementsOfAMixedLoad() throws Exception {
    try (PostgresReader r = reader("monitor", "m1", Duration.ofMinutes(1));
        Connection app = connect("shop", "app", "a1");
        Connection control = connect("shop", "tethys", PASSWORD)) {
      read(r);
      Set<String> planned = new HashSet<>();
      Set<String> failed = new HashSet<>();
      String before = "";
      for (int i = 0; i < 12; i++) {
        load(app);
        before = one(control, "select count(*) || ' ' || sum(amount) from sales.orders");
        DatabaseReading reading = read(r);
        assertThat(one(control, "select count(*) || ' ' || sum(amount) from sales.orders"))
            .isEqualTo(before);
        for (StatementEvent e : reading.events()) {
          if (e.kind() == Kind.PLAN && e.database().equals("shop")) {
            assertThat(e.body()).contains("Node Type").doesNotContain("item 1");
            planned.add(e.fingerprint());
          } else if (e.kind() == Kind.PLAN_FAILED && e.database().equals("shop")) {
            failed.add(text(reading, e.fingerprint()) + ": " + e.body());
          }
        }
      }
      int all = planned.size() + failed.size();
      assertThat(all).isGreaterThanOrEqualTo(17); // some of the 20 are the agent's
      assertThat(planned).as("not explained: %s", failed).hasSizeGreaterThanOrEqualTo(all * 9 / 10);
      try (Connection c = connect("postgres", "tethys", PASSWORD)) {
        assertThat(
                Integer.parseInt(
                    one(
                        c,
                        "select count(*) from pg_stat_statements where query ilike 'explain%' or"
                            + " query ilike 'prepare%'")))
            .isLessThan(15);
      }
    }
  }

  private static String text(DatabaseReading r, String fingerprint) {
    for (MetricFamily f : r.families()) {
      if (f.name().equals("db_statement_info")) {
        for (MetricFamily.Metric m : f.metrics()) {
          if (m.labels().get("query").equals(fingerprint)) {
            return m.labels().get("text");
          }
        }
      }
    }
    return "";
  }

  @Test
  void givesEqualCallsEqualParameters() {
    assertThat(
            PostgresPlans.unified(
                "select date_trunc($1, at), sum(a) from o where b = f($2) group by"
                    + " date_trunc($3, at)"))
        .isEqualTo(
            "select date_trunc($1, at), sum(a) from o where b = f($2) group by"
                + " date_trunc($1, at)");
  }

  @Test
  void reportsAPlanThatChanged() throws Exception {
    try (Connection app = connect("shop", "app", "a1");
        Connection control = connect("shop", "tethys", PASSWORD)) {
      PostgresPlans plans = new PostgresPlans();
      PostgresStatements.Key key = new PostgresStatements.Key(1, 2, 3);
      var one = new dev.tethys.collect.database.reader.PlanHistory.Candidate<>(key, "shop", "f", 1);
      try (PostgresConnection c =
          PostgresConnection.open(
              PostgresDsn.parse(
                  "host=127.0.0.1 port="
                      + server.port()
                      + " user=monitor password=m1 sslmode=disable dbname=shop"
                      + " default_transaction_read_only=on"),
              Deadline.in(Duration.ofSeconds(20)))) {
        PostgresSession s =
            new PostgresSession(
                c,
                PostgresVersion.parse("15.0"),
                new dev.tethys.collect.database.MetricSet(""),
                new dev.tethys.collect.database.reader.ReadingParts(),
                "monitor");
        PostgresPlans.Text text =
            new PostgresPlans.Text("select * from orders where customer = $1 and item = $2", "app");
        plans.read(s, List.of(one), _ -> text, 0);
        execute(control, "create index by_customer on sales.orders (customer, item)");
        plans.read(s, List.of(one), _ -> text, Duration.ofMinutes(11).toNanos());
        execute(control, "drop index sales.by_customer");
        List<StatementEvent> events = plans.take();
        assertThat(events)
            .extracting(StatementEvent::kind)
            .containsExactly(Kind.PLAN, Kind.PLAN_CHANGED, Kind.PLAN);
        assertThat(events.get(1).body()).contains("Seq Scan", "+", "\"by_customer\"");
      }
    }
  }

  @Test
  void namesTheMissingRightOnce() throws Exception {
    assertThat(remedies("bare", "b1", "no right to its schema"))
        .last()
        .isEqualTo("GRANT pg_read_all_data TO \"bare\";");
    // Without the right to write only the statements that write have no plans.
    assertThat(remedies("half", "h1", "GRANT pg_write_all_data TO \"half\";")).last().isEqualTo("");
  }

  /** Remedies of the part; checks that one statement fails with a reason, each once. */
  private static List<String> remedies(String user, String password, String reason)
      throws Exception {
    try (PostgresReader r = reader(user, password, Duration.ofMinutes(1));
        Connection app = connect("shop", "app", "a1")) {
      read(r);
      List<StatementEvent> failed = new ArrayList<>();
      List<String> remedies = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        for (int n = 0; n < 50; n++) {
          execute(app, "select * from orders where customer = 3 and amount > 2");
          execute(app, "update orders set amount = 1 where customer = 3 and amount > 200");
        }
        DatabaseReading reading = read(r);
        reading.events().stream()
            .filter(e -> e.kind() == Kind.PLAN_FAILED && e.database().equals("shop"))
            .forEach(failed::add);
        reading.parts().stream()
            .filter(p -> p.name().equals("plans of statements"))
            .forEach(p -> remedies.add(p.remedy()));
      }
      assertThat(failed).extracting(StatementEvent::fingerprint).doesNotHaveDuplicates();
      assertThat(failed).extracting(StatementEvent::body).anyMatch(b -> b.contains(reason));
      return remedies;
    }
  }

  @Test
  void reportsASlowCall() throws Exception {
    try (PostgresReader r = reader("monitor", "m1", Duration.ofMillis(200));
        Connection app = connect("shop", "app", "a1")) {
      Thread call =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      execute(app, "select 'secret literal', pg_sleep(3)");
                    } catch (Exception e) {
                      // ends with the test
                    }
                  });
      List<StatementEvent> samples = new ArrayList<>();
      while (call.isAlive()) {
        read(r).events().stream().filter(e -> e.kind() == Kind.SAMPLE).forEach(samples::add);
        TimeUnit.MILLISECONDS.sleep(50);
      }
      assertThat(samples)
          .singleElement()
          .satisfies(
              e -> {
                assertThat(e.body()).isEqualTo("select ?, pg_sleep ( ? )");
                assertThat(e.database()).isEqualTo("shop");
                assertThat(e.attributes())
                    .containsEntry("db.user", "app")
                    .containsKey("db.statement.duration_seconds");
              });
    }
  }

  @Test
  void waitsBrieflyForALockedTable() throws Exception {
    try (PostgresReader r = reader("monitor", "m1", Duration.ofMinutes(1));
        Connection app = connect("shop", "app", "a1");
        Connection holder = connect("shop", "tethys", PASSWORD)) {
      read(r);
      for (int i = 0; i < 100; i++) {
        execute(app, "select max(amount) from orders where customer = 44");
      }
      holder.setAutoCommit(false);
      execute(holder, "lock table sales.orders in access exclusive mode");
      List<String> reasons = new ArrayList<>();
      long longest = 0;
      for (int i = 0; i < 4; i++) {
        long begin = System.nanoTime();
        read(r).events().stream()
            .filter(e -> e.kind() == Kind.PLAN_FAILED)
            .forEach(e -> reasons.add(e.body()));
        longest = Math.max(longest, System.nanoTime() - begin);
      }
      holder.rollback();
      assertThat(reasons).anyMatch(b -> b.contains("lock timeout"));
      assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(5));
    }
  }
}
