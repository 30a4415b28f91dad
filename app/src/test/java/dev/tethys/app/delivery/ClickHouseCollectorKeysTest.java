package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys of the Collector's ClickHouse exporter. */
@Tag("contrib")
class ClickHouseCollectorKeysTest {
  @TempDir private Path dir;

  private static Attributes attributes() {
    Attributes inner = new Attributes();
    inner.put("d", 1.5);
    Attributes a = new Attributes();
    a.put("n", 7L);
    a.put("ok", true);
    a.put("nan", Double.NaN);
    a.put("c", inner);
    a.put("c.d", "of the other path");
    a.put("bytes", new byte[] {1, 2});
    a.put("quote\"\\", "x\"y\u0001é");
    return a;
  }

  private static LogsData logs() {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(1_700_000_000_000_000_000L);
    r.setBody("hello");
    attributes().forEach(r.attributes()::put);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.items().add(r);
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", "cart");
    g.scopes().add(s);
    LogsData out = new LogsData();
    out.resources().add(g);
    return out;
  }

  private static TracesData traces() {
    Span p = new Span();
    p.setStartTimeUnixNano(1_700_000_000_000_000_000L);
    p.setEndTimeUnixNano(1_700_000_000_000_000_009L);
    p.setName("get");
    p.attributes().put("n", 8L);
    SpanEvent e = new SpanEvent();
    e.setName("retry");
    e.attributes().put("attempt", 2L);
    p.events().add(e);
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.items().add(p);
    ResourceGroup<Span> g = new ResourceGroup<>();
    g.scopes().add(s);
    TracesData out = new TracesData();
    out.resources().add(g);
    return out;
  }

  @Test
  void writesAttributesAsJsonWithTypesAndKeys() throws Exception {
    try (ClickHousePeer peer =
        new ClickHousePeer(
            new ClickHouseProcess(Files.createDirectories(dir.resolve("ch")), "secret"), true)) {
      String keys = peer.exporterKeys(peer.port()) + ", json: true, compress: deflate";
      try (TestPipeline p = new TestPipeline(Signal.LOGS, "clickhouse", keys)) {
        p.send(Batch.of(Signal.LOGS, logs(), 0, Metadata.NONE));
        p.drain(ExporterContract.TIME_LIMIT);
        assertThat(p.balance().out()).as(p.refusal()).isEqualTo(1);
      }
      List<String> rows = new ArrayList<>();
      peer.ask(
          "LogAttributes.n.:Int64 AS n, LogAttributes.ok.:Bool AS ok, LogAttributes.nan AS nan,"
              + " toString(LogAttributes.c.d) AS d, LogAttributesKeys AS keys,"
              + " ResourceAttributes.`service.name` AS service, Body FROM {db}.otel_logs",
          r -> rows.add(r.toString()));
      assertThat(rows).hasSize(1);
      assertThat(rows.getFirst())
          .containsPattern("\"n\":\"?7")
          .contains("\"ok\":true", "\"nan\":\"NaN\"", "\"d\":\"1.5\"", "\"service\":\"cart\"")
          .contains("\"keys\":[\"n\",\"ok\",\"nan\",\"c.d\",\"bytes\"");
      try (TestPipeline p = new TestPipeline(Signal.TRACES, "clickhouse", keys)) {
        p.send(Batch.of(Signal.TRACES, traces(), 0, Metadata.NONE));
        p.drain(ExporterContract.TIME_LIMIT);
        assertThat(p.balance().out()).as(p.refusal()).isEqualTo(1);
      }
      rows.clear();
      peer.ask(
          "toString(SpanAttributes.n) AS n, SpanAttributesKeys AS keys, toString(Events.Attributes)"
              + " AS events FROM {db}.otel_traces",
          r -> rows.add(r.toString()));
      assertThat(rows).hasSize(1);
      assertThat(rows.getFirst()).contains("\"n\":\"8\"", "\"keys\":[\"n\"]", "attempt", "2");
    }
  }

  @ParameterizedTest
  @CsvSource({"lz4, lz4", "true, lz4", "zstd, zstd", "gzip, gzip", "none, none", "false, none"})
  void compressesInsertsAsNamedByCompress(String compress, String encoding) throws Exception {
    for (String key :
        List.of("compress: " + compress, "connection_params: {compress: '" + compress + "'}")) {
      List<String> seen = new CopyOnWriteArrayList<>();
      try (LoopbackHttp http =
              new LoopbackHttp(
                  x -> {
                    String e = x.getRequestHeaders().getFirst("Content-Encoding");
                    if (String.valueOf(x.getRequestURI()).contains("INSERT")) {
                      seen.add((e == null ? "none" : e) + " " + x.getRequestURI().getRawQuery());
                    }
                    x.getRequestBody().readAllBytes();
                    x.sendResponseHeaders(200, -1);
                    x.close();
                  });
          TestPipeline p =
              new TestPipeline(
                  Signal.LOGS,
                  "clickhouse",
                  "endpoint: 'http://127.0.0.1:" + http.port() + "', " + key)) {
        p.send(Batch.of(Signal.LOGS, logs(), 0, Metadata.NONE));
        p.drain(ExporterContract.TIME_LIMIT);
      }
      assertThat(seen).hasSize(1);
      assertThat(seen.getFirst()).startsWith(encoding + " ").doesNotContain("compress=");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "compress: br | compress is \"br\"; it must be none, lz4",
        "compress: lz4, compression: gzip | the same setting",
        "compress: lz4, compression_params: {level: 3} | require compression",
      })
  void rejectsOtherCompressions(String keys, String message) {
    assertThatThrownBy(
            () ->
                new TestPipeline(
                    Signal.LOGS, "clickhouse", "endpoint: 'http://127.0.0.1:1', " + keys))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
