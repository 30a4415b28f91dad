package dev.tethys.insight.objectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.insight.objectives.file.ObjectiveFiles;
import dev.tethys.query.promql.format.PromqlPrinter;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ObjectiveRulesTest {
  private static final String ID =
      "{sloth_id=\"shop-requests\", sloth_service=\"shop\", sloth_slo=\"requests\"}";

  private final RecordedMetrics f = new RecordedMetrics();

  @AfterEach
  void close() {
    f.close();
  }

  private static List<Objective> read(String text) {
    return ObjectiveFiles.parse("slo.yml", text, 100).objectives();
  }

  private static List<Objective> requests(String further) {
    return read(
        """
        objectives:
        - name: requests
          service: shop
          target: 99.9
          labels: {team: cart}
          indicator:
            promql:
              failed: sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))
              total: sum(rate(http_requests_total[{{.window}}]))
        """
            + further.indent(2));
  }

  @Test
  void groupsAndMetricsHaveSlothsNames() {
    List<GroupSpec> groups = RecordedMetrics.groups(requests(""));
    assertThat(groups.stream().map(GroupSpec::name))
        .containsExactly(
            "sloth-slo-sli-recordings-shop-requests",
            "sloth-slo-meta-recordings-shop-requests",
            "sloth-slo-alerts-shop-requests");
    assertThat(groups.get(0).rules().stream().map(RuleSpec::name))
        .containsExactly(
            "slo:sli_error:ratio_rate5m",
            "slo:sli_error:ratio_rate30m",
            "slo:sli_error:ratio_rate1h",
            "slo:sli_error:ratio_rate2h",
            "slo:sli_error:ratio_rate6h",
            "slo:sli_error:ratio_rate1d",
            "slo:sli_error:ratio_rate3d",
            "slo:sli_error:ratio_rate30d");
    assertThat(groups.get(1).rules().stream().map(RuleSpec::name))
        .containsExactly(
            "slo:objective:ratio",
            "slo:error_budget:ratio",
            "slo:time_period:days",
            "slo:current_burn_rate:ratio",
            "slo:period_burn_rate:ratio",
            "slo:period_error_budget_remaining:ratio",
            "sloth_slo_info");
    assertThat(groups.get(0).rules().getFirst().labels())
        .containsEntry("sloth_window", "5m")
        .containsEntry("sloth_id", "shop-requests")
        .containsEntry("sloth_slo", "requests")
        .containsEntry("sloth_service", "shop")
        .containsEntry("team", "cart");
    assertThat(groups.get(1).rules().getLast().labels())
        .containsEntry("sloth_objective", "99.9")
        .containsEntry("sloth_spec", "tethys/v1");
  }

  private static String canonical(String query) {
    return PromqlPrinter.print(PromqlParser.parse(query, ParserOptions.STABLE));
  }

  /** Expressions that Sloth generates for this objective, thresholds to the last digit. */
  @Test
  void alertsHaveSlothsExpressions() {
    List<RuleSpec> rules = RecordedMetrics.groups(requests("")).get(2).rules();
    String exceeds =
        "max(slo:sli_error:ratio_rate%s%s > (%s * 0.0009999999999999432)) without (sloth_window)";
    assertThat(rules.getFirst().query())
        .isEqualTo(
            canonical(
                "("
                    + exceeds.formatted("5m", ID, "14.4")
                    + " and "
                    + exceeds.formatted("1h", ID, "14.4")
                    + ") or ("
                    + exceeds.formatted("30m", ID, "6")
                    + " and "
                    + exceeds.formatted("6h", ID, "6")
                    + ")"));
    assertThat(rules.getLast().query())
        .isEqualTo(
            canonical(
                "("
                    + exceeds.formatted("2h", ID, "3")
                    + " and "
                    + exceeds.formatted("1d", ID, "3")
                    + ") or ("
                    + exceeds.formatted("6h", ID, "1")
                    + " and "
                    + exceeds.formatted("3d", ID, "1")
                    + ")"));
    RuleSpec.Alerting page = (RuleSpec.Alerting) rules.getFirst();
    assertThat(page.labels()).containsEntry("sloth_severity", "page");
    assertThat(page.annotations())
        .containsEntry(
            "title",
            "(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too"
                + " fast.")
        .containsEntry(
            "summary",
            "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is over"
                + " expected.");
  }

  @Test
  void recordsTheKnownRatio() {
    f.add("http_requests_total{code=\"200\"}", 0, 180, m -> m * 597);
    f.add("http_requests_total{code=\"500\"}", 0, 180, m -> m * 3);
    f.evaluate(requests(""), 120, 180, 1);
    for (String window : List.of("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")) {
      assertThat(f.value("slo:sli_error:ratio_rate" + window, 180))
          .as(window)
          .isCloseTo(0.005, within(1e-9));
    }
    assertThat(f.value("slo:current_burn_rate:ratio", 180)).isCloseTo(5, within(1e-6));
    assertThat(f.value("slo:period_error_budget_remaining:ratio", 180)).isCloseTo(-4, within(1e-6));
    assertThat(f.value("slo:time_period:days", 180)).isEqualTo(30);
    assertThat(f.value("slo:objective:ratio", 180)).isCloseTo(0.999, within(1e-12));
  }

  @Test
  void recordsNothingWithoutRequests() {
    f.add("http_requests_total{code=\"200\"}", 0, 60, m -> 1000);
    f.add("http_requests_total{code=\"500\"}", 0, 60, m -> 3);
    f.evaluate(requests(""), 30, 60, 1);
    assertThat(f.ask("{__name__=~\"slo:sli_error.*|slo:.*burn_rate.*|slo:.*remaining.*\"}", 60))
        .isEmpty();
    assertThat(f.value("slo:objective:ratio", 60)).isCloseTo(0.999, within(1e-12));
  }

  @Test
  void missingCounterOfFailuresIsNoFailure() {
    f.add("http_requests_total{code=\"200\"}", 0, 60, m -> m * 60);
    f.evaluate(requests(""), 30, 60, 1);
    assertThat(f.value("slo:sli_error:ratio_rate5m", 60)).isZero();
  }

  /**
   * All requests fail from minute 480 to 500. The page fires when more than 1.44 % of an hour has
   * failed, and ends 30 minutes after the failures; the ticket ends 6 hours after them.
   */
  @Test
  @Tag("slow")
  void alertsFireInAnOutageAndResolveAfterIt() {
    f.add("http_requests_total{code=\"200\"}", 0, 1000, m -> 600 * (m - clamp(m)));
    f.add("http_requests_total{code=\"500\"}", 0, 1000, m -> 600 * clamp(m));
    f.evaluate(requests(""), 420, 1000, 1);
    assertThat(f.changes).hasSize(4);
    assertThat(minuteOf("page firing")).isBetween(481L, 483L);
    assertThat(minuteOf("page resolved")).isBetween(529L, 532L);
    assertThat(minuteOf("ticket firing")).isBetween(481L, 484L);
    assertThat(minuteOf("ticket resolved")).isBetween(859L, 862L);
  }

  /** Minutes of the outage up to a minute. */
  private static double clamp(double minute) {
    return Math.max(0, Math.min(20, minute - 480));
  }

  private long minuteOf(String what) {
    return f.changes.stream()
        .filter(c -> c.endsWith(what))
        .mapToLong(c -> Long.parseLong(c.substring(0, c.indexOf(' '))))
        .findFirst()
        .orElse(-1);
  }

  @Test
  void burnRatesOfCorootNeedHalfOfTheirPoints() {
    List<Objective> o = requests("burn_rates: coroot\nwindow: 1d\n");
    f.add("http_requests_total{code=\"200\"}", 0, 60, m -> 1);
    f.add("http_requests_total{code=\"500\"}", 0, 60, m -> m * 60);
    f.evaluate(o, 1, 60, 1);
    assertThat(f.changes.getLast()).contains("page firing");
    assertThat(minuteOf("page firing")).isBetween(30L, 34L);
  }

  @Test
  void factorsFollowTheWindow() {
    assertThat(factors(30)).containsExactly(14.4, 6.0, 3.0, 1.0);
    assertThat(factors(28)).containsExactly(13.44, 5.6, 2.8, 0.933333333);
    assertThat(factors(7)).containsExactly(13.44, 3.5, 1.4, 0.98);
    assertThat(factors(90)).containsExactly(43.2, 18.0, 9.0, 3.0);
    assertThat(factors(10)).containsExactly(4.8, 2.0, 1.0, 1.0);
  }

  private static List<Double> factors(int days) {
    return BurnWindows.of(BurnPolicy.GOOGLE, Duration.ofDays(days)).pairs().stream()
        .map(p -> Math.round(p.factor() * 1e9) / 1e9)
        .toList();
  }
}
