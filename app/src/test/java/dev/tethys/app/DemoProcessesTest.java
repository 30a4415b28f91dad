package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.condition.OS.LINUX;

import dev.tethys.testkit.Ports;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;

/** Tests the demo shop with a process for each part. */
@EnabledOnOs(LINUX)
@Tag("slow")
@Tag("contrib")
class DemoProcessesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private static HttpResponse<String> send(int port, String method, String path) throws Exception {
    return TethysProcess.CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static boolean answers(int port) {
    try {
      return send(port, "GET", "/home?user=1").statusCode() == 200;
    } catch (Exception e) {
      return false;
    }
  }

  @Test
  void everyPartIsAProcessThatAppliesFaultsAndEndsWithTheShop() throws Exception {
    int port = Ports.free();
    List<ProcessHandle> parts;
    try (TethysProcess shop =
        TethysProcess.launch(
            folder,
            port,
            List.of("-XX:TieredStopAtLevel=1"),
            List.of(
                "demo",
                "--separate-processes",
                "--no-telemetry",
                "--rate=0",
                "--web.listen-address=127.0.0.1:" + port))) {
      shop.await("the shop", LIMIT, () -> answers(port));
      parts = shop.handle().children().toList();
      assertThat(parts).hasSize(8);
      String search = "/search?user=1&category=telescopes&q=Vega";
      assertThat(send(port, "GET", search).statusCode()).isEqualTo(200);
      send(port, "POST", "/api/faults/slow-query/on"); // the database is another process
      shop.await(
          "the fault of the database",
          LIMIT,
          () -> {
            long begin = System.nanoTime();
            try {
              send(port, "GET", search);
            } catch (Exception e) {
              return false;
            }
            return System.nanoTime() - begin > 500_000_000; // the statement takes 700 ms
          });
      shop.kill();
    }
    for (ProcessHandle p : parts) {
      p.onExit().get(30, TimeUnit.SECONDS);
    }
  }
}
