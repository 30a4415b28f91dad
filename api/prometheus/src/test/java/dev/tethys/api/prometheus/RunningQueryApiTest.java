package dev.tethys.api.prometheus;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.RunningQueries.Entry;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Queries that run are listed, stopped by hand, and stopped when no caller waits for them any more.
 */
@Tag("slow")
class RunningQueryApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Takes minutes, and little memory. */
  private static final String LONG = "sum(sum_over_time((count_over_time(x[5m:1s]) > 0)[1h:1s]))";

  private PromqlEngine engine;
  private ApiServer server;

  @BeforeEach
  void start() throws IOException {
    engine =
        new PromqlEngine(
            EngineOptions.builder().maxSamples(2_000_000_000L).maxConcurrent(2).build());
    server =
        new ApiServer(
            ApiSettings.DEFAULT.with(true, false, false).withUserHeader("X-Grafana-User"));
    server.engine = QueryEngine.of(engine, server.store);
    for (int i = 0; i < 2_000; i++) {
      server.sample(Labels.of("__name__", "x", "i", "" + i), 1_000_000, i);
    }
  }

  @AfterEach
  void stop() {
    engine
        .running()
        .list(Scope.DEFAULT)
        .forEach(e -> engine.running().cancel(Scope.DEFAULT, e.id()));
    server.close();
    engine.close();
  }

  private static String path() {
    return "/api/v1/query_range?start=1000&end=2000&step=1&query="
        + URLEncoder.encode(LONG, ISO_8859_1);
  }

  private List<Entry> await(Predicate<List<Entry>> until) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      List<Entry> l = engine.running().list(Scope.DEFAULT);
      if (until.test(l)) {
        return l;
      }
      assertThat(System.nanoTime() - end).as("in time").isNegative();
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void listsMemorySharesByImportance() {
    String answer = server.get("/api/v1/status/memory");
    assertThat(answer).startsWith("200 ");
    JsonNode data = JSON.readTree(answer.substring(4)).get("data");
    assertThat(data.get("usedBytes").asLong()).isZero();
    JsonNode shares = data.get("shares");
    assertThat(shares.size()).isEqualTo(MemoryUse.values().length);
    long guaranteed = 0;
    for (JsonNode s : shares) {
      guaranteed += s.get("guaranteedBytes").asLong();
      assertThat(s.get("maxBytes").asLong())
          .isGreaterThanOrEqualTo(s.get("guaranteedBytes").asLong());
    }
    assertThat(guaranteed).isEqualTo(data.get("totalBytes").asLong()).isLessThan(1000);
    assertThat(shares.get(0).get("name").asString()).isEqualTo("metric heads");
    assertThat(shares.get(shares.size() - 1).get("name").asString()).isEqualTo("caches");
  }

  private JsonNode status(String parameters) {
    String answer = server.get("/api/v1/status/queries" + parameters);
    assertThat(answer).startsWith("200 ");
    return JSON.readTree(answer.substring(4)).get("data");
  }

  @Test
  void listsAndStopsRunningQuery() throws Exception {
    CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> server.get(path()));
    long id = await(l -> l.stream().anyMatch(e -> !e.waiting())).getFirst().id();
    JsonNode q = status("").get("queries").get(0);
    assertThat(q.get("id").longValue()).isEqualTo(id);
    assertThat(q.get("query").stringValue()).isEqualTo(LONG);
    assertThat(q.get("state").stringValue()).isEqualTo("running");
    assertThat(q.get("user").stringValue()).isEqualTo("127.0.0.1");
    assertThat(q.get("client").stringValue()).isEqualTo("127.0.0.1");
    assertThat(q.get("method").stringValue()).isEqualTo("GET");
    assertThat(q.get("path").stringValue()).isEqualTo("/api/v1/query_range");
    assertThat(q.get("elapsedSeconds").doubleValue()).isPositive();
    assertThat(delete("" + id))
        .isEqualTo("200 {\"status\":\"success\",\"data\":{\"id\":" + id + "}}");
    assertThat(answer.get(30, TimeUnit.SECONDS))
        .startsWith("499 ")
        .contains("\"errorType\":\"canceled\"")
        .contains("query was canceled");
    await(List::isEmpty);
    JsonNode top = status("?order=calls&limit=1").get("top").get(0);
    assertThat(top.get("query").stringValue()).isEqualTo(LONG);
    assertThat(top.get("failures").intValue()).isEqualTo(1);
  }

  @Test
  void stoppingRequiresTheAdminOrLifecycleApi() throws Exception {
    assertThat(status("").get("stoppable").booleanValue()).isTrue();
    try (ApiServer plain = new ApiServer(ApiSettings.DEFAULT)) {
      plain.engine = QueryEngine.of(engine, plain.store);
      assertThat(plain.get("/api/v1/status/queries")).contains("\"stoppable\":false");
      var r = plain.send(plain.request("/api/v1/status/queries/1").DELETE());
      assertThat(r.body()).contains("--web.enable-admin-api or --web.enable-lifecycle");
    }
  }

  @Test
  void hidesQueriesOfOtherTenants() throws Exception {
    var ofA = server.request(path()).header("X-Scope-OrgID", "team-a");
    CompletableFuture<Integer> answer =
        CompletableFuture.supplyAsync(() -> server.send(ofA).statusCode());
    long id = await(l -> l.stream().anyMatch(e -> !e.waiting())).getFirst().id();
    assertThat(statusOf("team-b").get("queries")).isEmpty();
    assertThat(statusOf("team-a").get("queries")).hasSize(1);
    assertThat(status("").get("queries")).hasSize(1);
    var stop = server.request("/api/v1/status/queries/" + id).header("X-Scope-OrgID", "team-b");
    assertThat(server.send(stop.DELETE()).statusCode()).isEqualTo(404);
    assertThat(answer).isNotDone();
    assertThat(delete("" + id)).startsWith("200 ");
    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(499);
    await(List::isEmpty);
    assertThat(statusOf("team-b").get("top")).isEmpty();
    assertThat(statusOf("team-a").get("top")).hasSize(1);
    assertThat(status("").get("top")).hasSize(1);
  }

  private JsonNode statusOf(String tenant) {
    var request = server.request("/api/v1/status/queries").header("X-Scope-OrgID", tenant);
    return JSON.readTree(server.send(request).body()).get("data");
  }

  private String delete(String id) {
    var r = server.send(server.request("/api/v1/status/queries/" + id).DELETE());
    return r.statusCode() + " " + r.body();
  }

  @Test
  void headerNamesUserIfConfigured() throws Exception {
    CompletableFuture<Integer> status =
        CompletableFuture.supplyAsync(
            () -> server.send(server.request(path()).header("X-Grafana-User", "ann")).statusCode());
    long id = await(l -> l.size() == 1).getFirst().id();
    JsonNode q = status("").get("queries").get(0);
    assertThat(q.get("user").stringValue()).isEqualTo("ann");
    assertThat(q.get("client").stringValue()).isEqualTo("127.0.0.1");
    engine.running().cancel(Scope.DEFAULT, id);
    assertThat(status.get(30, TimeUnit.SECONDS)).isEqualTo(499);
  }

  @Test
  void rejectsCancellationOfUnknownQueries() {
    assertThat(delete("12345")).startsWith("404 ").contains("query 12345 has ended, or never was");
    assertThat(delete("x")).startsWith("400 ").contains("must be the number of a query");
    assertThat(server.get("/api/v1/status/queries?order=beauty"))
        .startsWith("400 ")
        .contains("cpu, seconds, samples, calls, max, bytes");
    HttpRequest.Builder post =
        server.request("/api/v1/status/queries/1").POST(HttpRequest.BodyPublishers.noBody());
    assertThat(server.send(post).statusCode()).as("foreign pages can send these").isEqualTo(405);
  }

  @Test
  void queryEndsWhenItsClientDisconnects() throws Exception {
    try (Socket s = new Socket("127.0.0.1", server.listener.port())) {
      s.getOutputStream()
          .write(("GET " + path() + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(ISO_8859_1));
      await(l -> l.stream().anyMatch(e -> !e.waiting()));
    }
    await(List::isEmpty);
    assertThat(engine.memoryUsed()).isZero();
  }

  @Test
  void waitingQueryEndsWhenItsClientDisconnects() throws Exception {
    for (int i = 0; i < 2; i++) {
      CompletableFuture.supplyAsync(() -> server.get(path()));
    }
    await(l -> l.size() == 2);
    try (Socket s = new Socket("127.0.0.1", server.listener.port())) {
      s.getOutputStream()
          .write(("GET " + path() + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(ISO_8859_1));
      await(l -> l.size() == 3);
      assertThat(status("").get("queries").get(2).get("state").stringValue()).isEqualTo("queued");
    }
    await(l -> l.size() == 2);
  }
}
