package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
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
import tools.jackson.databind.ObjectMapper;

/** Searches, tags and metrics of Tempo's API over HTTP and {@code StreamingQuerier}. */
@Tag("slow")
class TempoQueryTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 1_700_000_000L;

  private static final String SHOP =
      """
      {"resourceSpans":[
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}},
         {"key":"zone","value":{"stringValue":"a"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0000000000000000000000000000000a","spanId":"0000000000000001","name":"GET /",
          "kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000200000000",
          "status":{"code":2},"attributes":[{"key":"route","value":{"stringValue":"/"}}]}]}]},
       {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"db"}}]},
        "scopeSpans":[{"scope":{},"spans":[
         {"traceId":"0000000000000000000000000000000b","spanId":"0000000000000002","name":"SELECT",
          "kind":3,"startTimeUnixNano":"1700000010000000000",
          "endTimeUnixNano":"1700000010100000000",
          "attributes":[{"key":"table","value":{"stringValue":"t"}}]}]}]}]}
      """;

  private TracesServer server;

  @BeforeEach
  void start() throws Exception {
    server = new TracesServer((START + 60) * SECOND);
    server.add(SHOP);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String body(String path, String... params) throws Exception {
    HttpResponse<String> r = server.call("/tempo" + path, params);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  @Test
  void repeatsTheFirstSpansetForGrafanaBefore10Dot1() throws Exception {
    for (String client : List.of("Grafana/9.5.3", "Grafana/10.0.13", "Grafana/8.5.0-pre")) {
      String old = searchAs(client);
      assertThat(old).as(client).contains("\"spanSet\":{\"spans\":[").contains("\"spanSets\":[{");
      String later = searchAs("Grafana/10.1.0");
      assertThat(old.replaceAll(",\"spanSet\":.*?}(?=,\"spanSets)", "")).isEqualTo(later);
    }
    for (String client : List.of("Grafana/11.6.0", "Grafana/100.0.1", "curl/8", "Grafana/", "")) {
      assertThat(searchAs(client))
          .as(client)
          .doesNotContain("\"spanSet\"")
          .contains("\"spanSets\"");
    }
  }

  private String searchAs(String client) throws Exception {
    HttpResponse<String> r =
        server.client.send(
            server.request("/tempo/api/search", "q", "{}").header("User-Agent", client).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  @Test
  void rangeIncludesItsEnd() throws Exception {
    String start = String.valueOf(START);
    assertThat(body("/api/search", "q", "{ }", "start", start, "end", "" + (START + 10)))
        .contains("\"traceID\":\"0000000000000000000000000000000a\"")
        .contains("\"traceID\":\"0000000000000000000000000000000b\"");
    assertThat(body("/api/search", "q", "{ }", "start", start, "end", "" + (START + 9)))
        .doesNotContain("0000000000000000000000000000000b");
  }

  @Test
  void returnsTagsOfMatchingSpans() throws Exception {
    assertThat(body("/api/v2/search/tags")).contains("\"zone\"", "\"route\"", "\"table\"");
    assertThat(body("/api/v2/search/tags", "q", "{ resource.service.name = \"db\" }"))
        .contains("\"service.name\"", "\"table\"")
        .doesNotContain("\"zone\"", "\"route\"");
    assertThat(body("/api/v2/search/tags", "scope", "span", "q", "{ status = error }"))
        .contains("{\"name\":\"span\",\"tags\":[\"route\"]}")
        .doesNotContain("service.name", "table");
    assertThat(body("/api/search/tags", "q", "{ status = error"))
        .contains("\"route\"")
        .doesNotContain("\"table\"");
    assertThat(body("/api/v2/search/tags", "q", "{ not TraceQL"))
        .contains("\"zone\"", "\"table\""); // as a query that is being typed
  }

  @Test
  void namesDamageInAHeader() throws Exception {
    server.warnings = List.of("part 7 is unreadable: \u00e9\n", "part 8 too");
    HttpResponse<String> r = server.call("/tempo/api/search", "q", "{ }");
    assertThat(r.headers().firstValue("X-Tethys-Warning"))
        .contains("part 7 is unreadable: ??; part 8 too");
    assertThat(r.body()).doesNotContain("unreadable"); // Grafana refuses unknown fields
    assertThat(body("/api/metrics/query", "q", "{ } | rate()"))
        .contains("\"status\":\"PARTIAL\"", "part 8 too");
    String id =
        new ObjectMapper().readTree(r.body()).get("traces").get(0).get("traceID").asString();
    String[] paths = {
      "/tempo/api/v2/search/tags",
      "/tempo/api/search/tag/name/values",
      "/tempo/api/traces/" + id,
      "/tempo/api/v2/traces/" + id,
      "/jaeger/api/traces/" + id,
      "/jaeger/api/services",
      "/jaeger/api/v3/services",
      "/zipkin/api/v2/trace/" + id,
      "/zipkin/api/v2/services"
    };
    for (String path : paths) {
      HttpResponse<String> answer = server.call(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(answer.headers().firstValue("X-Tethys-Warning").orElse(""))
          .as(path)
          .contains("part 8 too");
    }
    assertThat(server.call("/tempo/api/v2/traces/" + id).body())
        .contains("\"status\":\"PARTIAL\"", "part 8 too");
    HttpResponse<String> absent = server.call("/tempo/api/traces/77");
    assertThat(absent.statusCode()).isEqualTo(404);
    assertThat(absent.body()).contains("not found; part 7 is unreadable");
    server.warnings = List.of();
    for (String path : paths) {
      assertThat(server.call(path).headers().map()).doesNotContainKey("x-tethys-warning");
    }
    assertThat(server.call("/tempo/api/v2/traces/" + id).body()).doesNotContain("PARTIAL");
    assertThat(server.call("/tempo/api/search", "q", "{ }").headers().map())
        .doesNotContainKey("x-tethys-warning");
  }

  // ---- gRPC

  private GrpcReply call(String method, ProtoWriter message, Map<String, String> headers)
      throws Exception {
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
      return channel.call(
          "/tempopb.StreamingQuerier/" + method,
          headers,
          message.toByteArray(),
          "",
          Duration.ofSeconds(30));
    }
  }

  private byte[] rpc(String method, ProtoWriter message) throws Exception {
    GrpcReply r = call(method, message, Map.of());
    assertThat(r.status()).as(r.message()).isEqualTo(GrpcReply.OK);
    return r.body();
  }

  private static String text(byte[] message) {
    return new String(message, StandardCharsets.UTF_8);
  }

  /** Strings of a field of the messages in a field. */
  private static List<String> inner(byte[] message, int outer, int field) {
    List<String> out = new ArrayList<>();
    ProtoReader r = new ProtoReader(message);
    while (r.next()) {
      if (r.field() != outer) {
        r.skip();
        continue;
      }
      int end = r.enter();
      while (r.next()) {
        if (r.field() == field) {
          out.add(r.readString());
        } else {
          r.skip();
        }
      }
      r.leave(end);
    }
    return out;
  }

  @Test
  void streamingQuerierSearches() throws Exception {
    ProtoWriter q = new ProtoWriter().int64(4, 5).int64(5, START).int64(6, START + 60);
    byte[] r = rpc("Search", q.string(8, "{ status = error }").int64(9, 3));
    assertThat(inner(r, 1, 1)).containsExactly("0000000000000000000000000000000a");
    ProtoWriter tags = new ProtoWriter();
    int tag = tags.begin(1);
    tags.string(1, "service.name").string(2, "db").end(tag);
    tags.int64(5, START).int64(6, START + 60);
    assertThat(inner(rpc("Search", tags), 1, 1))
        .containsExactly("0000000000000000000000000000000b");
  }

  @Test
  void streamingQuerierListsTagsAndValues() throws Exception {
    assertThat(text(rpc("SearchTags", new ProtoWriter()))).contains("zone", "table", "route");
    ProtoWriter tags = new ProtoWriter().string(1, "span").string(2, "{ status = error }");
    byte[] scopes = rpc("SearchTagsV2", tags.int64(3, START).int64(4, START + 60));
    assertThat(inner(scopes, 1, 1)).containsExactly("span");
    assertThat(inner(scopes, 1, 2)).containsExactly("route");
    assertThat(text(rpc("SearchTagValues", new ProtoWriter().string(1, "zone")))).contains("a");
    ProtoWriter values = new ProtoWriter().string(1, "resource.service.name");
    assertThat(inner(rpc("SearchTagValuesV2", values.string(2, "{ kind = client }")), 1, 2))
        .containsExactly("db");
  }

  @Test
  void streamingQuerierComputesMetrics() throws Exception {
    ProtoWriter q = new ProtoWriter().string(1, "{ } | rate() by (resource.service.name)");
    q.int64(2, START * SECOND).int64(3, (START + 60) * SECOND).int64(4, 10 * SECOND);
    assertThat(text(rpc("MetricsQueryRange", q))).contains("resource.service.name", "web", "db");
    ProtoWriter instant = new ProtoWriter().string(1, "{ status = error } | count_over_time()");
    instant.int64(2, START * SECOND).int64(3, (START + 60) * SECOND);
    assertThat(rpc("MetricsQueryInstant", instant)).isNotEmpty();
  }

  @Test
  void streamingQuerierHasStatusAndTenant() throws Exception {
    ProtoWriter wrong = new ProtoWriter().string(8, "{ status = }");
    GrpcReply r = call("Search", wrong, Map.of());
    assertThat(r.status()).isEqualTo(GrpcReply.INVALID_ARGUMENT);
    assertThat(r.message()).contains("parse error");
    ProtoWriter all = new ProtoWriter().string(8, "{ }").int64(5, START).int64(6, START + 60);
    r = call("Search", all, Map.of("x-scope-orgid", "other"));
    assertThat(inner(r.body(), 1, 1)).isEmpty();
    server.open = false;
    assertThat(call("Search", all, Map.of()).status()).isEqualTo(GrpcReply.UNAVAILABLE);
  }
}
