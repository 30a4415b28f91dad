package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.PostgresProcess;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans, samples and changes of a database that the server reads itself. */
@Tag("slow")
@Tag("contrib")
class DatabaseRecordsServerTest {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Pattern FINGERPRINT =
      Pattern.compile("\"db_statement_fingerprint\":\"([0-9a-f]{16})\"");

  @TempDir Path dir;

  private static String logs(TethysProcess p, String logql) {
    return p.get(
            "/loki/api/v1/query_range?limit=50&query="
                + URLEncoder.encode(logql, StandardCharsets.UTF_8))
        .body();
  }

  private static void execute(Connection c, String sql) throws Exception {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  @Test
  void storesPlansSamplesAndChanges() throws Exception {
    try (PostgresProcess database = new PostgresProcess(dir, "secret")) {
      String url = "jdbc:postgresql://127.0.0.1:" + database.port() + "/";
      try (Connection c = DriverManager.getConnection(url + "postgres", "tethys", "secret")) {
        execute(c, "alter system set shared_preload_libraries = 'pg_stat_statements'");
      }
      database.killAndRestart();
      try (Connection c = DriverManager.getConnection(url + "postgres", "tethys", "secret")) {
        execute(c, "create extension pg_stat_statements");
        execute(c, "create database shop");
      }
      Path file = dir.resolve("databases.yml");
      Files.writeString(
          file,
          """
          interval: 1s
          tables_interval: 1s
          slow_statement_threshold: 500ms
          databases:
          - {engine: postgres, address: "127.0.0.1:%d", user: tethys, password: secret}
          """
              .formatted(database.port()));
      try (Connection shop = DriverManager.getConnection(url + "shop", "tethys", "secret");
          TethysProcess p =
              TethysProcess.server(dir, "global: {}\n", "--cluster-agent.config-file=" + file)) {
        execute(shop, "create table orders (id int, item text)");
        p.await(
            "a plan",
            SOON,
            () -> {
              load(shop);
              return logs(
                      p,
                      "{service_name=\"DatabaseStatements\"} | event_name=\"db.statement.plan\" |="
                          + " `\"Relation Name\" : \"orders\"`")
                  .contains("db_plan_hash");
            });
        String plan =
            logs(
                p,
                "{service_name=\"DatabaseStatements\"} | event_name=\"db.statement.plan\" |="
                    + " `\"Relation Name\" : \"orders\"`");
        Matcher m = FINGERPRINT.matcher(plan);
        assertThat(m.find()).as(plan).isTrue();
        String text = "db_statement_info{query=\"" + m.group(1) + "\"}";
        p.await("the text of the statement", SOON, () -> p.query(text).contains("from orders"));
        p.await(
            "a sample",
            SOON,
            () -> {
              sleep(shop);
              return logs(
                      p,
                      "{service_name=\"DatabaseStatements\"} |"
                          + " event_name=\"db.statement.sample\"")
                  .contains("select pg_sleep ( ? )");
            });
        execute(shop, "alter table orders add column note text");
        p.await(
            "a change",
            SOON,
            () -> logs(p, "{service_name=\"DatabaseChanges\"}").contains("+    note text"));
      }
    }
  }

  private static void load(Connection c) {
    try {
      for (int i = 0; i < 50; i++) {
        execute(c, "select count(*) from orders where item = 'item " + i + "'");
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void sleep(Connection c) {
    try {
      execute(c, "select pg_sleep(2)");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
