package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Protocols of other databases, into the server's store. */
@Tag("slow")
class PointReceiversTest {
  @TempDir Path dir;

  private static HttpResponse<String> post(int port, String path, String body) throws Exception {
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .POST(BodyPublishers.ofString(body))
              .build(),
          BodyHandlers.ofString());
    }
  }

  @Tag("contrib")
  @Test
  void storesAcceptedPointsAndReportsRejectedOnes() throws Exception {
    int port = Ports.free();
    Path config = dir.resolve("prometheus.yml");
    Files.writeString(config, "{}");
    try (TethysProcess server =
        TethysProcess.launch(
                dir,
                port,
                List.of(
                    "--config.file=" + config,
                    "--web.listen-address=127.0.0.1:" + port,
                    "--web.enable-influx-receiver",
                    "--web.enable-import-receiver",
                    "--web.enable-opentsdb-receiver"))
            .awaitReady()) {
      long now = System.currentTimeMillis();
      assertThat(post(port, "/write?db=d&precision=ms", "cpu,host=a idle=1.5 " + now).statusCode())
          .isEqualTo(204);
      HttpResponse<String> r =
          post(
              port,
              "/write?db=d&precision=ms",
              "cpu,host=a idle=2 " + now + "\ncpu,host=b idle=3 " + now + "\nbad");
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body())
          .contains("duplicate sample for timestamp")
          .contains("unable to parse 'bad': missing fields");
      assertThat(server.query("sum(cpu_idle{db=\"d\"})")).contains("\"4.5\"");
      r =
          post(
              port,
              "/api/put?details",
              "[{\"metric\":\"m.x\",\"timestamp\":"
                  + now
                  + ",\"value\":7,\"tags\":{\"h\":\"a\"}},{\"metric\":\"m.x\",\"timestamp\":"
                  + now
                  + ",\"value\":8,\"tags\":{\"h\":\"a\"}}]");
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("\"failed\":1,\"success\":1").contains("duplicate sample");
      assertThat(server.query("m_x")).contains("\"7\"");
      r =
          post(
              port,
              "/api/v1/import",
              "{\"metric\":{\"__name__\":\"im\"},\"values\":[5,6],\"timestamps\":["
                  + (now - 1000)
                  + ","
                  + now
                  + "]}\nbad");
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).startsWith("1 lines rejected, the others accepted:\nline 2:");
      assertThat(server.query("im")).contains("\"6\"");
      assertThat(server.get("/ping").statusCode()).isEqualTo(204);
      assertThat(server.stop()).isZero();
    }
  }

  @Test
  void isOffWithoutTheFlags() throws Exception {
    try (TethysProcess server = TethysProcess.server(dir, "{}")) {
      HttpResponse<String> r = post(server.port, "/write?db=d", "a v=1");
      assertThat(r.statusCode()).isEqualTo(404);
      assertThat(r.body()).contains("--web.enable-influx-receiver");
    }
  }
}
