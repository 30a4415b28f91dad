package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.store.archive.Json;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class TraceCommandsTest {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final String FIRST = "00000000000000010000000000000001";
  private static final String SECOND = "00000000000000010000000000000002";

  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final TreeMap<String, TracesData> traces = new TreeMap<>();

  /** Start in seconds of the traces that searches find. */
  private final TreeMap<String, Long> starts = new TreeMap<>();

  private HttpListener server;

  @BeforeEach
  void start() throws IOException {
    Routes routes =
        new Routes()
            .get("/tempo/api/search", (q, r) -> r.send(search(q)))
            .get(
                "/tempo/api/traces/{id}",
                (q, r) -> {
                  TracesData t = traces.get(q.pathParam("id"));
                  if (t == null) {
                    throw new HttpException(404, "trace not found " + q.header("X-Scope-OrgID"));
                  }
                  assertThat(q.header("Accept")).isEqualTo("application/protobuf");
                  r.send("application/protobuf", new OtlpWriter().write(t));
                })
            .get(
                "/tempo/api/v2/search/tags",
                (q, r) -> {
                  requests.add("tags " + q.query().first("scope", "-"));
                  r.send(
                      "{\"scopes\":[{\"name\":\"resource\",\"tags\":[\"service.name\"]},"
                          + "{\"name\":\"intrinsic\",\"tags\":[\"name\"]}]}");
                })
            .get(
                "/tempo/api/v2/search/tag/{tag}/values",
                (q, r) -> {
                  requests.add("values " + q.pathParam("tag") + " " + q.query().first("q", "-"));
                  r.send("{\"tagValues\":[{\"type\":\"string\",\"value\":\"a\\u001b[31m\"}]}");
                });
    routes.get("/tempo/api/delete", (q, r) -> r.send("[{\"request_id\":\"1f\"}]"));
    routes.post("/tempo/api/delete", (q, r) -> deletion("POST", q, r));
    routes.delete("/tempo/api/delete", (q, r) -> deletion("DELETE", q, r));
    server = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void deletion(String method, HttpRequest q, HttpResponse r) throws IOException {
    StringBuilder said = new StringBuilder(method);
    for (String name : List.of("traceId", "query", "start", "end", "request_id")) {
      if (q.query().has(name)) {
        said.append(' ').append(name).append('=').append(q.query().first(name, ""));
      }
    }
    requests.add(said.append(" of ").append(q.header("X-Scope-OrgID")).toString());
    if (q.query().first("traceId", "").equals("f")) {
      throw new HttpException(403, "deletion is disabled");
    }
    r.send("{\"request_id\":\"1f\"}");
  }

  private String search(HttpRequest q) {
    long from = Long.parseLong(q.query().first("start", ""));
    long to = Long.parseLong(q.query().first("end", ""));
    int limit = Integer.parseInt(q.query().first("limit", ""));
    requests.add("search " + q.query().first("q", "") + " " + from + " " + to + " " + limit);
    List<String> found =
        starts.entrySet().stream()
            .filter(e -> e.getValue() >= from && e.getValue() <= to)
            .limit(limit)
            .map(
                e ->
                    "{\"traceID\":\""
                        + e.getKey()
                        + "\",\"rootServiceName\":\"web\",\"rootTraceName\":\"GET /\","
                        + "\"startTimeUnixNano\":\""
                        + e.getValue()
                        + "000000000\",\"durationMs\":1500}")
            .toList();
    return "{\"traces\":[" + String.join(",", found) + "],\"metrics\":{}}";
  }

  private static Span span(TracesData to, String service, String name, int id, int parent) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.setTraceId(1, 1);
    span.setSpanId(id);
    span.setParentSpanId(parent);
    span.setName(name);
    span.setKind(SERVER);
    span.setStartTimeUnixNano(1_000_000_000L + id * 1_000_000L);
    span.setEndTimeUnixNano(span.startTimeUnixNano() + 100_000_000);
    s.items().add(span);
    r.scopes().add(s);
    to.resources().add(r);
    return span;
  }

  private void twoTraces() {
    TracesData a = new TracesData();
    span(a, "web", "GET /", 1, 0);
    span(a, "shop", "pay", 2, 1).setKind(CLIENT);
    span(a, "bank", "pay", 2, 1); // the server's side of a span that Zipkin's clients share
    span(a, "db", "select\u001b", 3, 2);
    traces.put(FIRST, a);
    TracesData b = new TracesData();
    span(b, "web", "GET /", 1, 0).setEndTimeUnixNano(1_201_000_000L);
    Span failed = span(b, "shop", "pay", 2, 1);
    failed.setKind(CLIENT);
    failed.setStatusCode(2);
    failed.setStatusMessage("no money");
    span(b, "cache", "get", 3, 2);
    traces.put(SECOND, b);
  }

  private String run(String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    String name = all.removeFirst();
    String full =
        TraceCommands.NAME + " " + (name.equals("delete") ? name + " " + all.removeFirst() : name);
    Command command =
        TraceCommands.commands().stream()
            .filter(c -> full.equals(c.name()))
            .findFirst()
            .orElseThrow();
    all.add("--addr=http://127.0.0.1:" + server.port() + "/tempo");
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8);
    int code = command.run(all, new Console(new ByteArrayInputStream(new byte[0]), to, to, false));
    return code + "\n" + said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void searchPrintsTraces() throws IOException {
    starts.put(FIRST, 100L);
    String range = "--from=1970-01-01T00:00:00Z";
    String to = "--to=1970-01-01T00:10:00Z";
    assertThat(run("search", "{ name = \"a\" }", range, to, "-q"))
        .isEqualTo("0\n" + FIRST + "  1970-01-01T00:01:40Z  1.5s  web: GET /\n");
    assertThat(requests).containsExactly("search { name = \"a\" } 0 600 20");
    assertThat(run("search", range, to, "-q", "-o", "jsonl", "--limit=7"))
        .contains("\"traceID\":\"" + FIRST);
    assertThat(requests).contains("search { } 0 600 7");
    assertThat(run("search", range, to)).contains("1 trace\n", "GET http://127.0.0.1");
  }

  @Test
  void rejectsInvalidCommandLines() {
    assertThatThrownBy(() -> run("search", "--limit=0")).hasMessageContaining("--limit=0");
    assertThatThrownBy(() -> run("search", "-o", "xml")).hasMessageContaining("--output=xml");
    assertThatThrownBy(() -> run("get", FIRST, "-o", "xml")).hasMessageContaining("--output=xml");
    assertThatThrownBy(() -> run("export", "--batch=0")).hasMessageContaining("--batch=0");
    assertThatThrownBy(() -> run("search", "--from=yesterday")).hasMessageContaining("yesterday");
    assertThatThrownBy(
            () -> run("search", "--from=2026-01-02T00:00:00Z", "--to=2026-01-01T00:00:00Z"))
        .hasMessageContaining("is not before its end");
    assertThatThrownBy(() -> run("get", FIRST, "--org-id=t"))
        .isInstanceOf(IOException.class)
        .hasMessage("Error response from server: trace not found t (404 Not Found)");
  }

  @Test
  void printsTraceAsTree() throws IOException {
    twoTraces();
    assertThat(run("get", FIRST, "-q"))
        .isEqualTo(
            """
            0
            trace %s: 4 spans, 4 services, 0 errors, 102ms, start 1970-01-01T00:00:01.001Z
            web: GET / [server] 100ms at +0s
              shop: pay [client] 100ms at +1ms
                bank: pay [server] 100ms at +1ms
                  db: select\\u001b [server] 100ms at +2ms
            """
                .formatted(FIRST));
    assertThat(run("get", SECOND, "-q"))
        .contains("shop: pay [client] 100ms at +1ms ERROR no money");
  }

  @Test
  void printsCyclesAndMissingParents() throws IOException {
    TracesData t = new TracesData();
    span(t, "a", "x", 5, 9);
    span(t, "a", "y", 6, 7);
    span(t, "a", "z", 7, 6);
    span(t, "a", "self", 8, 8);
    traces.put(FIRST, t);
    assertThat(run("get", FIRST, "-q").lines().skip(2))
        .containsExactly(
            "a: x [server] 100ms at +0s",
            "a: self [server] 100ms at +3ms",
            "a: y [server] 100ms at +1ms",
            "  a: z [server] 100ms at +2ms");
  }

  @Test
  void printsDeepTrace() throws IOException {
    TracesData t = new TracesData();
    for (int i = 1; i <= 20_000; i++) {
      span(t, "a", "x", i, i - 1);
    }
    traces.put(FIRST, t);
    assertThat(run("get", FIRST, "-q").lines().count()).isEqualTo(20_002);
    traces.put(SECOND, t);
    assertThat(run("diff", FIRST, SECOND, "-q")).startsWith("0\n");
  }

  @Test
  void printsTraceAsJson() throws IOException {
    twoTraces();
    String otlp = run("get", FIRST, "-q", "-o", "otlp");
    assertThat(Json.object(otlp.substring(2).getBytes(StandardCharsets.UTF_8)))
        .containsOnlyKeys("resourceSpans");
    String jaeger = run("get", FIRST, "-q", "-o", "jaeger");
    assertThat(jaeger).startsWith("0\n{\"data\":[{\"traceID\":\"").contains("\"processes\"");
    assertThat(Json.object(jaeger.substring(2).getBytes(StandardCharsets.UTF_8)))
        .containsOnlyKeys("data");
  }

  @Test
  void tracesAreCompared() throws IOException {
    twoTraces();
    assertThat(run("diff", FIRST, SECOND, "-q"))
        .isEqualTo(
            """
            1
              web: GET / [server] 100ms -> 200ms (+100%)
            !   shop: pay [client] 100ms -> 100ms (+0%) status unset -> error
            -     bank: pay [server] 100ms
            -       db: select\\u001b [server] 100ms
            +     cache: get [server] 100ms
            """);
    assertThat(run("diff", FIRST, FIRST, "-q")).startsWith("0\n");
  }

  @Test
  void exportSplitsFullRangesInHalves() throws IOException {
    twoTraces();
    for (int i = 0; i < 40; i++) {
      String id = "%032x".formatted(i + 10);
      starts.put(id, 100L + i);
      traces.put(id, traces.get(FIRST));
    }
    starts.put("%032x".formatted(99), 120L); // deleted between the search and the read
    String from = "--from=1970-01-01T00:00:00Z";
    String to = "--to=1970-01-01T00:10:00Z";
    String all = run("export", from, to, "--batch=5", "--limit=0", "-q");
    assertThat(all).startsWith("0\n").contains("1 traces were found and removed");
    assertThat(all.lines().filter(l -> l.startsWith("{\"resourceSpans\""))).hasSize(40);
    String some = run("export", from, to, "--batch=5", "--limit=7", "-q");
    assertThat(some.lines().filter(l -> l.startsWith("{\"resourceSpans\""))).hasSize(7);
  }

  @Test
  void exportReportsFullSecond() throws IOException {
    twoTraces();
    for (int i = 0; i < 9; i++) {
      String id = "%032x".formatted(i + 10);
      starts.put(id, 100L);
      traces.put(id, traces.get(FIRST));
    }
    String out =
        run(
            "export",
            "--from=1970-01-01T00:00:00Z",
            "--to=1970-01-01T00:10:00Z",
            "--batch=4",
            "-q");
    assertThat(out).startsWith("1\n").contains("Increase --batch.");
  }

  @Test
  void listsTagsAndValues() throws IOException {
    assertThat(run("tags", "-q", "--scope=resource")).isEqualTo("0\nresource.service.name\nname\n");
    assertThat(run("values", "resource.service.name", "-q", "--query={ name = \"x\" }"))
        .isEqualTo("0\na\\u001b[31m\n");
    assertThat(requests)
        .containsExactly("tags resource", "values resource.service.name { name = \"x\" }");
  }

  @Test
  void spansAreDeleted() throws IOException {
    assertThat(run("delete", "create", FIRST, "--org-id=shop", "-q"))
        .isEqualTo("0\nDeletion created: {\"request_id\":\"1f\"}\n");
    String from = "--from=2026-01-01T00:00:00Z";
    String to = "--to=2026-01-01T01:00:00Z";
    run("delete", "create", "{ name = \"x\" }", from, to, "--org-id=shop");
    run("delete", "create", "Ab", to, "--since=30m", "--org-id=shop");
    assertThat(run("delete", "list", "-q")).isEqualTo("0\n[{\"request_id\":\"1f\"}]\n");
    assertThat(run("delete", "cancel", "1f", "--org-id=shop"))
        .contains("DELETE http://", "Deletion cancelled");
    String end = "2026-01-01T00:59:59.999999999Z";
    assertThat(requests)
        .containsExactly(
            "POST traceId=" + FIRST + " of shop",
            "POST query={ name = \"x\" } start=2026-01-01T00:00:00Z end=" + end + " of shop",
            "POST traceId=Ab start=2026-01-01T00:30:00Z end=" + end + " of shop",
            "DELETE request_id=1f of shop");
  }

  @Test
  void deletionByQueryCoversTheLastHour() throws IOException {
    run("delete", "create", "{ }", "-q");
    String sent = requests.getFirst().replaceAll(".*start=(\\S+) end=(\\S+) .*", "$1 $2");
    Instant start = Instant.parse(sent.substring(0, sent.indexOf(' ')));
    Instant end = Instant.parse(sent.substring(sent.indexOf(' ') + 1));
    assertThat(Duration.between(start, end).plusNanos(1)).isEqualTo(Duration.ofHours(1));
    assertThatThrownBy(() -> run("delete", "create", "f", "-q"))
        .hasMessageContaining("deletion is disabled");
    assertThatThrownBy(() -> run("delete", "create", "{ }", "--since=0s"))
        .hasMessageContaining("is not before its end");
  }
}
