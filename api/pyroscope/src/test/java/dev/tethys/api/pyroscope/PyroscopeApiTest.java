package dev.tethys.api.pyroscope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileLimits;
import dev.tethys.store.profiles.ProfileOptions;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.testkit.ProfileStoreContract.Profile;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls as Grafana's data source makes them, and the older endpoints. */
@Tag("slow")
class PyroscopeApiTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long MS = T0 / 1_000_000;
  private static final String CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
  private static final String SERVICE = "/querier.v1.QuerierService/";

  @TempDir Path folder;
  private final Queue<Thread> callers = new ConcurrentLinkedQueue<>();
  private HttpClient client = HttpClient.newHttpClient();
  private @Nullable ProfileDatabase store;
  private @Nullable HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    HttpClientFactory.prepare();
    client = HttpClient.newHttpClient();
    ProfileDatabase db =
        ProfileDatabase.open(
            new RealFiles(),
            folder,
            new ProfileOptions(EngineOptions.defaults(), ProfileLimits.DEFAULTS));
    store = db;
    Routes routes = new Routes();
    new PyroscopeApi(
            this::recorded,
            new PyroscopeSettings(Duration.ofMinutes(1)),
            QueryThreads.alone("profiles"),
            MemoryShare.unlimited(),
            () -> T0)
        .addTo(routes);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    append(db, "shop", 0, Map.of("main;pay;sign", 50L, "main;cart", 30L));
    append(db, "shop", 10, Map.of("main;pay;sign", 70L, "main;pay|00ab", 5L));
    append(db, "mail", 5, Map.of("main;send", 1000L));
    db.flush();
    append(db, "shop", 20, Map.of("main;cart", 1L));
  }

  /** The store, with the threads of its callers noted. */
  private @Nullable ProfileStore recorded() {
    ProfileStore db = store;
    return db == null
        ? null
        : (ProfileStore)
            Proxy.newProxyInstance(
                ProfileStore.class.getClassLoader(),
                new Class<?>[] {ProfileStore.class},
                (_, method, arguments) -> {
                  callers.add(Thread.currentThread());
                  try {
                    return method.invoke(db, arguments);
                  } catch (InvocationTargetException e) {
                    throw Objects.requireNonNull(e.getCause());
                  }
                });
  }

  private static void append(
      ProfileStore db, String service, long seconds, Map<String, Long> samples) {
    Profile p =
        new Profile(
            ProfileStoreContract.cpu(service, "pod", service + "-1"),
            T0 + seconds * 1_000_000_000L,
            10_000_000_000L,
            "",
            samples);
    assertThat(db.append(Scope.DEFAULT, ProfileStoreContract.batch(List.of(p))).refusals())
        .isEmpty();
  }

  @AfterEach
  void stop() {
    HttpListener l = listener;
    if (l != null) {
      l.close();
    }
    ProfileDatabase db = store;
    if (db != null) {
      db.close();
    }
  }

  private URI uri(String path) {
    HttpListener l = listener;
    return URI.create("http://127.0.0.1:" + (l == null ? 0 : l.port()) + path);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder b)
      throws IOException, InterruptedException {
    return client.send(b.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> post(String path, String type, byte[] body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", type)
            .header("Connect-Protocol-Version", "1")
            .POST(BodyPublishers.ofByteArray(body)));
  }

  private String call(String method, String json) throws IOException, InterruptedException {
    HttpResponse<byte[]> r =
        post("/pyroscope" + SERVICE + method, "application/json", json.getBytes(UTF_8));
    assertThat(r.statusCode()).as(new String(r.body(), UTF_8)).isEqualTo(200);
    return new String(r.body(), UTF_8);
  }

  private static String range(String fields) {
    return "{\"start\":\"%d\",\"end\":%d%s}".formatted(MS, MS + 60_000, fields);
  }

  private static String selection(String selector, String fields) {
    return range(
        ",\"profileTypeID\":\"" + CPU + "\",\"labelSelector\":\"" + selector + "\"" + fields);
  }

  @Test
  void listsTypesLabelsAndSeries() throws Exception {
    assertThat(call("ProfileTypes", range("")))
        .isEqualTo(
            "{\"profileTypes\":[{\"ID\":\""
                + CPU
                + "\",\"name\":\"process_cpu\",\"sampleType\":\"cpu\","
                + "\"sampleUnit\":\"nanoseconds\",\"periodType\":\"cpu\","
                + "\"periodUnit\":\"nanoseconds\"}]}");
    assertThat(call("LabelNames", range(""))).contains("\"pod\"").contains("\"service_name\"");
    assertThat(call("LabelNames", range(",\"matchers\":[\"{service_name=\\\"none\\\"}\"]")))
        .isEqualTo("{\"names\":[]}");
    assertThat(call("LabelValues", range(",\"name\":\"service_name\"")))
        .isEqualTo("{\"names\":[\"mail\",\"shop\"]}");
    assertThat(
            call(
                "Series",
                range(
                    ",\"labelNames\":[\"pod\"],"
                        + "\"matchers\":[\"{service_name=~\\\"sh.*\\\"}\"]")))
        .isEqualTo("{\"labelsSet\":[{\"labels\":[{\"name\":\"pod\",\"value\":\"shop-1\"}]}]}");
  }

  @Test
  void mergesStacksIntoAFlameGraph() throws Exception {
    assertThat(call("SelectMergeStacktraces", selection("{service_name=\\\"shop\\\"}", "")))
        .isEqualTo(
            "{\"flamegraph\":{\"names\":[\"total\",\"main\",\"pay\",\"sign\",\"cart\"],"
                + "\"levels\":[{\"values\":[\"0\",\"156\",\"0\",\"0\"]},"
                + "{\"values\":[\"0\",\"156\",\"0\",\"1\"]},"
                + "{\"values\":[\"0\",\"31\",\"31\",\"4\",\"0\",\"125\",\"5\",\"2\"]},"
                + "{\"values\":[\"36\",\"120\",\"120\",\"3\"]}],"
                + "\"total\":\"156\",\"maxSelf\":\"120\"}}");
    assertThat(
            call(
                "SelectMergeStacktraces",
                selection(
                    "{service_name=\\\"shop\\\"}",
                    ",\"stackTraceSelector\":{\"callSite\":[{\"name\":\"main\"},"
                        + "{\"name\":\"cart\"}]}")))
        .contains("\"total\":\"31\"")
        .doesNotContain("sign");
    assertThat(
            call(
                "SelectMergeSpanProfile", selection("{}", ",\"spanSelector\":[\"00ab\",\"ffff\"]")))
        .contains("\"total\":\"5\"")
        .contains("\"names\":[\"total\",\"main\",\"pay\"]");
  }

  private String stacks(String fields) throws Exception {
    return call("SelectMergeStacktraces", selection("{service_name=\\\"shop\\\"}", fields));
  }

  @Test
  void fetchesResultsOfAsynchronousQueriesById() throws Exception {
    String force = "\"type\":\"ASYNC_QUERY_TYPE_FORCE\"";
    String begun = stacks(",\"async\":{" + force + "}");
    Matcher m =
        Pattern.compile(
                "\\{\"async\":\\{\"requestId\":\"([0-9a-f-]{36})\","
                    + "\"status\":\"ASYNC_QUERY_STATUS_IN_PROGRESS\"}}")
            .matcher(begun);
    assertThat(m.matches()).as(begun).isTrue();
    String poll = ",\"async\":{\"requestId\":\"" + m.group(1) + "\"," + force + "}";
    String answer = await(poll);
    assertThat(answer)
        .startsWith(stacks("").replaceAll("}$", ",\"async\":"))
        .endsWith(
            "{\"requestId\":\"" + m.group(1) + "\",\"status\":\"ASYNC_QUERY_STATUS_SUCCESS\"}}");
    assertThat(stacks(poll)).as("kept").isEqualTo(answer);
    byte[] request =
        PyroscopeMessages.MERGE_STACKTRACES_REQUEST.toProto(
            Map.of("async", Map.of("request_id", m.group(1), "type", 1L)));
    byte[] proto = post(SERVICE + "SelectMergeStacktraces", "application/proto", request).body();
    assertThat(
            new String(
                PyroscopeMessages.FLAMES.toJson(PyroscopeMessages.FLAMES.fromProto(proto)), UTF_8))
        .isEqualTo(answer);

    String failing =
        stacks(
            ",\"stackTraceSelector\":{\"goPgo\":{\"keepLocations\":1}},\"async\":{" + force + "}");
    String id = failing.replaceAll(".*requestId\":\"([^\"]*)\".*", "$1");
    assertThat(await(",\"async\":{\"requestId\":\"" + id + "\"," + force + "}"))
        .contains("ASYNC_QUERY_STATUS_FAILURE", "\"errorMessage\":\"not supported: stack_trace");

    HttpResponse<byte[]> other =
        send(
            HttpRequest.newBuilder(uri(SERVICE + "SelectMergeStacktraces"))
                .header("Content-Type", "application/json")
                .header("X-Scope-OrgID", "other")
                .POST(BodyPublishers.ofString(selection("{}", poll))));
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(new String(other.body(), UTF_8)).contains("not_found", m.group(1));
  }

  private String await(String poll) throws Exception {
    for (int i = 0; i < 500; i++) {
      String answer = stacks(poll);
      if (!answer.contains("IN_PROGRESS")) {
        return answer;
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    throw new AssertionError("the query does not end");
  }

  @Test
  void sumsSeriesPerStepByGroup() throws Exception {
    assertThat(call("SelectSeries", selection("{}", ",\"groupBy\":[\"service_name\"],\"step\":15")))
        .isEqualTo(
            "{\"series\":[{\"labels\":[{\"name\":\"service_name\",\"value\":\"mail\"}],"
                + "\"points\":[{\"value\":1000.0,\"timestamp\":\"%d\"}]},".formatted(MS + 15_000)
                + "{\"labels\":[{\"name\":\"service_name\",\"value\":\"shop\"}],"
                + "\"points\":[{\"value\":80.0,\"timestamp\":\"%d\"},".formatted(MS)
                + "{\"value\":75.0,\"timestamp\":\"%d\"},".formatted(MS + 15_000)
                + "{\"value\":1.0,\"timestamp\":\"%d\"}]}]}".formatted(MS + 30_000));
    assertThat(
            call(
                "SelectSeries",
                selection(
                    "{}",
                    ",\"groupBy\":[\"service_name\"],\"step\":60,\"limit\":1,"
                        + "\"stackTraceSelector\":{\"callSite\":[{\"name\":\"main\"},"
                        + "{\"name\":\"pay\"}]}")))
        .contains("shop")
        .doesNotContain("mail");
  }

  @Test
  void seriesContainTheLargestProfileOfEachPoint() throws Exception {
    String body =
        call(
            "SelectSeries",
            selection(
                "{service_name=\\\"shop\\\"}",
                ",\"step\":60,\"groupBy\":[\"service_name\"],"
                    + "\"exemplarType\":\"EXEMPLAR_TYPE_INDIVIDUAL\""));
    assertThat(body)
        .contains("\"exemplars\":[{\"timestamp\":\"" + MS + "\",\"profileId\":\"")
        .contains("\"value\":\"80\",\"labels\":[", "{\"name\":\"pod\",\"value\":\"shop-1\"}")
        .contains("\"exemplars\":[{\"timestamp\":\"" + (MS + 10_000) + "\"");
    HttpResponse<byte[]> r =
        post(
            SERVICE + "SelectSeries",
            "application/json",
            selection("{}", ",\"step\":60,\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"")
                .getBytes(UTF_8));
    assertThat(new String(r.body(), UTF_8)).contains("unimplemented", "EXEMPLAR_TYPE_SPAN");
  }

  @Test
  void heatMapCountsProfilesByStepAndValue() throws Exception {
    String body =
        call(
            "SelectHeatmap",
            selection(
                "{service_name=\\\"shop\\\"}",
                ",\"step\":15,\"groupBy\":[\"service_name\"],"
                    + "\"queryType\":\"HEATMAP_QUERY_TYPE_INDIVIDUAL\","
                    + "\"exemplarType\":\"EXEMPLAR_TYPE_INDIVIDUAL\""));
    // Profiles of 80 at 0 s, 75 at 10 s and 1 at 20 s: ranges of width 79 / 20 from 1 on.
    assertThat(body)
        .startsWith(
            "{\"series\":[{\"labels\":[{\"name\":\"service_name\",\"value\":\"shop\"}],"
                + "\"slots\":[{\"timestamp\":\"%d\",\"yMin\":[1.0,4.0,8.0,".formatted(MS))
        .contains("\"counts\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1],\"exemplars\":[{")
        .contains("{\"timestamp\":\"%d\",".formatted(MS + 15_000))
        .contains("\"counts\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0]")
        .contains("{\"timestamp\":\"%d\",".formatted(MS + 30_000))
        .contains("\"counts\":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]");
    Matcher id =
        Pattern.compile("\"profileId\":\"([^\"]+)\",\"spanId\":\"\",\"value\":\"75\"")
            .matcher(body);
    assertThat(id.find()).as(body).isTrue();
    assertThat(
            call(
                "SelectMergeStacktraces",
                selection("{}", ",\"profileIdSelector\":[\"" + id.group(1) + "\"]")))
        .contains("\"total\":\"75\"");
  }

  @Test
  void heatMapHandlesWidelySpreadValues() throws Exception {
    ProfileDatabase db = Objects.requireNonNull(store);
    append(db, "far", 0, Map.of("main", Long.MAX_VALUE));
    append(db, "far", 1, Map.of("main", -Long.MAX_VALUE));
    assertThat(call("SelectHeatmap", selection("{service_name=\\\"far\\\"}", ",\"step\":60")))
        .contains("\"counts\":[1,0,")
        .contains(",0,1],");
  }

  @Test
  void heatMapCountsSpans() throws Exception {
    assertThat(
            call(
                "SelectHeatmap",
                selection(
                    "{}",
                    ",\"step\":60,\"queryType\":\"HEATMAP_QUERY_TYPE_SPAN\","
                        + "\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"")))
        .contains("\"counts\":[1,0,")
        .contains("\"spanId\":\"00ab\",\"value\":\"5\"")
        .doesNotContain("\"counts\":[0");
  }

  @Test
  void returnsStacksAsTreeOrProfileOnRequest() throws Exception {
    byte[] request =
        PyroscopeMessages.MERGE_STACKTRACES_REQUEST.toProto(
            Map.of(
                "profile_typeID",
                CPU,
                "label_selector",
                "{service_name=\"shop\"}",
                "start",
                MS,
                "end",
                MS + 60_000,
                "format",
                2L));
    HttpResponse<byte[]> r = post(SERVICE + "SelectMergeStacktraces", "application/proto", request);
    Object tree = PyroscopeMessages.FLAMES.fromProto(r.body()).get("tree");
    assertThat(tree)
        .isEqualTo("\0\0\1\4main\0\2\3pay\5\1\4sign\u0078\0\4cart\u001f\0".getBytes(UTF_8));
    assertThat(
            call(
                "SelectMergeStacktraces",
                selection("{service_name=\\\"mail\\\"}", ",\"format\":\"PROFILE_FORMAT_PPROF\"")))
        .startsWith("{\"pprof\":{\"profile\":{")
        .contains("\"value\":[\"1000\"]");
    assertThat(
            call(
                "SelectMergeStacktraces",
                selection("{service_name=\\\"shop\\\"}", ",\"format\":\"PROFILE_FORMAT_DOT\"")))
        .startsWith("{\"dot\":\"digraph \\\"profile\\\" {")
        .contains("N3 -\\u003e N4 [label=\\\"120 nanoseconds\\\"]");
    assertThat(call("SelectMergeStacktraces", selection("{}", ",\"spanSelector\":[\"00ab\"]")))
        .contains("\"total\":\"5\"");
    assertThat(call("SelectMergeStacktraces", selection("{}", ",\"traceIdSelector\":[\"00ab\"]")))
        .contains("\"total\":\"0\"");
  }

  @Test
  void comparesTwoSelections() throws Exception {
    String side =
        "{\"profileTypeID\":\"%s\",\"labelSelector\":\"{service_name=\\\"shop\\\"}\","
            + "\"start\":%d,\"end\":%d}";
    String json =
        "{\"left\":"
            + side.formatted(CPU, MS, MS + 1)
            + ",\"right\":"
            + side.formatted(CPU, MS + 10_000, MS + 10_001)
            + "}";
    assertThat(call("Diff", json))
        .contains("\"leftTicks\":\"80\",\"rightTicks\":\"75\"")
        .contains("{\"values\":[\"0\",\"80\",\"0\",\"0\",\"75\",\"0\",\"0\"]}");
  }

  @Test
  void respondsToProtobufInProtobufAlsoAtTheRoot() throws Exception {
    byte[] request =
        PyroscopeMessages.MERGE_PROFILE_REQUEST.toProto(
            Map.of(
                "profile_typeID",
                CPU,
                "label_selector",
                "{service_name=\"mail\"}",
                "start",
                MS,
                "end",
                MS + 60_000));
    HttpResponse<byte[]> r = post(SERVICE + "SelectMergeProfile", "application/proto", request);
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Type")).contains("application/proto");
    Map<String, Object> profile = PyroscopeMessages.PROFILE.fromProto(r.body());
    assertThat(profile.get("string_table")).asString().contains("send").contains("send.c");
    assertThat(profile.get("period")).isEqualTo(10_000_000L);
    assertThat(profile.get("duration_nanos")).isEqualTo(10_000_000_000L);
    assertThat(call("SelectMergeProfile", selection("{service_name=\\\"mail\\\"}", "")))
        .contains("\"value\":[\"1000\"]")
        .contains("\"stringTable\":[\"\",");
  }

  @Test
  void statisticsContainTimesOfTheStore() throws Exception {
    assertThat(call("GetProfileStats", "{}"))
        .isEqualTo(
            "{\"dataIngested\":true,\"oldestProfileTime\":\"%d\",\"newestProfileTime\":\"%d\"}"
                .formatted(MS, MS + 20_000));
    assertThat(call("AnalyzeQuery", range(",\"query\":\"" + CPU + "{service_name=\\\"shop\\\"}\"")))
        .contains("\"totalQueriedSeries\":\"1\"");
  }

  @Test
  void rejectsInvalidRequestsByName() throws Exception {
    for (String[] bad :
        new String[][] {
          {"SelectMergeStacktraces", range(""), "profile type is ''"},
          {"SelectMergeStacktraces", selection("{a=", ""), "label selector is not valid"},
          {"SelectSeries", selection("{}", ""), "step is 0.0"},
          {"SelectSeries", selection("{}", ",\"step\":0.001"), "more than 11000 points"},
          {"SelectHeatmap", selection("{}", ""), "step is 0.0"},
          {"SelectHeatmap", selection("{}", ",\"step\":0.001"), "more than 11000 points"},
          {"SelectHeatmap", selection("{}", ",\"step\":1,\"limit\":-1"), "limit is -1"},
          {
            "SelectHeatmap",
            selection("{}", ",\"step\":1,\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\""),
            "exemplar_type must be"
          },
          {
            "SelectMergeStacktraces",
            selection("{}", ",\"profileIdSelector\":[\"x\"]"),
            "profile id is 'x'"
          },
          {"LabelValues", range(""), "name is missing"},
          {"LabelValues", "[]", "must be a JSON object"},
          {"Series", "{\"start\":\"x\"}", "start is "},
          {"Series", "{\"start\":5,\"end\":4}", "end is 4, before start 5"}
        }) {
      HttpResponse<byte[]> r =
          post("/pyroscope" + SERVICE + bad[0], "application/json", bad[1].getBytes(UTF_8));
      String body = new String(r.body(), UTF_8);
      assertThat(r.statusCode()).as(body).isEqualTo(400);
      assertThat(body).startsWith("{\"code\":\"invalid_argument\",\"message\":").contains(bad[2]);
    }
    assertThat(post(SERVICE + "Series", "text/plain", new byte[0]).statusCode()).isEqualTo(415);
    HttpResponse<byte[]> pgo =
        post(
            SERVICE + "SelectMergeStacktraces",
            "application/json",
            selection("{}", ",\"stackTraceSelector\":{\"goPgo\":{\"keepLocations\":5}}")
                .getBytes(UTF_8));
    assertThat(pgo.statusCode()).isEqualTo(501);
    assertThat(new String(pgo.body(), UTF_8)).contains("unimplemented").contains("go_pgo");
  }

  @Test
  void mergesTheInnermostLocationsForOptimisation() throws Exception {
    String pgo = ",\"stackTraceSelector\":{\"goPgo\":{\"keepLocations\":1}}";
    HttpResponse<byte[]> r =
        post(
            SERVICE + "SelectMergeProfile",
            "application/json",
            selection("{service_name=\\\"shop\\\"}", pgo).getBytes(UTF_8));
    assertThat(new String(r.body(), UTF_8))
        .contains("\"sign\"", "\"value\":[\"120\"]", "\"value\":[\"31\"]")
        .doesNotContain("\"main\"");
  }

  private HttpResponse<byte[]> render(String path, String... params) throws Exception {
    StringBuilder sb = new StringBuilder("/pyroscope").append(path);
    for (int i = 0; i < params.length; i += 2) {
      sb.append(i == 0 ? '?' : '&').append(params[i]).append('=');
      sb.append(URLEncoder.encode(params[i + 1], UTF_8));
    }
    return send(HttpRequest.newBuilder(uri(sb.toString())));
  }

  @Test
  void renderWritesFlamebearersAndPprof() throws Exception {
    String query = CPU + "{service_name=\"shop\"}";
    String from = Long.toString(MS);
    String until = Long.toString(MS + 30_000);
    String body =
        new String(render("/render", "query", query, "from", from, "until", until).body(), UTF_8);
    assertThat(body)
        .startsWith("{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"main\"")
        .contains("\"numTicks\":156,\"maxSelf\":120}")
        .contains("\"metadata\":{\"format\":\"single\",\"spyName\":\"\",\"sampleRate\":1000000000")
        .contains("\"samples\":[80,75,1,0],\"durationDelta\":10");
    HttpResponse<byte[]> pprof =
        render("/render", "query", query, "from", from, "until", until, "format", "pprof");
    assertThat(pprof.body()).startsWith(0x1f, 0x8b);
    HttpResponse<byte[]> merged =
        render("/pprof/merge", "query", query, "from", from, "until", until);
    assertThat(merged.headers().firstValue("Content-Disposition"))
        .hasValue("attachment; filename=\"profile.pb.gz\"");
    assertThat(merged.body()).isEqualTo(pprof.body());
    assertThat(render("/pprof/merge", "query", "{}").statusCode()).isEqualTo(400);
    HttpResponse<byte[]> dot =
        render("/render", "query", query, "from", from, "until", until, "format", "dot");
    assertThat(new String(dot.body(), UTF_8))
        .startsWith("digraph \"profile\" {")
        .contains("[label=\"main\\n");
    HttpResponse<byte[]> svg = render("/render", "query", query, "format", "svg");
    assertThat(svg.statusCode()).isEqualTo(400);
    assertThat(new String(svg.body(), UTF_8)).contains("format is 'svg'");
    String diff =
        new String(
            render(
                    "/render-diff",
                    "leftQuery",
                    query,
                    "leftFrom",
                    from,
                    "leftUntil",
                    from,
                    "rightQuery",
                    query,
                    "rightFrom",
                    from,
                    "rightUntil",
                    until)
                .body(),
            UTF_8);
    assertThat(diff).contains("\"format\":\"double\"").contains("\"leftTicks\":80");
  }

  @Test
  void queriesComputeOnTheirOwnThreads() throws Exception {
    call("LabelNames", "{\"start\":" + MS + ",\"end\":" + (MS + 60_000) + "}");
    send(HttpRequest.newBuilder(uri("/pyroscope/render?query=" + CPU + "%7B%7D&from=" + MS)));
    assertThat(callers)
        .hasSizeGreaterThan(1)
        .allSatisfy(t -> assertThat(t.getName()).isEqualTo("query-profiles"));
  }

  @Test
  void methodsAnswerOverGrpc() throws Exception {
    HttpListener l = java.util.Objects.requireNonNull(listener);
    GrpcChannel.Options options =
        new GrpcChannel.Options(
            "127.0.0.1", l.port(), null, null, "", false, Duration.ZERO, Duration.ZERO, false, "t");
    try (GrpcChannel channel = new GrpcChannel(options)) {
      byte[] request =
          PyroscopeMessages.MERGE_STACKTRACES_REQUEST.toProto(
              Map.of(
                  "profile_typeID",
                  CPU,
                  "label_selector",
                  "{service_name=\"mail\"}",
                  "start",
                  MS,
                  "end",
                  MS + 60_000));
      GrpcReply r = call(channel, "SelectMergeStacktraces", request);
      assertThat(r.status()).as(r.message()).isEqualTo(GrpcReply.OK);
      assertThat(PyroscopeMessages.FLAMES.fromProto(r.body()).toString()).contains("total=1000");
      r = call(channel, "LabelValues", new byte[0]);
      assertThat(r.status()).isEqualTo(GrpcReply.INVALID_ARGUMENT);
      assertThat(r.message()).contains("name is missing");
    }
  }

  private static GrpcReply call(GrpcChannel channel, String method, byte[] message)
      throws Exception {
    return channel.call(SERVICE + method, Map.of(), message, "", Duration.ofSeconds(30));
  }

  @Test
  void namesDamagedDataInAHeader() throws Exception {
    Objects.requireNonNull(store).close();
    Path part;
    try (Stream<Path> files = Files.walk(folder)) {
      part = files.filter(f -> f.toString().endsWith(".part")).findFirst().orElseThrow();
    }
    byte[] content = Files.readAllBytes(part);
    int named = 0;
    for (int at = 100; at < content.length * 2 / 3; at += 7) {
      byte[] damaged = content.clone();
      damaged[at] ^= 1;
      Files.write(part, damaged);
      try (ProfileDatabase db =
          ProfileDatabase.open(
              new RealFiles(),
              folder,
              new ProfileOptions(EngineOptions.defaults(), ProfileLimits.DEFAULTS))) {
        store = db;
        HttpResponse<byte[]> r =
            send(
                HttpRequest.newBuilder(
                    uri("/pyroscope/render?query=" + CPU + "%7B%7D&from=" + MS + "&until=" + MS)));
        HttpResponse<byte[]> merged =
            post(
                SERVICE + "SelectMergeStacktraces",
                "application/json",
                ("{\"profile_typeID\":\""
                        + CPU
                        + "\",\"label_selector\":\"{}\",\"start\":"
                        + MS
                        + ",\"end\":"
                        + (MS + 60_000)
                        + "}")
                    .getBytes(StandardCharsets.UTF_8));
        assertThat(List.of(r.statusCode(), merged.statusCode())).containsOnly(200);
        String answer = new String(merged.body(), StandardCharsets.UTF_8);
        String warning = merged.headers().firstValue("X-Tethys-Warning").orElse("");
        assertThat(!warning.isEmpty() || answer.contains("\"1156\""))
            .as("%d: %s", at, answer)
            .isTrue();
        named += warning.isEmpty() ? 0 : 1;
        assertThat(warning).doesNotContain(folder.toString());
      }
    }
    assertThat(named).isPositive();
  }
}
