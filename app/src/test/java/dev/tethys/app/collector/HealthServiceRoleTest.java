package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What healthcheckv2 says of a collector whose destination is down. */
@Timeout(90)
@Tag("slow")
class HealthServiceRoleTest {
  @TempDir private Path dir;

  @Test
  void showsExporterWithDownDestination() throws Exception {
    int health = Ports.free();
    int otlp = Ports.free();
    Path file = dir.resolve("collector.yaml");
    Files.writeString(
        file,
        """
        extensions:
          healthcheckv2:
            use_v2: true
            component_health: {include_recoverable_errors: true, recovery_duration: 0s}
            http: {endpoint: '127.0.0.1:%d'}
        receivers:
          otlp: {protocols: {http: {endpoint: '127.0.0.1:%d'}}}
        exporters:
          otlp_http: {endpoint: 'http://127.0.0.1:%d', retry_on_failure: {initial_interval: 100ms}}
        service:
          extensions: [healthcheckv2]
          pipelines:
            logs: {receivers: [otlp], exporters: [otlp_http]}
          telemetry: {metrics: {level: none}}
        """
            .formatted(health, otlp, Ports.free()));
    try (HttpClient http = HttpClient.newHttpClient();
        CollectorRole role =
            new CollectorRole(
                new ConfigSources(
                    List.of(file.toString()), List.of(), Map.<String, String>of()::get),
                BuiltIn.components(),
                false,
                false)) {
      role.start();
      URI status = URI.create("http://127.0.0.1:" + health + "/status?verbose");
      HttpResponse<String> up =
          http.send(HttpRequest.newBuilder(status).build(), BodyHandlers.ofString());
      assertThat(up.statusCode()).isEqualTo(200);
      assertThat(up.body()).contains("\"pipeline:logs\"", "\"exporter:otlp_http\"", "StatusOK");
      // It is answered when the destination has it.
      CompletableFuture<HttpResponse<Void>> answer =
          http.sendAsync(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otlp + "/v1/logs"))
                  .header("Content-Type", "application/json")
                  .POST(
                      BodyPublishers.ofByteArray(
                          "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"a\"}}]}]}]}"
                              .getBytes(UTF_8)))
                  .build(),
              BodyHandlers.discarding());
      HttpResponse<String> down = up;
      while (down.statusCode() == 200) {
        Waiting.pause();
        down = http.send(HttpRequest.newBuilder(status).build(), BodyHandlers.ofString());
      }
      assertThat(answer.isDone()).isFalse();
      answer.cancel(true);
      assertThat(down.statusCode()).isEqualTo(500);
      assertThat(down.body()).contains("StatusRecoverableError", "\"healthy\":false");
    }
  }
}
