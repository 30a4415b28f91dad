package dev.tethys.query.promql.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.CacheReuse;
import dev.tethys.query.promql.CacheReuse.Outcome;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.ResultText;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dashboards of random queries that are refreshed while samples come, late ones too, and are
 * deleted: with kept answers and without them they see the same bits, warnings included.
 */
@Tag("slow")
class ResultCacheTest {
  private static final DemoData DATA = new DemoData();

  /** Queries in whose text the order of series, the ends of the range or the future matter. */
  private static final List<String> PARTICULAR =
      List.of(
          "topk(2, demo_memory_usage_bytes)",
          "topk(1, sum by (instance) (demo_num_cpus))",
          "bottomk(1, count by (type) (demo_memory_usage_bytes))",
          "limitk(3, demo_memory_usage_bytes)",
          "limit_ratio(0.5, demo_api_request_duration_seconds_bucket)",
          "count_values(\"v\", demo_num_cpus)",
          "count_values(\"v\", demo_memory_usage_bytes)",
          "sum(sum by (instance, path) (rate(demo_api_request_duration_seconds_sum[2m])))",
          "stddev(demo_small / ignoring (x) demo_small)",
          "sum(demo_small or demo_intermittent_metric)",
          "sum(rate({__name__=~\"demo_api_request_duration_seconds_(sum|count)\"}[3m]))",
          "demo_intermittent_metric",
          "sum(demo_intermittent_metric)",
          "absent(demo_intermittent_metric{instance=~\".*1\"})",
          "demo_small offset -2m",
          "rate(demo_cpu_usage_seconds_total[3m] offset -1m)",
          "sum_over_time(demo_small[2m:13s] offset -30s)",
          "max_over_time(sum(rate(demo_cpu_usage_seconds_total[1m]))[5m:])",
          "demo_small @ end()",
          "demo_small - demo_small @ start()",
          "sum(topk(2, demo_small @ end()))",
          "avg_over_time(demo_small[3m:30s] @ end())",
          "demo_small * end()",
          "sum_over_time(demo_small[range() / 2])",
          "sum_over_time(demo_small[step() * 2])",
          "increase(demo_cpu_usage_seconds_total[2m] anchored)",
          "rate(demo_cpu_usage_seconds_total[2m] smoothed)",
          "demo_small smoothed",
          "time() - timestamp(demo_small)",
          "rate(demo_small[2m])",
          "demo_latency_seconds",
          "rate(demo_latency_seconds[2m])",
          "histogram_quantile(0.9, demo_latency_seconds)",
          "sum(demo_latency_seconds)",
          "sort(demo_small)",
          "sort_by_label(demo_num_cpus, \"instance\")",
          "scalar(demo_num_cpus{instance=~\".*0\"})",
          "vector(time())",
          "pi()",
          "info(demo_small)",
          "quantile(0.4, demo_memory_usage_bytes)",
          "label_replace(demo_small, \"x\", \"y\", \"instance\", \".*\")",
          "histogram_quantile(0.9, sum by (le)"
              + " (rate(demo_api_request_duration_seconds_bucket[2m])))");

  private static PromqlEngine engine(long cacheBytes, long maxBytes) {
    return new PromqlEngine(
        EngineOptions.builder()
            .cacheBytes(cacheBytes)
            .maxBytes(maxBytes)
            .threads(1)
            .lookbackMillis(90_000)
            .parser(new ParserOptions(true, true, true))
            .subqueryStep(range -> 20_000)
            .build());
  }

  private static String answer(
      PromqlEngine e, MemoryMetricStore store, Panel p, Map<Outcome, Integer> outcomes) {
    try {
      QueryResult r =
          e.range(store, p.text, p.start, p.end, p.step, QueryOptions.DEFAULT).execute();
      outcomes.merge(r.statistics().reuse().outcome(), 1, Integer::sum);
      return ResultText.of(r);
    } catch (QueryException | PromqlParseException x) {
      return String.valueOf(x.getMessage());
    }
  }

  private record Panel(String text, long start, long end, long step) {
    Panel moved(long by) {
      return new Panel(text, start + by, end + by, step);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void cachedResultsEqualComputedOnes(int seed) {
    Random r = new Random(seed);
    ExpressionGenerator g = new ExpressionGenerator(seed);
    MemoryMetricStore store = new MemoryMetricStore();
    List<Late> late = new ArrayList<>();
    long now = DemoData.START + 20 * 60_000;
    load(store, late, Long.MIN_VALUE, now, r);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      texts.add(g.query());
      texts.add(PARTICULAR.get(r.nextInt(PARTICULAR.size())));
      texts.add(PARTICULAR.get((seed * 12 + i) % PARTICULAR.size()));
    }
    List<Panel> panels = new ArrayList<>();
    for (String t : texts) {
      long step = List.of(15_000L, 30_000L, 7_000L).get(r.nextInt(3));
      long end = now / step * step + (r.nextInt(4) == 0 ? 1_234 : 0) + r.nextInt(3) * step;
      panels.add(new Panel(t, end - step * (20 + r.nextInt(30)), end, step));
    }
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    Map<Outcome, Integer> others = new EnumMap<>(Outcome.class);
    long bytes = seed % 3 == 0 ? 60_000 : 4 << 20;
    try (PromqlEngine cached = engine(bytes, seed % 2 == 0 ? 8 << 20 : 0);
        PromqlEngine plain = engine(0, 0)) {
      for (int round = 0; round < 14; round++) {
        for (int i = 0; i < panels.size(); i++) {
          Panel p = panels.get(i);
          String want = answer(plain, store, p, others);
          assertThat(answer(cached, store, p, outcomes))
              .as("%s in round %d, seed %d", p, round, seed)
              .isEqualTo(want);
          panels.set(
              i,
              switch (r.nextInt(6)) {
                case 0 -> p;
                case 1 -> p.moved(-p.step * r.nextInt(5));
                case 2 -> p.moved(p.step * r.nextInt(40));
                default -> p.moved(p.step * (1 + r.nextInt(2)));
              });
        }
        long next = now + r.nextInt(40_000);
        load(store, late, now, next, r);
        now = next;
        if (r.nextInt(4) == 0) {
          deliver(store, late, r);
        }
        if (r.nextInt(8) == 0) {
          long from = now - r.nextInt(900_000);
          store.delete(
              from,
              from + r.nextInt(60_000),
              List.of(
                  List.of(
                      Matcher.equal("instance", "demo.promlabs.com:" + (10_000 + r.nextInt(3))))));
        }
      }
      assertThat(outcomes.get(Outcome.PARTIAL)).isGreaterThan(50);
      assertThat(outcomes.get(Outcome.HIT)).isGreaterThan(10);
      assertThat(others.keySet()).containsOnly(Outcome.BYPASS);
      assertThat(cached.memoryUsed()).isZero();
    }
  }

  private record Late(Labels labels, long time, double value) {}

  /** Commits what was scraped in a while; some of it will come late. */
  private static void load(
      MemoryMetricStore store, List<Late> late, long after, long until, Random r) {
    try (Appender a = store.appender()) {
      for (DemoData.Floats f : DATA.floats) {
        long s = a.series(f.labels());
        for (int i = 0; i < f.times().length; i++) {
          if (f.times()[i] > after && f.times()[i] <= until) {
            if (r.nextInt(20) == 0) {
              late.add(new Late(f.labels(), f.times()[i], f.values()[i]));
            } else {
              a.append(s, 0, f.times()[i], f.values()[i]);
            }
          }
        }
      }
      for (DemoData.Natives h : DATA.natives) {
        long s = a.series(h.labels());
        Histogram[] values = h.values();
        for (int i = 0; i < h.times().length; i++) {
          if (h.times()[i] > after && h.times()[i] <= until) {
            a.append(s, 0, h.times()[i], values[i]);
          }
        }
      }
      a.commit();
    }
  }

  private static void deliver(MemoryMetricStore store, List<Late> late, Random r) {
    try (Appender a = store.appender()) {
      for (int n = r.nextInt(30); n > 0 && !late.isEmpty(); n--) {
        Late l = late.remove(r.nextInt(late.size()));
        a.append(a.series(l.labels), 0, l.time, l.value);
      }
      a.commit();
    }
  }

  /** A group stands where its first series does, and that one may have gone by the newest steps. */
  @Test
  void breaksTiesBetweenGroupsAsInTheWholeRange() {
    MemoryMetricStore store = new MemoryMetricStore();
    long start = DemoData.START / 60_000 * 60_000;
    try (Appender a = store.appender()) {
      long early = a.series(Labels.of("__name__", "m", "a", "1", "g", "x"));
      long second = a.series(Labels.of("__name__", "m", "a", "2", "g", "y"));
      long third = a.series(Labels.of("__name__", "m", "a", "3", "g", "x"));
      for (int i = 0; i < 40; i++) {
        if (i < 5) {
          a.append(early, 0, start + i * 60_000L, 0);
        }
        a.append(second, 0, start + i * 60_000L, 7);
        a.append(third, 0, start + i * 60_000L, 7);
      }
      a.commit();
    }
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    try (PromqlEngine cached = engine(1 << 20, 0);
        PromqlEngine plain = engine(0, 0)) {
      for (int i = 0; i < 6; i++) {
        Panel p =
            new Panel("topk(1, sum by (g) (m))", start, start + (30 + i / 3) * 60_000L, 60_000);
        assertThat(answer(cached, store, p, outcomes))
            .isEqualTo(answer(plain, store, p, new EnumMap<>(Outcome.class)));
      }
      assertThat(outcomes).containsOnlyKeys(Outcome.MISS, Outcome.HIT);
    }
  }

  @Test
  void queriesThatNeedMemoryGetIt() {
    MemoryMetricStore store = new MemoryMetricStore();
    load(store, new ArrayList<>(), Long.MIN_VALUE, Long.MAX_VALUE, new Random(1));
    long end = DemoData.START / 15_000 * 15_000 + 50 * 60_000;
    try (PromqlEngine e = engine(900_000, 600_000)) {
      for (int i = 1; i <= 20; i++) {
        e.range(
                store,
                "demo_memory_usage_bytes + " + i,
                end - 3_000_000,
                end,
                15_000,
                QueryOptions.DEFAULT)
            .execute();
      }
      assertThat(e.memoryUsed()).isZero();
      QueryResult large =
          e.range(
                  store,
                  "demo_api_request_duration_seconds_bucket",
                  end - 3_000_000,
                  end,
                  15_000,
                  QueryOptions.DEFAULT)
              .execute();
      assertThat(((Value.Matrix) large.value()).series()).hasSize(144);
      List<String> names = new ArrayList<>();
      e.metrics().collect(f -> f.metrics().forEach(m -> names.add(f.name() + " " + m.point())));
      assertThat(names)
          .anyMatch(
              n -> n.startsWith("tethys_query_cache_evictions_total ") && !n.contains("value=0.0"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bypassesCacheOnRequest(boolean allowed) {
    MemoryMetricStore store = new MemoryMetricStore();
    load(store, new ArrayList<>(), Long.MIN_VALUE, Long.MAX_VALUE, new Random(1));
    try (PromqlEngine e = engine(1 << 20, 0)) {
      long end = DemoData.START / 60_000 * 60_000 + 30 * 60_000;
      QueryOptions o = allowed ? QueryOptions.DEFAULT : QueryOptions.DEFAULT.uncached();
      List<CacheReuse> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        long to = end + i / 2 * 60_000;
        seen.add(
            e.range(store, "demo_num_cpus", to - 600_000, to, 60_000, o)
                .execute()
                .statistics()
                .reuse());
      }
      if (allowed) {
        assertThat(seen)
            .containsExactly(
                new CacheReuse(Outcome.MISS, 0),
                new CacheReuse(Outcome.HIT, 11),
                new CacheReuse(Outcome.PARTIAL, 10));
      } else {
        assertThat(seen).containsOnly(CacheReuse.NONE);
      }
    }
  }
}
