package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A query has the same answer, to the last bit, however many threads compute it. */
@Tag("slow")
class ThreadsOfQueriesTest {
  private static final long START = 1_700_000_000_000L;
  private static final int STEPS = 240;
  private static final long STEP = 15_000;

  @TempDir Path folder;
  private MetricsDatabase database;

  @BeforeEach
  void fill() throws Exception {
    database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS);
    SplittableRandom random = new SplittableRandom(3);
    for (int t = 0; t < STEPS; t++) {
      for (int target = 0; target < 9; target++) { // not as many as series of a stripe
        if (random.nextInt(20) == 0) {
          continue; // was not scraped
        }
        scrape(target, t, random);
      }
    }
  }

  private void scrape(int target, int t, SplittableRandom random) {
    long time = START + t * STEP + target * 1_000L;
    try (Appender a = database.appender()) {
      for (int s = 0; s < 150; s++) {
        long ref =
            a.series(
                Labels.of(
                    "__name__", s % 3 == 0 ? "a" : "b", "instance", "i" + target, "n", "" + s));
        double v = random.nextDouble() * Math.pow(10, random.nextInt(30) - 15);
        if (s % 17 == 5 && t % 40 == target) {
          a.append(ref, 0, time, Samples.STALE);
        } else if (s % 50 == 7 && t > STEPS / 2) {
          a.append(ref, 0, time, histogram(t));
        } else if (s % 29 != 3 || t % 7 == 0) { // some are there seldom
          a.append(ref, 0, time, v);
        }
      }
      a.commit();
    }
  }

  private static Histogram histogram(int t) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        t,
        t / 3.0,
        new int[] {0, 1},
        new double[] {t},
        new int[0],
        new double[0],
        null);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum(b)",
        "avg by (n) (b)",
        "stddev by (instance) (a)",
        "stdvar(b)",
        "min by (n) (a)",
        "max(b)",
        "sum by (instance) (rate(b[2m]))",
        "avg(avg_over_time(a[1m]))",
        "count({__name__=~\"a|b\"})",
        "count by (instance) (b)",
        "count by (n) ({instance!=\"\"})",
        "group by (n) (b)",
        "count(b > 0)",
        "sum(count by (n) (a))",
        "topk(3, b)",
        "quantile by (instance) (0.3, a)"
      })
  void theAnswerIsTheSame(String query) {
    String one = answer(query, 1);
    assertThat(one).contains(" ");
    for (int threads : new int[] {2, 3, 8}) {
      assertThat(answer(query, threads)).isEqualTo(one);
    }
  }

  private String answer(String query, int threads) {
    try (PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(threads).build())) {
      QueryResult r =
          engine
              .range(database, query, START, START + STEPS * STEP, STEP, QueryOptions.DEFAULT)
              .execute();
      StringBuilder all = new StringBuilder();
      for (Value.Series s : ((Value.Matrix) r.value()).series()) {
        all.append(s.labels());
        for (int i = 0; i < s.size(); i++) {
          all.append(' ').append(s.timestamps()[i]).append('=');
          Histogram h = s.histogram(i);
          all.append(
              h == null
                  ? Long.toHexString(Double.doubleToLongBits(s.values()[i]))
                  : h.count() + "/" + h.sum());
        }
        all.append('\n');
      }
      return all.append(r.warnings()).toString();
    }
  }
}
