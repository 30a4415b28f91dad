package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Responses of the three APIs over one small shop. */
@Tag("slow")
class TracesApiTest {
  private static final long NOW = 1_700_000_100_000_000_000L;

  /** A web shop: frontend calls cart by HTTP, cart calls a database; a second trace fails. */
  private static final String SHOP =
      """
      {"resourceSpans":[
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"frontend"}},
         {"key":"host.name","value":{"stringValue":"h1"}}]},
        "scopeSpans":[{"scope":{"name":"lib","version":"1.2"},"spans":[
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000001","name":"GET /",
          "kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000100000000",
          "attributes":[{"key":"http.status_code","value":{"intValue":"200"}}]},
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000002",
          "parentSpanId":"0000000000000001","name":"call cart","kind":3,
          "startTimeUnixNano":"1700000000010000000","endTimeUnixNano":"1700000000090000000"}]}]},
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000003",
          "parentSpanId":"0000000000000002","name":"get cart","kind":2,
          "startTimeUnixNano":"1700000000020000000","endTimeUnixNano":"1700000000080000000",
          "status":{"code":2,"message":"no cart"},
          "events":[{"timeUnixNano":"1700000000030000000","name":"exception",
            "attributes":[{"key":"exception.type","value":{"stringValue":"NotFound"}}]}],
          "links":[{"traceId":"000000000000000000000000000000ff","spanId":"00000000000000ff"}]},
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000004",
          "parentSpanId":"0000000000000003","name":"SELECT","kind":3,
          "startTimeUnixNano":"1700000000040000000","endTimeUnixNano":"1700000000050000000",
          "attributes":[{"key":"peer.service","value":{"stringValue":"postgres"}}]}]}]},
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"frontend"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0123456789abcdef0000000000000bbb","spanId":"0000000000000001","name":"GET /a",
          "kind":2,"startTimeUnixNano":"1700000050000000000",
          "endTimeUnixNano":"1700000052000000000"}]}]}]}
      """;

  private TracesServer server;

  @BeforeEach
  void start() throws Exception {
    server = new TracesServer(NOW);
    server.add(SHOP);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tempoReturnsATraceInProtobufAndJson() throws Exception {
    String path = "/tempo/api/traces/a";
    HttpResponse<byte[]> v1 = server.bytes("application/protobuf", path);
    assertThat(v1.headers().firstValue("Content-Type")).contains("application/protobuf");
    TracesData trace = new OtlpReader().traces(v1.body(), 0, v1.body().length);
    assertThat(trace.itemCount()).isEqualTo(4);
    HttpResponse<byte[]> v2 = server.bytes("application/protobuf", "/tempo/api/v2/traces/0a");
    ProtoReader r = new ProtoReader(v2.body());
    assertThat(r.next()).isTrue();
    assertThat(r.field()).isEqualTo(1);
    assertThat(r.readBytes()).isEqualTo(v1.body());
    assertThat(server.get(path).toString()).contains("batches").contains("call cart");
    assertThat(server.get("/tempo/api/v2/traces/a").toString())
        .contains("trace")
        .contains("resourceSpans");
    assertThat(server.call("/tempo/api/traces/b").statusCode()).isEqualTo(404);
    assertThat(server.call("/tempo/api/v2/traces/xyz").statusCode()).isEqualTo(400);
    assertThat(server.call("/tempo/api/traces/" + "1".repeat(33)).statusCode()).isEqualTo(400);
  }

  @Test
  void isNotReadyWhileStoreRejectsSpans() throws Exception {
    server.problem = new StoreHealth.Problem("disk is full", 1, true);
    HttpResponse<String> r = server.call("/tempo/ready");
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.body()).contains("trace store: disk is full");
    server.problem = new StoreHealth.Problem("a merge failed", 1, false);
    r = server.call("/tempo/ready");
    assertThat(r.statusCode()).isEqualTo(200);
  }

  @Test
  void jaegerListsServicesAndOperations() throws Exception {
    assertThat(server.call("/jaeger/api/services").body())
        .isEqualTo(
            "{\"data\":[\"cart\",\"frontend\"],\"total\":2,\"limit\":0,\"offset\":0,"
                + "\"errors\":null}");
    assertThat(server.call("/jaeger/api/services/cart/operations").body())
        .contains("[\"SELECT\",\"get cart\"]");
    assertThat(
            server.call("/jaeger/api/operations", "service", "cart", "spanKind", "server").body())
        .contains("[{\"name\":\"get cart\",\"spanKind\":\"server\"}]");
    assertThat(server.call("/jaeger/api/operations").body())
        .contains("\"code\":400,\"msg\":\"parameter 'service' is required\"");
  }

  @Test
  void jaegerReturnsATrace() throws Exception {
    String body = server.call("/jaeger/api/traces/000000000000000a").body();
    assertThat(body)
        .startsWith("{\"data\":[{\"traceID\":\"000000000000000a\",\"spans\":[")
        .contains("{\"key\":\"http.status_code\",\"type\":\"int64\",\"value\":200}")
        .contains("{\"key\":\"otel.scope.name\",\"type\":\"string\",\"value\":\"lib\"}")
        .contains("{\"key\":\"error\",\"type\":\"bool\",\"value\":true}")
        .contains("{\"key\":\"otel.status_description\",\"type\":\"string\",\"value\":\"no cart\"}")
        .contains(
            "\"references\":[{\"refType\":\"CHILD_OF\",\"traceID\":\"000000000000000a\","
                + "\"spanID\":\"0000000000000002\"},{\"refType\":\"FOLLOWS_FROM\","
                + "\"traceID\":\"00000000000000ff\",\"spanID\":\"00000000000000ff\"}]")
        .contains("\"startTime\":1700000000020000,\"duration\":60000")
        .contains("\"serviceName\":\"frontend\",\"tags\":[{\"key\":\"host.name\"");
    assertThat(server.call("/jaeger/api/traces/77").body())
        .isEqualTo(
            "{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,"
                + "\"errors\":[{\"code\":404,\"msg\":\"trace not found\"}]}");
  }

  private List<String> jaeger(String... params) throws Exception {
    List<String> out = new ArrayList<>();
    String body = server.call("/jaeger/api/traces", params).body();
    assertThat(body).contains("\"errors\":null");
    for (String id : List.of("000000000000000a", "0123456789abcdef0000000000000bbb")) {
      if (body.contains("{\"traceID\":\"" + id + "\",\"spans\"")) {
        out.add(id.substring(id.length() - 1));
      }
    }
    return out;
  }

  @Test
  void rejectsSearchAboveTheMaximumLimit() throws Exception {
    assertThat(server.call("/tempo/api/search", "q", "{ }", "limit", "10000").statusCode())
        .isEqualTo(200);
    var refused = server.call("/tempo/api/search", "q", "{ }", "limit", "10001");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("limit 10001 exceeds the maximum of 10000 traces");
  }

  @Test
  void jaegerSearches() throws Exception {
    assertThat(jaeger("service", "frontend")).containsExactly("a", "b");
    assertThat(jaeger("service", "frontend", "limit", "1")).containsExactly("b");
    assertThat(jaeger("service", "frontend", "operation", "GET /")).containsExactly("a");
    assertThat(jaeger("service", "frontend", "minDuration", "1.5s")).containsExactly("b");
    assertThat(jaeger("service", "frontend", "maxDuration", "150ms")).containsExactly("a");
    assertThat(jaeger("service", "cart", "tags", "{\"error\":\"true\"}")).containsExactly("a");
    assertThat(jaeger("service", "cart", "tags", "{\"error\":\"false\",\"x\":\"y\"}")).isEmpty();
    assertThat(jaeger("service", "frontend", "tag", "http.status_code:200")).containsExactly("a");
    assertThat(jaeger("service", "cart", "tag", "exception.type:NotFound")).containsExactly("a");
    assertThat(jaeger("service", "frontend", "start", "1700000049000000")).containsExactly("b");
    assertThat(jaeger("service", "frontend", "end", "1700000049000000")).containsExactly("a");
    assertThat(jaeger("service", "frontend", "lookback", "60s")).containsExactly("b");
    assertThat(jaeger("traceID", "a")).containsExactly("a");
    String body = server.call("/jaeger/api/traces", "service", "x", "tags", "{").body();
    assertThat(body).contains("malformed 'tags' parameter");
    assertThat(server.call("/jaeger/api/traces", "service", "x", "limit", "-1").statusCode())
        .isEqualTo(400);
    assertThat(jaeger("service", "frontend", "limit", "2000")).contains("b");
    assertThat(jaeger("service", "frontend", "limit", "999999999999")).contains("b");
    assertThat(
            server
                .call("/jaeger/api/traces", "service", "x", "start", "9999999999999999999")
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void dependenciesMatchZipkinAndJaeger() throws Exception {
    assertThat(server.call("/zipkin/api/v2/dependencies", "endTs", "1700000100000").body())
        .isEqualTo(
            "[{\"parent\":\"frontend\",\"child\":\"cart\",\"callCount\":1,\"errorCount\":1},"
                + "{\"parent\":\"cart\",\"child\":\"postgres\",\"callCount\":1}]");
    assertThat(
            server
                .call("/jaeger/api/dependencies", "endTs", "1700000100000", "lookback", "3600000")
                .body())
        .contains("{\"parent\":\"frontend\",\"child\":\"cart\",\"callCount\":1}");
    assertThat(server.call("/zipkin/api/v2/dependencies").statusCode()).isEqualTo(400);
  }

  @Test
  void jaegerV3AnswersDependencies() throws Exception {
    String path = "/jaeger/api/v3/dependencies";
    String all =
        "{\"dependencies\":[{\"parent\":\"frontend\",\"child\":\"cart\",\"callCount\":\"1\"},"
            + "{\"parent\":\"cart\",\"child\":\"postgres\",\"callCount\":\"1\"}]}";
    String from = "2023-11-14T22:00:00Z";
    String to = "2023-11-14T23:00:00.000000001Z";
    assertThat(server.call(path, "startTime", from, "endTime", to).body()).isEqualTo(all);
    assertThat(server.call(path, "start_time", from, "end_time", to).body()).isEqualTo(all);
    assertThat(server.call(path, "startTime", "2020-01-01T00:00:00Z", "endTime", from).body())
        .isEqualTo("{\"dependencies\":[]}");
    for (List<String> wrong :
        List.of(
            List.of("endTime", to),
            List.of("startTime", "x", "endTime", to),
            List.of("startTime", from),
            List.of("startTime", to, "endTime", from),
            List.of("startTime", from, "endTime", from))) {
      HttpResponse<String> r = server.call(path, wrong.toArray(String[]::new));
      assertThat(r.statusCode()).as("%s", wrong).isEqualTo(400);
      assertThat(r.body())
          .contains(
              "\"httpCode\":400",
              wrong.contains("x") || wrong.getFirst().equals("endTime") ? "startTime" : "endTime");
    }
    ProtoWriter m = new ProtoWriter();
    for (int field = 1; field <= 2; field++) {
      int time = m.begin(field);
      m.int64(1, 1_700_000_000L - 3600 + (field - 1) * 7200L);
      m.end(time);
    }
    ProtoReader r = new ProtoReader(rpc("GetDependencies", m, 0));
    assertThat(r.next()).isTrue();
    int outer = r.enter();
    assertThat(r.next()).isTrue();
    assertThat(r.readString()).isEqualTo("frontend");
    while (r.next()) {
      r.skip();
    }
    r.leave(outer);
    assertThat(rpc("GetDependencies", new ProtoWriter(), 3)).isEmpty();
  }

  @Test
  void zipkinReturnsTheSettingsOfItsPages() throws Exception {
    HttpResponse<String> r = server.call("/zipkin/config.json");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
    assertThat(r.body())
        .contains("\"queryLimit\":10", "\"searchEnabled\":true", "\"defaultLookback\":900000")
        .contains("\"dependency\":{\"enabled\":true");
    assertThat(server.get("/zipkin/config.json")).isNotNull();
  }

  @Test
  void tempoSummarizesSpansByGroup() throws Exception {
    String path = "/tempo/api/metrics/summary";
    String all =
        server
            .call(
                path,
                "q",
                "{ }",
                "groupBy",
                "resource.service.name,kind",
                "start",
                "1699999000",
                "end",
                "1700001000")
            .body();
    assertThat(all)
        .startsWith("{\"summaries\":[{\"spanCount\":\"2\"")
        .contains(
            "{\"spanCount\":\"1\",\"errorSpanCount\":\"1\",\"series\":[{\"key\":"
                + "\"resource.service.name\",\"value\":{\"type\":5,\"s\":\"cart\"}},"
                + "{\"key\":\"kind\",\"value\":{\"type\":9,\"kind\":3}}],\"p99\":\"")
        .contains("\"kind\":2");
    assertThat(
            server
                .call(
                    path,
                    "q",
                    "{ name = `none` }",
                    "groupBy",
                    "name",
                    "start",
                    "1699999000",
                    "end",
                    "1700001000")
                .body())
        .isEqualTo("{\"summaries\":[]}");
    assertThat(server.call(path, "groupBy", "name").statusCode()).isEqualTo(400);
    assertThat(server.call(path, "q", "{ }").statusCode()).isEqualTo(400);
    assertThat(server.call(path, "q", "{ } | rate()", "groupBy", "name").statusCode())
        .isEqualTo(400);
    assertThat(server.call(path, "q", "{", "groupBy", "name").statusCode()).isEqualTo(400);
    assertThat(server.call(path, "q", "{ }", "groupBy", "a,b,c,d,e,f").statusCode()).isEqualTo(400);
  }

  @Test
  void tempoReturnsItsVersionAndOverrides() throws Exception {
    assertThat(server.call("/tempo/status/version").body())
        .startsWith("GET /status/version\ntempo, version 2.");
    HttpResponse<String> overrides = server.call("/tempo/api/overrides");
    assertThat(overrides.statusCode()).isEqualTo(200);
    assertThat(overrides.body()).isEqualTo("{}");
    assertThat(overrides.headers().firstValue("ETag")).contains("0");
    HttpResponse<String> post =
        server.client.send(
            server
                .request("/tempo/api/overrides")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}"))
                .build(),
            java.net.http.HttpResponse.BodyHandlers.ofString());
    assertThat(post.statusCode()).isEqualTo(501);
    assertThat(post.body()).contains("traces.overrides");
  }

  @Test
  void jaegerV3AnswersOtlp() throws Exception {
    assertThat(server.call("/jaeger/api/v3/services").body())
        .isEqualTo("{\"services\":[\"cart\",\"frontend\"]}");
    assertThat(server.call("/jaeger/api/v3/operations", "service", "cart").body())
        .isEqualTo(
            "{\"operations\":[{\"name\":\"SELECT\",\"spanKind\":\"client\"},"
                + "{\"name\":\"get cart\",\"spanKind\":\"server\"}]}");
    String found =
        server
            .call(
                "/jaeger/api/v3/traces",
                "query.service_name",
                "frontend",
                "query.start_time_min",
                "2023-11-14T22:00:00.000000000Z",
                "query.start_time_max",
                "2023-11-14T23:00:00Z",
                "query.duration_min",
                "1s")
            .body();
    assertThat(found)
        .startsWith("{\"result\":{\"resourceSpans\":[")
        .contains("GET /a")
        .doesNotContain("call cart");
    assertThat(server.call("/jaeger/api/v3/traces/a").body()).contains("call cart");
    for (String path : List.of("/jaeger/api/v3/traces", "/jaeger/api/v3/traces/a")) {
      boolean search = path.endsWith("traces");
      HttpResponse<String> reversed =
          server.call(
              path,
              search ? "query.start_time_min" : "start_time",
              "2023-11-15T00:00:00Z",
              search ? "query.start_time_max" : "end_time",
              "2023-11-14T00:00:00Z");
      assertThat(reversed.statusCode()).as(path).isEqualTo(400);
      assertThat(reversed.body())
          .contains("\"httpCode\":400")
          .contains("2023-11-15T00:00:00Z is after the end 2023-11-14T00:00:00Z");
    }
    HttpResponse<String> none = server.call("/jaeger/api/v3/traces/99");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body())
        .isEqualTo("{\"error\":{\"httpCode\":404,\"message\":\"No traces found\"}}");
  }

  @Test
  void zipkinSearches() throws Exception {
    assertThat(server.call("/zipkin/api/v2/services").body()).isEqualTo("[\"cart\",\"frontend\"]");
    assertThat(server.call("/zipkin/api/v2/spans", "serviceName", "cart").body())
        .isEqualTo("[\"SELECT\",\"get cart\"]");
    assertThat(server.call("/zipkin/api/v2/remoteServices", "serviceName", "cart").body())
        .isEqualTo("[\"postgres\"]");
    String all = server.call("/zipkin/api/v2/traces", "serviceName", "frontend").body();
    assertThat(all)
        .contains("\"traceId\":\"000000000000000a\"")
        .contains("\"traceId\":\"0123456789abcdef0000000000000bbb\"")
        .contains("\"kind\":\"SERVER\"");
    assertThat(zipkin("annotationQuery", "http.status_code=200")).containsExactly("GET /");
    assertThat(zipkin("annotationQuery", "error and exception")).containsExactly("get cart");
    assertThat(zipkin("minDuration", "2000000")).containsExactly("GET /a");
    assertThat(zipkin("remoteServiceName", "postgres")).containsExactly("SELECT");
    assertThat(zipkin("endTs", "1700000049000")).contains("GET /").doesNotContain("GET /a");
    assertThat(server.call("/zipkin/api/v2/trace/a").body()).contains("get cart");
    assertThat(server.call("/zipkin/api/v2/trace/c").statusCode()).isEqualTo(404);
    assertThat(server.call("/zipkin/api/v2/traceMany", "traceIds", "a,c").body())
        .startsWith("[[")
        .contains("get cart");
    assertThat(server.call("/zipkin/api/v2/traceMany", "traceIds", "a,0a").statusCode())
        .isEqualTo(400);
    assertThat(server.call("/zipkin/api/v2/autocompleteKeys").body())
        .contains("\"http.status_code\"");
    assertThat(server.call("/zipkin/api/v2/autocompleteValues", "key", "http.status_code").body())
        .isEqualTo("[\"200\"]");
  }

  /** Names of root-most spans of the found traces that the tests ask about. */
  private List<String> zipkin(String... params) throws Exception {
    String body = server.call("/zipkin/api/v2/traces", params).body();
    List<String> out = new ArrayList<>();
    boolean first = body.contains("\"traceId\":\"000000000000000a\"");
    if (first) {
      String asked = String.join(" ", params);
      out.add(
          asked.contains("postgres")
              ? "SELECT"
              : asked.contains("exception") ? "get cart" : "GET /");
    }
    if (body.contains("0000000000000bbb")) {
      out.add("GET /a");
    }
    return out;
  }

  private byte[] rpc(String method, ProtoWriter message, int status) throws Exception {
    GrpcChannel.Options options =
        new GrpcChannel.Options(
            "127.0.0.1",
            server.port(),
            null,
            null,
            "",
            false,
            Duration.ZERO,
            Duration.ZERO,
            false,
            "test");
    try (GrpcChannel channel = new GrpcChannel(options)) {
      GrpcReply r =
          channel.call(
              "/jaeger.api_v3.QueryService/" + method,
              Map.of(),
              message.toByteArray(),
              "",
              Duration.ofSeconds(30));
      assertThat(r.status()).as(r.message()).isEqualTo(status);
      return r.body();
    }
  }

  @Test
  void jaegerV3RespondsOverGrpc() throws Exception {
    ProtoReader services = new ProtoReader(rpc("GetServices", new ProtoWriter(), 0));
    assertThat(services.next()).isTrue();
    assertThat(services.readString()).isEqualTo("cart");
    byte[] operations = rpc("GetOperations", new ProtoWriter().string(1, "frontend"), 0);
    assertThat(new String(operations, StandardCharsets.UTF_8)).contains("GET /a", "client");
    byte[] trace = rpc("GetTrace", new ProtoWriter().string(1, "a"), 0);
    assertThat(new OtlpReader().traces(trace, 0, trace.length).itemCount()).isEqualTo(4);
    rpc("GetTrace", new ProtoWriter().string(1, "77"), 5);
    rpc("GetTrace", new ProtoWriter().string(1, "x"), GrpcReply.INVALID_ARGUMENT);
    ProtoWriter find = new ProtoWriter();
    int query = find.begin(1);
    find.string(1, "frontend");
    int attribute = find.begin(3);
    find.string(1, "http.status_code").string(2, "200").end(attribute);
    find.int64(8, 5).end(query);
    byte[] found = rpc("FindTraces", find, 0);
    assertThat(new OtlpReader().traces(found, 0, found.length).itemCount()).isEqualTo(4);
  }

  @Test
  void splitsLongTracesIntoMessagesThatClientsAccept() throws Exception {
    TracesData trace = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    ScopeGroup<Span> scope = new ScopeGroup<>();
    group.resource().attributes().put("service.name", "long");
    group.scopes().add(scope);
    trace.resources().add(group);
    for (int i = 0; i < 20_000; i++) {
      Span s = new Span();
      s.setName("operation ".repeat(20) + i);
      scope.items().add(s);
    }
    byte[] otlp = new OtlpWriter().write(trace);
    List<byte[]> messages = JaegerV3.messages(otlp);
    assertThat(messages).hasSizeGreaterThan(4).allMatch(m -> m.length <= 1 << 20);
    int spans = 0;
    for (byte[] m : messages) {
      TracesData part = new OtlpReader().traces(m, 0, m.length);
      assertThat(part.resources().getFirst().resource().attributes().get("service.name"))
          .isEqualTo("long");
      for (Span s : part.resources().getFirst().scopes().getFirst().items()) {
        assertThat(s.name()).endsWith(" " + spans++);
      }
    }
    assertThat(spans).isEqualTo(20_000);
    assertThat(JaegerV3.messages(new byte[0])).isEmpty();
  }

  @Test
  void rejectsUnopenedStoreAndInvalidTenants() throws Exception {
    HttpResponse<String> r =
        server.client.send(
            server.request("/jaeger/api/services").header("X-Scope-OrgID", "a|b").build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(400);
    r =
        server.client.send(
            server.request("/zipkin/api/v2/services").header("X-Scope-OrgID", "other").build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.body()).isEqualTo("[]");
    server.open = false;
    for (String path :
        List.of(
            "/jaeger/api/services",
            "/jaeger/api/v3/services",
            "/zipkin/api/v2/services",
            "/tempo/api/search/tags",
            "/tempo/api/traces/a")) {
      HttpResponse<String> closed = server.call(path);
      assertThat(closed.statusCode()).isEqualTo(503);
      assertThat(closed.body()).contains("trace store is not open yet");
      assertThat(closed.headers().firstValue("Retry-After")).as(path).contains("1");
    }
  }
}
