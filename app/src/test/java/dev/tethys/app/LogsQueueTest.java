package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The block {@code wal} of promtail.yml: what came over the network outlives the process. */
@Tag("slow")
class LogsQueueTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;
  private LokiDouble loki;
  private final int port = Ports.free();
  private final int syslog = Ports.free();

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
  }

  @AfterEach
  void stop() {
    loki.close();
  }

  private List<String> config(String tenant) throws IOException {
    Path file = folder.resolve("promtail.yml");
    Files.writeString(
        file,
        """
        server: {http_listen_port: %d, enable_runtime_reload: true}
        positions: {filename: %s/positions.yaml, sync_period: 1s}
        clients: [{name: my/loki, url: "%s", tenant_id: %s, batchwait: 50ms, backoff_config: {max_period: 1s}}]
        wal: {enabled: true, dir: %s/wal, cleanSegmentsOlderThan: 1h, watchConfig: {minReadFrequency: 250ms}}
        limits_config: {readbytes_rate: 1MB, readline_rate_drop: false}
        scrape_configs:
          - job_name: syslog
            syslog: {listen_address: "127.0.0.1:%d", labels: {job: syslog}}
        """
            .formatted(port, folder, loki.url(), tenant, folder, syslog));
    return List.of("logs", "-config.file=" + file);
  }

  private void send(TethysProcess p, List<String> written) throws IOException {
    p.await("the listener", LIMIT, this::listens);
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), syslog);
        OutputStream out = s.getOutputStream()) {
      for (int i = 0; i < 20; i++) {
        String text = "line " + written.size();
        out.write(
            ("<13>1 2026-01-01T00:00:00Z host app - - - " + text + "\n")
                .getBytes(StandardCharsets.UTF_8));
        written.add(text);
      }
    }
  }

  private boolean listens() {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), syslog)) {
      return s.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean waits(TethysProcess p, long entries) {
    return p.get("/metrics")
        .body()
        .contains("tethys_logs_client_queue_entries{client=\"my/loki\"} " + entries + "\n");
  }

  @Test
  void queuesReceivedLinesOnDiskThroughLokiOutageAndKill() throws Exception {
    List<String> written = new ArrayList<>();
    loki.setUnavailable(true);
    List<String> args = config("one");
    try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
      send(p, written);
      p.await("the lines on disk", LIMIT, () -> waits(p, 20));
      // Another process, say one that only checks the file, leaves the queue alone.
      List<String> check = new ArrayList<>(args);
      check.add("-check-syntax");
      assertThat(LogsTest.tool(check.toArray(String[]::new)).waitFor()).isZero();
      // The queue continues under another configuration.
      config("two");
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      send(p, written);
      p.await("more lines on disk", LIMIT, () -> waits(p, 40));
      p.kill();
    }
    assertThat(loki.lines).isEmpty();
    loki.setUnavailable(false);
    Files.createDirectories(folder.resolve("wal/client-gone"));
    try (TethysProcess p = TethysProcess.launch(folder, port, args).awaitReady()) {
      p.await("all lines", LIMIT, () -> loki.lines.size() >= 40);
      p.await("an empty queue", LIMIT, () -> waits(p, 0));
      assertThat(p.log()).contains("client-gone is the queue of a client that is not");
    }
    // Tenants do not wait for each other; each has its order.
    assertThat(loki.lines).containsExactlyInAnyOrderElementsOf(written);
    assertThat(loki.lines).containsSubsequence(written.subList(0, 20));
    assertThat(loki.lines).containsSubsequence(written.subList(20, 40));
    assertThat(loki.tenants).containsOnly("one", "two");
  }
}
