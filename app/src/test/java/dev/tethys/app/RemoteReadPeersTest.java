package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A real Prometheus with old data, which a server reads in addition to its own. */
@Tag("slow")
class RemoteReadPeersTest {
  private static final long T0 = 1_700_000_000;
  private static final int SAMPLES = 240;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  private Path data() throws Exception {
    StringBuilder sb = new StringBuilder("# TYPE requests counter\n");
    for (int h = 0; h < 20; h++) {
      for (int i = 0; i < SAMPLES; i++) {
        sb.append("requests_total{dc=\"here\",host=\"h").append(h).append("\",zone=\"z");
        sb.append(h % 3).append("\"} ").append(i % 100 * (h + 0.5)).append(' ');
        sb.append(T0 + i * 15L).append('\n');
      }
    }
    Path in = Files.writeString(dir.resolve("in.om"), sb + "# EOF\n");
    Path out = dir.resolve("peer");
    int status =
        new ProcessBuilder(
                Shared.peer("promtool").toString(),
                "tsdb",
                "create-blocks-from",
                "openmetrics",
                in.toString(),
                out.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("promtool.log").toFile())
            .start()
            .waitFor();
    assertThat(status).isZero();
    return out;
  }

  private static String get(int port, String path) {
    try {
      return TethysProcess.CLIENT
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The series of a response, each as text, without the label that tells the server. */
  private static TreeSet<String> series(int port, String query) {
    String path =
        "/api/v1/query_range?start=%d&end=%d&step=20&query=%s"
            .formatted(T0, T0 + SAMPLES * 15, URLEncoder.encode(query, StandardCharsets.UTF_8));
    JsonNode answer = JSON.readTree(get(port, path));
    assertThat(answer.path("status").asString()).as(query + answer).isEqualTo("success");
    assertThat(answer.has("warnings")).as(answer.path("warnings").toString()).isFalse();
    TreeSet<String> out = new TreeSet<>();
    StreamSupport.stream(answer.at("/data/result").spliterator(), false)
        .forEach(s -> out.add(s.toString().replace("\"dc\":\"here\",", "")));
    return out;
  }

  @Test
  void returnsPrometheusDataByRemoteRead() throws Exception {
    Path prometheus = Shared.peer("prometheus");
    Path data = data();
    int port = Ports.free();
    Path none = Files.writeString(dir.resolve("none.yml"), "global: {}\n");
    Process peer =
        new ProcessBuilder(
                prometheus.toString(),
                "--config.file=" + none,
                "--storage.tsdb.path=" + data,
                "--storage.tsdb.retention.time=100y",
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("peer.log").toFile())
            .start();
    String config =
        """
        global: {external_labels: {dc: here}}
        remote_read:
          - url: http://127.0.0.1:%d/api/v1/read
            name: old
        """
            .formatted(port);
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      server.await(
          "the peer to be ready",
          Duration.ofSeconds(60),
          () -> {
            try {
              return get(port, "/-/ready").contains("Ready");
            } catch (UncheckedIOException e) {
              return false;
            }
          });
      for (String q :
          List.of(
              "requests_total",
              "rate(requests_total[2m])",
              "sum by (zone) (rate(requests_total{host=~\"h1.\"}[1m]))",
              "count(requests_total)",
              "topk(3, requests_total)",
              "max_over_time(requests_total[5m])")) {
        assertThat(series(server.port, q)).as(q).isEqualTo(series(port, q)).isNotEmpty();
      }
      String range = "?start=" + T0 + "&end=" + (T0 + 3600);
      assertThat(get(server.port, "/api/v1/label/host/values" + range)).contains("\"h19\"");
      assertThat(get(server.port, "/api/v1/labels" + range))
          .contains("\"zone\"")
          .doesNotContain("dc");
      assertThat(get(server.port, "/api/v1/series" + range + "&match[]=requests_total"))
          .contains("\"host\":\"h7\"");
      assertThat(get(server.port, "/api/v1/status/config")).contains("remote_read");

      peer.destroy();
      peer.waitFor();
      assertThat(get(server.port, "/api/v1/query?query=requests_total&time=" + (T0 + 60)))
          .contains("\"status\":\"success\"")
          .contains("remote_read: old: Post");
    } finally {
      peer.destroyForcibly();
    }
  }
}
