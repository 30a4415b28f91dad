package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.storage.Appender;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written of queries: to the log, to the file of running ones, to the list of costs. */
class QueryLogTest {
  private final MemoryMetricStore store = new MemoryMetricStore();
  private final PromqlEngine engine =
      new PromqlEngine(
          EngineOptions.builder().maxSamples(10).maxConcurrent(2).ruleConcurrent(1).build(),
          () -> Instant.parse("2026-01-02T03:04:05.678Z"),
          () -> 7);
  @TempDir Path dir;

  @BeforeEach
  void fill() {
    try (Appender a = store.appender()) {
      for (int k = 0; k < 20; k++) {
        a.append(a.series(Labels.of("__name__", "m")), 0, k * 1000, k);
      }
      a.commit();
    }
  }

  @AfterEach
  void close() {
    engine.close();
    store.close();
  }

  private static QueryOptions from(String path) {
    return new QueryOptions(
        0,
        0,
        false,
        new QueryOrigin("ann", "10.0.0.7", "GET", path, QueryPriority.INTERACTIVE, Scope.DEFAULT));
  }

  private Map<String, Double> values() {
    Map<String, Double> out = new HashMap<>();
    engine
        .metrics()
        .collect(
            f ->
                f.metrics()
                    .forEach(
                        m -> {
                          if (m.point() instanceof MetricFamily.Value v) {
                            out.put(f.name(), v.value());
                          } else if (m.point() instanceof MetricFamily.Native n) {
                            out.put(f.name() + m.labels(), n.histogram().count());
                          }
                        }));
    return out;
  }

  @Test
  void linesMatchPrometheus() throws IOException {
    Path file = dir.resolve("queries.log");
    assertThat(values()).containsEntry("prometheus_engine_query_log_enabled", 0.0);
    engine.log(QueryLog.open(file));
    assertThat(values()).containsEntry("prometheus_engine_query_log_enabled", 1.0);
    engine.instant(store, "m", 100_500, from("/api/v1/query")).execute();
    engine.range(store, "sum(m)", 1_000, 4_250, 1_000, from("/api/v1/query_range")).execute();
    assertThatThrownBy(
            () -> engine.range(store, "m", 0, 19_000, 1_000, QueryOptions.DEFAULT).execute())
        .isInstanceOf(QueryException.class);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst())
        .isEqualTo(
            "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"INFO\",\"msg\":\"promql query"
                + " logged\",\"params\":{\"end\":\"1970-01-01T00:01:40.500Z\",\"query\":\"m\","
                + "\"start\":\"1970-01-01T00:01:40.500Z\",\"step\":0},\"stats\":{\"timings\":"
                + "{\"evalTotalTime\":0,\"resultSortTime\":0,\"queryPreparationTime\":0,"
                + "\"innerEvalTime\":0,\"execQueueTime\":0,\"execTotalTime\":0},\"samples\":"
                + "{\"totalQueryableSamples\":1,\"samplesRead\":1,\"peakSamples\":1}},"
                + "\"spanID\":\"0000000000000000\",\"httpRequest\":{\"clientIP\":\"10.0.0.7\","
                + "\"method\":\"GET\",\"path\":\"/api/v1/query\"}}");
    assertThat(lines.get(1))
        .contains("\"end\":\"1970-01-01T00:00:04.250Z\"")
        .contains("\"step\":1}")
        .contains("\"path\":\"/api/v1/query_range\"");
    assertThat(lines.get(2))
        .contains("\"error\":\"query processing would load too many samples")
        .doesNotContain("httpRequest");
    assertThat(values())
        .containsEntry(
            "prometheus_engine_query_duration_histogram_seconds{slice=\"inner_eval\"}", 3.0)
        .containsEntry("prometheus_engine_query_log_failures_total", 0.0);
  }

  @Test
  void logsRulesWithTheirGroup() throws IOException {
    Path file = dir.resolve("rules.log");
    engine.log(QueryLog.open(file));
    QueryOrigin origin = QueryOrigin.rule(new QueryOrigin.RuleGroup("/etc/a.yml", "g \"1\""));
    engine.instant(store, "m", 1_000, new QueryOptions(0, 0, false, origin)).execute();
    assertThat(Files.readString(file))
        .endsWith(
            "\"spanID\":\"0000000000000000\",\"ruleGroup\":{\"file\":\"/etc/a.yml\",\"name\":\"g"
                + " \\\"1\\\"\"}}\n");
  }

  @Test
  void unwritableLogFailsNoQuery() throws IOException {
    QueryLog log = QueryLog.open(dir.resolve("queries.log"));
    engine.log(log);
    log.close();
    engine.instant(store, "m", 1_000, QueryOptions.DEFAULT).execute();
    assertThat(values()).containsEntry("prometheus_engine_query_log_failures_total", 1.0);
    assertThatThrownBy(() -> QueryLog.open(dir.resolve("no/such/folder")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void keepsRunningQueriesInAPersistentFile() throws IOException {
    Path file = dir.resolve("queries.active");
    ActiveQueryFile f = ActiveQueryFile.open(file, 2);
    Instant since = Instant.ofEpochSecond(1234);
    int a = f.begin("up{a=\"ü\"}\n", since);
    int b = f.begin("x".repeat(5000), since);
    assertThat(f.begin("one too many", since)).isEqualTo(-1);
    assertThat(Files.size(file)).isEqualTo(2001);
    List<String> entries = ActiveQueryFile.unfinished(file);
    assertThat(entries.getFirst())
        .isEqualTo("{\"query\":\"up{a=\\\"ü\\\"}\\n\",\"timestamp_sec\":1234}");
    assertThat(entries.get(1)).hasSize(999).endsWith("x\",\"timestamp_sec\":1234}");
    f.end(a);
    assertThat(ActiveQueryFile.unfinished(file)).hasSize(1);
    f.end(b);
    assertThat(ActiveQueryFile.unfinished(file)).isEmpty();
    assertThat(ActiveQueryFile.open(dir, 2).begin("m", since))
        .as("a folder is no file")
        .isEqualTo(-1);
  }

  @Test
  void engineNotesRunningQueries() throws IOException {
    Path file = dir.resolve("queries.active");
    engine.noteRunning(file);
    engine.instant(store, "m", 1_000, QueryOptions.DEFAULT).execute();
    assertThat(ActiveQueryFile.unfinished(file)).isEmpty();
    assertThat(Files.size(file)).isEqualTo(3001);
  }

  @Test
  void sumsCostsByText() {
    for (int i = 0; i < 3; i++) {
      engine.instant(store, "m", 1_000, QueryOptions.DEFAULT).execute();
    }
    engine.instant(store, "vector(1)", 1_000, QueryOptions.DEFAULT).execute();
    QueryCosts.Cost c = engine.status().top(Scope.DEFAULT, QueryCosts.Order.CALLS, 1).getFirst();
    assertThat(c.text()).isEqualTo("m");
    assertThat(c.calls()).isEqualTo(3);
    assertThat(c.samples()).isEqualTo(3);
    assertThat(c.failures()).isZero();
  }

  @Test
  void boundsCostListAndKeepsExpensiveQueries() {
    QueryCosts costs = new QueryCosts();
    Instant now = Instant.EPOCH;
    costs.add(new QueryCosts.Cost(Scope.DEFAULT_TENANT, "expensive", 1, 0, 1, 100, 1, 1, 1, now));
    for (int i = 0; i < 2 * QueryCosts.CAPACITY; i++) {
      costs.add(
          new QueryCosts.Cost(Scope.DEFAULT_TENANT, "cheap " + i, 1, 0, 1, i * 1e-3, 1, 1, 1, now));
    }
    assertThat(costs.top(Scope.DEFAULT, QueryCosts.Order.CPU, 10_000)).hasSize(QueryCosts.CAPACITY);
    assertThat(costs.top(Scope.DEFAULT, QueryCosts.Order.CPU, 1).getFirst().text())
        .isEqualTo("expensive");
    costs.add(
        new QueryCosts.Cost(Scope.DEFAULT_TENANT, "y".repeat(9_000), 1, 0, 1, 1e9, 1, 1, 1, now));
    assertThat(costs.top(Scope.DEFAULT, QueryCosts.Order.CPU, 1).getFirst().text())
        .hasSize(QueryCosts.MAX_TEXT);
  }
}
