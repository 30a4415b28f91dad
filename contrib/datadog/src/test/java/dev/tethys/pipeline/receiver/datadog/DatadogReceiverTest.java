package dev.tethys.pipeline.receiver.datadog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.mapping.BitwiseLinearlyInterpolatedMapping;
import com.datadoghq.sketch.ddsketch.mapping.LogarithmicMapping;
import com.datadoghq.sketch.ddsketch.store.CollapsingLowestDenseStore;
import com.datadoghq.sketch.ddsketch.store.UnboundedSizeDenseStore;
import dev.tethys.codec.datadog.DogSketch;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.Shown;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sender is Datadog's own client for JavaScript; only the agent uses protobuf. */
@Tag("slow")
class DatadogReceiverTest {
  /** Data sent with the client: series of version 1 and 2, a distribution, a check, a log. */
  private static final String SCRIPT =
      """
      const { client, v1, v2 } = require(process.argv[1]);
      const c = client.createConfiguration({
        baseServer: new client.BaseServerConfiguration(process.argv[2], {}),
        authMethods: { apiKeyAuth: 'k', appKeyAuth: 'a' } });
      (async () => {
        console.log(JSON.stringify(await new v1.AuthenticationApi(c).validate()));
        const m1 = new v1.MetricsApi(c);
        await m1.submitMetrics({ body: { series: [
          { metric: 'hits', type: 'count', interval: 10, host: 'web1', tags: ['env:prod', 'route:x', 'lonely'],
            points: [[1700000000, 3], [1700000010, 4]] },
          { metric: 'load', type: 'gauge', points: [[1700000000, 0.5]] }] } });
        const r = await new v2.MetricsApi(c).submitMetrics({ body: { series: [
          { metric: 'rps', type: 2, interval: 10, unit: 'request', tags: ['service:shop'],
            resources: [{ type: 'host', name: 'web2' }, { type: 'device', name: 'eth0' }],
            points: [{ timestamp: 1700000000, value: 1.5 }] }] } });
        console.log(JSON.stringify(r));
        await m1.submitDistributionPoints({ body: { series: [
          { metric: 'took', host: 'web1', points: [[1700000000, [1.0, 2.0, 0, -4.0]]] }] },
          contentEncoding: 'deflate' });
        await new v1.ServiceChecksApi(c).submitServiceCheck({ body: [
          { check: 'app.ok', hostName: 'web1', status: 1, tags: ['team:a'], timestamp: 1700000000 }] });
        await new v2.LogsApi(c).submitLog({ body: [
          { ddsource: 'nginx', ddtags: 'env:prod,team:a', hostname: 'web1', message: 'it failed', service: 'shop',
            additionalProperties: { status: 'error' } }], contentEncoding: 'gzip' });
        await new v1.EventsApi(c).createEvent({ body: {
          title: 'deployed', text: 'shop 7', host: 'web1', tags: ['env:prod', 'team:a'],
          alertType: 'warning', dateHappened: 1700000000 } });
        console.log('done');
      })().catch(e => { console.log(e); process.exit(1); });
      """;

  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private final List<String> passedOver = new CopyOnWriteArrayList<>();

  private int start() throws IOException {
    return start(Signal.METRICS, Signal.LOGS);
  }

  private int start(Signal... signals) throws IOException {
    PushReceiver r =
        DatadogReceiverFactory.receiver(
            TestPipeline.read(
                new DatadogReceiverFactory(new HttpClientFactory("test")).settings(),
                "{endpoint: '127.0.0.1:0'}"),
            pipeline.of(signals),
            null,
            Scheduler.system(),
            passedOver::add,
            null);
    r.start();
    receiver = r;
    return r.httpPort();
  }

  @Test
  void passesIntakeOnToDatadog() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    AtomicBoolean known = new AtomicBoolean();
    try (HttpListener datadog =
            HttpListener.start(
                HttpListenerOptions.on("127.0.0.1:0"),
                new Routes()
                    .get("/api/v1/validate", (q, r) -> r.status(known.get() ? 200 : 403).send("{}"))
                    .post(
                        "/intake/",
                        (q, r) -> {
                          seen.add(
                              q.header("DD-API-KEY")
                                  + " "
                                  + new String(q.bodyBytes(1000), StandardCharsets.UTF_8));
                          r.status(202).send("{\"status\":\"ok\"}");
                        }),
                null);
        HttpClientFactory clients = new HttpClientFactory("test");
        HttpClient client = HttpClient.newHttpClient()) {
      DatadogReceiverFactory f = new DatadogReceiverFactory(clients);
      int port = Ports.free();
      Receiver r =
          f.create(
              TestPipeline.read(
                  f.settings(),
                  "{endpoint: '127.0.0.1:"
                      + port
                      + "', intake: {behavior: proxy, proxy: {api: {key: secret, endpoint:"
                      + " 'http://127.0.0.1:"
                      + datadog.port()
                      + "', fail_on_invalid_key: true}}}}"),
              pipeline.of(Signal.LOGS),
              new LogContext("datadog", dir));
      assertThatThrownBy(r::start).hasMessageContaining("Datadog rejected the API key");
      known.set(true);
      r.start();
      try {
        HttpResponse<String> a =
            client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/intake/"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"events\":{}}"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(a.statusCode()).isEqualTo(202);
        assertThat(a.body()).contains("ok");
      } finally {
        r.stop(Duration.ZERO);
      }
      assertThat(seen).containsExactly("secret {\"events\":{}}");
      assertThat(pipeline.batches).isEmpty();
      assertThatThrownBy(() -> TestPipeline.read(f.settings(), "{intake: {behavior: proxy}}"))
          .hasMessageContaining("requires proxy.api.key");
    }
  }

  @Test
  void datadogClientSends() throws Exception {
    Path module = Shared.npm("@datadog/datadog-api-client");
    int port = start();
    Path out = dir.resolve("out");
    Process p =
        new ProcessBuilder("node", "-e", SCRIPT, module.toString(), "http://127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = p.waitFor(120, TimeUnit.SECONDS);
    p.destroyForcibly();
    assertThat(Files.readString(out)).contains("{\"valid\":true}", "{\"errors\":[]}", "done");
    assertThat(ended).isTrue();
    long t = 1_700_000_000_000_000_000L;
    assertThat(Shown.points(pipeline.batches))
        .contains(
            "hits delta {route=x, unnamed_lonely=lonely} 3.0 @" + t,
            "hits delta {route=x, unnamed_lonely=lonely} 4.0 @" + (t + 10_000_000_000L),
            "load gauge {} 0.5 @" + t,
            "rps delta {} 15.0 @" + t,
            "service_check gauge {check=app.ok, team=a} 1 @" + t);
    ExponentialHistogramDataPoint h = histograms().getFirst();
    assertThat(h.count()).isEqualTo(4);
    assertThat(h.sum()).isEqualTo(-1);
    assertThat(h.min()).isEqualTo(-4);
    assertThat(h.zeroCount()).isEqualTo(1);
    assertThat(Arrays.stream(h.positiveCounts()).sum()).isEqualTo(2);
    assertThat(Arrays.stream(h.negativeCounts()).sum()).isEqualTo(1);
    assertThat(resources())
        .contains(
            "{deployment.environment=prod, host.name=web1}",
            "{device=eth0, host.name=web2, service.name=shop}");
    assertThat(Shown.records(pipeline.batches).getFirst())
        .startsWith(
            "17 {deployment.environment=prod, host.name=web1, service.name=shop}"
                + "{ddsource=nginx, team=a} it failed @");
    assertThat(Shown.records(pipeline.batches).getLast())
        .isEqualTo(
            "13 {deployment.environment=prod, host.name=web1}{team=a, title=deployed} shop 7 @"
                + t);
  }

  private HttpResponse<String> post(int port, String path, String type, String body)
      throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Content-Type", type)
              .POST(BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void convertsAgentEventsToRecords() throws Exception {
    int port = start();
    HttpResponse<String> r =
        post(
            port,
            "/intake/?api_key=k",
            "application/json",
            """
            {"apiKey":"k","internalHostname":"web1","events":{"Docker":[
              {"msg_title":"image pulled","msg_text":"","timestamp":1700000000,"priority":"low","host":"",
               "tags":["env:prod"],"alert_type":"info","aggregation_key":"a"},
              {"msg_title":"","msg_text":""}]}}
            """);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("item 2: it has neither title nor text");
    assertThat(Shown.records(pipeline.batches))
        .containsExactly(
            "9 {deployment.environment=prod, host.name=web1}{aggregation_key=a, priority=low,"
                + " source_type_name=Docker, title=image pulled} image pulled"
                + " @1700000000000000000");
    assertThat(post(port, "/intake", "application/json", "{\"meta\":{}}").statusCode())
        .isEqualTo(202);
    assertThat(post(port, "/api/v1/events", "application/json", "[]").statusCode()).isEqualTo(400);
    assertThat(
            post(port, "/api/v1/events", "application/json", "{\"title\":\"a\",\"tags\":1}").body())
        .contains("tags are not a list");
  }

  @Test
  void acceptsColumnsOfVersion3() throws Exception {
    int port = start();
    for (String path : List.of("series", "sketches")) {
      String where = "/api/intake/metrics/v3/" + path;
      assertThat(post(port, where, "application/x-protobuf", "").statusCode()).isEqualTo(202);
      assertThat(post(port, where, "application/x-protobuf", "what").statusCode()).isEqualTo(400);
    }
  }

  private int put(int port, String method, String path, byte[] body) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .header("Content-Type", "application/msgpack")
                  .method(method, BodyPublishers.ofByteArray(body))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  /** Sketches by the library of Datadog's tracers for Java. */
  @Test
  void convertsSpanStatisticsToMetrics() throws Exception {
    int port = start();
    DDSketch ok = new DDSketch(new LogarithmicMapping(0.01), () -> new UnboundedSizeDenseStore());
    DDSketch error =
        new DDSketch(
            new BitwiseLinearlyInterpolatedMapping(1 / 128.0),
            () -> new CollapsingLowestDenseStore(1024));
    for (int i = 1; i <= 99; i++) {
      ok.accept(i * 1e7);
    }
    error.accept(2e9, 3);
    long start = 1_700_000_000_000_000_000L;
    Map<String, Object> group =
        Map.of(
            "Service",
            "shop",
            "Name",
            "web.request",
            "Resource",
            "GET /",
            "HTTPStatusCode",
            500,
            "Hits",
            102,
            "Errors",
            3,
            "Duration",
            60_000_000_000L,
            "OkSummary",
            bytes(ok),
            "ErrorSummary",
            bytes(error),
            "PeerTags",
            List.of("peer.service:db"));
    Map<String, Object> tracer =
        Map.of(
            "Env",
            "prod",
            "Stats",
            List.of(
                Map.of(
                    "Start",
                    start,
                    "Duration",
                    10_000_000_000L,
                    "Stats",
                    List.of(group, Map.of("Hits", 1)))));
    assertThat(put(port, "PUT", "/v0.6/stats", DatadogTracesTest.msgpack(tracer)))
        .as("the second group has no name")
        .isEqualTo(400);
    String at = " @" + (start + 10_000_000_000L);
    String of = " {http.status_code=500, peer.service=db, resource_name=GET /} ";
    assertThat(Shown.points(pipeline.batches))
        .contains(
            "trace.web.request.hits delta" + of + "102.0" + at,
            "trace.web.request.errors delta" + of + "3.0" + at,
            "trace.web.request.duration delta" + of + "60.0" + at);
    ExponentialHistogramDataPoint h = histograms().getFirst();
    assertThat(h.count()).isEqualTo(102);
    assertThat(h.sum()).isEqualTo(60);
    assertThat(h.min()).isCloseTo(0.01, withinPercentage(2));
    assertThat(h.max()).isCloseTo(2, withinPercentage(2));
    assertThat(resources()).containsExactly("{deployment.environment=prod, service.name=shop}");
    pipeline.batches.clear();
    Map<String, Object> agent = Map.of("AgentHostname", "web1", "Stats", List.of(tracer));
    assertThat(put(port, "POST", "/api/v0.2/stats", DatadogTracesTest.msgpack(agent)))
        .isEqualTo(400);
    assertThat(resources())
        .containsExactly("{deployment.environment=prod, host.name=web1, service.name=shop}");
    assertThat(put(port, "PUT", "/v0.6/stats", new byte[] {1})).isEqualTo(400);
  }

  private static byte[] bytes(DDSketch s) {
    ByteBuffer b = s.serialize();
    byte[] out = new byte[b.remaining()];
    b.get(out);
    return out;
  }

  private List<ExponentialHistogramDataPoint> histograms() {
    return pipeline.batches.stream()
        .filter(b -> b.signal() == Signal.METRICS)
        .flatMap(b -> new OtlpReader().metrics(b.body(), 0, b.body().length).resources().stream())
        .flatMap(g -> g.scopes().stream())
        .flatMap(s -> s.items().stream())
        .filter(m -> m.data() instanceof MetricData.ExponentialHistogram)
        .flatMap(m -> ((MetricData.ExponentialHistogram) m.data()).points().stream())
        .toList();
  }

  private List<String> resources() {
    return pipeline.batches.stream()
        .filter(b -> b.signal() == Signal.METRICS)
        .flatMap(b -> new OtlpReader().metrics(b.body(), 0, b.body().length).resources().stream())
        .map(g -> Shown.sorted(g.resource().attributes()))
        .toList();
  }

  private static HttpResponse<String> post(int port, String path, String type, byte[] body)
      throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Content-Type", type)
              .POST(BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static HttpResponse<String> json(int port, String path, String body) throws Exception {
    return post(port, path, "application/json", body.getBytes(UTF_8));
  }

  private static byte[] sketches(DogSketch s, double sum, double min, double max) {
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.string(1, "took").string(2, "web1").string(4, "env:prod");
    s.write(w, 7, 1_700_000_000L, min, max, sum);
    w.end(m);
    return w.toByteArray();
  }

  @Test
  void convertsSketchesToHistogramsWithEqualCounts() throws Exception {
    int port = start();
    DogSketch s = new DogSketch();
    for (int i = 1; i <= 1000; i++) {
      s.add(i / 10.0, 7);
    }
    s.add(0, 5);
    s.add(-3, 2);
    HttpResponse<String> a =
        post(port, "/api/beta/sketches", "application/x-protobuf", sketches(s, 350_344, -3, 100));
    assertThat(a.statusCode()).isEqualTo(202);
    ExponentialHistogramDataPoint h = histograms().getFirst();
    assertThat(h.count()).isEqualTo(7007);
    assertThat(h.zeroCount()).isEqualTo(5);
    assertThat(h.scale()).isEqualTo(5);
    long[] counts = h.positiveCounts();
    assertThat(Arrays.stream(counts).sum()).isEqualTo(7000);
    // Half of the observations are up to 50: where their bucket ends is within a bucket of that.
    long seen = 0;
    int i = 0;
    while (seen < 3500) {
      seen += counts[i++];
    }
    assertThat(Math.pow(2, (h.positiveOffset() + i) / 32.0)).isBetween(48.5, 52.5);
    assertThat(Math.pow(2, h.positiveOffset() / 32.0)).isBetween(0.095, 0.1);

    pipeline.batches.clear();
    DogSketch wide = new DogSketch();
    wide.add(1e-9, 1);
    wide.add(1e200, 1);
    a = post(port, "/api/v1/sketches", "application/x-protobuf", sketches(wide, 1e200, 0, 1e200));
    assertThat(a.statusCode()).isEqualTo(202);
    assertThat(histograms().getFirst().positiveCounts().length).isLessThanOrEqualTo(2048);
    assertThat(histograms().getFirst().scale()).isLessThan(5);
    assertThat(Arrays.stream(histograms().getFirst().positiveCounts()).sum()).isEqualTo(2);

    // Many short sketches with distant keys: their decoded size is bounded.
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.string(1, "took");
    for (int n = 0; n < 1000; n++) {
      wide.write(w, 7, 1_700_000_000L, 0, 1, 1);
    }
    w.end(m);
    a = post(port, "/api/beta/sketches", "application/x-protobuf", w.toByteArray());
    assertThat(a.statusCode()).isEqualTo(400);
    assertThat(a.body()).contains("the sketches of a request are more than");
  }

  private static void series(ProtoWriter w, String name, int type, long seconds, double value) {
    int m = w.begin(1);
    int r = w.begin(1);
    w.string(1, "host").string(2, "web1");
    w.end(r);
    w.string(2, name).string(3, "env:prod");
    int p = w.begin(4);
    w.float64(1, value).int64(2, seconds);
    w.end(p);
    w.int64(5, type).int64(8, 10);
    w.end(m);
  }

  @Test
  void rejectsOnlyTheInvalidItem() throws Exception {
    int port = start();
    ProtoWriter w = new ProtoWriter();
    series(w, "hits", 1, 1_700_000_000L, 2);
    series(w, "odd", 7, 1_700_000_000L, 2);
    series(w, "late", 3, -1, 2);
    series(w, "nan", 3, 1_700_000_000L, Double.NaN);
    HttpResponse<String> a =
        post(port, "/api/v2/series", "application/x-protobuf", w.toByteArray());
    assertThat(a.statusCode()).isEqualTo(202);
    assertThat(a.body())
        .contains("item 2: unknown type 7: odd", "item 3: timestamp -1", "item 4: value NaN");
    assertThat(Shown.points(pipeline.batches))
        .containsExactly("hits delta {} 2.0 @1700000000000000000");
    pipeline.batches.clear();

    a =
        json(
            port,
            "/api/v1/series",
            "{\"series\":[{\"metric\":\"a\",\"points\":[[1700000000,1],[1700000010]]},1,"
                + "{\"metric\":\"b\",\"type\":\"odd\",\"points\":[]}]}");
    assertThat(a.statusCode()).isEqualTo(400);
    assertThat(a.body())
        .contains(
            "item 1: a point is not a pair", "item 2: not a JSON object", "item 3: unknown type");
    assertThat(Shown.points(pipeline.batches)).hasSize(1);

    a =
        json(
            port,
            "/api/v2/logs",
            "[{\"message\":\"m\",\"timestamp\":1700000000000},{\"timestamp\":\"soon\"},3]");
    assertThat(a.statusCode()).isEqualTo(400);
    assertThat(a.body()).contains("item 2: timestamp is not a time", "item 3: not a JSON object");
    assertThat(Shown.records(pipeline.batches)).containsExactly("0 {}{} m @1700000000000000000");
    assertThat(json(port, "/api/v1/check_run", "{\"check\":\"c\",\"status\":9}").body())
        .contains("status must be 0, 1, 2 or 3");
    assertThat(post(port, "/api/v2/logs", "text/plain", new byte[] {65}).statusCode())
        .isEqualTo(415);
  }

  @Test
  void rejectsMalformedRequestsAsAWhole() throws Exception {
    int port = start();
    for (String path : new String[] {"series", "distribution_points", "check_run"}) {
      for (String body : List.of("", "{", "1", "{\"series\":1}")) {
        if (path.equals("check_run") && body.startsWith("{\"")) {
          continue;
        }
        HttpResponse<String> a = json(port, "/api/v1/" + path, body);
        assertThat(a.statusCode()).as(path + body).isEqualTo(400);
        assertThat(a.body()).startsWith("{\"errors\":[\"");
      }
    }
    for (String path : new String[] {"/api/v2/series", "/api/beta/sketches"}) {
      byte[] body = {10, 100, 1};
      assertThat(post(port, path, "application/x-protobuf", body).statusCode()).isEqualTo(400);
    }
    assertThat(json(port, "/api/v2/logs", "7").statusCode()).isEqualTo(400);
    assertThat(pipeline.batches).isEmpty();
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    HttpResponse<String> a =
        json(
            port,
            "/api/v1/series",
            "{\"series\":[{\"metric\":\"a\",\"points\":[[1700000000,1]]}]}");
    assertThat(a.statusCode()).isEqualTo(503);
    assertThat(a.headers().firstValue("Retry-After")).contains("3");
  }

  @Test
  void reportsAWrongSize() {
    assertThatThrownBy(
            () ->
                TestPipeline.read(
                    new DatadogReceiverFactory(new HttpClientFactory("test")).settings(),
                    "{trace_id_cache_size: -1}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("trace_id_cache_size");
  }

  /** An agent posts them with any configuration, and repeats requests that fail. */
  @Test
  void acknowledgesAndCountsHostReports() throws Exception {
    int port = start(Signal.METRICS);
    List<String> paths =
        List.of(
            "/intake/",
            "/api/v1/metadata",
            "/api/v2/host_metadata",
            "/api/v1/collector",
            "/api/v1/container",
            "/api/v2/orch");
    for (String path : paths) {
      assertThat(post(port, path, "application/json", "{}").statusCode()).as(path).isEqualTo(200);
    }
    assertThat(passedOver).isEqualTo(paths);
    assertThat(post(port, "/api/v1/nothing", "application/json", "{}").statusCode()).isEqualTo(404);
  }

  @Test
  void acknowledgesAndCountsUnsupportedData() throws Exception {
    int port = start(Signal.TRACES);
    List<String> paths =
        List.of(
            "/api/v1/series",
            "/api/v2/series",
            "/api/beta/sketches",
            "/api/intake/metrics/v3/series",
            "/api/v1/distribution_points",
            "/api/v1/check_run",
            "/v0.6/stats",
            "/api/v0.2/stats",
            "/api/v2/logs",
            "/v1/input",
            "/api/v1/events",
            "/intake");
    for (String path : paths) {
      assertThat(post(port, path, "application/json", "{}").statusCode()).as(path).isEqualTo(200);
    }
    assertThat(post(port, "/v1/input/secret", "application/json", "{}").statusCode())
        .isEqualTo(200);
    stop();
    int ofMetrics = start(Signal.METRICS);
    for (String method : List.of("POST", "PUT")) {
      assertThat(put(ofMetrics, method, "/v0.4/traces", new byte[] {(byte) 0x90})).isEqualTo(200);
    }
    assertThat(put(ofMetrics, "POST", "/api/v0.2/traces", new byte[] {0x0a, 1, 'h'}))
        .isEqualTo(200);
    // malformed data is rejected as in a pipeline of traces
    byte[] random = new byte[500];
    new java.util.Random(1).nextBytes(random);
    for (String path : List.of("/v0.3/traces", "/v0.4/traces", "/v0.5/traces", "/v0.7/traces")) {
      assertThat(put(ofMetrics, "POST", path, random)).as(path).isEqualTo(400);
    }
    assertThat(put(ofMetrics, "POST", "/api/v0.2/traces", random)).isEqualTo(400);
    List<String> all = new ArrayList<>(paths);
    all.addAll(List.of("/v1/input/{key}", "/v0.4/traces", "/v0.4/traces", "/api/v0.2/traces"));
    assertThat(passedOver).isEqualTo(all);
  }
}
