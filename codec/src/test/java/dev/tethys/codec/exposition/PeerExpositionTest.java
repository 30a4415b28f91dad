package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real exporters, asked in every format: all formats report the same series. */
class PeerExpositionTest {
  @Test
  void nodeExporter() throws Exception {
    Path program = Shared.peer("prometheus-node-exporter");
    int port = Ports.free();
    compareFormats(port, program.toString(), "--web.listen-address=127.0.0.1:" + port);
  }

  @Test
  void prometheus(@TempDir Path dir) throws Exception {
    Path program = Shared.peer("prometheus");
    Path config = Files.writeString(dir.resolve("p.yml"), "global: {}\n");
    int port = Ports.free();
    compareFormats(
        port,
        program.toString(),
        "--config.file=" + config,
        "--storage.tsdb.path=" + dir.resolve("data"),
        "--web.listen-address=127.0.0.1:" + port);
  }

  private static Set<String> missing(Set<String> of, Set<String> in) {
    Set<String> out = new TreeSet<>(of);
    out.removeAll(in);
    return out;
  }

  private static void compareFormats(int port, String... command) throws Exception {
    Process peer =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + port + "/metrics");
      fetch(client, uri, "text/plain"); // some series appear with the first request
      Set<String> text = series(client, uri, "text/plain;version=0.0.4");
      Set<String> proto =
          series(
              client,
              uri,
              "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited");
      Set<String> openMetrics = series(client, uri, "application/openmetrics-text;version=1.0.0");
      Set<String> later = series(client, uri, "text/plain;version=0.0.4");
      assertThat(text).hasSizeGreaterThan(100);
      // A program that starts up shows more and more series, and takes none away.
      assertThat(missing(text, proto)).isEmpty();
      assertThat(missing(proto, openMetrics)).isEmpty();
      assertThat(missing(openMetrics, later)).isEmpty();
    } finally {
      peer.destroyForcibly().waitFor();
    }
  }

  private static Set<String> series(HttpClient client, URI uri, String accept) throws Exception {
    HttpResponse<byte[]> r = fetch(client, uri, accept);
    String type =
        ExpositionParsers.choose(r.headers().firstValue("Content-Type").orElse(""), null)
            .mediaType();
    ExpositionParser p = ExpositionParsers.parser(type, r.body(), 0, r.body().length, CLASSIC);
    Set<String> out = new TreeSet<>();
    for (Event e = p.next(); e != Event.END; e = p.next()) {
      if (e == Event.SERIES) {
        out.add(p.labels().toSeriesString());
      }
    }
    return out;
  }

  /** Without native histograms, which text cannot say. */
  private static final ParserOptions CLASSIC = new ParserOptions(false, false, false, false, false);

  /** Asks until the peer has come up; its start is the only thing that is waited for. */
  private static HttpResponse<byte[]> fetch(HttpClient client, URI uri, String accept)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(10))
            .header("Accept", accept)
            .build();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      try {
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }
}
