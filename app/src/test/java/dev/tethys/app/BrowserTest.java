package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clicks through the pages in a real Chromium, against a server that watches itself. */
class BrowserTest {
  @TempDir Path dir;

  @Test
  void everyPageWorksInChromium() throws IOException, InterruptedException {
    Path ui = Shared.root().resolve("ui");
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/chromium")), "needs Chromium, which is not installed");
    Assumptions.assumeTrue(
        Files.isDirectory(ui.resolve("node_modules")), "needs the interface to be built (npm ci)");
    int port = Ports.free();
    try (TethysProcess server =
        TethysProcess.launch(dir, port, java.util.List.of("--web.listen-address=127.0.0.1:" + port))
            .awaitReady()) {
      server.await(
          "rates of this machine",
          Duration.ofSeconds(90),
          () -> server.query("rate(node_cpu_seconds_total[1m])").contains("\"value\""));
      Path log = dir.resolve("browser.log");
      Process p =
          new ProcessBuilder("npm", "run", "e2e", "--", "--base-url=http://127.0.0.1:" + port)
              .directory(ui.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      assertThat(p.waitFor(5, TimeUnit.MINUTES)).as("browser scenarios end").isTrue();
      assertThat(p.exitValue()).as(Files.readString(log)).isZero();
    }
  }
}
