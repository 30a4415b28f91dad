package dev.tethys.alert.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertState;
import dev.tethys.alert.rule.FakeClock;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NotifierTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Registry registry = new Registry();
  private final FakeClock clock = new FakeClock(NOW);
  private final LinkedBlockingQueue<String> posted = new LinkedBlockingQueue<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile int status = 200;
  private volatile String said = "";
  private volatile boolean down;
  private volatile String reason = "connection refused";
  private volatile boolean broken;
  private final Notifier notifier = notifier(new NotifierOptions(5, 2, true));

  private Notifier notifier(NotifierOptions options) {
    return new Notifier(
        options,
        URI.create("http://mon/p"),
        c ->
            (url, json) -> {
              // Decided before the test receives the attempt, so that its next setting is for the
              // next attempt.
              boolean refuse = down;
              int answer = status;
              boolean fail = broken;
              posted.add(url + " " + new String(json, StandardCharsets.UTF_8));
              if (url.getHost().equals("hangs")) {
                released.await();
              }
              if (refuse) {
                throw new IOException(reason);
              }
              if (fail) {
                throw new IllegalStateException("a fault of ours");
              }
              return new AlertPost.Reply(answer, said);
            },
        registry,
        clock);
  }

  @AfterEach
  void close() {
    notifier.close();
  }

  private static AlertingConfig config(String yaml) {
    return AlertingConfig.read(YamlDocument.parse("a.yml", null, yaml).root(), NameScheme.UTF8);
  }

  private void start(String yaml, String... addresses) throws IOException {
    notifier.apply(config(yaml), Labels.of("region", "eu", "team", "x"));
    discover(addresses);
  }

  private void discover(String... addresses) {
    List<Labels> targets = new ArrayList<>();
    for (String a : addresses) {
      targets.add(Labels.of("__address__", a));
    }
    notifier.targets(
        Map.of(Notifier.pool(0), List.of(new TargetGroup("0", targets, Labels.EMPTY))));
  }

  private static Alert alert(String name, @Nullable Instant resolved, Instant until) {
    return new Alert(
        resolved == null ? AlertState.FIRING : AlertState.INACTIVE,
        Labels.of("alertname", name, "team", "own"),
        new TreeMap<>(Map.of("text", "a \"b\" \n ü")),
        1,
        NOW,
        NOW,
        resolved,
        NOW,
        until,
        null);
  }

  private void send(String... names) {
    List<Alert> all = new ArrayList<>();
    for (String n : names) {
      all.add(alert(n, null, NOW.plusSeconds(240)));
    }
    notifier.alerts("up == 0", all);
  }

  private String next() throws InterruptedException {
    String s = posted.poll(30, TimeUnit.SECONDS);
    assertThat(s).isNotNull();
    return String.valueOf(s);
  }

  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
      assertThat(Thread.currentThread().isInterrupted()).as("the test's time is up").isFalse();
    }
  }

  private double metric(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> ((MetricFamily.Value) m.point()).value())
        .sum();
  }

  @Test
  void sendsAlertsToAlertmanagerInSameProcess() {
    URI url = URI.create("http://server:9090/alertmanager/api/v2/alerts");
    List<Notification> taken = new ArrayList<>();
    notifier.setLocalAlertmanager(url, taken::addAll);
    assertThat(notifier.alertmanagers()).containsExactly(url);
    assertThat(notifier.deliveries().getFirst().lastDelivery()).isNull();
    send("a", "b");
    notifier.setLocalAlertmanager(url, taken::addAll); // a reload
    assertThat(taken).hasSize(2);
    AlertmanagerStatus s = notifier.deliveries().getFirst();
    assertThat(s.url()).isEqualTo(url.toString());
    assertThat(s.sent()).isEqualTo(2);
    assertThat(s.lastDelivery()).isEqualTo(clock.instant());
    assertThat(s.failingSince()).isNull();
    assertThat(metric("prometheus_notifications_alertmanagers_discovered")).isEqualTo(1);
    assertThat(metric("prometheus_notifications_sent_total")).isEqualTo(2);
  }

  @Test
  void sendsAlertsThatAlertmanagerAccepts() throws Exception {
    start("alertmanagers: [{path_prefix: /am/, scheme: https}]", "one:9093");
    send("A");
    assertThat(next())
        .isEqualTo(
            "https://one:9093/am/api/v2/alerts [{\"annotations\":{\"text\":\"a \\\"b\\\" \\n"
                + " ü\"},"
                + "\"endsAt\":\"2026-01-01T00:04:00.000Z\",\"startsAt\":\"2026-01-01T00:00:00.000Z\","
                + "\"generatorURL\":\"http://mon/p/graph?g0.expr=up+%3D%3D+0&g0.tab=1\","
                + "\"labels\":{\"alertname\":\"A\",\"region\":\"eu\",\"team\":\"own\"}}]");
    until(() -> metric("prometheus_notifications_sent_total") == 1);
    assertThat(notifier.alertmanagers())
        .containsExactly(URI.create("https://one:9093/am/api/v2/alerts"));
  }

  @Test
  void relabelsAlertmanagersAndAlerts() throws Exception {
    start(
        """
        alert_relabel_configs:
        - {source_labels: [alertname], regex: Drop, action: drop}
        - {source_labels: [region], target_label: r2, replacement: 'x-$1'}
        alertmanagers:
        - relabel_configs:
          - {source_labels: [__address__], regex: 'no.*', action: drop}
          - {target_label: __alerts_path__, replacement: /other}
          alert_relabel_configs:
          - {regex: team, action: labeldrop}
        """,
        "one:1",
        "one:1",
        "none:2",
        "bad/url");
    send("Drop");
    send("A");
    assertThat(next())
        .startsWith("http://one:1/other ")
        .contains("\"labels\":{\"alertname\":\"A\",\"r2\":\"x-eu\",\"region\":\"eu\"}");
    assertThat(notifier.alertmanagers()).hasSize(1);
    assertThat(notifier.droppedAlertmanagers()).containsExactly("http://none:2/api/v2/alerts");
    assertThat(metric("prometheus_notifications_alertmanagers_discovered")).isEqualTo(1);
  }

  @Test
  void retriesUntilDeliveredAndKeepsOnlyNewestState() throws Exception {
    down = true;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    assertThat(next()).contains("\"A\"");
    send("B");
    notifier.alerts("x", List.of(alert("A", NOW.plusSeconds(1), NOW)));
    clock.advance(AlertQueue.FIRST_PAUSE, 1);
    // The older state of A is not sent again; B and the newer one are.
    assertThat(next()).contains("\"B\"").contains("2026-01-01T00:00:01.000Z");
    assertThat(metric("tethys_notifications_superseded_total")).isEqualTo(1);
    down = false;
    clock.advance(AlertQueue.FIRST_PAUSE, 1);
    assertThat(next()).contains("\"B\"");
    until(() -> metric("prometheus_notifications_sent_total") == 2);
    assertThat(metric("prometheus_notifications_errors_total")).isEqualTo(3);
    assertThat(metric("prometheus_notifications_dropped_total")).isZero();
  }

  @Test
  void doesNotSendExpiredAlerts() throws Exception {
    status = 503;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    clock.advance(Duration.ofSeconds(240), 1);
    until(() -> metric("prometheus_notifications_dropped_total") == 1);
    assertThat(posted).isEmpty();
  }

  @Test
  void dropsRejectedNotifications() throws Exception {
    status = 400;
    start("alertmanagers: [{}]", "one:1");
    send("A", "B", "C");
    next();
    next();
    until(() -> metric("prometheus_notifications_dropped_total") == 3);
    assertThat(metric("prometheus_notifications_errors_total")).isEqualTo(3);
  }

  @Test
  void oldestMakeRoom() throws Exception {
    down = true;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    send("B", "C", "D", "E", "F", "G", "H");
    assertThat(metric("prometheus_notifications_dropped_total")).isEqualTo(2);
    assertThat(metric("prometheus_notifications_queue_length")).isEqualTo(5);
    assertThat(metric("prometheus_notifications_queue_capacity")).isEqualTo(5);
  }

  @Test
  void reloadKeepsQueuedAlerts() throws Exception {
    down = true;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    down = false;
    start("alertmanagers: [{timeout: 3s}]", "one:1");
    assertThat(next()).contains("\"A\"");
    until(() -> metric("prometheus_notifications_sent_total") == 1);
  }

  @Test
  void hangingDestinationDoesNotBlockOthers() throws Exception {
    start("alertmanagers: [{}]", "hangs:1", "works:1");
    try {
      send("A");
      List<String> first = List.of(next(), next());
      assertThat(first).anyMatch(p -> p.startsWith("http://hangs:1"));
      send("B");
      assertThat(next()).startsWith("http://works:1").contains("\"B\"");
      send("C");
      assertThat(next()).startsWith("http://works:1").contains("\"C\"");
    } finally {
      released.countDown();
    }
  }

  @Test
  void endDrains() throws Exception {
    start("alertmanagers: [{}]", "one:1");
    send("A", "B", "C", "D", "E");
    notifier.close();
    assertThat(posted).hasSize(3);
    assertThat(metric("prometheus_notifications_sent_total")).isEqualTo(5);
    send("F");
    assertThat(posted).hasSize(3);
  }

  private AlertmanagerStatus delivery() {
    List<AlertmanagerStatus> all = notifier.deliveries();
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  @Test
  void reportsSinceWhenAndWhySendingFails() throws Exception {
    start("alertmanagers: [{}]", "one:1");
    assertThat(delivery())
        .isEqualTo(
            new AlertmanagerStatus(
                "http://one:1/api/v2/alerts",
                0,
                5,
                0,
                new AlertmanagerStatus.Dropped(0, 0, 0),
                null,
                null,
                null,
                ""));
    down = true;
    send("A", "B", "C");
    next();
    clock.advance(AlertQueue.FIRST_PAUSE, 1);
    next();
    Instant second = NOW.plus(AlertQueue.FIRST_PAUSE);
    until(() -> second.equals(delivery().lastFailure()));
    // Two are in the request that is to be repeated, one follows it.
    assertThat(delivery().waiting()).isEqualTo(3);
    assertThat(delivery().failingSince()).isEqualTo(NOW);
    assertThat(delivery().lastError()).isEqualTo("connection refused");
    assertThat(delivery().lastDelivery()).isNull();
    down = false;
    clock.advance(AlertQueue.FIRST_PAUSE.multipliedBy(2), 1);
    until(() -> delivery().sent() == 3);
    AlertmanagerStatus good = delivery();
    assertThat(good.waiting()).isZero();
    assertThat(good.failingSince()).isNull();
    assertThat(good.lastDelivery()).isEqualTo(second.plus(AlertQueue.FIRST_PAUSE.multipliedBy(2)));
    assertThat(good.lastError()).as("what it was is worth knowing").isNotEmpty();
  }

  @Test
  void reportsWhyAlertsWereDropped() throws Exception {
    status = 400;
    said = "\"invalid\n\t label set\"\n";
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    until(() -> delivery().dropped().refused() == 1);
    assertThat(delivery().lastError()).isEqualTo("bad response status 400: \"invalid label set\"");
    assertThat(delivery().waiting()).isZero();
    down = true;
    send("B");
    next();
    send("C", "D", "E", "F", "G", "H");
    assertThat(delivery().dropped()).isEqualTo(new AlertmanagerStatus.Dropped(1, 1, 0));
    assertThat(delivery().waiting()).isEqualTo(6);
    clock.advance(Duration.ofSeconds(240), 1);
    next();
    until(() -> delivery().dropped().outOfDate() == 1);
    assertThat(delivery().dropped().all()).isEqualTo(3);
    assertThat(metric("prometheus_notifications_dropped_total")).isEqualTo(3);
  }

  @Test
  void reloadKeepsSendingState() throws Exception {
    down = true;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    until(() -> delivery().failingSince() != null);
    clock.set(NOW.plusSeconds(60));
    start("alertmanagers: [{timeout: 3s}]", "one:1");
    next();
    until(() -> NOW.plusSeconds(60).equals(delivery().lastFailure()));
    assertThat(delivery().failingSince()).isEqualTo(NOW);
    assertThat(delivery().waiting()).isEqualTo(1);
  }

  @Test
  void reportsErrorsOnOneLineWithoutPassword() throws Exception {
    down = true;
    reason = "a\n\tb \u0007c".repeat(1000);
    start("alertmanagers: [{}]", "joe:secret@one:1");
    send("A");
    next();
    until(() -> !delivery().lastError().isEmpty());
    assertThat(delivery().lastError())
        .startsWith("a b ca b c")
        .hasSizeLessThanOrEqualTo(DeliveryFacts.MAX_ERROR + 1);
    assertThat(delivery().url()).isEqualTo("http://joe:xxxxx@one:1/api/v2/alerts");
  }

  @Test
  void internalErrorDoesNotStopQueues() throws Exception {
    broken = true;
    start("alertmanagers: [{}]", "one:1");
    send("A");
    next();
    until(() -> delivery().failingSince() != null);
    assertThat(delivery().lastError()).startsWith("internal error").doesNotContain("Exception");
    broken = false;
    clock.advance(AlertQueue.FIRST_PAUSE, 1);
    until(() -> delivery().sent() == 1);
  }

  @Test
  void readsConfigurationStrictly() {
    assertThatThrownBy(() -> config("alertmanagers: [{api_version: v1}]"))
        .hasMessage("a.yml:1:31: expected Alertmanager api version to be one of [v2] but got v1");
    assertThatThrownBy(
            () -> config("alertmanagers: [{static_configs: [{targets: ['http://x/']}]}]"))
        .hasMessageContaining("is not a valid hostname");
    assertThat(
            config(
                    "alertmanagers: [{static_configs: [{targets: ['http://x/']}], relabel_configs:"
                        + " [{target_label: __address__, replacement: x}]}]")
                .alertmanagers())
        .hasSize(1);
    assertThat(AlertingConfig.NONE.tree()).isNull();
  }
}
