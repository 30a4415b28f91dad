package dev.tethys.query.promql.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.Query;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.ResultText;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans show what is really done; what steps took adds up; hints are valid. */
class ExplainTest {
  private static final long MINUTE = 60_000;
  private static final PromqlEngine ENGINE = new PromqlEngine(EngineOptions.defaults());
  private static final MemoryMetricStore STORE = new MemoryMetricStore();

  @BeforeAll
  static void fill() {
    try (Appender a = STORE.appender()) {
      for (int i = 0; i < 40; i++) {
        long ref =
            a.series(
                Labels.of(
                    "__name__", "m_total", "i", String.valueOf(i), "job", i % 2 == 0 ? "a" : "b"));
        for (int k = 0; k < 100; k++) {
          a.append(ref, 0, k * MINUTE, k);
        }
      }
      a.commit();
    }
  }

  @AfterAll
  static void close() {
    ENGINE.close();
    STORE.close();
  }

  private static Query range(String q) {
    return ENGINE.range(STORE, q, 50 * MINUTE, 99 * MINUTE, MINUTE, QueryOptions.DEFAULT);
  }

  private static List<String> lines(PlanNode root) {
    List<String> out = new ArrayList<>();
    lines(root, "", out);
    return out;
  }

  private static void lines(PlanNode n, String indent, List<String> out) {
    out.add(
        indent
            + n.operator()
            + (n.attributes().isEmpty() ? "" : " " + n.attributes())
            + (n.sameAs() > 0 ? " same as " + n.sameAs() : "")
            + (n.text().isEmpty() ? "" : " <" + n.text() + ">"));
    n.children().forEach(c -> lines(c, indent + "  ", out));
  }

  private static PlanNode find(PlanNode root, String operator) {
    List<PlanNode> found = new ArrayList<>();
    root.walk(
        n -> {
          if (n.operator().equals(operator)) {
            found.add(n);
          }
        });
    return found.getFirst();
  }

  @Test
  void planShowsOperatorsWithTheirPositions() {
    PlanNode root =
        range("sum by (job) (rate(m_total{i!=\"3\"}[5m] offset 1m)) > 2 * 3").explain().plan();
    assertThat(lines(root))
        .containsExactly(
            "VectorScalar {operator=>} <sum by (job) (rate(m_total{i!=\"3\"}[5m] offset 1m)) > 2 * 3>",
            "  Aggregate {function=sum, by=job} <sum by (job) (rate(m_total{i!=\"3\"}[5m] offset 1m))>",
            "    RangeFunction {function=rate} <rate(m_total{i!=\"3\"}[5m] offset 1m)>",
            "      RangeSelect",
            "  Constant {value=6} <2 * 3>");
    var reads = Objects.requireNonNull(find(root, "RangeSelect").reads());
    assertThat(reads.minTime()).isEqualTo(50 * MINUTE - MINUTE - 5 * MINUTE + 1);
    assertThat(reads.maxTime()).isEqualTo(98 * MINUTE);
    assertThat(reads.range()).isEqualTo(5 * MINUTE);
    assertThat(reads.matchers()).hasSize(2);
  }

  @Test
  void showsSharedPartsOnceAndInvariantPartsWithOneStep() {
    PlanNode root =
        range("sum(m_total) / (sum(m_total) + scalar(max(m_total @ 60)))").explain().plan();
    assertThat(lines(root))
        .contains("  Shared <>".replace(" <>", ""))
        .anyMatch(l -> l.contains("Shared same as 2"))
        .anyMatch(l -> l.contains("StepInvariant"));
    PlanNode fixed = find(root, "StepInvariant");
    assertThat(fixed.steps()).isEqualTo(50);
    assertThat(fixed.children().getFirst().steps()).isEqualTo(1);
  }

  @Test
  void readsOnlyPresenceIfValuesDoNotMatter() {
    PlanNode root = range("count(m_total)").explain().plan();
    assertThat(Objects.requireNonNull(find(root, "InstantSelect").reads()).parts())
        .isEqualTo("presence");
  }

  @Test
  void subqueriesShowTheirOwnGrid() {
    PlanNode root = range("max_over_time(rate(m_total[5m])[30m:2m])").explain().plan();
    PlanNode sub = find(root, "Subquery");
    assertThat(sub.attributes()).containsEntry("evaluations", "39");
    assertThat(sub.children().getFirst().steps()).isEqualTo(39);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum by (job) (rate(m_total[5m]))",
        "m_total",
        "m_total + on (i) group_left () m_total * 2",
        "topk(3, m_total) or sum(m_total) by (job)",
        "quantile_over_time(0.5, m_total[10m])",
        "max_over_time(sum(rate(m_total[5m]))[30m:1m])",
        "count(m_total)",
        "absent(m_total)",
        "label_replace(m_total, \"x\", \"$1\", \"i\", \"(.*)\")",
        "sum(m_total) / sum(m_total)",
      })
  void measuringChangesNoAnswerAndAddsUp(String query) {
    Analysis a = range(query).analyze();
    assertThat(ResultText.of(a.result())).isEqualTo(ResultText.of(range(query).execute()));
    PlanNode root = a.explanation().plan();
    long wall = (long) (a.result().statistics().innerEvaluationTime() * 1e9);
    long[] stored = new long[1];
    root.walk(
        n -> {
          Profile.Node m = n.measured();
          if (m != null) {
            assertThat(m.nanos()).isNotNegative();
            stored[0] += m.storedSeries();
          }
        });
    assertThat(Objects.requireNonNull(root.measured()).calls()).isEqualTo(1);
    assertThat(root.total(Profile.Node::nanos)).isPositive().isLessThan(4 * wall + 1);
    assertThat(stored[0]).isGreaterThanOrEqualTo(40);
    assertThat(a.peakBytes() > 0).isNotEqualTo(query.startsWith("absent"));
  }

  @Test
  void stepsReportInputAndOutputSeriesAndSamples() {
    PlanNode root = range("sum by (job) (rate(m_total[5m]))").analyze().explanation().plan();
    Profile.Node sum = Objects.requireNonNull(root.measured());
    assertThat(sum.series()).isEqualTo(2);
    assertThat(sum.samples()).isEqualTo(100);
    Profile.Node select = Objects.requireNonNull(find(root, "RangeSelect").measured());
    assertThat(select.storedSeries()).isEqualTo(40);
    assertThat(select.readSeries()).isEqualTo(40);
    assertThat(select.readSamples()).isEqualTo(40 * 54);
    assertThat(sum.peakBytes()).isGreaterThan(2 * 50 * 8);
  }

  private static List<String> rules(Explanation e) {
    return e.hints().stream().map(Hint::rule).toList();
  }

  @Test
  void hintsNameSlowOrSuspiciousParts() {
    assertThat(rules(range("m_total{job=~\"a\"}").explain())).containsExactly("regex-is-equality");
    assertThat(rules(range("m_total{job=~\".*x\"}").explain()))
        .containsExactly("regex-without-prefix");
    assertThat(rules(range("{job=\"a\"}").explain())).containsExactly("no-metric-name");
    assertThat(rules(range("rate(m_total[30s])").explain()))
        .containsExactly("window-shorter-than-step");
    assertThat(rules(range("rate(m_total[1m])").analyze().explanation()))
        .containsExactly("window-too-short");
    assertThat(rules(range("max_over_time(m_total[1d:1s])").explain()))
        .containsExactly("dense-subquery");
    assertThat(rules(range("sum(rate(m_total{job=~\"a|b\"}[5m]))").analyze().explanation()))
        .isEmpty();
  }
}
