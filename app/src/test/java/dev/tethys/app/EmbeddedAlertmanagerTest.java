package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process: rules, and the Alertmanager that notifies about their alerts. */
@Tag("slow")
class EmbeddedAlertmanagerTest {
  @TempDir Path dir;

  /** Dashboards take every place there is for queries and more; the alert comes all the same. */
  @Test
  void sendsAlertsUnderFullDashboardLoad() throws Exception {
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer hook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/",
        x -> {
          posted.add(new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    hook.start();
    Files.writeString(
        dir.resolve("am.yml"),
        """
        route: {receiver: r, group_wait: 0s}
        receivers: [{name: r, webhook_configs: [{url: 'http://127.0.0.1:%d/'}]}]
        """
            .formatted(hook.getAddress().getPort()));
    String config =
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ['rules*.yml']
        scrape_configs:
        - {job_name: self, static_configs: [{targets: ['127.0.0.1:{port}']}]}
        """;
    // Each of its steps reads a day of seconds anew.
    String dashboard =
        "/api/v1/query_range?start=0&end=1000000&step=100&query="
            + URLEncoder.encode(
                "quantile_over_time(0.5, (sin(time() * vector(1)) % 7)[1d:1s])",
                StandardCharsets.UTF_8);
    List<CompletableFuture<HttpResponse<Void>>> asked = new ArrayList<>();
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            config,
            "--alertmanager.config.file=" + dir.resolve("am.yml"),
            "--query.max-concurrency=2",
            "--query.timeout=10m",
            "--query.max-samples=2000000000",
            "--web.enable-lifecycle",
            "--rules.alert.resend-delay=1s")) {
      for (int i = 0; i < 30; i++) {
        asked.add(
            TethysProcess.CLIENT.sendAsync(
                HttpRequest.newBuilder(p.uri(dashboard)).build(),
                HttpResponse.BodyHandlers.discarding()));
      }
      p.await(
          "all places to be taken and others to wait",
          Duration.ofSeconds(60),
          () -> p.get("/metrics").body().contains("prometheus_engine_queries 30"));
      Files.writeString(
          dir.resolve("rules.yml"),
          "groups: [{name: g, rules: [{alert: Up, expr: 'count(up) == 1', for: 2s}]}]");
      assertThat(p.post("/-/reload", "text/plain", new byte[0]).statusCode()).isEqualTo(200);
      p.await(
          "a notification while dashboards go on",
          Duration.ofSeconds(90),
          () -> posted.stream().anyMatch(b -> b.contains("\"alertname\":\"Up\"")));
      assertThat(asked).as("the flood still runs").noneMatch(CompletableFuture::isDone);
      p.kill();
    } finally {
      hook.stop(0);
    }
  }

  @Test
  void notifiesOfRuleAlerts() throws IOException {
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer hook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/",
        x -> {
          posted.add(new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          x.sendResponseHeaders(200, -1);
          x.close();
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
        "groups: [{name: g, interval: 1s, rules: [{alert: Up, expr: vector(1), annotations: {v: '{{"
            + " $value }}'}}]}]");
    String config =
        """
        global: {external_labels: {site: x}}
        rule_files: [rules.yml]
        alerting: {alert_relabel_configs: [{target_label: added, replacement: 'yes'}]}
        """;
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            config,
            "--alertmanager.config.file=" + dir.resolve("am.yml"),
            "--alertmanager.cluster.listen-address=127.0.0.1:" + Ports.free(),
            "--alertmanager.cluster.peer-name=embedded",
            "--alertmanager.cluster.gossip-interval=20ms",
            "--rules.alert.resend-delay=2s")) {
      p.await("a notification", Duration.ofSeconds(40), () -> !posted.isEmpty());
      assertThat(posted.getFirst())
          .contains("\"alertname\":\"Up\"", "\"site\":\"x\"", "\"added\":\"yes\"", "\"v\":\"1\"")
          .contains("/alertmanager\"");
      assertThat(p.get("/alertmanager/api/v2/alerts").body()).contains("\"alertname\":\"Up\"");
      assertThat(p.get("/alertmanager/api/v2/status").body()).contains("receiver: r");
      assertThat(p.get("/alertmanager/api/v2/status").body())
          .contains("\"name\":\"embedded\"", "\"status\":\"ready\"");
      assertThat(p.get("/alertmanager/").statusCode()).isEqualTo(200);
      assertThat(p.get("/metrics").body())
          .contains("alertmanager_notifications_total{integration=\"webhook\"} 1");
      assertThat(dir.resolve("data/alertmanager/nflog.log")).exists();
      // What became of the alert is a time series.
      p.await(
          "the history of the alert",
          Duration.ofSeconds(30),
          () ->
              p.get("/api/v1/query?query=tethys_alert_event%7Balertname%3D%22Up%22%7D")
                  .body()
                  .contains("\"tethys_event\":\"notified\""));
      assertThat(p.get("/api/v1/query?query=tethys_alert_event").body())
          .contains("\"tethys_event\":\"firing\"", "\"tethys_by\":\"r/webhook[0]\"");
      // One that is wrong leaves everything as it was, and is said.
      Files.writeString(dir.resolve("am.yml"), "route: {}");
      new ProcessBuilder("kill", "-HUP", String.valueOf(p.pid())).start();
      p.await("a refusal", Duration.ofSeconds(20), () -> p.log().contains("am.yml:1:"));
      assertThat(p.get("/alertmanager/api/v2/status").body()).contains("receiver: r");
      assertThat(p.stop()).isZero();
    } finally {
      hook.stop(0);
    }
  }
}
