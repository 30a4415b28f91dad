package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.QueryLog;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rules give, evaluation by evaluation, at times that the test names. */
@Tag("slow")
class RuleGroupTest {
  private final RuleFixture f = new RuleFixture();

  @AfterEach
  void close() {
    f.close();
  }

  private RuleGroup group(String rules) {
    // Loaded twice so that nothing is to be restored.
    f.load("");
    return f.load("groups:\n- name: g\n  rules:\n" + rules.indent(2)).getFirst();
  }

  private static AlertingRule alerting(RuleGroup g) {
    return (AlertingRule) g.rules().getFirst();
  }

  @Test
  void recordsInOrderAndMarksVanishedSeriesStale() {
    RuleGroup g =
        group(
            """
            - record: job:up:sum
              expr: sum by (job) (up)
              labels: {team: a, job: ""}
            - record: next
              expr: job:up:sum * 2
            """);
    f.put("up{job=\"x\"}", 0, 1);
    g.evaluate(f.at(10));
    assertThat(f.ask("{__name__=~\"job:up:sum|next\"}", 10))
        .containsExactly("job:up:sum{team=\"a\"} 1", "next{team=\"a\"} 2");
    assertThat(g.rules().getFirst().health()).isEqualTo(AlertRule.Health.GOOD);
    g.evaluate(f.at(400)); // up is older than the lookback
    assertThat(f.ask("{__name__=~\"job:up:sum|next\"}", 400)).isEmpty();
    assertThat(f.metric("prometheus_rule_group_last_evaluation_samples")).isZero();
    assertThat(f.metric("prometheus_rule_evaluations_total")).isEqualTo(4);
  }

  @Test
  void queryLogNamesGroup(@TempDir Path dir) throws IOException {
    RuleGroup g = group("- record: r\n  expr: up\n");
    Path file = dir.resolve("queries.log");
    try (QueryLog log = QueryLog.open(file)) {
      f.engine.log(log);
      g.evaluate(f.at(10));
      f.engine.log(null);
    }
    assertThat(Files.readString(file))
        .contains("\"query\":\"up\"")
        .endsWith(",\"ruleGroup\":{\"file\":\"r.yml\",\"name\":\"" + g.spec().name() + "\"}}\n");
  }

  @Test
  void queryOffsetShiftsQueryAndResult() {
    f.load("");
    RuleGroup g =
        f.load(
                """
                groups:
                - name: g
                  query_offset: 30s
                  rules:
                  - record: r
                    expr: up
                """)
            .getFirst();
    f.put("up", 0, 1);
    f.put("up", 60, 2);
    g.evaluate(f.at(80));
    assertThat(f.ask("r", 49)).isEmpty();
    assertThat(f.ask("r", 50)).containsExactly("r 1");
  }

  @Test
  void sameLabelsTwiceFail() {
    RuleGroup g = group("- record: r\n  expr: up\n  labels: {job: one}\n");
    f.put("up{job=\"x\"}", 0, 1);
    f.put("up{job=\"y\"}", 0, 1);
    g.evaluate(f.at(10));
    assertThat(g.rules().getFirst().health()).isEqualTo(AlertRule.Health.BAD);
    assertThat(g.rules().getFirst().lastError())
        .isEqualTo("vector contains metrics with the same labelset after applying rule labels");
    assertThat(f.metric("prometheus_rule_evaluation_failures_total")).isEqualTo(1);
    assertThat(f.ask("r", 10)).isEmpty();
  }

  @Test
  void limitsDropTheWholeResult() {
    f.load("");
    RuleGroup g =
        f.load(
                """
                groups:
                - name: g
                  limit: 1
                  rules:
                  - record: r
                    expr: up
                  - alert: A
                    expr: up
                """)
            .getFirst();
    f.put("up{job=\"x\"}", 0, 1);
    f.put("up{job=\"y\"}", 0, 1);
    g.evaluate(f.at(10));
    assertThat(g.rules().get(0).lastError()).isEqualTo("exceeded limit of 1 with 2 series");
    assertThat(g.rules().get(1).lastError()).isEqualTo("exceeded limit of 1 with 2 alerts");
    assertThat(((AlertingRule) g.rules().get(1)).activeAlerts()).isEmpty();
    assertThat(f.ask("{__name__=~\"r|ALERTS\"}", 10)).isEmpty();
  }

  @Test
  void alertsWaitFireAndResolve() {
    RuleGroup g =
        group(
            """
            - alert: Down
              expr: up == 0
              for: 20s
              labels: {severity: "v{{ $value }}", empty: "{{ $labels.nope }}"}
              annotations: {text: "{{ $labels.job }} in {{ $externalLabels.region }} of {{ $externalURL }}"}
            """);
    assertThat(alerting(g).state()).isEqualTo(AlertState.UNKNOWN);
    f.put("up{job=\"x\"}", 0, 0);
    g.evaluate(f.at(10));
    assertThat(alerting(g).state()).isEqualTo(AlertState.PENDING);
    assertThat(f.ask("{__name__=~\"ALERTS.*\"}", 10))
        .containsExactly(
            "ALERTS_FOR_STATE{alertname=\"Down\", job=\"x\", severity=\"v0\"} "
                + f.at(10).getEpochSecond(),
            "ALERTS{alertname=\"Down\", alertstate=\"pending\", job=\"x\", severity=\"v0\"} 1");
    assertThat(f.sent).isEmpty();
    g.evaluate(f.at(30));
    Alert firing = alerting(g).activeAlerts().getFirst();
    assertThat(firing.state()).isEqualTo(AlertState.FIRING);
    assertThat(firing.activeAt()).isEqualTo(f.at(10));
    assertThat(firing.firedAt()).isEqualTo(f.at(30));
    assertThat(firing.annotations()).isEqualTo(Map.of("text", "x in eu of http://here:9090"));
    assertThat(f.sent).hasSize(1);
    assertThat(f.sent.getFirst().validUntil()).isEqualTo(f.at(30 + 4 * 60));
    assertThat(f.ask("ALERTS", 30))
        .containsExactly(
            "ALERTS{alertname=\"Down\", alertstate=\"firing\", job=\"x\", severity=\"v0\"} 1");
    g.evaluate(f.at(40)); // sent again only after the resend delay
    assertThat(f.sent).hasSize(1);
    g.evaluate(f.at(91));
    assertThat(f.sent).hasSize(2);
    f.put("up{job=\"x\"}", 95, 1);
    g.evaluate(f.at(100));
    assertThat(alerting(g).state()).isEqualTo(AlertState.INACTIVE);
    assertThat(alerting(g).activeAlerts()).isEmpty();
    assertThat(f.sent).hasSize(3);
    assertThat(f.sent.getLast().resolvedAt()).isEqualTo(f.at(100));
    assertThat(f.ask("ALERTS", 100)).isEmpty();
    g.evaluate(f.at(100 + 15 * 60)); // told again for a quarter of an hour
    assertThat(f.sent).hasSize(4);
    g.evaluate(f.at(101 + 15 * 60));
    g.evaluate(f.at(300 + 15 * 60));
    assertThat(f.sent).hasSize(4);
  }

  @Test
  void alertsContinueFiringForConfiguredTime() {
    RuleGroup g = group("- alert: A\n  expr: up == 0\n  keep_firing_for: 30s\n");
    f.put("up", 0, 0);
    g.evaluate(f.at(10));
    f.put("up", 15, 1);
    g.evaluate(f.at(20));
    Alert a = alerting(g).activeAlerts().getFirst();
    assertThat(a.state()).isEqualTo(AlertState.FIRING);
    assertThat(a.keepFiringSince()).isEqualTo(f.at(20));
    f.put("up", 25, 0);
    g.evaluate(f.at(30));
    assertThat(alerting(g).activeAlerts().getFirst().keepFiringSince()).isNull();
    f.put("up", 35, 1);
    g.evaluate(f.at(40));
    g.evaluate(f.at(69));
    assertThat(alerting(g).state()).isEqualTo(AlertState.FIRING);
    g.evaluate(f.at(70));
    assertThat(alerting(g).state()).isEqualTo(AlertState.INACTIVE);
  }

  @Test
  void boundsTemplatesOfAllAlertsOfAnEvaluation() {
    RuleGroup g =
        group(
            """
            - alert: A
              expr: up
              annotations: {a: "{{ $x := printf \\"%900000s\\" .Labels.job }}{{ len $x }}"}
            """);
    for (int i = 0; i < 200; i++) {
      f.put("up{job=\"x" + i + "\"}", 0, 7);
    }
    g.evaluate(f.at(10));
    List<String> texts =
        alerting(g).activeAlerts().stream().map(a -> a.annotations().get("a")).toList();
    assertThat(texts).hasSize(200).filteredOn("900000"::equals).hasSize(74);
    assertThat(texts)
        .filteredOn(t -> t.contains("make more than 67108864 characters"))
        .hasSize(126);
  }

  @Test
  void failedTemplateShowsErrorInItsPlace() {
    RuleGroup g =
        group(
            """
            - alert: A
              expr: up
              annotations: {a: "{{ $labels.job.x }}", q: "{{ with query \\"up\\" }}{{ . | first | value }}{{ end }}"}
            """);
    f.put("up{job=\"x\"}", 0, 7);
    g.evaluate(f.at(10));
    assertThat(alerting(g).activeAlerts().getFirst().annotations())
        .containsEntry("q", "7")
        .containsEntry(
            "a",
            "<error expanding template: error executing template __alert_A: template:"
                + " __alert_A:1:122: executing \"__alert_A\" at <$labels.job.x>: can't evaluate"
                + " field x in type string>");
  }

  @Test
  void expandsAnnotationsAgainWhenValuesChange() {
    RuleGroup g = group("- alert: A\n  expr: up\n  annotations: {v: '{{ $value }}'}\n");
    f.put("up", 0, 1);
    g.evaluate(f.at(10));
    assertThat(alerting(g).activeAlerts().getFirst().annotations()).containsEntry("v", "1");
    f.put("up", 15, 2);
    g.evaluate(f.at(20));
    assertThat(alerting(g).activeAlerts().getFirst().annotations()).containsEntry("v", "2");
  }

  @Test
  void reloadKeepsStateAndMarksSeriesOfRemovedRulesStale() {
    RuleGroup g = group("- alert: A\n  expr: up == 0\n  for: 1h\n- record: r\n  expr: up\n");
    f.put("up", 0, 0);
    g.evaluate(f.at(10));
    RuleGroup same =
        f.load(
                "groups:\n"
                    + "- name: g\n"
                    + "  rules:\n"
                    + "  - {alert: A, expr: up == 0, for: 1h}\n"
                    + "  - {record: r, expr: up}\n")
            .getFirst();
    assertThat(same).isSameAs(g);
    RuleGroup next =
        f.load("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    for: 5m\n")
            .getFirst();
    assertThat(next).isNotSameAs(g);
    assertThat(((AlertingRule) next.rules().getFirst()).activeAlerts().getFirst().activeAt())
        .isEqualTo(f.at(10));
    next.evaluate(f.at(20));
    assertThat(f.ask("r", 20)).isEmpty();
    assertThat(f.ask("ALERTS", 20)).hasSize(1);
    next.evaluate(f.at(320));
    f.put("up", 300, 0);
    next.evaluate(f.at(330));
    assertThat(f.sent).isEmpty(); // it vanished in between, so it waits anew
  }

  @Test
  void renamedFileKeepsStateOfItsAlerts() {
    String rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 1h}\n";
    String other = "groups:\n- name: h\n  rules:\n  - {alert: A, expr: up == 0, for: 1h}\n";
    f.load("groups: []");
    RuleGroup g = f.load(rules).getFirst();
    f.put("up", 0, 0);
    g.evaluate(f.at(10));
    List<GroupSpec> specs = new ArrayList<>(RuleFixture.groups("moved.yml", rules));
    specs.addAll(RuleFixture.groups("another.yml", other));
    f.manager.apply(f.settings, specs);
    RuleGroup fresh = f.manager.groups().getFirst();
    RuleGroup moved = f.manager.groups().getLast();
    assertThat(moved.spec().file()).isEqualTo("moved.yml");
    assertThat(alerting(moved).activeAlerts().getFirst().activeAt()).isEqualTo(f.at(10));
    assertThat(alerting(fresh).activeAlerts()).isEmpty();
    moved.evaluate(f.at(20));
    assertThat(f.ask("ALERTS", 20)).hasSize(1);
    assertThat(f.metric("prometheus_rule_group_rules")).isEqualTo(2);
    assertThat(f.changed).containsExactly("10 A pending");
  }

  @Test
  void rejectingStoreDoesNotDelayAlerts() {
    RuleGroup g = group("- alert: A\n  expr: up == 0\n");
    f.put("up", 0, 0);
    f.store.failNextCommit(new StorageException(StorageException.Reason.UNAVAILABLE, "disk full"));
    g.evaluate(f.at(10));
    assertThat(g.rules().getFirst().lastError()).isEqualTo("disk full");
    assertThat(f.sent).hasSize(1);
  }

  /** A disk that takes forever: the alert was sent before, and other groups have other threads. */
  @Test
  @Timeout(60)
  void hangingStoreDoesNotDelayAlerts() throws InterruptedException {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    MetricStore slow =
        (MetricStore)
            Proxy.newProxyInstance(
                MetricStore.class.getClassLoader(),
                new Class<?>[] {MetricStore.class},
                (p, m, args) -> {
                  if (m.getName().equals("appender")) {
                    writing.countDown();
                    goOn.await();
                  }
                  return m.invoke(f.store, args);
                });
    BlockingQueue<Alert> told = new LinkedBlockingQueue<>();
    f.put("up", 0, 0);
    try (RuleManager manager =
        new RuleManager(
            slow,
            RuleQuery.of(f.engine, f.store),
            (query, alerts) -> told.addAll(alerts),
            RuleOptions.defaults(URI.create("http://here:9090")),
            new Registry(),
            f.clock)) {
      manager.apply(f.settings, List.of()); // what comes later restores nothing
      manager.apply(
          f.settings,
          RuleFixture.groups("groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n"));
      RuleGroup g = manager.groups().getFirst();
      Thread t = Thread.ofPlatform().start(() -> g.evaluate(f.at(10)));
      writing.await();
      assertThat(told.poll(50, TimeUnit.SECONDS)).isNotNull();
      assertThat(t.isAlive()).isTrue();
      goOn.countDown();
      t.join();
    }
  }

  @Test
  void reportsResultsThatCannotBeStored() {
    RuleGroup g = group("- record: r\n  expr: up\n");
    f.put("up", 0, 1);
    f.store.failNextCommit(new StorageException(StorageException.Reason.UNAVAILABLE, "disk full"));
    g.evaluate(f.at(10));
    assertThat(g.rules().getFirst().lastError()).isEqualTo("disk full");
    g.evaluate(f.at(20));
    assertThat(g.rules().getFirst().lastError()).isNull();
    assertThat(f.ask("r", 20)).containsExactly("r 1");
    g.evaluate(f.at(15));
    assertThat(g.rules().getFirst().lastError()).isEqualTo("out of order sample");
  }

  @Test
  void countsFailedQueries() {
    RuleGroup g = group("- record: r\n  expr: up * on (a) up\n");
    f.put("up{a=\"1\", b=\"1\"}", 0, 1);
    f.put("up{a=\"1\", b=\"2\"}", 0, 1);
    g.evaluate(f.at(10));
    assertThat(g.rules().getFirst().lastError()).contains("many-to-many");
    assertThat(g.evaluationTime()).isPositive();
  }

  @Test
  void groupsEvaluateAtStableOffset() {
    RuleGroup g = group("- record: r\n  expr: up\n");
    long offset = g.slot(f.at(0)).toEpochMilli() % 10_000;
    assertThat(g.slot(f.at(12345)).toEpochMilli() % 10_000).isEqualTo(offset);
    assertThat(g.slot(f.at(0))).isBetween(f.at(-10).plusMillis(1), f.at(0));
    assertThat(Duration.between(g.slot(f.at(0)), g.slot(f.at(10))))
        .isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void dependenciesLimitConcurrency() {
    assertThat(batches("- {record: a, expr: up}\n- {record: b, expr: up}\n"))
        .isEqualTo(List.of(List.of(0, 1)));
    assertThat(
            batches(
                "- {record: a, expr: up}\n"
                    + "- {record: b, expr: a}\n"
                    + "- {record: c, expr: b}\n"
                    + "- {record: d, expr: b}\n"))
        .isEqualTo(List.of(List.of(0), List.of(1), List.of(2, 3)));
    assertThat(batches("- {record: a, expr: up}\n- {record: b, expr: '{job=\"x\"}'}\n"))
        .isEqualTo(List.of(List.of(0), List.of(1)));
    assertThat(
            batches(
                "- {alert: A, expr: up}\n"
                    + "- {alert: B, expr: 'ALERTS{alertname=\"A\"}'}\n"
                    + "- {alert: C, expr: 'ALERTS{alertname=\"X\"}'}\n"))
        .isEqualTo(List.of(List.of(0, 2), List.of(1)));
  }

  /** The order that Prometheus's own tests require of their fixtures. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rules_multiple_independent | [[0, 1, 2, 3, 4, 5, 6, 7]]",
        "rules_multiple_dependents_on_base | [[0, 4], [1, 2, 3, 5, 6, 7]]",
        "rules_chain | [[0, 1], [2], [3], [4, 5, 6]]",
        "rules_dependencies | [[0], [1]]",
        "rules_indeterminates | [[0], [1], [2], [3], [4], [5], [6]]"
      })
  void fixturesAreOrderedAsByPrometheus(String fixture, String order) throws IOException {
    List<GroupSpec> groups =
        RuleFile.read(
            Shared.conformance("prometheus/rules/" + fixture + ".yaml"),
            NameScheme.UTF8,
            ParserOptions.STABLE);
    assertThat(Dependencies.batches(groups.getFirst().rules())).hasToString(order);
  }

  private static List<List<Integer>> batches(String rules) {
    return Dependencies.batches(
        RuleFixture.groups("groups:\n- name: g\n  rules:\n" + rules.indent(2)).getFirst().rules());
  }
}
