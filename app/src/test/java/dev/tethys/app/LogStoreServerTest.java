package dev.tethys.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class LogStoreServerTest {
  private static final String JSON = "application/json";
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path dir;

  private static String query(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static HttpResponse<String> push(TethysProcess p, String body) {
    return p.post("/loki/api/v1/push", JSON, body.getBytes(UTF_8));
  }

  private static HttpResponse<String> get(TethysProcess p, String path, String tenant) {
    return p.send(HttpRequest.newBuilder(p.uri(path)).header("X-Scope-OrgID", tenant));
  }

  private static byte[] protobuf(long time, String line) {
    ProtoWriter w = new ProtoWriter();
    int stream = w.begin(1);
    w.string(1, "{app=\"shop\"}");
    int entry = w.begin(2);
    int t = w.begin(1);
    w.int64(1, time / SECOND);
    w.int64(2, time % SECOND);
    w.end(t);
    w.string(2, line);
    w.end(entry);
    w.end(stream);
    return SnappyBlock.encode(w.buffer(), 0, w.size());
  }

  @Test
  void findsLogsOfAllProtocolsAfterAKill() throws IOException {
    long now = System.currentTimeMillis() * 1_000_000;
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      assertThat(
              push(
                      p,
                      """
                      {"streams":[{"stream":{"app":"shop"},"values":[
                      ["%d","level=error no cart",{"trace_id":"abc"}],["%d","level=info hello"]]}]}
                      """
                          .formatted(now, now + 1))
                  .statusCode())
          .isEqualTo(204);
      byte[] body = protobuf(now + 2, "a warning in protobuf");
      assertThat(p.post("/loki/api/v1/push", "application/x-protobuf", body).statusCode())
          .isEqualTo(204);
      HttpResponse<String> otlp =
          p.post(
              "/v1/logs",
              JSON,
              """
              {"resourceLogs":[{"resource":{"attributes":[
              {"key":"service.name","value":{"stringValue":"shop"}}]},
              "scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","severityNumber":17,
              "body":{"stringValue":"from OTLP"}}]}]}]}
              """
                  .formatted(now + 3)
                  .getBytes(UTF_8));
      assertThat(otlp.statusCode()).as(otlp.body()).isEqualTo(200);
      assertThat(otlp.body()).isEqualTo("{\"partialSuccess\":{}}");
      checkEntries(p);

      assertThat(p.get("/loki/api/v1/labels").body())
          .isEqualTo("{\"status\":\"success\",\"data\":[\"app\",\"service_name\"]}");
      assertThat(p.get("/loki/api/v1/label/app/values").body()).contains("[\"shop\"]");
      assertThat(p.get("/loki/api/v1/series?match[]=" + query("{app=~\".+\"}")).body())
          .isEqualTo(
              "{\"status\":\"success\",\"data\":[{\"app\":\"shop\",\"service_name\":\"shop\"}]}");
      assertThat(p.get("/loki/api/v1/index/stats?query=" + query("{service_name=\"shop\"}")).body())
          .contains("\"streams\":2")
          .contains("\"entries\":4");
      String selector = "?query=" + query("{service_name=\"shop\"}");
      assertThat(p.get("/loki/api/v1/index/volume" + selector).body())
          .contains("\"resultType\":\"vector\"")
          .contains("{\"metric\":{\"service_name\":\"shop\"},\"value\":[");
      assertThat(p.get("/loki/api/v1/index/volume_range" + selector + "&step=60").body())
          .contains("\"resultType\":\"matrix\"")
          .contains("\"values\":[[");
      assertThat(p.get("/loki/api/v1/patterns" + selector).body())
          .contains("{\"pattern\":\"")
          .contains("\"samples\":[[");
      assertThat(p.get("/loki/api/v1/detected_labels" + selector).body())
          .contains("{\"label\":\"app\",\"cardinality\":1}");
      assertThat(p.get("/loki/api/v1/detected_fields" + selector).body())
          .contains("\"label\":\"level\"")
          .contains("\"parsers\":[\"logfmt\"]");
      assertThat(p.get("/loki/api/v1/detected_field/level/values" + selector).body())
          .contains("\"values\":[\"error\",\"info\"]");
      assertThat(p.get("/loki/api/v1/drilldown-limits").body())
          .contains("\"pattern_ingester_enabled\":true");
      String counts = "sum by (detected_level) (count_over_time({service_name=\"shop\"}[5m]))";
      assertThat(p.get("/loki/api/v1/query?query=" + query(counts)).body())
          .contains("{\"metric\":{\"detected_level\":\"error\"},\"value\":[")
          .contains("\"2\"]");
      p.kill();
    }
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      checkEntries(p);
    }
  }

  private static void checkEntries(TethysProcess p) {
    String path = "/loki/api/v1/query_range?query=" + query("{service_name=\"shop\"}");
    HttpResponse<String> r = p.get(path + "&direction=forward");
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    assertThat(r.body())
        .contains("level=error no cart")
        .contains("\"trace_id\":\"abc\"")
        .contains("a warning in protobuf")
        .contains("from OTLP")
        .contains("\"totalEntriesReturned\":4");
    HttpResponse<String> categorized =
        p.send(
            HttpRequest.newBuilder(p.uri(path))
                .header("X-Loki-Response-Encoding-Flags", "categorize-labels"));
    assertThat(categorized.body())
        .contains("\"encodingFlags\":[\"categorize-labels\"]")
        .contains("{\"stream\":{\"app\":\"shop\",\"service_name\":\"shop\"},\"values\":[")
        .contains("{\"structuredMetadata\":{\"detected_level\":\"error\",\"trace_id\":\"abc\"}}");
  }

  @Test
  void badInputReturnsTheStatusOfLokiAndAMessage() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      HttpResponse<String> r = p.get("/loki/api/v1/query_range?query=" + query("{app=\"a\""));
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("parse error at line 1, col 9");
      r = p.get("/loki/api/v1/query?query=" + query("{app=\"a\"}"));
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("log queries are not supported as an instant query type");
      r = p.get("/loki/api/v1/query_range?limit=9000&query=" + query("{app=\"a\"}"));
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("max entries limit per query exceeded");
      assertThat(push(p, "{\"streams\":[").statusCode()).isEqualTo(400);
      assertThat(push(p, "{\"streams\":[]}").statusCode()).isEqualTo(422);
      byte[] noise = new byte[100];
      Arrays.fill(noise, (byte) 0xff);
      r = p.post("/loki/api/v1/push", "application/x-protobuf", noise);
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(p.post("/loki/api/v1/push", "text/plain", noise).statusCode()).isEqualTo(415);
      String longName = "n".repeat(2000);
      r =
          push(
              p,
              "{\"streams\":[{\"stream\":{\"app\":\"good\"},\"values\":[[\"1700000000000000000\",\"kept\"]]},"
                  + "{\"stream\":{\""
                  + longName
                  + "\":\"x\"},\"values\":[[\"1700000000000000000\",\"refused\"]]}]}");
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("has label name too long: 'nnn").contains("limit 1024");
      String kept =
          p.get(
                  "/loki/api/v1/query_range?start=1699999999&end=1700000001&query="
                      + query("{service_name=~\".+\"}"))
              .body();
      assertThat(kept).contains("\"kept\"").doesNotContain("refused");
    }
  }

  @Test
  void tenantsDoNotSeeEachOther() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      String body =
          "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"%d\",\"of one\"]]}]}"
              .formatted(System.currentTimeMillis() * 1_000_000);
      HttpRequest.Builder request =
          HttpRequest.newBuilder(p.uri("/loki/api/v1/push"))
              .header("Content-Type", JSON)
              .header("X-Scope-OrgID", "one")
              .POST(HttpRequest.BodyPublishers.ofString(body));
      assertThat(p.send(request).statusCode()).isEqualTo(204);
      String path = "/loki/api/v1/query_range?query=" + query("{app=\"a\"}");
      assertThat(get(p, path, "one").body()).contains("of one");
      assertThat(get(p, path, "two").body()).doesNotContain("of one");
      assertThat(p.get(path).body()).doesNotContain("of one");
      assertThat(get(p, path, "../one").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void storesOwnLogWithoutConfiguration() throws IOException {
    int port = Ports.free();
    try (TethysProcess p =
        TethysProcess.launch(dir, port, List.of("--web.listen-address=127.0.0.1:" + port))
            .awaitReady()) {
      String path = "/loki/api/v1/query_range?query=" + query("{job=\"tethys\"}");
      p.await(
          "the own log",
          Duration.ofSeconds(60),
          () -> p.get(path).body().contains("server is ready to receive web requests"));
      assertThat(p.get(path).body()).contains("\"service_name\":\"tethys\"");
    }
  }

  private static String body(TethysProcess p, String method, String path, String yaml) {
    HttpRequest.BodyPublisher b = HttpRequest.BodyPublishers.ofString(yaml);
    HttpResponse<String> r = p.send(HttpRequest.newBuilder(p.uri(path)).method(method, b));
    return r.statusCode() + " " + r.body();
  }

  @Test
  void managesEvaluatesAndKeepsRulesOverLogs() throws IOException {
    String rules = "/loki/api/v1/rules";
    String group =
        """
        name: errors
        interval: 1s
        rules:
          - record: shop:errors:count
            expr: sum by (app) (count_over_time({app="shop"} |= "error" [1h]))
          - alert: ShopErrors
            expr: sum by (app) (count_over_time({app="shop"} |= "error" [1h])) > 1
            labels: {severity: page}
        """;
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      long now = System.currentTimeMillis() * 1_000_000;
      push(
          p,
          """
          {"streams":[{"stream":{"app":"shop"},"values":[["%d","error one"],["%d","error two"]]}]}
          """
              .formatted(now, now + 1));
      assertThat(body(p, "GET", rules, "")).isEqualTo("404 no rule groups found\n");
      assertThat(body(p, "POST", rules + "/team%2Fa", group))
          .isEqualTo(
              "202 {\"status\":\"success\",\"data\":null,\"errorType\":\"\",\"error\":\"\"}");
      assertThat(body(p, "POST", rules + "/team", "name: x\nrules: [{record: a, expr: up}]"))
          .startsWith("400 ")
          .contains("could not parse expression");
      p.await(
          "recorded",
          Duration.ofSeconds(60),
          () ->
              p.get("/api/v1/query?query=shop:errors:count")
                  .body()
                  .contains("\"app\":\"shop\"},\"value\":["));
      p.await(
          "firing",
          Duration.ofSeconds(60),
          () -> p.get("/prometheus/api/v1/alerts").body().contains("\"ShopErrors\""));
      assertThat(p.get("/prometheus/api/v1/rules").body())
          .contains("\"file\":\"ruler/fake/team/a\"", "\"type\":\"logs\"", "\"health\":\"ok\"");
      assertThat(get(p, "/prometheus/api/v1/rules", "other").body()).contains("\"groups\":[]");
      assertThat(p.get("/api/v1/rules").body()).contains("\"tenant\":\"fake\"");
      p.kill();
    }
    try (TethysProcess p = TethysProcess.server(dir, "{}\n")) {
      p.await("ready", Duration.ofSeconds(60), () -> p.get("/-/ready").statusCode() == 200);
      assertThat(body(p, "GET", rules, ""))
          .startsWith("200 \"team/a\":\n    - name: \"errors\"\n      interval: 1s\n")
          .contains("- alert: \"ShopErrors\"", "\"severity\": \"page\"");
      String kept = body(p, "GET", rules + "/team%2Fa/errors", "").substring(4);
      assertThat(kept).startsWith("name: \"errors\"");
      assertThat(body(p, "POST", rules + "/team%2Fa", kept)).startsWith("202");
      assertThat(body(p, "DELETE", rules + "/team%2Fa/none", "")).startsWith("404");
      assertThat(body(p, "DELETE", rules + "/team%2Fa/errors", "")).startsWith("202");
      assertThat(body(p, "GET", rules, "")).startsWith("404");
      assertThat(p.get("/api/v1/rules").body()).contains("\"groups\":[]");
    }
  }
}
