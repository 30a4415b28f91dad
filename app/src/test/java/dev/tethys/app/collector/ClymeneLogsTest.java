package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.ClymeneLogAgent;
import dev.tethys.app.TethysProcess;
import dev.tethys.app.clymene.ClymeneFlags;
import dev.tethys.app.clymene.ClymeneGraph;
import dev.tethys.app.clymene.ClymeneRole;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lines of a Clymene fleet from its log agent to its databases, each program told by its flags and
 * variables alone: through a real Kafka and its ingester, and through its gateway.
 */
@Tag("slow")
class ClymeneLogsTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir private Path dir;

  private CollectorRole run(ClymeneRole role, Map<String, String> variables, String... flags)
      throws IOException {
    Path graph = dir.resolve(role + ".yaml");
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("--metrics.http.host-port=127.0.0.1:" + Ports.free());
    all.add("--admin.http.host-ports=127.0.0.1:" + Ports.free());
    Files.writeString(graph, ClymeneGraph.yaml(ClymeneFlags.read(role, all, variables), d -> {}));
    CollectorRole made =
        new CollectorRole(
            new ConfigSources(List.of(graph.toString()), List.of(), Map.<String, String>of()::get),
            BuiltIn.components(),
            false,
            false);
    made.start();
    return made;
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "line " + i).toList();
  }

  @Test
  void linesPassThroughKafkaAndAGateway() throws Exception {
    Path app = dir.resolve("app.log");
    Path log = dir.resolve("log");
    Path config = dir.resolve("config.yml");
    Files.write(app, lines(0, 100));
    Files.writeString(
        config,
        """
        server: {disable: true}
        positions: {filename: %s/positions.yaml, sync_period: 100ms}
        scrape_configs:
        - job_name: app
          static_configs:
          - labels: {app: shop, __path__: %s/app.log}
        """
            .formatted(dir, dir));
    String grpc = "127.0.0.1:" + Ports.free();
    try (KafkaProcess kafka = new KafkaProcess(Files.createDirectory(dir.resolve("broker")));
        LokiDouble behindKafka = new LokiDouble();
        LokiDouble behindGateway = new LokiDouble();
        CollectorRole gateway =
            run(
                ClymeneRole.PROMTAIL_GATEWAY,
                Map.of("STORAGE_TYPE", "loki", "LOKI_CLIENT_URL", behindGateway.url()),
                "--gateway.grpc-server.host-port=" + grpc,
                "--gateway.http-server.host-port=127.0.0.1:" + Ports.free());
        CollectorRole ingester =
            run(
                ClymeneRole.PROMTAIL_INGESTER,
                Map.of("STORAGE_TYPE", "loki", "LOKI_CLIENT_URL", behindKafka.url()),
                "--kafka.consumer.brokers=" + kafka.address())) {
      Process p =
          ClymeneLogAgent.start(
              config,
              log,
              Map.of(
                  "STORAGE_TYPE",
                  "kafka,gateway",
                  "KAFKA_PRODUCER_BROKERS",
                  kafka.address(),
                  "GATEWAY_GRPC_CLIENT_HOST_PORT",
                  grpc,
                  "ADMIN_HTTP_HOST_PORTS",
                  "127.0.0.1:" + Ports.free()));
      try {
        List<LokiDouble> both = List.of(behindKafka, behindGateway);
        awaitLines(both, 100, log);
        Files.write(app, lines(100, 200), StandardOpenOption.APPEND);
        awaitLines(both, 200, log);
        for (LokiDouble loki : both) {
          assertThat(loki.lines).containsExactlyElementsOf(lines(0, 200));
          assertThat(loki.streams).allMatch(s -> s.contains("shop") && s.contains("here"));
        }
        p.destroy();
        assertThat(p.waitFor(20, TimeUnit.SECONDS)).isTrue();
      } finally {
        p.destroyForcibly();
      }
      assertThat(gateway).isNotSameAs(ingester); // both run until here
    }
    assertThat(Files.readString(dir.resolve("positions.yaml")))
        .contains("app.log: \"" + Files.size(app) + "\"");
  }

  private static void awaitLines(List<LokiDouble> both, int count, Path log) {
    TethysProcess.await(
        count + " lines in both databases",
        LIMIT,
        () -> both.stream().allMatch(l -> l.lines.size() >= count),
        () -> both.stream().map(l -> l.lines.size()).toList() + "\n" + read(log));
  }
}
