package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Ports;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One refused document behind an agent and a gateway, counted at each hop as one item. */
class PartialResultsTest {
  private static final int SERIES = 50;

  @TempDir private Path dir;

  private CollectorRole run(String name, String yaml) throws Exception {
    Path file = dir.resolve(name + ".yaml");
    Files.writeString(file, yaml);
    CollectorRole made =
        new CollectorRole(
            new ConfigSources(List.of(file.toString()), List.of(), Map.<String, String>of()::get),
            BuiltIn.components(),
            false,
            false);
    made.start();
    return made;
  }

  /** Takes all documents but those of one series. */
  private static HttpServer database(AtomicInteger taken) throws Exception {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    s.createContext(
        "/",
        x -> {
          byte[] body = x.getRequestBody().readAllBytes();
          if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
          }
          String answer = "{}";
          if (x.getRequestURI().getPath().endsWith("_bulk")) {
            StringBuilder items = new StringBuilder();
            List<String> lines = new String(body, StandardCharsets.UTF_8).lines().toList();
            for (int i = 1; i < lines.size(); i += 2) {
              boolean bad = lines.get(i).contains("m17");
              taken.addAndGet(bad ? 0 : 1);
              items.append(i == 1 ? "" : ",");
              items.append(
                  bad
                      ? "{\"create\":{\"status\":400,\"error\":{\"type\":\"document_parsing_exception\","
                          + "\"reason\":\"value out of range\"}}}"
                      : "{\"create\":{\"status\":201}}");
            }
            answer = "{\"errors\":true,\"items\":[" + items + "]}";
          }
          byte[] b = answer.getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().add("X-Elastic-Product", "Elasticsearch");
          x.getResponseHeaders().add("Content-Type", "application/json");
          x.sendResponseHeaders(200, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    s.start();
    return s;
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http"})
  void oneRefusedDocumentIsOneRejectedItemAtEveryHop(String hop) throws Exception {
    AtomicInteger taken = new AtomicInteger();
    HttpServer database = database(taken);
    int gatewayPort = Ports.free();
    int agentPort = Ports.free();
    int agentMetrics = Ports.free();
    String keys =
        hop.equals("grpc")
            ? "grpc: {endpoint: '127.0.0.1:" + gatewayPort + "', tls: {insecure: true}}"
            : "http: {endpoint: 'http://127.0.0.1:" + gatewayPort + "/api/metrics'}";
    try (CollectorRole gateway =
            run(
                "gateway",
                """
                receivers: {clymene: {protocols: {%s: {endpoint: '127.0.0.1:%d'}}}}
                exporters:
                  elasticsearch: {endpoints: ['http://127.0.0.1:%d'], retry: {enabled: false}}
                service:
                  telemetry: {metrics: {level: none}}
                  pipelines: {metrics: {receivers: [clymene], exporters: [elasticsearch]}}
                """
                    .formatted(hop, gatewayPort, database.getAddress().getPort()));
        CollectorRole agent =
            run(
                "agent",
                """
                receivers: {prometheusremotewrite: {endpoint: '127.0.0.1:%d'}}
                exporters: {clymene: {%s}}
                service:
                  telemetry:
                    metrics:
                      readers:
                      - pull: {exporter: {prometheus: {host: 127.0.0.1, port: %d}}}
                  pipelines: {metrics: {receivers: [prometheusremotewrite], exporters: [clymene]}}
                """
                    .formatted(agentPort, keys, agentMetrics));
        HttpClient http = HttpClient.newHttpClient()) {
      WriteRequestWriter w = new WriteRequestWriter();
      for (int i = 0; i < SERIES; i++) {
        w.beginSeries(Labels.of("__name__", "m" + i, "job", "a"))
            .sample(1_700_000_000_000L, i)
            .endSeries();
      }
      byte[] b = w.toByteArray();
      HttpResponse<String> r =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + agentPort + "/api/v1/write"))
                  .header("Content-Type", "application/x-protobuf")
                  .header("Content-Encoding", "snappy")
                  .POST(BodyPublishers.ofByteArray(Compression.SNAPPY.compress(b, 0, b.length, -1)))
                  .build(),
              BodyHandlers.ofString());
      assertThat(r.statusCode()).as(r.body()).isEqualTo(400);
      assertThat(r.body()).contains("value out of range");
      assertThat(taken).hasValue(SERIES - 1);
      assertThat(r.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written"))
          .contains(Integer.toString(SERIES - 1));
      assertThat(r.headers().firstValue("X-Tethys-Rejected-Items")).contains("1");
      String metrics =
          http.send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + agentMetrics + "/metrics"))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(metrics)
          .contains(
              "kind=\"exporter\",reason=\"partly_refused\",signal=\"metrics\",state=\"dropped\"} 1\n")
          .contains("kind=\"exporter\",signal=\"metrics\",state=\"out\"} " + (SERIES - 1) + "\n");
      assertThat(gateway).isNotSameAs(agent);
    } finally {
      database.stop(0);
    }
  }
}
