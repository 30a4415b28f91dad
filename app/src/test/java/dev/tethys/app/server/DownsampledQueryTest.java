package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.Query;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.RetentionPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries over downsampled data answer what they answer over samples, or say that they do not. */
@Tag("slow")
class DownsampledQueryTest {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long T0 = 1_699_999_200_000L / (54 * HOUR) * (54 * HOUR);
  private static final long END = T0 + 50 * HOUR;

  @TempDir static Path folder;

  private static MetricsDatabase whole;
  private static MetricsDatabase retired;
  private static PromqlEngine engine;

  private static DatabaseOptions options(Duration keep) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(END)))
        .withRetention(new RetentionPolicy(keep, 0, 0, List.of()))
        .withDownsampling(
            List.of(
                new Downsampling(Duration.ofMinutes(5), Duration.ofHours(3), Duration.ZERO),
                new Downsampling(Duration.ofHours(1), Duration.ofHours(9), Duration.ZERO)));
  }

  @BeforeAll
  static void fill() {
    whole = MetricsDatabase.open(folder.resolve("whole"), options(Duration.ofDays(9)));
    retired = MetricsDatabase.open(folder.resolve("retired"), options(Duration.ofHours(11)));
    for (MetricsDatabase db : List.of(whole, retired)) {
      Random r = new Random(7);
      Map<Integer, Double> counters = new HashMap<>();
      for (long t = T0; t < END; t += 30_000) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < 4; i++) {
            long at = t + i * 137 + r.nextInt(20);
            if (r.nextInt(30) == 0) {
              continue;
            }
            double c =
                r.nextInt(300) == 0
                    ? r.nextInt(3)
                    : counters.getOrDefault(i, 5.0) + r.nextInt(9) / 8.0;
            counters.put(i, c);
            a.append(a.series(Labels.of("__name__", "c_total", "i", "" + i)), 0, at, c);
            double g = r.nextInt(50) == 0 ? special(r) : r.nextInt(2000) / 10.0 - 100;
            a.append(a.series(Labels.of("__name__", "g", "i", "" + i)), 0, at, g);
            if ((t - T0) / HOUR % 7 != 3) {
              a.append(a.series(Labels.of("__name__", "gone", "i", "" + i)), 0, at, i);
            }
          }
          a.commit();
        }
        if ((t - T0) % HOUR == 0) {
          db.maintain();
        }
      }
    }
    engine = new PromqlEngine(EngineOptions.builder().threads(1).parser(ParserOptions.ALL).build());
  }

  private static double special(Random r) {
    return switch (r.nextInt(3)) {
      case 0 -> Double.NaN;
      case 1 -> Samples.STALE;
      default -> -0.0;
    };
  }

  @AfterAll
  static void close() {
    engine.close();
    whole.close();
    retired.close();
  }

  private static Query query(
      MetricsDatabase db, String text, long start, long end, long step, long resolution) {
    return engine.range(
        db,
        text,
        start,
        end,
        step,
        QueryOptions.DEFAULT.uncached().withMaxSourceResolution(resolution));
  }

  private static QueryResult run(
      MetricsDatabase db, String text, long start, long end, long step, long resolution) {
    return query(db, text, start, end, step, resolution).execute();
  }

  private static Set<Long> resolutions(
      MetricsDatabase db, String text, long start, long end, long step, long resolution) {
    Set<Long> out = new TreeSet<>();
    query(db, text, start, end, step, resolution)
        .analyze()
        .explanation()
        .plan()
        .walk(
            n -> {
              Profile.Node p = n.measured();
              if (p != null) {
                out.addAll(p.resolutions());
              }
            });
    return out;
  }

  /** By series the values, absent steps as null. */
  private static Map<Labels, List<String>> bits(QueryResult r, boolean exact) {
    Map<Labels, List<String>> out = new HashMap<>();
    for (Value.Series s : ((Value.Matrix) r.value()).series()) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < s.size(); i++) {
        double v = s.values()[i];
        values.add(
            s.timestamps()[i]
                + " "
                + (exact || !Double.isFinite(v) || v == 0
                    ? Long.toHexString(Double.doubleToLongBits(v))
                    : String.format(Locale.ROOT, "%.9e", v)));
      }
      out.put(s.labels(), values);
    }
    return out;
  }

  private static void same(
      MetricsDatabase db, String text, long start, long end, long step, boolean exact) {
    QueryResult samples = run(whole, text, start, end, step, 0);
    QueryResult auto = run(db, text, start, end, step, QueryOptions.AUTO);
    assertThat(bits(auto, exact)).as(text).isEqualTo(bits(samples, exact)).isNotEmpty();
    assertThat(auto.warnings()).as(text).isEmpty();
    assertThat(auto.infos()).as(text).isEqualTo(samples.infos());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "min_over_time", "max_over_time", "count_over_time", "first_over_time", "last_over_time",
        "present_over_time", "absent_over_time", "resets", "ts_of_first_over_time",
            "ts_of_last_over_time",
        "delta"
      })
  void wholeBucketsAreBitForBitTheSame(String function) {
    for (String metric : List.of("c_total", "g", "gone")) {
      if (function.equals("absent_over_time") && metric.equals("c_total")) {
        continue; // it never is
      }
      for (MetricsDatabase db : List.of(whole, retired)) {
        if (!function.equals("absent_over_time")) {
          same(db, function + "(" + metric + "[2h])", T0 + 4 * HOUR, END, HOUR, true);
          same(db, function + "(" + metric + "[15m])", T0 + 4 * HOUR, END, 5 * MINUTE, true);
          same(db, function + "(" + metric + "[1h] offset 2h)", T0 + 9 * HOUR, END, 3 * HOUR, true);
        } else {
          same(db, function + "(" + metric + "{i=\"9\"}[2h])", T0 + 4 * HOUR, END, HOUR, true);
        }
      }
    }
    String wide = function + "(g{i!=\"8\"}[2h])";
    assertThat(resolutions(whole, wide, T0 + 4 * HOUR, END, HOUR, QueryOptions.AUTO))
        .contains(0L, HOUR);
    assertThat(resolutions(whole, wide, T0 + 4 * HOUR, END, HOUR, 0)).containsExactly(0L);
    assertThat(
            resolutions(
                whole, function + "(g[15m])", T0 + 4 * HOUR, END, 5 * MINUTE, QueryOptions.AUTO))
        .containsExactly(0L, 5 * MINUTE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sum_over_time", "avg_over_time", "rate", "increase"})
  void additiveFunctionsMatchExceptForRounding(String function) {
    for (MetricsDatabase db : List.of(whole, retired)) {
      for (String metric : List.of("c_total", "g", "gone")) {
        same(db, function + "(" + metric + "[2h])", T0 + 4 * HOUR, END, HOUR, false);
        same(db, function + "(" + metric + "[20m])", T0 + 4 * HOUR, END, 5 * MINUTE, false);
      }
      same(db, "sum by (i) (" + function + "(c_total[1h]))", T0 + 4 * HOUR, END, HOUR, false);
    }
  }

  @Test
  void readsSamplesForWindowsThatCutBuckets() {
    for (String q :
        List.of(
            "max_over_time(g[7m])",
            "rate(c_total[90s])",
            "sum_over_time(g[5m] offset 1m)",
            "g",
            "stddev_over_time(g[1h])",
            "quantile_over_time(0.9, g[1h])",
            "irate(c_total[1h])",
            "deriv(g[1h])",
            "changes(g[1h])",
            "max_over_time(g[1h:5m])")) {
      same(whole, q, T0 + 4 * HOUR, T0 + 30 * HOUR, HOUR, true);
      assertThat(resolutions(whole, q, T0 + 4 * HOUR, T0 + 30 * HOUR, HOUR, QueryOptions.AUTO))
          .as(q)
          .containsExactly(0L);
    }
    same(whole, "max_over_time(g[1h])", T0 + 4 * HOUR + 1, T0 + 30 * HOUR, HOUR, true);
  }

  @Test
  void warnsWhereRawSamplesWereDeleted() {
    long to = T0 + 20 * HOUR;
    for (String q :
        List.of(
            "max_over_time(g[7m])",
            "rate(c_total[90s])",
            "increase(c_total[7m])",
            "avg_over_time(g[3m])",
            "count_over_time(g[7m])",
            "g",
            "stddev_over_time(g[1h])",
            "irate(c_total[1h])",
            "max_over_time(g[1h:5m])")) {
      QueryResult r = run(retired, q, T0 + 4 * HOUR, to, MINUTE, QueryOptions.AUTO);
      assertThat(r.warnings()).as(q).anyMatch(w -> w.contains("were deleted"));
      int steps = 0;
      for (Value.Series s : ((Value.Matrix) r.value()).series()) {
        steps = Math.max(steps, s.size());
      }
      assertThat(steps).as(q).isGreaterThan(15 * 60);
      assertThat(run(retired, q, T0 + 4 * HOUR, to, MINUTE, 0).warnings()).as(q).isEmpty();
      assertThat(((Value.Matrix) run(retired, q, T0 + 4 * HOUR, to, MINUTE, 0).value()).series())
          .as(q)
          .isEmpty();
      QueryResult recent = run(retired, q, END - 5 * HOUR, END - HOUR, MINUTE, QueryOptions.AUTO);
      assertThat(recent.warnings()).as(q).isEmpty();
    }
  }

  @Test
  void estimatesAreNear() {
    // Windows that cut buckets, over what has no samples: the total over a day is nearly the same.
    for (String f : List.of("increase", "sum_over_time", "count_over_time")) {
      double[] totals = new double[2];
      for (int k = 0; k < 2; k++) {
        QueryResult r =
            run(
                k == 0 ? whole : retired,
                f + "(c_total{i=\"1\"}[7m])",
                T0 + 4 * HOUR,
                T0 + 28 * HOUR,
                7 * MINUTE,
                QueryOptions.AUTO);
        for (Value.Series s : ((Value.Matrix) r.value()).series()) {
          for (int i = 0; i < s.size(); i++) {
            totals[k] += s.values()[i];
          }
        }
      }
      assertThat(totals[1]).as(f).isBetween(totals[0] * 0.98, totals[0] * 1.02);
    }
  }

  @Test
  void queryMayRequestCoarserData() {
    long from = T0 + 4 * HOUR;
    long to = T0 + 30 * HOUR;
    assertThat(resolutions(whole, "g", from, to, HOUR, HOUR)).contains(HOUR);
    assertThat(run(whole, "g", from, to, HOUR, HOUR).warnings())
        .anyMatch(w -> w.contains("as the query allows"));
    assertThat(resolutions(whole, "g", from, to, 10 * MINUTE, HOUR)).contains(5 * MINUTE);
    assertThat(resolutions(whole, "g", from, to, MINUTE, HOUR)).containsExactly(0L);
  }
}
