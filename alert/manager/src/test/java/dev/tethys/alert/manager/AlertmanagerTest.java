package dev.tethys.alert.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.dispatch.DeliveryStates;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.alert.manager.state.SilenceException;
import dev.tethys.codec.template.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole Alertmanager, with the test's own clock and a webhook that receives notifications. */
@Timeout(60)
class AlertmanagerTest extends AlertmanagerFixture {
  @Test
  void groupsWaitGrowRepeatAndEnd() throws IOException {
    open(PLAIN);
    post(firing("A", "n", "1"), firing("B"));
    assertThat(after(Duration.ofSeconds(9))).isEmpty();
    post(firing("A", "n", "2"));
    assertThat(after(Duration.ofSeconds(1)))
        .containsExactly("r: A1+ A2+ (first notification)", "r: B+ (first notification)");
    post(firing("A", "n", "3"));
    assertThat(after(Duration.ofSeconds(59))).isEmpty();
    assertThat(after(Duration.ofSeconds(1))).containsExactly("r: A1+ A2+ A3+ (new alerts added)");
    post(resolved("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1)))
        .containsExactly("r: A1+ A2- A3+ (some alerts resolved)");
    PostedAlert[] on = {firing("A", "n", "1"), firing("A", "n", "3"), firing("B")};
    List<String> repeated = minutes(62, on);
    assertThat(repeated).contains("r: A1+ A3+ (repeat interval elapsed)").hasSize(2);
    post(resolved("A", "n", "1"), resolved("A", "n", "3"), resolved("B"));
    assertThat(after(Duration.ofMinutes(1)))
        .containsExactlyInAnyOrder(
            "r: A1- A3- (all alerts resolved)", "r: B- (all alerts resolved)");
    assertThat(after(Duration.ofHours(5))).isEmpty();
    assertThat(value("alertmanager_dispatcher_aggregation_groups")).isZero();
  }

  @Test
  void resolvesAlertsThatAreNoLongerSent() throws IOException {
    open(PLAIN + "global: {resolve_timeout: 2m}\n");
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(10))).hasSize(1);
    assertThat(after(Duration.ofSeconds(119))).isEmpty();
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A- (all alerts resolved)");
  }

  private static final String ROUTES =
      """
      route:
        receiver: r
        group_wait: 0s
        group_interval: 1m
        routes:
        - {receiver: night, matchers: [alertname="N"], active_time_intervals: [nights]}
        - {receiver: lunch, matchers: [alertname="L"], mute_time_intervals: [lunch]}
        - {receiver: two, matchers: [kind=~"a|b"], continue: true, group_by: ['...']}
        - {receiver: r, matchers: [kind="b"]}
      inhibit_rules:
      - {source_matchers: [level="high"], target_matchers: [level="low"], equal: [zone]}
      - {source_matchers: [t=~".+"], target_matchers: [t=~".+"], equal: [x]}
      time_intervals:
      - name: nights
        time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], location: Asia/Tokyo}]
      - name: lunch
        time_intervals: [{times: [{start_time: '12:00', end_time: '13:00'}], weekdays: ['monday:friday']}]
      receivers:
      - {name: r, webhook_configs: [{url: '{hook}/r'}]}
      - {name: two, webhook_configs: [{url: '{hook}/two', send_resolved: false}, {url: '{hook}/two2'}]}
      - {name: night, webhook_configs: [{url: '{hook}/night'}]}
      - {name: lunch, webhook_configs: [{url: '{hook}/lunch'}]}
      """;

  @Test
  void routesIntervalsAndInhibitionSelectReceivers() throws IOException {
    Alertmanager m = open(ROUTES);
    post(
        firing("N"),
        firing("L"),
        firing("X", "kind", "a"),
        firing("Y", "kind", "b"),
        firing("Low", "level", "low", "zone", "1"),
        firing("High", "level", "high", "zone", "1"),
        firing("Low2", "level", "low"),
        firing("High2", "level", "high"),
        firing("Free", "level", "low", "zone", "2"),
        firing("T", "t", "1"));
    List<String> first = after(Duration.ofSeconds(1));
    // 12:00 UTC is 21:00 in Tokyo.
    assertThat(first)
        .noneMatch(s -> s.contains(" N+") || s.contains(" L+") || s.contains("Low+"))
        .anyMatch(s -> s.contains("High+"))
        .noneMatch(s -> s.contains("Low2+"))
        .anyMatch(s -> s.contains("Free+"))
        .anyMatch(s -> s.contains("T+"))
        .contains("two: X+ (first notification)", "two2: Y+ (first notification)");
    assertThat(
            m.status(
                    m.alerts().all().stream()
                        .filter(a -> a.name().equals("Low"))
                        .findFirst()
                        .orElseThrow()
                        .labels())
                .inhibitedBy())
        .hasSize(1);
    List<String> hour =
        minutes(
            62,
            firing("N"),
            firing("L"),
            firing("Low", "level", "low", "zone", "1"),
            firing("Y", "kind", "b"));
    assertThat(hour).contains("lunch: L+ (first notification)", "night: N+ (first notification)");
    // The one that kept it back is over.
    assertThat(hour).anyMatch(s -> s.contains("Low+"));
    assertThat(value("alertmanager_notifications_suppressed_total{reason=\"mute_time_interval\"}"))
        .isPositive();
    // The integration that is not notified of resolved alerts.
    posted.clear();
    post(resolved("Y", "kind", "b"));
    assertThat(after(Duration.ofMinutes(2)))
        .anyMatch(s -> s.startsWith("two2: Y-"))
        .noneMatch(s -> s.startsWith("two: "));
  }

  @Test
  void silencesHoldAndSurvive() throws IOException, SilenceException {
    Alertmanager m = open(PLAIN);
    String id =
        m.silences()
            .set(silence("", START, START.plusSeconds(600), "alertname=~\"A|B\"", "x=\"\""));
    post(firing("A"), firing("C"));
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: C+ (first notification)");
    // Not closed: what was acknowledged is on disk.
    Alertmanager again = open(PLAIN);
    assertThat(again.silences().get(id)).isNotNull();
    post(firing("A"), firing("C"));
    // C was sent before the restart.
    assertThat(after(Duration.ofMinutes(2))).isEmpty();
    // Only the end moves: the same silence. Other matchers: another, and the first is over.
    Silence s = java.util.Objects.requireNonNull(again.silences().get(id));
    assertThat(
            again
                .silences()
                .set(
                    silence(
                        id, s.startsAt(), START.plusSeconds(900), "alertname=~\"A|B\"", "x=\"\"")))
        .isEqualTo(id);
    String other =
        again.silences().set(silence(id, s.startsAt(), START.plusSeconds(900), "alertname=\"Z\""));
    assertThat(other).isNotEqualTo(id);
    assertThat(java.util.Objects.requireNonNull(again.silences().get(id)).stateAt(clock.instant()))
        .isEqualTo(Silence.State.EXPIRED);
    post(firing("A"));
    assertThat(after(Duration.ofMinutes(2))).containsExactly("r: A+ (first notification)");
    assertThatThrownBy(() -> again.silences().expire("nothing"))
        .isInstanceOf(SilenceException.class);
    clock.advance(Duration.ofHours(121));
    assertThat(again.silences().all()).isEmpty();
  }

  @Test
  void failuresAreRepeatedUnlessFinal() throws IOException {
    open(PLAIN);
    answer = 500;
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(30)).size()).isBetween(4, 12);
    answer = 200;
    assertThat(minutes(2, firing("A"))).containsExactly("r: A+ (first notification)");
    assertThat(
            value(
                "alertmanager_notifications_failed_total{integration=\"webhook\",reason=\"serverError\"}"))
        .isEqualTo(1);
    answer = 400;
    post(firing("A"), firing("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1))).hasSize(1);
    answer = 200;
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A+ A2+ (new alerts added)");
  }

  @Test
  void integrationsShowWhetherTheirLastAttemptFailed() throws IOException {
    Alertmanager m = open(PLAIN);
    DeliveryStates.State none = new DeliveryStates.State("r", "webhook", 0, null, null, "");
    assertThat(m.deliveries()).containsExactly(none);
    answer = 503;
    post(firing("A"));
    clock.advance(Duration.ofSeconds(20));
    DeliveryStates.State failing = m.deliveries().getFirst();
    assertThat(failing.sentAt()).isNull();
    assertThat(failing.failingSince()).isEqualTo(START.plusSeconds(10));
    assertThat(failing.lastError()).contains("503");
    m.apply(read(PLAIN));
    assertThat(m.deliveries()).as("a reload keeps the state").containsExactly(failing);
    answer = 200;
    clock.advance(Duration.ofMinutes(2));
    DeliveryStates.State sent = m.deliveries().getFirst();
    assertThat(sent.sentAt()).isAfter(START.plusSeconds(20));
    assertThat(sent.failingSince()).isNull();
    assertThat(sent.lastError()).isEmpty();
    m.apply(read(PLAIN.replace("receiver: r,", "receiver: q,").replace("name: r,", "name: q,")));
    assertThat(m.deliveries())
        .containsExactly(new DeliveryStates.State("q", "webhook", 0, null, null, ""));
  }

  @Test
  void keepsSentNotificationsAcrossReload() throws IOException {
    Alertmanager m = open(PLAIN);
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(10))).hasSize(1);
    m.apply(read(PLAIN.replace("group_interval: 1m", "group_interval: 30s")));
    assertThat(minutes(3, firing("A"))).isEmpty();
    Files.writeString(dir.resolve("bad.tmpl"), "{{ define \"x\" }}{{ .a ");
    assertThatThrownBy(() -> m.apply(read(PLAIN + "templates: ['*.tmpl']\n")))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("bad.tmpl:1");
    post(firing("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A+ A2+ (new alerts added)");
  }

  @Test
  void templatesUseLabelsOfRoutes() throws IOException {
    open(
        """
        route:
          receiver: r
          group_wait: 0s
          labels: {team: 'ops-{{ .CommonLabels.alertname }}', loop: '{{ routeLabels "loop" }}', both: '{{ routeLabels "team" }}!'}
        receivers: [{name: r, webhook_configs: [{url: '{hook}/{{ routeLabels "both" }}'}]}]
        """);
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(1))).containsExactly("ops-A!: A+ (first notification)");
  }

  @Test
  void reportsInvalidAlerts() throws IOException {
    Alertmanager m = open(PLAIN);
    assertThat(
            m.receive(
                List.of(
                    new PostedAlert(Map.of("a", ""), Map.of(), null, null, ""),
                    new PostedAlert(Map.of("a", "b"), Map.of("", "x"), null, null, ""),
                    new PostedAlert(Map.of("a", "b"), Map.of(), START, START.minusSeconds(1), ""),
                    new PostedAlert(Map.of("ü ü", "b"), Map.of(), START, null, ""))))
        .containsExactly(
            "at least one label pair required",
            "invalid annotations: invalid name \"\"",
            "start time must be before end time");
    assertThat(m.alerts().all()).hasSize(1);
  }

  private MetricLabels labels = MetricLabels.NONE;

  @Override
  MetricLabels metricLabels() {
    return labels;
  }

  @Test
  void countsAlertsByStateAndOptionallyByGroup() throws IOException {
    open(PLAIN);
    post(firing("A", "n", "1"), firing("A", "n", "2"), firing("B"));
    assertThat(value("alertmanager_alerts{state=\"active\"}")).isEqualTo(3);
    java.util.Objects.requireNonNull(manager).close();
    labels = new MetricLabels(true, true, true);
    open(PLAIN);
    post(firing("A", "n", "1"), firing("A", "n", "2"), firing("B"));
    String series = "alertmanager_alerts{group_key=\"{}:{alertname=\\\"%s\\\"}\",state=\"active\"}";
    assertThat(value(series.formatted("A"))).isEqualTo(2);
    assertThat(value(series.formatted("B"))).isEqualTo(1);
  }
}
