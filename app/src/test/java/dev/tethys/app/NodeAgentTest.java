package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node agent as its own process, with a server that receives. */
@Tag("slow")
class NodeAgentTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path dir;

  @Test
  void sendsItsMetricsByRemoteWrite() throws Exception {
    int port = Ports.free();
    try (TethysProcess central =
        TethysProcess.server(dir, "global: {}", "--web.enable-remote-write-receiver")) {
      List<String> args =
          List.of(
              "node-agent",
              "--disable-ebpf",
              "--listen=127.0.0.1:" + port,
              "--metrics-endpoint=http://127.0.0.1:" + central.port + "/api/v1/write",
              "--wal-dir=" + dir.resolve("queue"),
              "--scrape-interval=1s");
      try (TethysProcess agent = TethysProcess.launch(dir, port, args)) {
        agent.awaitReady();
        agent.await(
            "the agent's metrics",
            LONG,
            () ->
                central.query("up{job=\"coroot-node-agent\"}").contains("\"1\"")
                    && central.query("node_agent_info").contains("tethys-"));
        assertThat(agent.get("/metrics").body())
            .contains("tethys_observe_signal_info{", "prometheus_remote_storage_samples_total{");
        assertThat(agent.stop()).isZero();
      }
    }
  }
}
