package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A push gateway as a process, killed, and one inside a server. */
@Tag("slow")
class PushgatewayTest {
  @TempDir Path dir;

  private static int put(TethysProcess p, String path, String body) {
    return p.send(
            HttpRequest.newBuilder(p.uri(path)).PUT(HttpRequest.BodyPublishers.ofString(body)))
        .statusCode();
  }

  private TethysProcess start() {
    int port = Ports.free();
    return TethysProcess.launch(
            dir,
            port,
            List.of(
                "pushgateway",
                "--web.listen-address=127.0.0.1:" + port,
                "--persistence.file=" + dir.resolve("push.data"),
                "--web.enable-lifecycle"))
        .awaitReady();
  }

  @Test
  void acknowledgedPushesSurviveKill() {
    for (int round = 0; round < 3; round++) {
      try (TethysProcess p = start()) {
        String metrics = p.get("/metrics").body();
        for (int i = 0; i < round; i++) {
          assertThat(metrics).contains("m{instance=\"\",job=\"j" + i + "\"} " + i + "\n");
        }
        assertThat(metrics).contains("pushgateway_build_info{");
        assertThat(put(p, "/metrics/job/j" + round, "m " + round + "\n")).isEqualTo(200);
        assertThat(put(p, "/metrics/job/gone", "m 7\n")).isEqualTo(200);
        assertThat(p.send(HttpRequest.newBuilder(p.uri("/metrics/job/gone")).DELETE()).statusCode())
            .isEqualTo(202);
        p.kill();
      }
    }
    try (TethysProcess p = start()) {
      assertThat(p.get("/metrics").body()).contains("job=\"j2\"").doesNotContain("gone");
      assertThat(p.get("/api/v1/status").body()).contains("\"push.group-ttl\":\"0s\"");
      assertThat(put(p, "/-/quit", "")).isEqualTo(200);
      assertThat(p.exitCode()).isZero();
    }
  }

  @Test
  void serverAcceptsPushesAndScrapesThem() {
    String config =
        """
        scrape_configs:
        - job_name: pushed
          scrape_interval: 1s
          scrape_timeout: 1s
          honor_labels: true
          metrics_path: /pushgateway/metrics
          static_configs: [{targets: ['127.0.0.1:{port}']}]
        """;
    try (TethysProcess p = TethysProcess.server(dir, config, "--web.enable-pushgateway")) {
      assertThat(put(p, "/pushgateway/metrics/job/batch", "done_total 5\n")).isEqualTo(200);
      p.await(
          "the push to be scraped",
          Duration.ofSeconds(30),
          () -> p.query("done_total").contains("\"job\":\"batch\""));
      assertThat(p.query("done_total"))
          .contains("\"metric\":{\"__name__\":\"done_total\",\"job\":\"batch\"}");
      assertThat(p.get("/pushgateway/api/v1/metrics").body()).contains("\"job\":\"batch\"");
      assertThat(p.get("/pushgateway/").body()).contains("pushgateway/&quot;");
      p.kill();
    }
    try (TethysProcess p = TethysProcess.server(dir, config, "--web.enable-pushgateway")) {
      assertThat(p.get("/pushgateway/metrics").body())
          .contains("done_total{instance=\"\",job=\"batch\"} 5\n");
    }
  }
}
