package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading promtail.yml anew, and the flags that go before it. */
class LogsReloadTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;
  private LokiDouble loki;

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
  }

  @AfterEach
  void stop() {
    loki.close();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(
        folder.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static String job(String name, Path folder, String stages) {
    return """
      - job_name: %s
        static_configs: [{labels: {app: %s, __path__: %s/%s.log}}]
        pipeline_stages: %s
    """
        .formatted(name, name, folder, name, stages);
  }

  private Path config(int port, String clients, String... jobs) throws IOException {
    Path file = folder.resolve("promtail.yml");
    Files.writeString(
        file,
        """
        server: {http_listen_port: %d, enable_runtime_reload: true}
        positions: {filename: %s/positions.yaml, sync_period: 1s}
        clients: %s
        target_config: {sync_period: 250ms}
        scrape_configs:
        """
                .formatted(port, folder, clients)
            + String.join("", jobs));
    return file;
  }

  private String client() {
    return "[{url: \"" + loki.url() + "\", batchwait: 50ms}]";
  }

  @Test
  void jobsThatDidNotChangeGoOnAndOthersGoOnWhereTheyWere() throws Exception {
    int port = Ports.free();
    String a = job("a", folder, "[]");
    Path file = config(port, client(), a, job("b", folder, "[]"));
    List<String> written = new ArrayList<>();
    try (TethysProcess p =
        TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      lines(written, "a", "b");
      p.await("the first lines", LIMIT, () -> loki.lines.containsAll(written));

      // Another stage for b, and a job more, while a goes on.
      String b = job("b", folder, "[static_labels: {stage: second}]");
      config(port, client(), a, b, job("c", folder, "[]"));
      lines(written, "a", "b", "c");
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      lines(written, "a", "b", "c");
      p.await("lines of three jobs", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(loki.streams).anyMatch(s -> s.contains("second"));

      // What is wrong changes nothing.
      config(port, client(), a, job("b", folder, "[no_such_stage: {}]"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(500);
      lines(written, "a", "b", "c");
      p.await("lines after a mistake", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(p.get("/metrics").body())
          .contains("promtail_config_reload_success_total 1")
          .contains("promtail_config_reload_fail_total 1");

      // Another client, which everything shares, by a signal; and c is gone.
      config(port, "[{url: \"" + loki.url() + "\", batchwait: 50ms, tenant_id: two}]", a, b);
      new ProcessBuilder("kill", "-HUP", String.valueOf(p.pid())).start().waitFor();
      p.await("the new tenant", LIMIT, () -> p.get("/config").body().contains("tenant_id: two"));
      lines(written, "a", "b");
      p.await("lines of the new tenant", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(loki.tenants).contains("null", "two");
      assertThat(p.get("/targets").body()).contains("a.log").doesNotContain("c.log");
    }
    assertThat(loki.lines).containsExactlyInAnyOrderElementsOf(written);
    for (String job : List.of("a", "b", "c")) {
      assertThat(loki.lines.stream().filter(l -> l.startsWith(job)))
          .containsExactlyElementsOf(written.stream().filter(l -> l.startsWith(job)).toList());
    }
  }

  private void lines(List<String> written, String... jobs) throws IOException {
    for (String j : jobs) {
      for (int i = 0; i < 20; i++) {
        String line = j + " line " + written.size();
        write(j + ".log", line + "\n");
        written.add(line);
      }
    }
  }

  @Test
  void flagsGoBeforeTheFile() throws Exception {
    int port = Ports.free();
    Path file = config(1, "[]", job("a", folder, "[]"));
    write("a.log", "hello\n");
    List<String> args =
        List.of(
            "logs",
            "-config.file=" + file,
            "-server.http-listen-port=" + port,
            "-client.url=" + loki.url(),
            "-client.tenant-id=007",
            "-client.batch-wait=50ms",
            "-client.external-labels=zone=x,app=ignored",
            "-positions.file=" + folder.resolve("elsewhere.yaml"),
            "-limit.readline-rate-enabled",
            "-limit.readline-rate-drop=false",
            "-limit.readline-rate=1000");
    try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
      p.await("the line", LIMIT, () -> loki.lines.contains("hello"));
      assertThat(loki.tenants).containsOnly("007");
      assertThat(loki.streams.getFirst()).contains("zone").contains("app=a");
      p.await("the position", LIMIT, () -> Files.exists(folder.resolve("elsewhere.yaml")));
    }
  }
}
