package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ClickHouse's own engine. */
@Tag("contrib")
class ClickHouseTest extends DatabaseContract {
  @TempDir static Path dir;
  private static ClickHouseProcess server;
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private String database = "";

  @BeforeAll
  static void start() throws Exception {
    server = new ClickHouseProcess(Files.createDirectory(dir.resolve("chdb")), "secret");
  }

  @AfterAll
  static void end() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void fresh() {
    database = "d`b " + DATABASES.incrementAndGet();
  }

  @Override
  String exporter() {
    return "clickhouse";
  }

  private String here(String documented) {
    return documented
        .replace("http://clickhouse:8123", server.url())
        .replace("database: telemetry", "database: '" + database + "'");
  }

  @Override
  String settings() {
    return here(documented("  clickhouse:"));
  }

  @Override
  String store() {
    return here("type: clickhouse\n" + documented("  - type: clickhouse"));
  }

  @Override
  boolean disturb(int round) throws Exception {
    switch (round) {
      case 0 -> server.fail("[\"reset\", \"lost\", 252, \"lost\", \"reset\"]");
      case 1 -> server.fail("[241, 202, 159, 60, 516, 319]");
      case 2 -> server.killAndRestart();
      case 3 -> server.fail("[null, \"lost\", null, \"lost\", \"lost\"]");
      default -> {
        return false;
      }
    }
    return true;
  }

  @Test
  void writesLogsAndSpansLikeTheCollector() throws Exception {
    Tried t = tried();
    t.send(t.exporter(Signal.LOGS), Records.logs());
    t.send(t.exporter(Signal.TRACES), Records.spans());
    assertThat(t.reasons).isEmpty();
    assertThat(
            ask(
                "SELECT toUnixTimestamp64Nano(Timestamp), TraceId, SpanId, TraceFlags,"
                    + " SeverityText, SeverityNumber, ServiceName, Body,"
                    + " ResourceAttributes['host'], LogAttributes['user'], LogAttributes['n'],"
                    + " EventName FROM {db}.otel_logs"))
        .isEqualTo(
            "1700000000000000001\t0102030405060708090a0b0c0d0e0f10\t0102030405060708\t1\tWARN\t13"
                + "\tweb\tit\\'s a \"line\"\th1\tzoë\t[1,{\"a\":true}]\tclick\n");
    assertThat(
            ask(
                "SELECT TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, Duration,"
                    + " StatusCode, StatusMessage, Events.Name, Events.Attributes[1]['k'],"
                    + " Links.SpanId FROM {db}.otel_traces"))
        .isEqualTo(
            "0102030405060708090a0b0c0d0e0f10\t0102030405060708\t\tGET /\tServer\tweb\t1500\tError"
                + "\tbad\t['e']\tv\t['1111111111111111']\n");
    assertThat(ask("SELECT TraceId FROM {db}.otel_traces_trace_id_ts"))
        .isEqualTo("0102030405060708090a0b0c0d0e0f10\n");
  }

  private String ask(String sql) throws Exception {
    String name = "`" + database.replace("`", "\\`") + "`";
    HttpRequest r =
        HttpRequest.newBuilder(URI.create(server.url()))
            .header("X-ClickHouse-Key", "secret")
            .POST(HttpRequest.BodyPublishers.ofString(sql.replace("{db}", name) + " FORMAT TSV"))
            .build();
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(r, HttpResponse.BodyHandlers.ofString()).body();
    }
  }
}
