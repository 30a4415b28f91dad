package dev.tethys.insight.objectives.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveAlert;
import dev.tethys.insight.objectives.ObjectiveRules;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.RecordedMetrics;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OpenSloFilesTest {
  private static final String SLO =
      """
      apiVersion: openslo/v1
      kind: SLO
      metadata:
        name: search
        displayName: Search
        labels: {team: [a, b], cost-centre: "7"}
      spec:
        description: Searches succeed.
        service: shop
        indicatorRef: good-searches
        timeWindow:
        - duration: 4w
          isRolling: true
        budgetingMethod: Occurrences
        objectives:
        - displayName: Good
          target: 0.995
        alertPolicies:
        - alertPolicyRef: fast-burn
      """;

  private static final String OTHERS =
      """
      apiVersion: openslo/v1
      kind: SLI
      metadata: {name: good-searches}
      spec:
        ratioMetric:
          counter: true
          good:
            metricSource:
              metricSourceRef: here
              spec: {query: 'sum(http_requests_total{code=~"2.."})'}
          total:
            metricSource:
              type: Prometheus
              spec: {query: sum(http_requests_total)}
      ---
      apiVersion: openslo/v1
      kind: DataSource
      metadata: {name: here}
      spec:
        type: prometheus
        connectionDetails: {url: 'http://prometheus:9090'}
      ---
      apiVersion: openslo/v1
      kind: AlertPolicy
      metadata: {name: fast-burn}
      spec:
        alertWhenBreaching: true
        alertWhenResolved: false
        alertWhenNoData: true
        conditions:
        - conditionRef: burns
        notificationTargets:
        - targetRef: on-call
      ---
      apiVersion: openslo/v1
      kind: AlertCondition
      metadata: {name: burns}
      spec:
        severity: page
        condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 3h, alertAfter: 5m}
      ---
      apiVersion: openslo/v1
      kind: AlertNotificationTarget
      metadata: {name: on-call}
      spec: {target: email}
      ---
      apiVersion: openslo/v1
      kind: Service
      metadata: {name: shop}
      spec: {description: Shop.}
      """;

  private static ObjectiveSet read(String text) {
    return ObjectiveFiles.parse("slo.yml", text, 10);
  }

  @Test
  void readsObjectsThatReferToOthers() {
    ObjectiveSet set = read(SLO + "---\n" + OTHERS);
    Objective o = set.objectives().getFirst();
    assertThat(o.id()).isEqualTo("shop-search");
    assertThat(o.percent()).isEqualTo(99.5);
    assertThat(o.window()).isEqualTo(Duration.ofDays(28));
    assertThat(o.labels()).containsEntry("team", "a,b").containsEntry("cost_centre", "7");
    assertThat(o.recorded()).contains(Duration.ofHours(3));
    assertThat(o.indicator().expression(Duration.ofHours(1)))
        .contains("sum(rate(http_requests_total{code=~\"2..\"}[1h]))")
        .contains("sum(rate(http_requests_total[1h]))");
    assertThat(set.notices())
        .containsExactly(
            "slo.yml:41:22: connectionDetails has no effect: queries read this server");
    ObjectiveAlert a = o.alerts().getFirst();
    assertThat(a.name()).isEqualTo("fast-burn");
    assertThat(a.labels())
        .containsEntry("severity", "page")
        .containsEntry("notification_targets", "on-call")
        .containsEntry("alert_when_resolved", "false");
    assertThat(ObjectiveRules.text(set.objectives(), "t"))
        .contains(
            "max(slo:sli_error:ratio_rate3h{",
            " >= (2 * 0.005)) without (sloth_window)",
            "    for: 5m\n",
            "absent(slo:sli_error:ratio_rate3h{");
    assertThat(RecordedMetrics.groups(set.objectives())).hasSize(3);
  }

  @Test
  void computesRatiosOfCounters() {
    try (RecordedMetrics f = new RecordedMetrics()) {
      f.add("http_requests_total{code=\"200\"}", 0, 60, m -> m * 90);
      f.add("http_requests_total{code=\"500\"}", 0, 60, m -> m * 10);
      String query =
          read(SLO + "---\n" + OTHERS)
              .objectives()
              .getFirst()
              .indicator()
              .expression(Duration.ofMinutes(30));
      assertThat(f.value(query, 60)).isCloseTo(0.1, within(1e-9));
    }
  }

  private static final String THRESHOLD =
      """
      apiVersion: openslo/v1
      kind: SLO
      metadata: {name: queue}
      spec:
        service: mail
        budgetingMethod: Occurrences
        timeWindow: [{duration: 30d, isRolling: true}]
        indicator:
          metadata: {name: length}
          spec:
            thresholdMetric:
              metricSource: {type: Prometheus, spec: {query: queue_length}}
        objectives:
        - {op: lte, value: 100, targetPercent: 99}
      """;

  @Test
  void comparesPointsWithAThreshold() {
    try (RecordedMetrics f = new RecordedMetrics()) {
      f.add("queue_length", 0, 100, m -> m % 4 == 0 ? 101 : 100);
      String query =
          read(THRESHOLD).objectives().getFirst().indicator().expression(Duration.ofMinutes(40));
      assertThat(f.value(query, 99)).isCloseTo(0.25, within(1e-9));
      assertThat(f.value(query, 300)).isNaN();
    }
  }

  @Test
  void acceptsAListOfObjects() {
    String list =
        "- "
            + THRESHOLD.indent(2).strip()
            + "\n- apiVersion: openslo/v1\n  kind: Service\n"
            + "  metadata: {name: example service}\n  spec: {description: x}\n";
    assertThat(read(list).objectives()).hasSize(1);
  }

  private static void fails(String text, String from, String to, String message) {
    assertThat(text).contains(from);
    assertThatThrownBy(() -> read(text.replace(from, to))).hasMessageContaining(message);
  }

  @Test
  void refusesWhatIsNotBuiltByName() {
    fails(THRESHOLD, "Occurrences", "Timeslices", "slo.yml:6:20: budgetingMethod is Timeslices");
    fails(THRESHOLD, "isRolling: true", "isRolling: false", "aligned to a calendar");
    fails(
        THRESHOLD,
        "isRolling: true",
        "isRolling: true, calendar: {startTime: x}",
        "calendar is valid but not built in Tethys yet");
    fails(
        THRESHOLD,
        "targetPercent: 99",
        "targetPercent: 99, timeSliceTarget: 0.9",
        "timeSliceTarget is valid but not built");
    fails(
        THRESHOLD,
        "targetPercent: 99",
        "targetPercent: 99, compositeWeight: 2",
        "compositeWeight is valid but not built");
    fails(THRESHOLD, "type: Prometheus", "type: Datadog", "type is \"Datadog\"; only Prometheus");
    fails(THRESHOLD, "openslo/v1", "openslo/v1alpha", "apiVersion is \"openslo/v1alpha\"; only");
  }

  @Test
  void namesMistakesWithTheirPlace() {
    String all = SLO + "---\n" + OTHERS;
    fails(all, "indicatorRef: good", "indicatorRef: bad", "slo.yml:10:17: there is no SLI named");
    fails(all, "alertPolicyRef: fast", "alertPolicyRef: slow", "there is no AlertPolicy named");
    fails(all, "conditionRef: burns", "conditionRef: x", "there is no AlertCondition named \"x\"");
    fails(all, "targetRef: on-call", "targetRef: x", "there is no AlertNotificationTarget named");
    fails(all, "metricSourceRef: here", "metricSourceRef: x", "there is no DataSource named \"x\"");
    fails(all, "target: 0.995", "target: 1", "target is 1.0; it must be above 0 and below 1");
    fails(all, "target: 0.995", "target: 0.9\n    targetPercent: 90", "either target or");
    fails(all, "duration: 4w", "duration: 4 weeks", "\"4 weeks\" is not a duration of OpenSLO");
    fails(all, "duration: 4w", "duration: 1d", "duration must be from 7d to 366d");
    fails(all, "counter: true", "countr: true", "unknown key \"countr\"");
    fails(all, "kind: SLI", "kind: Sli", "unknown kind \"Sli\"");
    fails(all, "threshold: 2", "threshold: 0", "threshold is 0.0; it must be above 0");
    fails(
        all,
        "query: sum(http_requests_total)",
        "query: sum(http_requests_total offset 5m)",
        "has an offset or @");
  }
}
