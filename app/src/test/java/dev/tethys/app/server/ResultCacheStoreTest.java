package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.CacheReuse.Outcome;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.RetentionPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Cached answers over the real store: while samples come late, are deleted, leave memory for
 * blocks, are merged and expire, answers are the same bits as without the cache.
 */
@Tag("slow")
class ResultCacheStoreTest {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long T0 = 1_699_999_200_000L;

  private static final List<String> QUERIES =
      List.of(
          "m",
          "sum by (i) (m)",
          "sum(rate(m_total[10m]))",
          "max_over_time(m[45m])",
          "count(m)",
          "sum_over_time(m[1h:7m] offset 20m)",
          "m unless m offset 1h",
          "topk(2, m)",
          "absent(m{i=\"3\"})");

  @TempDir Path folder;

  private static DatabaseOptions options(int seed) {
    RetentionPolicy.Rule odd =
        new RetentionPolicy.Rule(List.of(Matcher.equal("i", "1")), Duration.ofHours(4));
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(
            new RetentionPolicy(
                Duration.ofHours(8), 0, 0, seed % 2 == 0 ? List.of() : List.of(odd)));
  }

  private static void put(MetricsDatabase db, long time, double v, Random r, int share) {
    try (Appender a = db.appender()) {
      for (int i = 0; i < 5; i++) {
        if (r.nextInt(share) == 0) {
          a.append(a.series(Labels.of("__name__", "m", "i", "" + i)), 0, time, v * i);
          a.append(a.series(Labels.of("__name__", "m_total", "i", "" + i)), 0, time, v);
        }
      }
      a.commit();
    }
  }

  private static String text(QueryResult r) {
    StringBuilder out = new StringBuilder();
    for (Value.Series s : ((Value.Matrix) r.value()).series()) {
      out.append(s.labels());
      for (int i = 0; i < s.size(); i++) {
        out.append(' ').append(s.timestamps()[i]).append('=');
        out.append(Double.doubleToRawLongBits(s.values()[i]));
      }
      out.append('\n');
    }
    return out + " " + r.warnings() + r.infos();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void sameBits(int seed) {
    Random r = new Random(seed);
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(seed));
        PromqlEngine cached =
            new PromqlEngine(EngineOptions.builder().cacheBytes(4 << 20).build());
        PromqlEngine plain = new PromqlEngine(EngineOptions.defaults())) {
      long now = T0;
      for (int round = 0; round < 600; round++) {
        now += 2 * MINUTE;
        put(db, now, round, r, 1);
        switch (r.nextInt(20)) {
          case 0 -> put(db, now - 1 - r.nextInt((int) (10 * HOUR)), -round, r, 2);
          case 1 -> {
            long from = now - r.nextInt((int) (10 * HOUR));
            List<Matcher> some =
                r.nextBoolean() ? List.of() : List.of(Matcher.equal("i", "" + r.nextInt(5)));
            db.delete(from, from + r.nextInt((int) HOUR), List.of(some));
          }
          case 2 -> db.maintain();
          case 3 -> db.cleanTombstones();
          default -> {}
        }
        String q = QUERIES.get(r.nextInt(QUERIES.size()));
        long step = 5 * MINUTE;
        long end = now / step * step + (r.nextInt(3) - 1) * step;
        long start = end - (2 + r.nextInt(2) * 6) * HOUR;
        QueryResult with = cached.range(db, q, start, end, step, QueryOptions.DEFAULT).execute();
        QueryResult without = plain.range(db, q, start, end, step, QueryOptions.DEFAULT).execute();
        assertThat(text(with)).as("%s in round %d", q, round).isEqualTo(text(without));
        outcomes.merge(with.statistics().reuse().outcome(), 1, Integer::sum);
      }
    }
    assertThat(outcomes.get(Outcome.PARTIAL)).isGreaterThan(200);
  }
}
