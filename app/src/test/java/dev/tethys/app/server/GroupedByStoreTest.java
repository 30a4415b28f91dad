package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.MemoryMetricStore;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store groups without making labels gives the responses of one that makes them all. */
@Tag("slow")
class GroupedByStoreTest {
  private static final long START = 1_700_000_000_000L;
  private static final int STEPS = 40;
  private static final long STEP = 15_000;
  private static final long END = START + (STEPS - 1) * STEP;

  @TempDir Path folder;
  private MetricsDatabase database;
  private final MemoryMetricStore plain = new MemoryMetricStore();

  @BeforeEach
  void fill() {
    database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
    fill(database);
    fill(plain);
  }

  private static void fill(MetricStore store) {
    SplittableRandom random = new SplittableRandom(5);
    for (int t = 0; t < STEPS; t++) {
      try (Appender a = store.appender()) {
        for (int s = 0; s < 120; s++) {
          if (random.nextInt(15) == 0 || s % 11 == 3 && t > 5) {
            continue;
          }
          a.append(
              a.series(Labels.of("__name__", "a_total", "n", "" + s % 7, "pod", "p" + s)),
              0,
              START + t * STEP,
              t * (1.0 + s % 13));
          a.append(
              a.series(Labels.of("__name__", "b", "__type__", "t" + s % 2, "pod", "q" + s / 2)),
              0,
              START + t * STEP,
              random.nextInt(9));
        }
        a.commit();
      }
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum by (n) (rate(a_total[2m]))",
        "sum without (pod) (rate(a_total[2m]))",
        "sum by (__name__, n) (rate(a_total[2m]))",
        "max by (n) (a_total)",
        "avg without (n, pod) (a_total)",
        "sum by (__name__) (last_over_time(a_total[2m]))",
        "topk(5, rate(a_total[2m]))",
        "topk by (n) (2, a_total)",
        "bottomk(3, a_total)",
        "topk(0, a_total)",
        "topk(1000, a_total)",
        "topk(scalar(vector(2)), b)",
        "quantile(0.3, rate(a_total[2m]))",
        "quantile by (n) (0.9, a_total)",
        "quantile(2, a_total)",
        "rate(b[2m])",
        "sum(rate(b[2m]))",
        "sum by (pod) (max_over_time(b[1m]))",
        "max by (__type__) (rate({__name__=~\"a_total|b\", pod!~\"q.*\"}[2m]))",
        "rate({__name__=~\"a_total|b\"}[2m])",
        "deriv(a_total[3m])",
        "count by (n) (a_total > 100)",
        "sum by (__name__, n) (a_total > 100)",
        "count without (pod) (a_total > 100)",
        "count by (n) (a_total > bool 100)",
        "sum by (n) (abs(-a_total))",
        "sum by (__name__) (a_total * 2)",
        "max without (pod) (a_total * 2)",
        "sum by (__type__) (b + 1)",
        "topk by (n) (2, a_total > 100)",
        "sum by (n) (clamp_max(rate(a_total[2m]), 0.3))"
      })
  void answersAreTheSame(String query) {
    for (long time : new long[] {START, START + 7 * STEP + 1, END}) {
      assertThat(answer(database, query, time)).isEqualTo(answer(plain, query, time));
    }
  }

  private static String answer(MetricSource source, String query, long time) {
    try (PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(2).build())) {
      QueryResult r = engine.instant(source, query, time, QueryOptions.DEFAULT).execute();
      StringBuilder all = new StringBuilder();
      for (Value.Sample s : ((Value.InstantVector) r.value()).samples()) {
        all.append(s.labels()).append(' ').append(s.value()).append('\n');
      }
      return all.append(r.warnings()).append(r.infos()).toString();
    } catch (QueryException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
