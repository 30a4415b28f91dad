package dev.tethys.app;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of alerts and of Alertmanager, in Chromium. */
@Tag("slow")
class BrowserAlertsTest extends BrowserScenarios {
  /** Routes of which one is always muted; no receiver really notifies. */
  private static final String MANAGER =
      """
      route:
        receiver: default
        group_by: [alertname, cluster]
        group_wait: 1s
        routes:
          - matchers: ['severity="page"']
            receiver: pager
            routes:
              - matchers: ['team=~"db|storage"']
                receiver: db-pager
                group_by: [instance]
                continue: true
              - matchers: ['team="net"']
                receiver: pager
          - matchers: ['team="web"']
            receiver: web-chat
            mute_time_intervals: [always]
      time_intervals:
        - name: always
          time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]
      inhibit_rules:
        - source_matchers: ['alertname="ClusterDown"']
          target_matchers: ['severity="page"']
          equal: [cluster]
      receivers: [{name: default}, {name: pager}, {name: db-pager}, {name: web-chat}]
      heartbeats: [{name: prometheus, matchers: ['alertname="Watchdog"'], within: 1h}]
      """;

  @Test
  void operatesAnAlertmanagerInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("alertmanager.yml");
    Files.writeString(file, MANAGER);
    try (TethysProcess manager =
        TethysProcess.launch(
            dir,
            0,
            List.of(
                "alertmanager",
                "--config.file=" + file,
                "--storage.path=" + dir.resolve("am"),
                "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:0"))) {
      manager.await("a listener", Duration.ofSeconds(120), () -> !listening(manager).isEmpty());
      scenarios("--suite=alertmanager", "--base-url=" + listening(manager).getFirst());
    }
  }

  @Test
  void embeddedAlertmanagerHasItsPagesUnderAlerts() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("alertmanager.yml");
    Files.writeString(file, MANAGER);
    try (TethysProcess server =
        TethysProcess.server(dir, "{}\n", "--alertmanager.config.file=" + file)) {
      scenarios(
          "--suite=alertmanager",
          "--base-url=http://127.0.0.1:" + server.port,
          "--manager=/alertmanager",
          "--only=alerts");
    }
  }

  @Test
  void sendsAlertsToEmbeddedAlertmanager() throws IOException, InterruptedException {
    assumeBrowser();
    Files.writeString(
        dir.resolve("am.yml"), "{route: {receiver: r, group_wait: 0s}, receivers: [{name: r}]}");
    Files.writeString(
        dir.resolve("rules.yml"),
        """
        groups:
          - name: g
            rules:
              - alert: Always
                expr: label_replace(vector(1), "n", "a", "", "") or label_replace(vector(1), "n", "b", "", "") or vector(1)
                labels: {severity: page}
        """);
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            "{global: {evaluation_interval: 1s}, rule_files: [rules.yml]}\n",
            "--rules.alert.resend-delay=1s",
            "--alertmanager.config.file=" + dir.resolve("am.yml"))) {
      server.await(
          "alerts fire",
          Duration.ofSeconds(60),
          () -> server.query("count(ALERTS{alertstate=\"firing\"})").contains("\"3\""));
      scenarios("--suite=embedded", "--base-url=http://127.0.0.1:" + server.port);
    }
  }

  @Test
  void showsAlertHistoryInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    HttpServer hook = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    hook.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    hook.start();
    Files.writeString(
        dir.resolve("am.yml"),
        """
        route: {receiver: r, group_wait: 0s}
        receivers: [{name: r, webhook_configs: [{url: 'http://127.0.0.1:%d/'}]}]
        """
            .formatted(hook.getAddress().getPort()));
    Files.writeString(
        dir.resolve("rules.yml"),
        "groups: [{name: g, rules: [{alert: Always, expr: 'vector(1)', for: 1s}]}]");
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            "{global: {evaluation_interval: 1s}, rule_files: [rules.yml]}\n",
            "--rules.alert.resend-delay=1s",
            "--alertmanager.config.file=" + dir.resolve("am.yml"))) {
      server.await(
          "a history",
          Duration.ofSeconds(60),
          () ->
              server
                  .query("count_over_time(tethys_alert_event{tethys_event=\"notified\"}[1h])")
                  .contains("Always"));
      scenarios("--suite=history", "--base-url=http://127.0.0.1:" + server.port);
    } finally {
      hook.stop(0);
    }
  }
}
