package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objectives in files of a server process: rules, alerts, states and reloads. */
@Tag("slow")
class ObjectivesServerTest {
  private static final String CONFIG =
      """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      scrape_configs:
      - job_name: self
        static_configs: [{targets: ['127.0.0.1:{port}']}]
      """;
  private static final String OBJECTIVES =
      """
      objectives:
      - name: scrapes
        service: self
        target: 99
        indicator:
          ratio: {query: '1 - avg(avg_over_time(up{job="self"}[{{.window}}]))'}
      - name: wrong
        service: self
        target: 99
        indicator:
          ratio: {query: 'avg(avg_over_time(up{job="self"}[{{.window}}]))'}
      """;

  @TempDir Path dir;

  @Test
  void evaluatesObjectivesAndKeepsThemWhenAFileIsWrong() throws IOException {
    Path file = dir.resolve("slo-a.yml");
    Files.writeString(file, OBJECTIVES);
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            CONFIG,
            "--web.enable-lifecycle",
            "--config.auto-reload",
            "--config.auto-reload-interval=1s",
            "--insight.objectives-file=" + dir.resolve("slo-*.yml"))) {
      server.await(
          "alert of the objective that burns",
          Duration.ofSeconds(60),
          () -> server.get("/api/v1/alerts").body().contains("\"sloth_slo\":\"wrong\""));
      assertThat(server.get("/api/v1/rules").body())
          .contains("sloth-slo-sli-recordings-self-scrapes", "slo-a.yml", "ErrorBudgetBurn");
      server.await(
          "states",
          Duration.ofSeconds(60),
          () -> {
            String states = server.get("/api/v1/insight/objectives").body();
            return states.contains("\"state\":\"exhausted\"")
                && states.contains("\"state\":\"ok\"");
          });
      assertThat(server.get("/api/v1/insight/objectives").body())
          .contains("\"name\":\"scrapes\"", "\"state\":\"ok\"", "slo-a.yml:2\"");

      Files.writeString(file, OBJECTIVES.replace("target: 99", "target: 100"));
      HttpResponse<String> bad = server.post("/-/reload", "text/plain", new byte[0]);
      assertThat(bad.statusCode()).isEqualTo(500);
      assertThat(bad.body()).contains("slo-a.yml:4:11: target is 100.0; it must be a percentage");
      assertThat(server.get("/api/v1/rules").body())
          .contains("sloth-slo-sli-recordings-self-scrapes");

      Files.writeString(file, OBJECTIVES.replace("name: wrong", "name: other"));
      server.await(
          "the changed file to be noticed",
          Duration.ofSeconds(60),
          () -> server.get("/api/v1/rules").body().contains("sli-recordings-self-other"));
      assertThat(server.get("/api/v1/rules").body())
          .doesNotContain("sloth-slo-sli-recordings-self-wrong");
      assertThat(server.stop()).isZero();
    }
  }

  @Test
  void aWrongFileStopsTheStartWithItsPosition() throws IOException {
    Path config = Files.writeString(dir.resolve("prometheus.yml"), "{}");
    Path file = Files.writeString(dir.resolve("slo.yml"), "objectives:\n- {nam: x}\n");
    int port = Ports.free();
    TethysProcess p =
        TethysProcess.launch(
            dir,
            port,
            List.of(
                "server",
                "--config.file=" + config,
                "--storage.tsdb.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--insight.objectives-file=" + file));
    assertThat(p.exitCode()).isNotZero();
    assertThat(p.log()).contains("slo.yml:2:4: unknown key \"nam\"").doesNotContain("\tat ");
  }
}
