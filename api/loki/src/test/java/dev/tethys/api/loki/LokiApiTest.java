package dev.tethys.api.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogRates;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.exec.LiveTail.Dropped;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@Tag("slow")
class LokiApiTest {
  private static final String RANGE = "/loki/api/v1/query_range";
  private static final String DELETE = "/loki/api/v1/delete";
  private static final String TAIL = "/loki/api/v1/tail";
  private static final String API = "{\"app\":\"api\",\"service_name\":\"api\"}";

  @TempDir Path folder;
  private LokiServer server;
  private long now;

  @BeforeEach
  void start() throws Exception {
    server = new LokiServer(folder, true);
    now = LokiServer.now();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static final class Frames implements WebSocket.Listener {
    final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        frames.add(part.toString());
        part.setLength(0);
      }
      ws.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
      frames.add(code + " " + reason);
      return null;
    }

    String next() throws InterruptedException {
      return String.valueOf(frames.poll(30, TimeUnit.SECONDS));
    }
  }

  private WebSocket tail(Frames to, String... params) {
    return server
        .client
        .newWebSocketBuilder()
        .header("X-Scope-OrgID", "fake")
        .buildAsync(server.uri("ws", TAIL, params), to)
        .join();
  }

  private static String values(String line, long time) {
    return "\"values\":[[\"" + time + "\",\"" + line + "\"]]";
  }

  @Test
  void doesNotComputeQueriesOnRequestThreads() throws Exception {
    assertThat(server.call("GET", null, RANGE, "query", "{app=~\".+\"}").statusCode())
        .isEqualTo(200);
    assertThat(server.computedOnVirtualThread).isFalse();
  }

  @Test
  void omitsRarePatternsUnlessALimitIsSet() throws Exception {
    LogBatch batch = new LogBatch();
    int api = batch.stream(Labels.of("app", "api"));
    for (int i = 0; i < 120; i++) {
      int rows = i < 110 ? 35 : 5;
      for (int r = 0; r < rows; r++) {
        byte[] line = ("-".repeat(i + 1) + r).getBytes(StandardCharsets.UTF_8);
        batch.add(now - 60_000_000_000L, api, line, 0, line.length);
      }
    }
    server.store.append(Scope.DEFAULT, batch);
    assertThat(patterns()).isEqualTo(110);
    assertThat(patterns("limit", "300")).isEqualTo(120);
    assertThat(patterns("limit", "5")).isEqualTo(5);
  }

  @Test
  void countsWithoutFilterMatchRowCounts() throws Exception {
    LogBatch batch = new LogBatch();
    long begin = Math.floorDiv(now, 3600_000_000_000L) * 3600_000_000_000L - 3600_000_000_000L;
    for (int i = 0; i < 9000; i++) {
      byte[] line = ("request " + i).getBytes(StandardCharsets.UTF_8);
      int app = batch.stream(Labels.of("app", i % 2 == 0 ? "api" : "shop"));
      batch.add(begin + i * 100_000_000L, app, line, 0, line.length);
      byte[] level = (i % 3 == 0 ? "warn" : "info").getBytes(StandardCharsets.UTF_8);
      batch.metadata(batch.name("level"), level, 0, level.length);
    }
    server.store.append(Scope.DEFAULT, batch);
    server.database.flush();
    for (String sum : List.of("sum by (level)", "sum by (app)", "sum by (app, absent)", "sum")) {
      for (String what : List.of("count_over_time", "bytes_over_time", "rate")) {
        for (String window : List.of("[1m]", "[2m]", "[90s]", "[7s]", "[1m] offset 2m")) {
          for (long shift : new long[] {0, 60_000_000_000L, 7_000_000_001L}) {
            String query = sum + " (" + what + "({app=~\"a.*|s.*\"} %s" + window + "))";
            assertThat(counts(query, "", begin + shift))
                .as("%s from %d", query, shift)
                .isEqualTo(counts(query, "!= \"absent\"", begin + shift));
          }
        }
      }
    }
  }

  private String counts(String query, String filter, long start) throws Exception {
    HttpResponse<String> r =
        server.call(
            "GET",
            "fake",
            "/loki/api/v1/query_range",
            "query",
            query.formatted(filter),
            "step",
            "60",
            "start",
            Long.toString(start),
            "end",
            Long.toString(start + 1200_000_000_000L));
    assertThat(r.statusCode()).isEqualTo(200);
    return r.body().substring(0, r.body().indexOf("\"stats\""));
  }

  @Test
  void frequentPatternsCoverAllRowsWhereverStored() throws Exception {
    for (int round = 0; round < 3; round++) {
      LogBatch batch = new LogBatch();
      for (int i = 0; i < 2000; i++) {
        int app = batch.stream(Labels.of("app", "a" + i % 3, "level", i % 2 == 0 ? "x" : "y"));
        String text = "-".repeat(1 + (int) Math.sqrt(i % 700)) + (i % 9 == 0 ? " été " : " ") + i;
        byte[] line = text.getBytes(StandardCharsets.UTF_8);
        batch.add(now - (i + 60) * 1_000_000_000L, app, line, 0, line.length);
      }
      server.store.append(Scope.DEFAULT, batch);
      if (round < 2) { // the rows of the last round stay in the head
        server.database.flush();
      }
    }
    for (String limit : List.of("1", "4", "30", "10000")) {
      assertThat(patternsOf("{app=~\"a0|a1\"}", limit))
          .isEqualTo(patternsOf("{app=~\"a0|a1\"} != \"absent\"", limit));
    }
  }

  private String patternsOf(String query, String limit) throws Exception {
    HttpResponse<String> r =
        server.call("GET", "fake", "/loki/api/v1/patterns", "query", query, "limit", limit);
    assertThat(r.body()).contains("\"samples\":[[");
    return r.body();
  }

  private int patterns(String... more) throws Exception {
    List<String> params = new ArrayList<>(List.of("query", "{app=\"api\"}"));
    params.addAll(List.of(more));
    HttpResponse<String> r =
        server.call("GET", "fake", "/loki/api/v1/patterns", params.toArray(String[]::new));
    return r.body().split("\"pattern\":", -1).length - 1;
  }

  @Test
  void tailSendsStoredEntriesThenArrivingOnes() throws Exception {
    server.push(null, API, now - 3_000_000_000L, "level=info too old");
    server.push(null, API, now - 2_000_000_000L, "level=info stored");
    server.push(null, API, now - 1_000_000_000L, "level=warn stored");
    Frames got = new Frames();
    WebSocket ws =
        tail(
            got,
            "query",
            "{app=\"api\"} |= \"stored\"",
            "limit",
            "1",
            "start",
            "" + (now - 60_000_000_000L));
    assertThat(got.next()).contains(values("level=warn stored", now - 1_000_000_000L));
    server.push(null, API, now, "level=info not this");
    server.push(null, API, now + 1, "level=error stored");
    assertThat(got.next())
        .isEqualTo(
            "{\"streams\":[{\"stream\":{\"app\":\"api\",\"detected_level\":\"error\","
                + "\"service_name\":\"api\"},"
                + values("level=error stored", now + 1)
                + "}]}");
    ws.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    assertThat(got.next()).startsWith("1000");
    while (server.store.openTails(Scope.DEFAULT) > 0) {
      Waiting.pause();
    }
  }

  @Test
  void tailsEndWithTheServer() throws Exception {
    Frames got = new Frames();
    tail(got, "query", "{app=\"api\"}");
    server.store.closeTails();
    assertThat(got.next()).isEqualTo("1001 the tail ended");
  }

  private int refusal(String... params) {
    int[] status = new int[1];
    assertThatThrownBy(() -> tail(new Frames(), params))
        .cause()
        .isInstanceOfSatisfying(
            WebSocketHandshakeException.class, e -> status[0] = e.getResponse().statusCode());
    return status[0];
  }

  @Test
  void rejectsInvalidTailsBeforeUpgrade() {
    assertThat(refusal("query", "{app=\"api\"")).isEqualTo(400);
    assertThat(refusal("query", "rate({app=\"api\"}[1m])")).isEqualTo(400);
    assertThat(refusal("query", "{app=\"api\"}", "delay_for", "6")).isEqualTo(400);
    assertThat(refusal("query", "{app=\"api\"}", "limit", "5001")).isEqualTo(400);
    tail(new Frames(), "query", "{app=\"api\"}");
    tail(new Frames(), "query", "{app=\"api\"}");
    assertThat(refusal("query", "{app=\"api\"}")).isEqualTo(400); // two are allowed
  }

  @Test
  void tailFramesMatchLoki() {
    Labels test = Labels.of("test", "test");
    Labels metadata = Labels.of("bar", "b", "foo", "a");
    byte[] line = "super line".getBytes(StandardCharsets.UTF_8);
    LogEntry e = new LogEntry(123456789012345L, line, test, metadata, Labels.of("msg", "text"));
    List<Dropped> dropped = List.of(new Dropped(test, 123456789022345L));
    assertThat(TailEndpoint.frame(List.of(e), dropped, true))
        .isEqualTo(
            "{\"streams\":[{\"stream\":{\"test\":\"test\"},\"values\":[[\"123456789012345\",\"super"
                + " line\",{\"structuredMetadata\":{\"bar\":\"b\",\"foo\":\"a\"},"
                + "\"parsed\":{\"msg\":\"text\"}}]]}],"
                + "\"dropped_entries\":[{\"timestamp\":\"123456789022345\","
                + "\"labels\":{\"test\":\"test\"}}],\"encodingFlags\":[\"categorize-labels\"]}");
  }

  private String lines(@Nullable String tenant, String query) throws Exception {
    return String.valueOf(
        server.get(tenant, RANGE, "query", query, "start", "" + (now - 3600_000_000_000L)));
  }

  @Test
  void deletionHidesEntriesAndIsListed() throws Exception {
    server.push(null, API, now - 2_000_000_000L, "password=secret");
    server.push(null, API, now - 1_000_000_000L, "kept");
    String start = "" + (now / 1_000_000_000L - 60);
    HttpResponse<String> r =
        server.call("POST", null, DELETE, "query", "{app=\"api\"} |= \"secret\"", "start", start);
    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(lines(null, "{app=\"api\"}")).contains("kept").doesNotContain("secret");
    assertThat(server.call("GET", null, DELETE).body())
        .matches(
            "\\[\\{\"request_id\":\"[^\"]+\",\"start_time\":"
                + start
                + ",\"end_time\":[0-9.]+,\"query\":\"\\{app=.\"api.\"} \\|= .\"secret.\"\","
                + "\"status\":\"(received|processed)\",\"created_at\":[0-9.]+}]");
    assertThat(server.call("GET", "other", DELETE).body()).isEqualTo("[]");
  }

  @Test
  void cancelsDeletionUntilItIsProcessed() throws Exception {
    server.push(null, API, now - 1_000_000_000L, "secret");
    server.database.flush();
    try (dev.tethys.testkit.LogMessages log = dev.tethys.testkit.LogMessages.of(LokiApi.class)) {
      server.call("POST", null, DELETE, "query", "{app=\"api\"}", "start", "1");
      assertThat(log.messages())
          .containsExactly(
              "Deletion of log entries accepted user=\"127.0.0.1\" tenant=\"fake\""
                  + " query=\"{app=\"api\"}\" start=\"1\" end=\"\"");
    }
    String id =
        server.call("GET", null, DELETE).body().replaceAll(".*request_id\":\"([^\"]*)\".*", "$1");
    int status = server.call("DELETE", null, DELETE, "request_id", id).statusCode();
    assertThat(status).isIn(204, 400); // maintenance may have processed it
    if (status == 204) {
      assertThat(lines(null, "{app=\"api\"}")).contains("secret");
      assertThat(server.call("GET", null, DELETE).body()).isEqualTo("[]");
    }
    HttpResponse<String> r = server.call("DELETE", null, DELETE, "request_id", "none");
    assertThat(r.statusCode()).isEqualTo(404);
    assertThat(r.body()).isEqualTo("could not find delete request with given id\n");
    assertThat(server.call("DELETE", null, DELETE).statusCode()).isEqualTo(400);
  }

  @Test
  void processedDeletionFreesSpace() throws Exception {
    String filler = "0123456789abcdef".repeat(50);
    java.util.Random random = new java.util.Random(1);
    for (int i = 0; i < 50; i++) {
      String noise = Long.toHexString(random.nextLong()) + filler;
      server.push(null, API, now - 100_000_000_000L + i, "secret " + noise);
    }
    server.push(null, API, now - 1_000_000_000L, "kept");
    server.database.flush();
    long before = server.database.partBytes();
    server.call("PUT", null, DELETE, "query", "{app=\"api\"} |= \"secret\"", "start", "1");
    server.database.housekeep();
    assertThat(server.database.partBytes()).isLessThan(before);
    String listed = String.valueOf(server.get(null, DELETE));
    assertThat(listed).contains("status=processed");
    String id = listed.replaceAll(".*request_id=([^,]*),.*", "$1");
    HttpResponse<String> r = server.call("DELETE", null, DELETE, "request_id", id);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("already processed is not allowed");
  }

  private void refusedDeletion(String message, String... params) throws Exception {
    HttpResponse<String> r = server.call("POST", null, DELETE, params);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains(message);
  }

  @Test
  void rejectsInvalidDeletions() throws Exception {
    String q = "{app=\"api\"}";
    refusedDeletion("query not set", "start", "1");
    refusedDeletion("start time not set", "query", q);
    refusedDeletion("require unix seconds or RFC3339", "query", q, "start", "x");
    refusedDeletion("in the future", "query", q, "start", "1", "end", "9000000000");
    refusedDeletion("start time can't be greater", "query", q, "start", "100", "end", "50");
    refusedDeletion("only log selector", "query", "rate(" + q + "[1m])", "start", "1");
    refusedDeletion("unsupported query expression", "query", q + " | json", "start", "1");
    refusedDeletion("unsupported", "query", q + " |> \"<_> x\"", "start", "1");
    refusedDeletion("unsupported", "query", q + " |= ip(\"10.0.0.0/8\")", "start", "1");
    refusedDeletion("empty-compatible", "query", "{app=~\".*\"}", "start", "1");
  }

  @Test
  void deletionNeedsTheAdminFlag() throws Exception {
    try (LokiServer plain = new LokiServer(folder.resolve("plain"), false)) {
      HttpResponse<String> r =
          plain.call("POST", null, DELETE, "query", "{app=\"api\"}", "start", "1");
      assertThat(r.statusCode()).isEqualTo(403);
      assertThat(r.body()).contains("--web.enable-admin-api");
      assertThat(plain.call("GET", null, DELETE).body()).isEqualTo("[]");
    }
  }

  @Test
  void queriesSeveralTenantsTogether() throws Exception {
    server.push("a", API, now - 2, "of a");
    server.push("b", API, now - 1, "of b");
    server.push("c", API, now - 1, "of c");
    assertThat(lines("a|b", "{app=\"api\"}"))
        .contains("of a", "of b", "__tenant_id__=a", "__tenant_id__=b")
        .doesNotContain("of c");
    assertThat(lines("a|b", "{__tenant_id__=\"b\"}")).contains("of b").doesNotContain("of a");
    assertThat(lines("b|b", "{app=\"api\"}")).contains("of b").doesNotContain("__tenant_id__");
    String values = "/loki/api/v1/label/__tenant_id__/values";
    assertThat(String.valueOf(server.get("a|b|c", values))).contains("data=[a, b, c]");
    assertThat(String.valueOf(server.get("a|b", "/loki/api/v1/series", "match[]", "{app=~\".+\"}")))
        .contains("__tenant_id__=a");
    String sum = "sum by (__tenant_id__) (count_over_time({app=\"api\"}[1h]))";
    String counted = String.valueOf(server.get("a|c", "/loki/api/v1/query", "query", sum));
    assertThat(counted).contains("metric={__tenant_id__=a}", "metric={__tenant_id__=c}");
    assertThat(
            String.valueOf(server.get("a|b", "/loki/api/v1/index/stats", "query", "{app=\"api\"}")))
        .contains("streams=2", "entries=2");
  }

  @Test
  void reportsOneShardAndOneRingMember() throws Exception {
    long now = LokiServer.now();
    server.push(null, "{\"app\":\"sharded\"}", now, "a line");
    HttpResponse<String> shards =
        server.call(
            "GET",
            null,
            "/loki/api/v1/index/shards",
            "query",
            "{app=\"sharded\"}",
            "targetBytesPerShard",
            "1MB");
    assertThat(shards.statusCode()).isEqualTo(200);
    assertThat(shards.body())
        .startsWith(
            "{\"shards\":[{\"bounds\":{\"min\":0,\"max\":18446744073709551615},\"stats\":"
                + "{\"streams\":1,")
        .contains("\"entries\":1}}]");
    assertThat(
            server
                .call("GET", null, "/loki/api/v1/index/shards", "query", "{app=\"nothing\"}")
                .body())
        .startsWith("{\"shards\":[],");
    for (String[] wrong :
        new String[][] {
          {"query", "{"}, {"query", "{a=\"b\"}", "targetBytesPerShard", "much"}, {}
        }) {
      assertThat(server.call("GET", null, "/loki/api/v1/index/shards", wrong).statusCode())
          .isEqualTo(400);
    }
    assertThat(server.call("GET", null, "/ring").body())
        .contains("Ring Status", "<td>ACTIVE<td>127.0.0.1:");
    HttpResponse<String> json =
        server.client.send(
            java.net.http.HttpRequest.newBuilder(server.uri("http", "/ring"))
                .header("Accept", "application/json")
                .build(),
            java.net.http.HttpResponse.BodyHandlers.ofString());
    assertThat(json.body()).startsWith("{\"shards\":[{\"id\":\"tethys\",\"state\":\"ACTIVE\"");
  }

  @Test
  void changesAffectOneTenant() throws Exception {
    HttpResponse<String> r =
        server.call("POST", "a|b", DELETE, "query", "{app=\"api\"}", "start", "1");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("multiple org IDs present");
    assertThat(server.call("GET", "a||b", "/loki/api/v1/labels").statusCode()).isEqualTo(400);
    assertThat(server.call("GET", "a|../x", "/loki/api/v1/labels").statusCode()).isEqualTo(400);
  }

  private String metrics() {
    List<String> all = new ArrayList<>();
    server.registry.collect(f -> all.add(f.toString()));
    return String.join("\n", all);
  }

  @Test
  void responds429ToTenantOverItsRate() throws Exception {
    server.slowRate = new LogRates.Rate(0.001, 10);
    long now = LokiServer.now();
    server.push("slow", "{\"app\":\"a\"}", now, "longer than the burst");
    HttpResponse<String> r = server.sendPush("slow", "{\"app\":\"a\"}", now, "next");
    assertThat(r.statusCode()).isEqualTo(429);
    assertThat(r.headers().firstValue("Retry-After")).isPresent();
    assertThat(r.body()).contains("ingestion rate limit exceeded for user slow", "'1' lines");
    server.push("other", "{\"app\":\"a\"}", now, "not limited");
    assertThat(metrics()).contains("rate_limited");
    server.slowRate = null;
    server.push("slow", "{\"app\":\"a\"}", now, "next");
  }

  @Test
  void rejectsRequestIfAStreamExceedsItsRate() throws Exception {
    server.streamRate = new LogRates.Rate(0.001, 10);
    long now = LokiServer.now();
    server.push("a", "{\"app\":\"fast\"}", now, "longer than the burst");
    HttpResponse<String> r = server.sendPush("a", "{\"app\":\"fast\"}", now, "next");
    assertThat(r.statusCode()).isEqualTo(429);
    assertThat(r.headers().firstValue("Retry-After")).isPresent();
    assertThat(r.body()).contains("Per stream rate limit exceeded", "stream '{app=");
    server.push("a", "{\"app\":\"calm\"}", now, "not limited");
    server.push("b", "{\"app\":\"fast\"}", now, "not limited");
    assertThat(metrics()).contains("per_stream_rate_limit");
  }

  @Test
  void isNotReadyWhileStoreRefusesEntries() throws Exception {
    SimulatedFiles full = new SimulatedFiles(1);
    full.setFree(1 << 20);
    try (LokiServer server = new LokiServer(full, Path.of("/logs"), true)) {
      long now = LokiServer.now();
      assertThat(server.sendPush(null, "{\"app\":\"a\"}", now, "x").statusCode()).isEqualTo(503);
      HttpResponse<String> r = server.call("GET", null, "/ready");
      assertThat(r.statusCode()).isEqualTo(503);
      assertThat(r.body()).contains("log store: ").contains("disk");
    }
  }

  @Test
  void grafanaFindsLimitsAndVersion() throws Exception {
    assertThat(server.call("GET", null, "/ready").body()).isEqualTo("ready\n");
    String limits = String.valueOf(server.get(null, "/loki/api/v1/drilldown-limits"));
    assertThat(limits)
        .contains("retention_period=1296000s", "log_level_fields=[level", "volume_enabled=true")
        .contains("pattern_ingester_enabled=true");
    assertThat(String.valueOf(server.get(null, "/loki/api/v1/status/buildinfo")))
        .contains("version=");
  }

  @Test
  void countsByLevelReadNoRows() throws Exception {
    long minute = 60_000_000_000L;
    long begin = now / minute * minute - 20 * minute;
    LogBatch batch = new LogBatch();
    int stream = batch.stream(Labels.of("app", "api"));
    int level = batch.name("level");
    byte[] body = {'x'};
    for (int i = 1; i <= 6000; i++) {
      batch.add(begin + i * 100_000_000L, stream, body, 0, 1);
      if (i % 3 > 0) {
        byte[] value = (i % 5 == 0 ? "error" : "info").getBytes(StandardCharsets.UTF_8);
        batch.metadata(level, value, 0, value.length);
      }
    }
    server.database.append(Scope.DEFAULT, batch);
    server.database.flush();
    for (String filter : List.of("level=\"error\"", "level!=\"error\"", "level=~\"|info\"")) {
      String read = levels(filter + " |= \"x\"", begin, minute);
      String counted = levels(filter, begin, minute);
      assertThat(read).contains("\"totalLinesProcessed\":6000");
      assertThat(counted).contains("\"totalLinesProcessed\":0");
      assertThat(counted.substring(0, counted.indexOf("\"stats\"")))
          .as(filter)
          .isEqualTo(read.substring(0, read.indexOf("\"stats\"")));
    }
    assertThat(levels("level=\"error\"", begin, minute)).contains(",\"80\"]");
  }

  private String levels(String filter, long begin, long minute) throws Exception {
    return server
        .call(
            "GET",
            null,
            RANGE,
            "query",
            "sum by (level) (count_over_time({app=\"api\"} | " + filter + " [1m]))",
            "start",
            String.valueOf(begin + minute),
            "end",
            String.valueOf(begin + 10 * minute),
            "step",
            "60")
        .body();
  }
}
