package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Incidents of a server whose target is down: page, notification, notes, restart. */
@Tag("slow")
class IncidentServerTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-z]{8})\"");

  @TempDir Path dir;

  private static String configuration(int manager) {
    return """
    global: {scrape_interval: 2s, evaluation_interval: 2s}
    alerting:
      alertmanagers:
      - static_configs: [{targets: ['127.0.0.1:%d']}]
    rule_files: [rules.yml]
    scrape_configs:
    - job_name: shop
      static_configs: [{targets: ['127.0.0.1:1']}]
    """
        .formatted(manager);
  }

  private static final String RULES =
      """
      groups:
      - name: shop
        rules:
        - alert: ShopDown
          expr: up{job="shop"} == 0
          labels: {severity: critical}
          annotations: {summary: shop is down}
      """;

  @Test
  void opensAnIncidentAndNotificationsLinkIt() throws Exception {
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer manager =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    manager.createContext(
        "/",
        x -> {
          posted.add(new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    manager.start();
    Files.writeString(dir.resolve("rules.yml"), RULES);
    String id;
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            configuration(manager.getAddress().getPort()),
            "--rules.alert.resend-delay=2s",
            "--web.external-url=http://tethys.example/mon/")) {
      p.await("incident", SOON, () -> incidents(p).contains("\"title\":\"shop"));
      Matcher m = ID.matcher(incidents(p));
      assertThat(m.find()).isTrue();
      id = m.group(1);
      p.await(
          "link in a notification",
          SOON,
          () ->
              posted.stream()
                  .anyMatch(
                      s ->
                          s.contains(
                              "\"incident_url\":\"http://tethys.example/mon/incidents/" + id)));
      p.await(
          "acknowledged notification in the timeline",
          SOON,
          () -> get(p, "/" + id).contains("Alertmanager received ShopDown"));
      assertThat(post(p, "/" + id + "/notes", "{\"author\":\"ann\",\"text\":\"restarting it\"}"))
          .contains("restarting it");
      p.await(
          "link from the problem",
          SOON,
          () -> p.get("/mon/api/v1/insight/problems").body().contains("\"incident\":\"" + id));
      assertThat(p.get("/mon/metrics").body()).contains("tethys_incidents_open 1");
    } finally {
      manager.stop(0);
    }
    try (TethysProcess p =
        TethysProcess.server(
            dir, configuration(Ports.free()), "--web.external-url=http://tethys.example/mon/")) {
      p.await("the incident after a restart", SOON, () -> incidents(p).contains("\"id\":\"" + id));
      assertThat(get(p, "/" + id)).contains("restarting it", "\"state\":\"open\"");
      p.await(
          "the same incident goes on",
          SOON,
          () -> p.get("/mon/api/v1/insight/problems").body().contains("\"incident\":\"" + id));
      assertThat(incidents(p)).contains("\"matching\":1,");
    }
  }

  private static String incidents(TethysProcess p) {
    return get(p, "");
  }

  private static String get(TethysProcess p, String path) {
    return p.get("/mon/api/v1/insight/incidents" + path).body();
  }

  private static String post(TethysProcess p, String path, String body) {
    return p.post(
            "/mon/api/v1/insight/incidents" + path,
            "application/json",
            body.getBytes(StandardCharsets.UTF_8))
        .body();
  }
}
