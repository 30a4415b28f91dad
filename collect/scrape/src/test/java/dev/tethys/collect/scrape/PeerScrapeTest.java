package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A real node_exporter, scraped as it comes. */
class PeerScrapeTest {
  @Test
  void nodeExporter() throws Exception {
    Path program = Shared.peer("prometheus-node-exporter");
    int port = Ports.free();
    Process peer =
        new ProcessBuilder(program.toString(), "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (Setting s = new Setting()) {
      s.awaitThat(() -> answers(port));
      s.apply(Setting.job("extra_scrape_metrics: true\n"));
      s.targets(Labels.of("__address__", "127.0.0.1:" + port, "instance", "i"));
      s.scrape(3);
      Target t = s.onlyTarget();
      assertThat(t.report().lastError()).isNull();
      assertThat(t.metadata("node_cpu_seconds_total")).isNotNull();
      assertThat(s.reports()).contains("up{T} @0 1", "up{T} @20 1");
      assertThat(s.samples())
          .anyMatch(l -> l.startsWith("node_uname_info{"))
          .filteredOn(l -> l.contains(" @20"))
          .hasSizeGreaterThan(200);
      assertThat(s.samples()).noneMatch(l -> l.contains("@0") && l.endsWith("stale"));
    } finally {
      peer.destroyForcibly().waitFor();
    }
  }

  private static boolean answers(int port) {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return s.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
