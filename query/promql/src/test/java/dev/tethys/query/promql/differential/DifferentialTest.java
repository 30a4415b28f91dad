package dev.tethys.query.promql.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same queries to a real Prometheus (3.5) and to this engine, over the same samples. */
@Tag("slow")
class DifferentialTest {
  private static final double TOLERANCE = 1e-12;

  /**
   * Prometheus adds up the series of a range result in random order; functions may amplify that.
   */
  private static final double RANDOM_ORDER_TOLERANCE = 1e-9;

  @TempDir static Path folder;
  private static PrometheusPeer peer;
  private static final MemoryMetricStore STORE = new MemoryMetricStore();
  private static final PromqlEngine ENGINE =
      new PromqlEngine(EngineOptions.builder().parser(ParserOptions.ALL).build());

  @BeforeAll
  static void load() throws IOException {
    peer = new PrometheusPeer(folder);
    DemoData data = new DemoData();
    data.load(STORE);
    data.send(peer);
  }

  @AfterAll
  static void stop() {
    if (peer != null) {
      peer.close();
    }
    ENGINE.close();
  }

  /** A query, and what differs. */
  private record Finding(String query, String what) {}

  private static @Nullable String compare(
      Difference d, String query, long start, long end, long step, double tolerance) {
    Map<String, @Nullable Object> theirs =
        step == 0 ? peer.instant(query, start) : peer.range(query, start, end, step);
    Value ours;
    try {
      ours =
          (step == 0
                  ? ENGINE.instant(STORE, query, start, QueryOptions.DEFAULT)
                  : ENGINE.range(STORE, query, start, end, step, QueryOptions.DEFAULT))
              .execute()
              .value();
    } catch (QueryException | PromqlParseException e) {
      return "error".equals(theirs.get("status")) ? null : "we fail: " + e.getMessage();
    }
    if ("error".equals(theirs.get("status"))) {
      return "they fail: " + theirs.get("error");
    }
    return d.compare(query, theirs, ours, tolerance);
  }

  private static void report(String what, int queries, Difference d, List<Finding> findings) {
    System.out.printf(
        "%s: %d queries, %d points, %d equal to the bit, worst %.1e in %s%n",
        what, queries, d.points, d.equalBits, d.worst, d.worstQuery);
    if (Boolean.getBoolean("tethys.differential.list")) {
      d.unequal.forEach(q -> System.out.println("not to the bit: " + q));
    }
    assertThat(findings).as(what).isEmpty();
  }

  @Test
  void complianceQueriesAgree() throws IOException {
    Difference d = new Difference();
    List<Finding> findings = new ArrayList<>();
    List<String> queries = Compliance.queries();
    assertThat(queries).hasSizeGreaterThan(500);
    long end = DemoData.end() - 60_000;
    for (String q : queries) {
      String f = compare(d, q, end - 10 * 60_000, end, 10_000, TOLERANCE);
      if (f != null) {
        findings.add(new Finding(q, f));
      }
    }
    report("compliance", queries.size(), d, findings);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo_num_cpus{job=~\"(demo|x\"}",
        "demo_num_cpus{job=~\"demo)|(x\"}",
        "demo_num_cpus{job!~\"[a-\"}",
        "demo_num_cpus{job=~\"a**\"}",
        "demo_num_cpus{job=~\"demo\\\\\"}",
        "label_replace(demo_num_cpus, \"a\", \"$1\", \"job\", \"(\")",
        "label_replace(demo_num_cpus, \"a\", \"$1\", \"job\", \"d)\")",
        "label_join(demo_num_cpus, \"\", \",\", \"job\")",
        "double_exponential_smoothing(demo_small[4m], 1, 0.5)",
        "double_exponential_smoothing(demo_small[4m], 0.5, 1.1)",
        "double_exponential_smoothing(demo_latency_seconds[4m], 0, 0.5)",
        "double_exponential_smoothing(demo_latency_seconds[4m], 0.5, 2)",
        "demo_num_cpus / on (job) demo_disk_usage_bytes",
        "demo_memory_usage_bytes + on (instance) demo_num_cpus",
        "abs({job=\"demo\"})",
        "topk(9e30, demo_num_cpus)",
        "rate(demo_num_cpus)",
        "sum(demo_num_cpus",
        "foo[5m] + 1",
        "1 > 2",
        "{}",
      })
  void reportsIdenticalErrors(String query) {
    Map<String, @Nullable Object> theirs = peer.instant(query, DemoData.end() - 60_000);
    assertThat(theirs.get("status")).isEqualTo("error");
    assertThatThrownBy(
            () ->
                ENGINE
                    .instant(STORE, query, DemoData.end() - 60_000, QueryOptions.DEFAULT)
                    .execute())
        .extracting(e -> withoutSeries(String.valueOf(e.getMessage())))
        .isEqualTo(withoutSeries(String.valueOf(theirs.get("error"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "timestamp(%s @ %d offset 40s)",
        "timestamp(%s @ %d offset 7m)",
        "timestamp(%s @ %d offset -40s)",
        "timestamp(%s @ %d offset -7m)",
        "timestamp(%s @ end() offset -3m)",
        "timestamp(%s @ start() offset 4m45s)",
        "timestamp(%s @ start() offset 4m59s)",
        "timestamp(%s offset 3m)",
      })
  void timesOfSamplesAtAFixedTimeAgree(String query) {
    Difference d = new Difference();
    long end = DemoData.end() - 10 * 60_000;
    for (String metric : List.of("demo_num_cpus", "demo_small", "demo_memory_usage_bytes")) {
      String q = query.formatted(metric, end / 1000 - 61);
      assertThat(compare(d, q, end - 4 * 60_000, end, 17_000, 0)).as(q).isNull();
      assertThat(compare(d, q, end, 0, 0, 0)).as(q).isNull();
    }
  }

  /** Which of several pairs of series is named, and in which order, is chance there. */
  private static String withoutSeries(String error) {
    return error
        .replaceFirst("^invalid parameter \"query\": ", "")
        .replaceFirst("match group \\{.*\\}\\];many", "match group …;many");
  }

  @Test
  void randomQueriesAgree() {
    int n = Integer.getInteger("tethys.differential.queries", 600);
    long seed = Long.getLong("tethys.differential.seed", 1);
    ExpressionGenerator g = new ExpressionGenerator(seed);
    Difference d = new Difference();
    List<Finding> findings = new ArrayList<>();
    long middle = DemoData.START + 40 * 60_000;
    for (int i = 0; i < n; i++) {
      String q = g.query();
      String f =
          i % 3 == 0
              ? compare(d, q, middle + i * 777L % 1_000_000, 0, 0, RANDOM_ORDER_TOLERANCE)
              : compare(
                  d,
                  q,
                  middle,
                  middle + 20 * 60_000,
                  13_000 + i % 7 * 9_000,
                  RANDOM_ORDER_TOLERANCE);
      if (f != null) {
        findings.add(new Finding(q, f));
      }
    }
    report("random queries of seed " + seed, n, d, findings);
  }
}
