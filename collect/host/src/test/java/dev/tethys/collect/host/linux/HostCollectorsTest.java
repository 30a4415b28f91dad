package dev.tethys.collect.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.NodeExporterOptions.Setting;
import dev.tethys.testkit.Exposition;
import java.io.FileNotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a collector does wrong stays with it. */
@Timeout(30)
final class HostCollectorsTest {
  private static NodeExporterOptions only(String... collectors) {
    List<Setting> s = new java.util.ArrayList<>();
    s.add(new Setting("collector.disable-defaults", null));
    for (String c : collectors) {
      s.add(new Setting("collector." + c, null));
    }
    return NodeExporterOptions.parse(s);
  }

  @Test
  void failureAffectsOnlyItsCollector() {
    HostCollectors h =
        new HostCollectors(
            only("cpu", "loadavg", "stat"),
            Duration.ofSeconds(5),
            name ->
                switch (name) {
                  case "cpu" ->
                      (files, out) -> {
                        throw new ArrayIndexOutOfBoundsException("foreseen by nobody");
                      };
                  case "stat" ->
                      (files, out) -> {
                        throw new FileNotFoundException("stat");
                      };
                  default -> (files, out) -> {};
                });
    assertThat(Exposition.of(h).samples("node_scrape_collector_success"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "collector=\"cpu\"", 0.0, "collector=\"loadavg\"", 1.0, "collector=\"stat\"", 0.0));
  }

  @Test
  void endlessReadDoesNotAccumulateWaiters() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch device = new CountDownLatch(1);
    HostCollectors h =
        new HostCollectors(
            only("hwmon"),
            Duration.ofMillis(20),
            name ->
                (files, out) -> {
                  begun.countDown();
                  try {
                    device.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    CompletableFuture<Exposition> first = CompletableFuture.supplyAsync(() -> Exposition.of(h));
    begun.await();
    assertThat(Exposition.of(h).samples("node_scrape_collector_success"))
        .containsOnly(Map.entry("collector=\"hwmon\"", 0.0));
    device.countDown();
    assertThat(first.join().samples("node_scrape_collector_success"))
        .containsOnly(Map.entry("collector=\"hwmon\"", 1.0));
    assertThat(Exposition.of(h).samples("node_scrape_collector_success"))
        .containsOnly(Map.entry("collector=\"hwmon\"", 1.0));
  }

  @Test
  void describesMissingFiles() {
    assertThat(HostCollectors.describe(new java.nio.file.NoSuchFileException("/a")))
        .isEqualTo("/a: no such file or directory");
    assertThat(HostCollectors.describe(new java.nio.file.AccessDeniedException("/a")))
        .isEqualTo("/a: permission denied");
    assertThat(HostCollectors.describe(new java.io.IOException("odd"))).isEqualTo("odd");
    assertThat(HostCollectors.describe(new IllegalStateException()))
        .contains("IllegalStateException");
  }
}
