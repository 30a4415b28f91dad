package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.testkit.Ports;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Counts of an agent and its gateway when Elasticsearch refuses some documents of a request. */
class RefusedDocumentTest {
  private static final int SAMPLES = 100;

  /** Number of samples whose documents are refused: those that end in 3 or 7. */
  private static final int REFUSED = 20;

  private final Set<String> indexed = ConcurrentHashMap.newKeySet();
  private final AccountingRegistry ledger = new AccountingRegistry();
  private final int grpc = Ports.free();
  private final int http = Ports.free();

  @Test
  void overGrpc() throws Exception {
    eachHopCountsRejections("grpc: {endpoint: '127.0.0.1:" + grpc + "', tls: {insecure: true}}");
  }

  @Test
  void overHttp() throws Exception {
    eachHopCountsRejections("http: {endpoint: 'http://127.0.0.1:" + http + "'}");
  }

  private void eachHopCountsRejections(String gateway) throws Exception {
    try (LoopbackHttp elasticsearch = new LoopbackHttp(this::serve)) {
      Graph receiving = gateway(elasticsearch.port());
      try (TestPipeline agent = new TestPipeline(Signal.METRICS, "clymene", gateway)) {
        agent.send(samples());
        agent.drain(ExporterContract.TIME_LIMIT);
        assertThat(indexed).hasSize(SAMPLES - REFUSED);
        Balance exporter = balance("exporter");
        assertThat(exporter.in()).isEqualTo(SAMPLES);
        assertThat(exporter.out()).isEqualTo(SAMPLES - REFUSED);
        assertThat(exporter.allDropped() + exporter.deadLettered()).isEqualTo(REFUSED);
        assertThat(agent.balance().in()).isEqualTo(SAMPLES);
        assertThat(agent.balance().out()).isEqualTo(SAMPLES - REFUSED);
        assertThat(agent.balance().dropped()).isEqualTo(Map.of("partly_refused", (long) REFUSED));
        assertThat(agent.refusal()).contains("document_parsing_exception");
        assertThat(agent.repeated()).as("requests sent again").isZero();
      } finally {
        receiving.stop(Duration.ZERO);
      }
    }
  }

  private Balance balance(String kind) {
    return ledger.accounts().stream()
        .filter(a -> a.kind().equals(kind))
        .findFirst()
        .orElseThrow()
        .balance();
  }

  private Graph gateway(int elasticsearch) throws IOException {
    Components components = BuiltIn.components();
    Graph graph =
        new Graph(
            new GraphServices(
                components,
                Scheduler.system(),
                new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
                ledger,
                new Registry()));
    String yaml =
        """
        receivers:
          clymene:
            grpc: {endpoint: '127.0.0.1:%d'}
            http: {endpoint: '127.0.0.1:%d'}
        exporters:
          elasticsearch:
            endpoint: 'http://127.0.0.1:%d'
            metrics_schema: clymene
        service: {pipelines: {metrics: {receivers: [clymene], exporters: [elasticsearch]}}}
        """
            .formatted(grpc, http, elasticsearch);
    graph.apply(GraphConfig.read(YamlDocument.parse("test.yaml", null, yaml), components, false));
    return graph;
  }

  private static Batch samples() {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < SAMPLES; i++) {
      w.beginSeries(Labels.of("__name__", "m", "n", "" + i))
          .sample(1_700_000_000_000L, i + 0.5)
          .endSeries();
    }
    return new Batch(
        Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), SAMPLES, 0, Metadata.NONE);
  }

  /** Elasticsearch's answers to {@code _bulk}: an item each, 400 for documents it cannot map. */
  private void serve(HttpExchange x) throws IOException {
    try (x) {
      byte[] body = x.getRequestBody().readAllBytes();
      String answer = "{}";
      if (x.getRequestURI().getPath().endsWith("/_bulk")) {
        if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
          body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
        answer = bulk(new String(body, StandardCharsets.UTF_8));
      }
      byte[] b = answer.getBytes(StandardCharsets.UTF_8);
      x.getResponseHeaders().set("Content-Type", "application/json");
      x.getResponseHeaders().set("X-Elastic-Product", "Elasticsearch");
      x.sendResponseHeaders(200, b.length);
      x.getResponseBody().write(b);
    }
  }

  private String bulk(String body) {
    StringBuilder items = new StringBuilder();
    List<String> lines = body.lines().toList();
    for (int i = 1; i < lines.size(); i += 2) {
      String n = lines.get(i).replaceAll(".*\"n\":\"(\\d+)\".*", "$1");
      items.append(items.isEmpty() ? "" : ",");
      if (n.endsWith("3") || n.endsWith("7")) {
        items
            .append(
                "{\"create\":{\"status\":400,\"error\":{\"type\":\"document_parsing_exception\",")
            .append("\"reason\":\"field [n] ends in ")
            .append(n.charAt(n.length() - 1))
            .append("\"}}}");
      } else {
        indexed.add(n);
        items.append("{\"create\":{\"status\":201}}");
      }
    }
    return "{\"errors\":true,\"items\":[" + items + "]}";
  }
}
