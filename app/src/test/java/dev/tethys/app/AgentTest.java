package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as its own process, with a server that receives. */
@Tag("slow")
class AgentTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path dir;

  /** The example of the documentation, with the addresses and the pace of this test. */
  private String example(int own, int application, int central) throws IOException {
    String doc = Files.readString(Shared.root().resolve("docs/agent.md"));
    String yaml = doc.substring(doc.indexOf("```yaml\n") + 8);
    yaml = yaml.substring(0, yaml.indexOf("```"));
    return yaml.replace("localhost:9095", "127.0.0.1:" + own)
            .replace("localhost:8080", "127.0.0.1:" + application)
            .replace("central:9090", "127.0.0.1:" + central)
            .replace("scrape_interval: 15s", "scrape_interval: 1s")
        + "  queue_config: {batch_send_deadline: 1s}\n";
  }

  @Test
  void endsRunThatFillsItsCache() throws Exception {
    Path log = dir.resolve("warm-up.log");
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tethys.app.Main",
                "warm-up",
                "agent")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(p.waitFor()).as(Files.readString(log)).isZero();
    } finally {
      p.destroyForcibly();
    }
  }

  @Test
  void exampleOfTheDocumentationWorks() throws IOException {
    AtomicReference<String> page = new AtomicReference<>("app_ok 1\napp_gone 2\ndebug_x 3\n");
    HttpServer application =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    application.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    application.createContext(
        "/metrics",
        x -> {
          byte[] b = page.get().getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4");
          x.sendResponseHeaders(200, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    application.start();
    int port = Ports.free();
    try (TethysProcess central =
        TethysProcess.server(dir, "global: {}", "--web.enable-remote-write-receiver")) {
      Path config =
          Files.writeString(
              dir.resolve("agent.yml"),
              example(port, application.getAddress().getPort(), central.port));
      List<String> args =
          List.of("agent", "--config.file=" + config, "--web.listen-address=127.0.0.1:" + port);
      try (TethysProcess agent = TethysProcess.launch(dir, port, args)) {
        agent.awaitReady();
        agent.await(
            "three jobs that are up",
            LONG,
            () -> central.query("sum(up{datacenter=\"north\"})").contains("\"3\""));
        agent.await(
            "host metrics",
            LONG,
            () -> central.query("node_memory_MemTotal_bytes{job=\"node\"}").contains("\"value\""));
        assertThat(central.query("debug_x")).contains("\"result\":[]");
        assertThat(central.query("app_gone{job=\"app\"}")).contains("\"2\"");
        page.set("app_ok 1\n");
        agent.await(
            "the end of a series that vanished",
            LONG,
            () -> central.query("app_gone").contains("\"result\":[]"));
        assertThat(central.query("app_ok")).contains("\"value\"");
        application.stop(0);
        agent.await(
            "the end of a target's series",
            LONG,
            () ->
                central.query("app_ok").contains("\"result\":[]")
                    && central.query("up{job=\"app\"}").contains("\"0\""));
        assertThat(agent.get("/api/v1/query?query=up").statusCode()).isEqualTo(422);
        assertThat(agent.get("/api/v1/query?query=up").body())
            .contains("unavailable with Prometheus Agent");
        assertThat(agent.get("/-/ready").body()).contains("Prometheus Agent is Ready.");
        assertThat(agent.get("/api/v1/targets").body()).contains("\"health\":\"up\"");
        assertThat(agent.get("/api/v1/status/config").body()).contains("central");
        assertThat(agent.get("/metrics").body())
            .contains("prometheus_remote_storage_samples_total{remote_name=\"central\"");
        assertThat(agent.stop()).isZero();
      }
    } finally {
      application.stop(0);
    }
  }

  @Test
  void rejectsSettingsOfServerMode() throws IOException {
    Path rules = Files.writeString(dir.resolve("rules.yml"), "rule_files: [x.yml]\n");
    TethysProcess p = TethysProcess.launch(dir, 0, List.of("agent", "--config.file=" + rules));
    assertThat(p.exitCode()).isEqualTo(2);
    assertThat(p.log()).contains("field rule_files is not allowed in agent mode");
    TethysProcess flag =
        TethysProcess.launch(dir, 0, List.of("server", "--agent", "--storage.tsdb.path=x"));
    assertThat(flag.exitCode()).isEqualTo(2);
    assertThat(flag.log()).contains("cannot be used in agent mode");
  }

  @Test
  void diskQueueSurvivesTheProcess() throws IOException {
    int port = Ports.free();
    int receiver = Ports.free();
    Path config =
        Files.writeString(
            dir.resolve("agent.yml"),
            """
            global: {scrape_interval: 1s}
            scrape_configs: [{job_name: self, static_configs: [{targets: ['127.0.0.1:%d']}]}]
            remote_write: [{url: 'http://127.0.0.1:%d/api/v1/write'}]
            """
                .formatted(port, receiver));
    List<String> args =
        List.of(
            "server",
            "--enable-feature=agent",
            "--config.file=" + config,
            "--web.listen-address=127.0.0.1:" + port);
    TethysProcess dies = TethysProcess.launch(dir, port, args);
    try {
      dies.awaitReady();
      dies.await(
          "samples that wait",
          LONG,
          () ->
              dies.get("/metrics")
                  .body()
                  .matches("(?s).*remote_storage_samples_pending\\{[^}]*} [0-9]{4,}.*"));
    } finally {
      dies.kill();
    }
    Path store = Files.createDirectory(dir.resolve("central"));
    Files.writeString(store.resolve("c.yml"), "global: {}\n");
    try (TethysProcess central =
        TethysProcess.launch(
                store,
                receiver,
                List.of(
                    "server",
                    "--config.file=" + store.resolve("c.yml"),
                    "--storage.tsdb.path=" + store.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + receiver,
                    "--web.enable-remote-write-receiver"))
            .awaitReady()) {
      String count = "count_over_time(up{job=\"self\"}[5m])";
      long killed = System.currentTimeMillis() / 1000;
      try (TethysProcess again = TethysProcess.launch(dir, port, args)) {
        again.awaitReady();
        // Those of the process that died, at its times.
        again.await(
            "samples of the process that died",
            LONG,
            () -> central.query(count + " > 1").contains("\"value\""));
        again.await(
            "samples from before it was killed",
            LONG,
            () ->
                central
                    .query("min_over_time(timestamp(up{job=\"self\"})[5m:1s]) < " + killed)
                    .contains("\"value\""));
      }
    }
  }
}
