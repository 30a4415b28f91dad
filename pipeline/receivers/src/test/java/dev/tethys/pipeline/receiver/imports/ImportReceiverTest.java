package dev.tethys.pipeline.receiver.imports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportReceiverTest {
  private static HttpResponse<String> post(PushReceiver r, String path, String body)
      throws Exception {
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.httpPort() + path))
              .POST(BodyPublishers.ofString(body))
              .build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void acceptsEveryFormatAndReportsInvalidLines() throws Exception {
    TestPipeline pipeline = new TestPipeline();
    PushReceiver r =
        ImportReceiverFactory.receiver(
            TestPipeline.read(new ImportReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            pipeline.of(Signal.METRICS),
            null,
            Scheduler.system());
    r.start();
    try {
      assertThat(
              post(r, "/api/v1/import/prometheus?timestamp=5&extra_label=a=b", "x 1\n")
                  .statusCode())
          .isEqualTo(204);
      HttpResponse<String> bad =
          post(r, "/api/v1/import/csv?format=1:metric:y,2:time:unix_ms", "2,6\nz,7\n");
      assertThat(bad.statusCode()).isEqualTo(400);
      assertThat(bad.body())
          .isEqualTo(
              "1 lines rejected, the others accepted:\nline 2: column 1 is not a number: z: z,7\n");
      assertThat(post(r, "/api/v1/import/csv?format=1:x:y", "1").body()).contains("format: type");
      assertThat(post(r, "/api/v1/import/prometheus?timestamp=x", "x 1").statusCode())
          .isEqualTo(400);
      assertThat(Samples.of(pipeline.batches))
          .containsExactly("{__name__=\"x\", a=\"b\"} 1.0 @5", "{__name__=\"y\"} 2.0 @6");
      pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(1));
      assertThat(
              post(
                      r,
                      "/api/v1/import",
                      "{\"metric\":{\"__name__\":\"z\"},\"values\":[1],\"timestamps\":[1]}")
                  .statusCode())
          .isEqualTo(503);
    } finally {
      r.stop(Duration.ZERO);
    }
  }

  /** Exports of a real VictoriaMetrics, as JSON lines and as text. */
  @Test
  void acceptsExportsOfVictoriaMetrics(@TempDir Path dir) throws Exception {
    int port = Ports.free();
    TestPipeline pipeline = new TestPipeline();
    PushReceiver r =
        ImportReceiverFactory.receiver(
            TestPipeline.read(new ImportReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            pipeline.of(Signal.METRICS),
            null,
            Scheduler.system());
    r.start();
    try (ServerProcess vm =
            new ServerProcess(
                port,
                dir.resolve("vm.log"),
                Map.of(),
                List.of(
                    Shared.peer("victoria-metrics").toString(),
                    "-storageDataPath=" + dir.resolve("data"),
                    "-httpListenAddr=127.0.0.1:" + port,
                    "-retentionPeriod=100y"));
        HttpClient http = HttpClient.newHttpClient()) {
      String text =
          "a{x=\"1 \\\"q\\\"\"} 0.5 1700000000000\na{x=\"1 \\\"q\\\"\"} 7 1700000015000\nb 1e300 1700000000000\n";
      http.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + port + "/api/v1/import/prometheus"))
              .POST(BodyPublishers.ofString(text))
              .build(),
          BodyHandlers.discarding());
      vm.get("/internal/force_flush");
      String match = "match%5B%5D=%7B__name__%21%3D%22%22%7D&start=1699999999&end=1700000099";
      String lines = vm.get("/api/v1/export?" + match);
      assertThat(post(r, "/api/v1/import", lines).statusCode()).as(lines).isEqualTo(204);
      String prometheus = vm.get("/api/v1/export?format=prometheus&" + match);
      assertThat(post(r, "/api/v1/import/prometheus", prometheus).statusCode())
          .as(prometheus)
          .isEqualTo(204);
      String[] wanted = {
        "{__name__=\"a\", x=\"1 \\\"q\\\"\"} 0.5 @1700000000000",
        "{__name__=\"a\", x=\"1 \\\"q\\\"\"} 7.0 @1700000015000",
        "{__name__=\"b\"} 1.0E300 @1700000000000"
      };
      assertThat(Samples.of(pipeline.batches)).hasSize(6).contains(wanted);
    } finally {
      r.stop(Duration.ZERO);
    }
  }
}
