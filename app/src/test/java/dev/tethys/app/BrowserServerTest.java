package dev.tethys.app;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of a server that watches itself, in Chromium. */
@Tag("slow")
class BrowserServerTest extends BrowserScenarios {
  @Test
  void everyPageWorksInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    int port = Ports.free();
    try (TethysProcess server =
        TethysProcess.launch(
                dir,
                port,
                List.of("--web.listen-address=127.0.0.1:" + port, "--web.enable-lifecycle"))
            .awaitReady()) {
      server.await(
          "rates of this machine",
          Duration.ofSeconds(90),
          () -> server.query("rate(node_cpu_seconds_total[1m])").contains("\"value\""));
      scenarios("--base-url=http://127.0.0.1:" + port);
    }
  }
}
