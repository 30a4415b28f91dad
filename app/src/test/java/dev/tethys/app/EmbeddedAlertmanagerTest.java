package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process: rules, and the Alertmanager that notifies about their alerts. */
class EmbeddedAlertmanagerTest {
  @TempDir Path dir;

  @Test
  void alertsOfRulesAreNotifiedAbout() throws IOException {
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
        "groups: [{name: g, interval: 1s, rules: [{alert: Up, expr: vector(1), annotations: {v: '{{ $value }}'}}]}]");
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
            "--rules.alert.resend-delay=2s")) {
      p.await("a notification", Duration.ofSeconds(40), () -> !posted.isEmpty());
      assertThat(posted.getFirst())
          .contains("\"alertname\":\"Up\"", "\"site\":\"x\"", "\"added\":\"yes\"", "\"v\":\"1\"")
          .contains("/alertmanager\"");
      assertThat(p.get("/alertmanager/api/v2/alerts").body()).contains("\"alertname\":\"Up\"");
      assertThat(p.get("/alertmanager/api/v2/status").body()).contains("receiver: r");
      assertThat(p.get("/alertmanager/").statusCode()).isEqualTo(200);
      assertThat(p.get("/metrics").body())
          .contains("alertmanager_notifications_total{integration=\"webhook\"} 1");
      assertThat(dir.resolve("data/alertmanager/nflog.log")).exists();
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
