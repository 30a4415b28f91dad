package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.LeaseElection;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of a cluster that share their data folder. */
@Timeout(120)
@Tag("slow")
class SharedDataTest {
  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private KubernetesDouble api;

  @BeforeEach
  void start() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private KubernetesMode mode(String identity, int at) {
    LeaseElection.Terms terms =
        new LeaseElection.Terms(
            "default",
            "tethys-control",
            identity,
            Duration.ofSeconds(60),
            Duration.ofSeconds(40),
            Duration.ofMillis(200));
    HttpListenerOptions listen =
        HttpListenerOptions.on("127.0.0.1:" + at).withStopGrace(Duration.ofSeconds(1));
    return new KubernetesMode(
        new KubernetesMode.Settings(
            ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1), "", false, terms),
        listen,
        files ->
            ControlServer.start(
                listen,
                folder.resolve("shared"),
                null,
                BuiltIn.components(),
                10,
                ControlServer.Rules.of(null, List.of(), null, null, files, null)));
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Waiting.pause();
    }
  }

  private int status(int at, String path) throws Exception {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at + path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (ConnectException e) {
      return 0; // it starts
    }
  }

  private String call(int at, String method, String path, String body) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at + "/api/v1/control" + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  @Test
  void versionsAndAuditLogSurviveALeader() throws Exception {
    int[] ports = {Ports.free(), Ports.free()};
    KubernetesMode second = mode("second", ports[1]);
    try (KubernetesMode first = mode("first", ports[0])) {
      first.start();
      until(() -> status(ports[0], "/-/ready") == 200);
      second.start();
      String text =
          "receivers: {nop: {}}\\nexporters: {nop: {}}\\n"
              + "service: {pipelines: {logs: {receivers: [nop], exporters: [nop]}}}\\n";
      call(
          ports[0],
          "POST",
          "/configurations",
          "{\"name\":\"kept\",\"reason\":\"by hand\",\"text\":\"" + text + "\"}");
      assertThat(status(ports[1], "/-/ready")).isEqualTo(503);
    }
    try (second) {
      until(() -> status(ports[1], "/-/ready") == 200);
      assertThat(call(ports[1], "GET", "/configurations", "")).contains("kept");
      assertThat(call(ports[1], "GET", "/audit", "")).contains("by hand");
    }
  }

  @Test
  void doesNotListenOnceClosed() throws Exception {
    int port = Ports.free();
    KubernetesMode mode = mode("ended", port);
    mode.close();
    mode.start();
    assertThat(status(port, "/-/healthy")).isZero();
  }

  @Test
  void newLeaderWaitsForTheDataFolder() throws Exception {
    int port = Ports.free();
    try (KubernetesMode next = mode("next", port)) {
      try (ControlServer former =
          ControlServer.start(
              HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
              folder.resolve("shared"),
              null,
              BuiltIn.components(),
              10)) {
        next.start();
        until(() -> api.requests.stream().anyMatch(r -> r.contains("leases")));
        until(() -> status(port, "/-/healthy") == 200);
        until(() -> status(port, "/-/ready") == 503);
        assertThat(former.port()).isPositive();
      }
      until(() -> status(port, "/-/ready") == 200);
    }
  }
}
