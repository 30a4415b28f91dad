package dev.tethys.pipeline.receiver.elastic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.RsyslogProcess;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ElasticBulkReceiverTest {
  @TempDir Path folder;
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient client = HttpClient.newHttpClient();
  private PushReceiver receiver = new PushReceiver(null, null, System::nanoTime);

  @BeforeEach
  void start() throws IOException {
    receiver =
        ElasticBulkReceiverFactory.receiver(
            TestPipeline.read(
                new ElasticBulkReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            pipeline.of(Signal.LOGS),
            null,
            Scheduler.system());
    receiver.start();
  }

  @AfterEach
  void stop() {
    receiver.stop(Duration.ZERO);
    client.close();
  }

  private HttpResponse<String> send(String method, String path, byte[] body, String... headers)
      throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + receiver.httpPort() + path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      b.headers(headers);
    }
    return client.send(b.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> bulk(String path, String body) throws Exception {
    return send(
        "POST",
        path,
        body.getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "application/x-ndjson");
  }

  private List<LogRecord> records() {
    List<LogRecord> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      ((LogsData) b.takeTree())
          .resources()
          .forEach(g -> g.scopes().forEach(s -> out.addAll(s.items())));
    }
    return out;
  }

  @Test
  void storesDocumentsAndRejectsOtherActionsByItem() throws Exception {
    HttpResponse<String> r =
        bulk(
            "/logs/_bulk",
            """
            {"create":{}}
            {"@timestamp":"2026-01-02T03:04:05.678Z","message":"hi","log":{"level":"warn"},"n":1}
            {"index":{"_index":"other","_id":"7"}}
            {"@timestamp":1700000000123,"a.b":[1,{"c":true}]}
            {"update":{"_id":"7"}}
            {"doc":{}}
            {"delete":{"_id":"7"}}
            {"create":{}}
            {"broken
            {"create":{}}
            {"@timestamp":"yesterday"}
            """);
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).startsWith("{\"errors\":true,");
    assertThat(r.body().split("\"status\":201", -1)).hasSize(3);
    assertThat(r.body().split("\"status\":400", -1)).hasSize(5);
    assertThat(r.body())
        .containsSubsequence(
            "{\"create\":{\"_index\":\"logs\"",
            "{\"index\":{\"_index\":\"other\",\"_id\":\"7\",\"_version\":1",
            "{\"update\":",
            "illegal_argument_exception",
            "{\"delete\":",
            "document_parsing_exception",
            "[@timestamp]");
    List<LogRecord> all = records();
    assertThat(all).hasSize(2);
    assertThat(all.get(0).body()).isEqualTo("hi");
    assertThat(all.get(0).severityNumber()).isEqualTo(13);
    assertThat(all.get(0).timeUnixNano()).isEqualTo(1767323045678000000L);
    assertThat(all.get(0).attributes().get("elasticsearch.index")).isEqualTo("logs");
    assertThat(all.get(0).attributes().get("n")).isEqualTo(1L);
    assertThat(all.get(1).timeUnixNano()).isEqualTo(1700000000123000000L);
    assertThat(all.get(1).attributes().get("elasticsearch.id")).isEqualTo("7");
  }

  @Test
  void rejectsMalformedRequestsAsAWhole() throws Exception {
    assertThat(bulk("/_bulk", "{\"create\":{\"_index\":\"x\"}}\n{}").body())
        .contains("terminated by a newline")
        .endsWith("\"status\":400}");
    assertThat(bulk("/_bulk", "{\"make\":{}}\n{}\n").body()).contains("Malformed action/metadata");
    assertThat(bulk("/_bulk", "").statusCode()).isEqualTo(400);
    assertThat(pipeline.batches).isEmpty();
  }

  /** Elasticsearch rejects such a request as a whole: the next action cannot be located. */
  @Test
  void rejectsTheWholeRequestForAMalformedAction() throws Exception {
    String good = "{\"create\":{\"_index\":\"x\"}}\n{\"message\":\"good\"}\n";
    for (String bad :
        List.of("{\"create\":", "\"create\"", "[]", "{}", "{\"make\":{}}", "{\"index\":\"x\"}")) {
      HttpResponse<String> r = bulk("/_bulk", good + bad + "\n{\"message\":\"bad\"}\n" + good);
      assertThat(r.statusCode()).as(bad).isEqualTo(400);
      assertThat(r.body())
          .contains("illegal_argument_exception", "Malformed action/metadata line [3], expected ")
          .endsWith("\"status\":400}");
    }
    assertThat(pipeline.batches).isEmpty();
  }

  @Test
  void acceptsNumericDocumentIds() throws Exception {
    assertThat(
            bulk("/_bulk", "{\"index\":{\"_index\":7,\"_id\":12}}\n{\"message\":\"x\"}\n").body())
        .contains("\"_index\":\"7\",\"_id\":\"12\"", "\"status\":201");
    assertThat(records().getFirst().attributes().get("elasticsearch.id")).isEqualTo("12");
  }

  @Test
  void actionWithoutIndexAffectsNoOther() throws Exception {
    HttpResponse<String> r =
        bulk("/_bulk", "{\"create\":{}}\n{}\n{\"create\":{\"_index\":\"x\"}}\n{\"n\":1}\n");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body())
        .contains("{\"create\":{\"_index\":\"\"", "\"reason\":\"index is missing\"")
        .containsOnlyOnce("\"status\":201");
    assertThat(records()).hasSize(1);
  }

  @Test
  void asksEarlySendersToRetry() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    HttpResponse<String> r = bulk("/l/_bulk", "{\"create\":{}}\n{\"message\":\"x\"}\n");
    assertThat(r.statusCode()).isEqualTo(429);
    assertThat(r.headers().firstValue("Retry-After")).hasValue("3");
    assertThat(r.body()).contains("es_rejected_execution_exception");
    pipeline.outcome = new Outcome.Rejected("no", 1);
    assertThat(bulk("/l/_bulk", "{\"create\":{}}\n{\"message\":\"x\"}\n").body())
        .contains("\"errors\":true", "\"reason\":\"no\"");
  }

  @Test
  void decompressesBodies() throws Exception {
    ByteArrayOutputStream gz = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(gz)) {
      g.write("{\"create\":{}}\n{\"message\":\"x\"}\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(send("PUT", "/l/_bulk", gz.toByteArray(), "Content-Encoding", "gzip").body())
        .startsWith("{\"errors\":false");
    assertThat(records()).hasSize(1);
  }

  @Test
  void servesShipperRequestsBeforeWriting() throws Exception {
    byte[] none = {};
    HttpResponse<String> r = send("GET", "/", none);
    assertThat(r.headers().firstValue("X-Elastic-Product")).hasValue("Elasticsearch");
    assertThat(r.body()).contains("\"number\":\"8.17.0\"", "You Know, for Search");
    assertThat(send("HEAD", "/", none).statusCode()).isEqualTo(200);
    assertThat(send("GET", "/_license", none).body()).contains("basic", "active");
    assertThat(send("HEAD", "/_index_template/filebeat", none).statusCode()).isEqualTo(200);
    assertThat(send("PUT", "/_ilm/policy/filebeat", none).body()).contains("acknowledged");
    assertThat(send("GET", "/x/_search", none).statusCode()).isEqualTo(404);
  }

  /** rsyslog's omelasticsearch is an independent sender. */
  @Test
  void receivesFromRsyslog() throws Exception {
    String actions =
        """
        template(name="doc" type="list" option.json="on") {
          constant(value="{\\"@timestamp\\":\\"") property(name="timereported" dateFormat="rfc3339")
          constant(value="\\",\\"message\\":\\"") property(name="msg") constant(value="\\"}")
        }
        action(type="omelasticsearch" server="127.0.0.1" serverport="PORT" template="doc"
          searchIndex="logs" searchType="" bulkmode="on" action.resumeRetryCount="-1")
        """
            .replace("PORT", String.valueOf(receiver.httpPort()));
    try (RsyslogProcess p =
        new RsyslogProcess(folder, "first line\nsecond line\n", "omelasticsearch", actions)) {
      Instant end = Instant.now().plusSeconds(30);
      while (records().size() < 2) {
        assertThat(Instant.now()).as(p.log()).isBefore(end);
        Waiting.pause();
      }
    }
    assertThat(records().stream().map(r -> String.valueOf(r.body()).strip()))
        .containsExactly("first line", "second line");
  }
}
