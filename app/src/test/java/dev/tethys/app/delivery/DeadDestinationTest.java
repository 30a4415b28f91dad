package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A collector with two exporters and default queues, one of whose destinations is down. */
@Timeout(180)
@Tag("slow")
class DeadDestinationTest {
  private static final int LINES = 1500;
  private static final Pattern LINE = Pattern.compile("\"line (\\d+)\"");

  @TempDir Path folder;

  /** Destination that counts how often it got each line. */
  private static final class Destination implements AutoCloseable {
    private final Map<Integer, Integer> lines = new ConcurrentHashMap<>();
    private final LoopbackHttp http;
    private volatile boolean down;

    Destination(boolean down) throws IOException {
      this.down = down;
      this.http =
          new LoopbackHttp(
              x -> {
                String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                boolean refused = this.down;
                if (!refused) {
                  Matcher m = LINE.matcher(body);
                  while (m.find()) {
                    lines.merge(Integer.valueOf(m.group(1)), 1, Integer::sum);
                  }
                }
                byte[] answer = "{}".getBytes(StandardCharsets.UTF_8);
                x.getResponseHeaders().add("Content-Type", "application/json");
                x.sendResponseHeaders(refused ? 503 : 200, answer.length);
                x.getResponseBody().write(answer);
                x.close();
              });
    }

    int port() {
      return http.port();
    }

    @Override
    public void close() {
      http.close();
    }
  }

  private static String body(int line) {
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\""
        + (1_700_000_000_000_000_000L + line)
        + "\",\"body\":{\"stringValue\":\"line "
        + line
        + "\"}}]}]}]}";
  }

  @Test
  void destinationsDoNotDelayOrRepeatForEachOther() throws Exception {
    int port = Ports.free();
    int metrics = Ports.free();
    try (Destination ok = new Destination(false);
        Destination dead = new Destination(true);
        HttpClient client = HttpClient.newHttpClient()) {
      Path config = folder.resolve("c.yaml");
      Files.writeString(
          config,
          """
          receivers:
            otlp: {protocols: {http: {endpoint: "127.0.0.1:%1$d"}}}
          exporters:
            otlphttp/ok: {endpoint: "http://127.0.0.1:%2$d", encoding: json, compression: none}
            otlphttp/dead: {endpoint: "http://127.0.0.1:%3$d", encoding: json, compression: none}
          service:
            telemetry: {metrics: {address: "127.0.0.1:%4$d"}}
            pipelines:
              logs: {receivers: [otlp], exporters: [otlphttp/dead, otlphttp/ok]}
          """
              .formatted(port, ok.port(), dead.port(), metrics));
      try (PeerProcess collector =
          new PeerProcess(
              Files.createDirectories(folder.resolve("collector")),
              port,
              TethysProcess.small("collector", "--config=" + config))) {
        for (int i = 0; i < LINES; i++) {
          HttpRequest q =
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/logs"))
                  .timeout(Duration.ofSeconds(10))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body(i)))
                  .build();
          assertThat(client.send(q, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
          int sent = i + 1;
          Waiting.await("the other has it", () -> ok.lines.size() == sent);
        }
        assertThat(ok.lines.values()).allMatch(n -> n == 1);
        assertThat(dead.lines).isEmpty();
        String status =
            client
                .send(
                    HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + metrics + "/api/v1/pipelines"))
                        .build(),
                    BodyHandlers.ofString())
                .body();
        assertThat(status)
            .contains("\"reason\":\"on_disk\",\"effect\":\"cause\"")
            .contains("\"onDisk\":{\"requests\":" + LINES);
        collector.killAndRestart();
        dead.down = false;
        Waiting.await(
            Duration.ofMinutes(1),
            () -> dead.lines.size() + " of " + LINES,
            () -> dead.lines.size() == LINES);
        assertThat(ok.lines.values()).allMatch(n -> n == 1);
      }
    }
  }
}
