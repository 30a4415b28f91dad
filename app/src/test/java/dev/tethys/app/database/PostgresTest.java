package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL. */
@Tag("contrib")
@Tag("slow")
class PostgresTest extends DatabaseContract {
  @TempDir static Path dir;
  private static PostgresProcess server;
  private static final AtomicInteger SCHEMAS = new AtomicInteger();
  private String schema = "";

  @BeforeAll
  static void start() throws Exception {
    server = new PostgresProcess(dir, "secret");
  }

  @AfterAll
  static void end() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void fresh() {
    schema = "s\"' " + SCHEMAS.incrementAndGet();
  }

  @Override
  String exporter() {
    return "postgresql";
  }

  private String here(String documented) {
    return documented
        .replace("postgres:5432/telemetry", "127.0.0.1:" + server.port() + "/postgres")
        .replace("schema: public", "schema: '" + schema.replace("'", "''") + "'");
  }

  @Override
  String settings() {
    return here(documented("  postgresql:"));
  }

  @Override
  String store() {
    return here("type: postgresql\n" + documented("  - type: postgresql"));
  }

  private List<String> sql(String sql) throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres";
    try (Connection c = DriverManager.getConnection(url, "tethys", "secret");
        Statement s = c.createStatement()) {
      List<String> out = new ArrayList<>();
      if (s.execute(sql.replace("{s}", '"' + schema.replace("\"", "\"\"") + '"'))) {
        try (ResultSet r = s.getResultSet()) {
          while (r.next()) {
            StringBuilder line = new StringBuilder(String.valueOf(r.getString(1)));
            for (int i = 2; i <= r.getMetaData().getColumnCount(); i++) {
              line.append('|').append(r.getString(i));
            }
            out.add(line.toString());
          }
        }
      }
      return out;
    }
  }

  @Override
  boolean disturb(int round) throws Exception {
    switch (round) {
      case 0 -> {
        // by trigger: a full disk, a lock that does not come, a transaction that has to be repeated
        Tried first = tried();
        first.send(first.exporter(Signal.METRICS), SampleData.hostile(SampleData.oracle()));
        sql("DELETE FROM {s}.metrics_samples");
        sql("DELETE FROM {s}.metrics_histograms");
        sql("CREATE SEQUENCE {s}.turn");
        sql(
            "CREATE FUNCTION {s}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n bigint ="
                + " nextval('"
                + ('"' + schema.replace("\"", "\"\"") + '"').replace("'", "''")
                + ".turn'); BEGIN"
                + " IF n = 1 THEN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END IF;"
                + " IF n = 2 THEN RAISE EXCEPTION 'lock' USING ERRCODE = '55P03'; END IF;"
                + " IF n = 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;"
                + " RETURN NULL; END $$");
        sql(
            "CREATE TRIGGER fail BEFORE INSERT ON {s}.metrics_samples FOR EACH STATEMENT EXECUTE"
                + " FUNCTION {s}.fail()");
      }
      case 1 ->
          sql(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
                  + " 'tethys'");
      case 2 -> server.killAndRestart();
      case 3 ->
          sql("DROP TABLE {s}.metrics_exemplars"); // what is not there is made when it is needed
      default -> {
        return false;
      }
    }
    return true;
  }

  @Test
  void logsAndSpans() throws Exception {
    Tried t = tried();
    var logs = t.exporter(Signal.LOGS);
    var traces = t.exporter(Signal.TRACES);
    for (int i = 0; i < 2; i++) { // the second time is a repetition
      t.send(logs, Records.logs());
      t.send(traces, Records.spans());
    }
    assertThat(t.reasons).isEmpty();
    assertThat(
            sql(
                "SELECT extract(epoch FROM ts), time_unix_nano, trace_id, span_id, flags,"
                    + " severity_number, severity_text, event_name, body, service,"
                    + " resource->>'host', attributes->>'user', attributes->'n' FROM {s}.logs"))
        .containsExactly(
            "1700000000.000000|1700000000000000001|0102030405060708090a0b0c0d0e0f10|0102030405060708|1|13|WARN|click|it's"
                + " a \"line\"|web|h1|zoë|[1, {\"a\": true}]");
    assertThat(
            sql(
                "SELECT trace_id, span_id, parent_span_id, name, kind, service, end_unix_nano -"
                    + " start_unix_nano, status_code, status_message,"
                    + " events->0->'attributes'->>'k', links->0->>'span_id' FROM {s}.spans"))
        .containsExactly(
            "0102030405060708090a0b0c0d0e0f10|0102030405060708||GET"
                + " /|2|web|1500|2|bad|v|1111111111111111");
  }

  private String statement(Matcher m) throws Exception {
    Path log = dir.resolve("postgres/server.log");
    long before = Files.size(log);
    List<Matcher> matchers = List.of(matcher("=", "__name__", "up"), m);
    reading().series(Long.MIN_VALUE, Long.MAX_VALUE, List.of(matchers), 0);
    String said = Files.readString(log).substring((int) before);
    return said.substring(said.indexOf("COPY ("), said.indexOf(") TO STDOUT")).strip();
  }

  @Test
  void findsValuesItself() throws Exception {
    Tried t = tried();
    t.send(t.exporter(Signal.METRICS), SampleData.hostile(SampleData.oracle()));
    sql("ALTER ROLE tethys SET log_statement = 'all'");
    try {
      assertThat(statement(matcher("=~", "job", "a|b(c|d)")))
          .endsWith(
              "metric = 'up' AND labels @> ANY (ARRAY['{\"job\":\"a\"}','{\"job\":\"bc\"}',"
                  + "'{\"job\":\"bd\"}']::jsonb[])");
      assertThat(statement(matcher("=~", "job", "a|")))
          .endsWith("COALESCE(labels ->> 'job', '') = ANY (ARRAY['a','']::text[])");
      assertThat(statement(matcher("!~", "job", "a|b")))
          .endsWith("COALESCE(labels ->> 'job', '') <> ALL (ARRAY['a','b']::text[])");
      assertThat(statement(matcher("=~", "job", "a\\..*(b|c)")))
          .endsWith("COALESCE(labels ->> 'job', '') ~ '^(?:a\\..*(b|c))$'");
      assertThat(statement(matcher("=~", "job", "a\\d+"))).endsWith("metric = 'up'");
    } finally {
      sql("ALTER ROLE tethys RESET log_statement");
    }
    sql("ALTER ROLE tethys SET enable_seqscan = off"); // of a table this small
    try {
      assertThat(
              sql(
                  "EXPLAIN SELECT series FROM {s}.metrics_series WHERE labels @> ANY"
                      + " (ARRAY['{\"job\":\"a\"}','{\"job\":\"b\"}']::jsonb[])"))
          .anyMatch(line -> line.contains("Bitmap Index Scan"));
    } finally {
      sql("ALTER ROLE tethys RESET enable_seqscan");
    }
  }

  /** TimescaleDB is not available here: functions of the same names record the calls. */
  @Test
  void queriesHypertables() throws Exception {
    sql("CREATE SCHEMA {s}");
    sql("CREATE TABLE IF NOT EXISTS public.asked (t text, c text, i interval)");
    sql(
        "CREATE OR REPLACE FUNCTION public.create_hypertable(relation regclass, time_column name,"
            + " chunk_time_interval interval, if_not_exists boolean, migrate_data boolean) RETURNS"
            + " int LANGUAGE sql AS $$ INSERT INTO public.asked VALUES (relation::text,"
            + " time_column, chunk_time_interval) RETURNING 1 $$");
    Tried t = new Tried("timescaledb", settings() + "\nhypertables: true\n");
    open.add(t);
    try (ExporterProbe p = t.probe(Signal.LOGS)) {
      assertThat(p.plan())
          .anyMatch(s -> s.startsWith("CREATE TABLE"))
          .anyMatch(s -> s.startsWith("SELECT create_hypertable("));
      assertThat(p.write(1_700_000_000, 42.5)).contains("the line \"tethys_probe 42.5\"");
      assertThat(p.plan()).isEmpty();
      sql("CREATE SCHEMA timescaledb_information");
      sql(
          "CREATE VIEW timescaledb_information.hypertables AS SELECT ''::name AS"
              + " hypertable_schema, ''::name AS hypertable_name WHERE false");
      assertThat(p.plan())
          .singleElement()
          .asString()
          .startsWith("nothing for ")
          .contains("is not a hypertable; to convert it manually: SELECT create_hypertable(");
    } finally {
      sql("DROP SCHEMA IF EXISTS timescaledb_information CASCADE");
    }
    sql("TRUNCATE public.asked");
    t.send(t.exporter(Signal.METRICS), SampleData.hostile(SampleData.oracle()));
    assertThat(sql("SELECT count(*), min(i) FROM public.asked WHERE c = 'ts'"))
        .containsExactly("3|1 day");
  }
}
