package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.testkit.LogMessages;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class TempoDeletionsTest {
  private static final long NOW = 1_700_000_100_000_000_000L;
  private static final String DELETE = "/tempo/api/delete";
  private static final String FIRST = "0000000000000000000000000000000a";
  private static final String SECOND = "0123456789abcdef0000000000000bbb";

  /** Traces of two services, one second apart; the first has an error of the second service. */
  private static final String TRACES =
      """
      {"resourceSpans":[
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000001","name":"GET /",
          "kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000100000000"},
         {"traceId":"0123456789abcdef0000000000000bbb","spanId":"0000000000000001","name":"GET /a",
          "kind":2,"startTimeUnixNano":"1700000001000000000",
          "endTimeUnixNano":"1700000002000000000"}]}]},
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000002",
          "parentSpanId":"0000000000000001","name":"get cart","kind":2,
          "startTimeUnixNano":"1700000000020000000","endTimeUnixNano":"1700000000080000000",
          "status":{"code":2}}]}]}]}
      """;

  private TracesServer server;

  @BeforeEach
  void start() throws Exception {
    server = new TracesServer(NOW);
    server.add(TRACES);
    server.store.append(Scope.of("other"), SpanBatch.of(TracesServer.otlp(TRACES)));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> send(String method, @Nullable String tenant, String... params)
      throws Exception {
    return send(server, method, tenant, DELETE, params);
  }

  private static HttpResponse<String> send(
      TracesServer to, String method, @Nullable String tenant, String path, String... params)
      throws Exception {
    var r = to.request(path, params).method(method, BodyPublishers.noBody());
    if (tenant != null) {
      r.header("X-Scope-OrgID", tenant);
    }
    return to.client.send(r.build(), BodyHandlers.ofString());
  }

  /** What searches, lookups by id and metrics have of a tenant. */
  private String seen(@Nullable String tenant) throws Exception {
    StringBuilder out = new StringBuilder();
    String[] range = {"start", "1700000000", "end", "1700000100"};
    String found =
        send(server, "GET", tenant, "/tempo/api/search", range[0], range[1], range[2], range[3])
            .body();
    for (String id : new String[] {FIRST, SECOND}) {
      out.append(found.contains("\"traceID\":\"" + id + "\"") ? "found " : "- ");
      HttpResponse<String> trace = send(server, "GET", tenant, "/tempo/api/v2/traces/" + id);
      out.append(trace.statusCode() == 404 ? "-" : "" + trace.body().split("\"spanId\"", -1).length)
          .append("; ");
    }
    String counted =
        send(
                server,
                "GET",
                tenant,
                "/tempo/api/metrics/query",
                "q",
                "{ } | count_over_time()",
                "start",
                "1700000000",
                "end",
                "1700000100")
            .body();
    return out.append(counted.replaceAll("(?s).*\"value\":([0-9.]+).*", "$1")).toString();
  }

  private static final String ALL = "found 3; found 2; 3";

  @Test
  void deletesTraceById() throws Exception {
    assertThat(seen(null)).isEqualTo(ALL);
    HttpResponse<String> r = send("POST", null, "traceId", "A");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body())
        .matches(
            "\\{\"request_id\":\"[^\"]+\",\"query\":\"\\{ trace:id = ..0{31}a.. }\","
                + "\"status\":\"(received|processed)\",\"created_at\":[0-9.]+}");
    assertThat(seen(null)).isEqualTo("- -; found 2; 1");
    assertThat(send(server, "GET", null, "/jaeger/api/traces/a").body()).contains("not found");
    assertThat(seen("other")).isEqualTo(ALL);
    assertThat(send("GET", null).body()).isEqualTo("[" + r.body() + "]");
    assertThat(send("GET", "other").body()).isEqualTo("[]");
    server.add(TRACES); // what comes later is kept
    assertThat(seen(null)).startsWith("found 3; found");
  }

  @Test
  void deletesSpansByQuery() throws Exception {
    String query = "{ resource.service.name = \"cart\" && status = error }";
    HttpResponse<String> r = send("PUT", "other", "query", query, "start", "1700000000");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).contains("\"start_time\":1700000000,\"query\"");
    assertThat(seen("other")).isEqualTo("found 2; found 2; 2");
    assertThat(seen(null)).isEqualTo(ALL);
  }

  @Test
  void acceptsParametersAsForm() throws Exception {
    var request =
        server
            .request(DELETE)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("traceId=" + SECOND))
            .build();
    assertThat(server.client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(seen(null)).isEqualTo("found 3; - -; 2");
  }

  @Test
  void deletionRangeIncludesItsEnd() throws Exception {
    send("POST", null, "query", "{ }", "start", "1700000000", "end", "2023-11-14T22:13:20.019Z");
    assertThat(seen(null)).startsWith("found 2; found 2;");
    String ofSecond = "1700000001000000000";
    HttpResponse<String> r = send("POST", null, "query", "{ }", "start", ofSecond, "end", ofSecond);
    assertThat(r.body()).contains("\"start_time\":1700000001,\"end_time\":1700000001,");
    assertThat(seen(null)).startsWith("found 2; - -;");
  }

  @Test
  void deletionIsCancelled() throws Exception {
    send("POST", null, "traceId", FIRST);
    String id = send("GET", null).body().replaceAll(".*request_id\":\"([^\"]*)\".*", "$1");
    assertThat(send("DELETE", "other", "request_id", id).statusCode()).isEqualTo(404);
    assertThat(seen(null)).isNotEqualTo(ALL);
    assertThat(send("DELETE", null, "request_id", id).statusCode()).isEqualTo(204);
    assertThat(seen(null)).isEqualTo(ALL);
    HttpResponse<String> r = send("DELETE", null, "request_id", id);
    assertThat(r.statusCode()).isEqualTo(404);
    assertThat(r.body()).contains("no deletion has the request_id " + id);
    assertThat(send("DELETE", null).statusCode()).isEqualTo(400);
    assertThat(send("DELETE", null, "id", id).statusCode()).isEqualTo(400);
  }

  @Test
  void logsEachChangeOnOneLine() throws Exception {
    try (LogMessages log = LogMessages.of(TempoDeletions.class)) {
      String id =
          send("POST", "other", "traceId", FIRST)
              .body()
              .replaceAll(".*request_id\":\"([^\"]*)\".*", "$1");
      send("DELETE", "other", "request_id", id);
      send("DELETE", "other", "request_id", "none");
      assertThat(log.messages())
          .hasSize(2)
          .allMatch(m -> m.contains("user=\"127.0.0.1\" tenant=\"other\" request_id=" + id))
          .allMatch(m -> m.contains(FIRST));
      assertThat(log.messages().getFirst()).startsWith("Deletion of spans accepted ");
      assertThat(log.messages().getLast()).startsWith("Deletion of spans cancelled ");
    }
  }

  private void refused(String message, String... params) throws Exception {
    HttpResponse<String> r = send("POST", null, params);
    assertThat(r.body()).contains(message);
    assertThat(r.statusCode()).isEqualTo(400);
  }

  @Test
  void rejectsInvalidDeletions() throws Exception {
    refused("neither traceId nor query is given; name a trace by traceId");
    refused("both traceId and query are given", "traceId", "a", "query", "{ }", "start", "1");
    refused("must have 1 to 32 hexadecimal digits", "traceId", "xyz");
    refused("start is not given; a deletion by query needs it", "query", "{ }");
    refused("start is 'x'; it must be", "query", "{ }", "start", "x");
    refused("start is after end", "query", "{ }", "start", "100", "end", "50");
    refused("parameter 'to' is not known; use", "query", "{ }", "start", "1", "to", "5");
    refused("given 2 times; give it once", "traceId", "a", "traceId", "b");
    refused("query cannot select spans to delete: ", "query", "{ name = }", "start", "1");
    for (String q :
        new String[] {
          "{ } | rate()",
          "{ } | count() > 2",
          "{ } >> { status = error }",
          "{ traceDuration > 1s }",
          "{ span.a = span.b }"
        }) {
      refused("use filters in braces", "query", q, "start", "1");
    }
    refused("the limit is 131072", "query", " ".repeat(132_000) + "{ }", "start", "1");
    HttpResponse<String> tenants = send("POST", "a|b", "traceId", "a");
    assertThat(tenants.statusCode()).isEqualTo(400);
    assertThat(tenants.body()).contains("name one tenant");
    assertThat(server.store.deletions(Scope.DEFAULT)).isEmpty();
    assertThat(seen(null)).isEqualTo(ALL);
    server.open = false;
    assertThat(send("POST", null, "traceId", "a").statusCode()).isEqualTo(503);
  }

  @Test
  void deletionNeedsTheAdminFlag() throws Exception {
    try (TracesServer plain = new TracesServer(NOW, false)) {
      plain.add(TRACES);
      HttpResponse<String> r = send(plain, "POST", null, DELETE, "traceId", "a");
      assertThat(r.statusCode()).isEqualTo(403);
      assertThat(r.body()).contains("--web.enable-admin-api");
      assertThat(send(plain, "DELETE", null, DELETE, "request_id", "1").statusCode())
          .isEqualTo(403);
      assertThat(send(plain, "GET", null, DELETE).body()).isEqualTo("[]");
      assertThat(Objects.requireNonNull(plain.get("/tempo/api/traces/a")).toString())
          .contains("GET /");
    }
  }

  @Test
  void pagesOfOtherSitesCannotDelete() throws Exception {
    for (String method : new String[] {"POST", "PUT", "DELETE"}) {
      var request =
          server
              .request(DELETE, "traceId", "a")
              .header("Sec-Fetch-Site", "cross-site")
              .header("Origin", "http://evil.example")
              .method(method, BodyPublishers.noBody())
              .build();
      assertThat(server.client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(403);
    }
    assertThat(seen(null)).isEqualTo(ALL);
  }
}
