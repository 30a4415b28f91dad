package dev.tethys.pipeline.receiver.imports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.server.PushReceiver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;

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
  void everyFormatIsTakenAndABadLineIsToldByItself() throws Exception {
    TestPipeline pipeline = new TestPipeline();
    PushReceiver r =
        ImportReceiverFactory.receiver(
            TestPipeline.read(new ImportReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            pipeline.of(Signal.METRICS),
            null,
            Clockwork.system());
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
          .isEqualTo("1 lines refused, the others taken:\nline 2: column 1 is no number: z: z,7\n");
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
}
