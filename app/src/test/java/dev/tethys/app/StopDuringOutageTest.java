package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stops of all roles that deliver, by SIGTERM, while a destination takes connections and never
 * answers: queues drain for 15 s at most and what is lost then is logged.
 */
class StopDuringOutageTest {
  @TempDir Path dir;

  private final ConcurrentLinkedQueue<Socket> connections = new ConcurrentLinkedQueue<>();
  private final Map<String, Process> processes = new LinkedHashMap<>();

  @AfterEach
  void close() throws IOException {
    processes.values().forEach(Process::destroyForcibly);
    for (Socket s : connections) {
      s.close();
    }
  }

  @Test
  void queuesDrainForFifteenSecondsAtMost() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 500, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> accept(silent));
      int port = silent.getLocalPort();
      String scrape =
          """
          global: {scrape_interval: 1s, scrape_timeout: 500ms}
          scrape_configs: [{job_name: none, static_configs: [{targets: ['127.0.0.1:1']}]}]
          """;
      String write = "http://127.0.0.1:" + port + "/api/v1/write";
      Path prometheus = file("agent.yml", scrape + "remote_write: [{url: '" + write + "'}]\n");
      Path clymene = file("clymene.yml", scrape);
      Path collector =
          file(
              "collector.yaml",
              """
              receivers: {prometheus: {config: {%s}}}
              exporters: {prometheus_remote_write: {endpoint: '%s'}}
              service:
                telemetry: {metrics: {level: none}}
                pipelines:
                  metrics: {receivers: [prometheus], exporters: [prometheus_remote_write]}
              """
                  .formatted(scrape.strip().replace("\n", ", "), write));
      start("collector", "collector", "--config=" + collector);
      start(
          "agent of Prometheus",
          "agent",
          "--config.file=" + prometheus,
          "--web.listen-address=127.0.0.1:" + Ports.free());
      start(
          "agent of Clymene",
          "agent",
          "--config.file=" + clymene,
          "--http.port=" + Ports.free(),
          "--admin.http.host-ports=127.0.0.1:" + Ports.free(),
          "--prometheus.remote.url=" + write);
      TethysProcess.await(
          "requests under way",
          Duration.ofMinutes(3),
          () -> connections.size() >= processes.size(),
          () -> processes.keySet().stream().map(this::log).toList());
      processes.values().forEach(Process::destroy);
      for (Map.Entry<String, Process> p : processes.entrySet()) {
        assertThat(p.getValue().waitFor(2, TimeUnit.MINUTES)).as(p.getKey()).isTrue();
        assertThat(p.getValue().exitValue()).as(log(p.getKey())).isZero();
        assertThat(log(p.getKey())).as(p.getKey()).contains("lost");
      }
      assertThat(log("collector")).contains("draining queues timeout=15s");
      assertThat(log("agent of Clymene")).contains("draining queues timeout=15s");
    }
  }

  private void accept(ServerSocket silent) {
    try {
      while (true) {
        connections.add(silent.accept());
      }
    } catch (IOException e) {
      // closed: the test ends
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  private void start(String name, String... args) throws IOException {
    List<String> command = new ArrayList<>(TethysProcess.small(args));
    command.add(1, "-Djava.util.logging.manager=dev.tethys.runtime.log.SteadyLogManager");
    ProcessBuilder b =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve(name + ".log").toFile());
    if (name.endsWith("Clymene")) {
      b.environment().put("STORAGE_TYPE", "prometheus");
    }
    processes.put(name, b.start());
  }

  private String log(String name) {
    try {
      return Files.readString(dir.resolve(name + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
