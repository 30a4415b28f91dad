package dev.tethys.alert.manager.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.MetricLabels;
import dev.tethys.alert.manager.TestOptions;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.SteppedClock;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;

/** An Alertmanager without a cluster whose API is served on loopback. */
abstract class ServedApi {
  static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  final SteppedClock clock = new SteppedClock(Instant.parse("2026-01-01T00:00:00Z"));
  private String base = "";

  interface Body {
    void run() throws Exception;
  }

  void serving(Body test) throws Exception {
    serving(
        """
        route: {receiver: hook, group_by: [alertname]}
        receivers: [{name: hook, labels: {team: x}}, {name: other}]
        """,
        test);
  }

  void serving(String config, Body test) throws Exception {
    Registry registry = new Registry();
    try (HttpClientFactory clients = new HttpClientFactory("test");
        Alertmanager m =
            new Alertmanager(
                TestOptions.in(dir, Duration.ofHours(1), MetricLabels.NONE),
                clients,
                registry,
                clock,
                new Tracing("alertmanager", "1", clients, registry))) {
      Routes routes = new Routes();
      AlertmanagerApi.register(
          routes, "/p", m, new AlertmanagerApi.Version("1", "2", "3", "25"), 4, registry);
      try (HttpListener l =
          HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
        base = "http://127.0.0.1:" + l.port() + "/p/api/v2";
        check("GET", "/status", "", 503, "\"the Alertmanager is starting\"");
        m.apply(
            AlertmanagerConfig.read(
                YamlDocument.parse("a.yml", null, config), MatcherSyntax.FALLBACK));
        test.run();
      }
    }
  }

  HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
          HttpRequest.newBuilder(URI.create(base + path).normalize())
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .header("Content-Type", "application/json")
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  void check(String method, String path, String body, int status, String answer)
      throws IOException, InterruptedException {
    HttpResponse<String> r = send(method, path, body);
    assertThat(r.statusCode() + " " + r.body().strip())
        .as(method + " " + path + " " + body)
        .isEqualTo(status + " " + answer);
  }

  static String coded(int code, String message) {
    return "{\"code\":" + code + ",\"message\":\"" + message + "\"}";
  }
}
