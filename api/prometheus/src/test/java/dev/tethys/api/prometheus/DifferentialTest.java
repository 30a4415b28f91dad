package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.testkit.Shared;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The same data and the same requests to a real Prometheus and to this API. Queries that releases
 * answer differently (the reference here is 3.14, a machine's may be older) are omitted.
 */
@Tag("slow")
class DifferentialTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long NOW = ApiServer.NOW.toEpochMilli() / 1000 * 1000;

  @TempDir static Path folder;
  private static RealPrometheus real;
  private static ApiServer ours;
  private static PromqlEngine engine;

  @BeforeAll
  static void start() throws Exception {
    Shared.peer("prometheus");
    real = new RealPrometheus(folder);
    ours = new ApiServer(ApiSettings.DEFAULT.with(true, false, false));
    ours.externalLabels = Map.of("region", "eu");
    engine = new PromqlEngine(EngineOptions.defaults());
    ours.engine = QueryEngine.of(engine, ours.store);
    WriteRequestWriter w = new WriteRequestWriter();
    series(w, Labels.of("__name__", "up", "job", "a", "instance", "x:1"), i -> i % 3 == 0 ? 0 : 1);
    series(w, Labels.of("__name__", "up", "job", "b", "instance", "y:1"), i -> 1);
    series(w, Labels.of("__name__", "requests_total", "code", "200"), i -> i * 7.25);
    series(w, Labels.of("__name__", "requests_total", "code", "500"), i -> i / 3);
    series(w, Labels.of("__name__", "odd", "kind", "inf"), i -> Double.POSITIVE_INFINITY);
    series(w, Labels.of("__name__", "odd", "kind", "nan"), i -> Samples.NORMAL_NAN);
    series(w, Labels.of("__name__", "odd", "kind", "tiny"), i -> 1e-7 * (i + 1));
    series(w, Labels.of("__name__", "odd", "kind", "huge"), i -> 1.5e300);
    series(w, Labels.of("__name__", "text", "t", "a\"b\\c\n<d>&\u2028é☺"), i -> 3);
    series(w, Labels.of("__name__", "utf.8 name", "a.b", "c"), i -> 4);
    for (String le : List.of("0.1", "1", "+Inf")) {
      double n = le.equals("0.1") ? 1 : le.equals("1") ? 3 : 4;
      series(w, Labels.of("__name__", "lat_bucket", "le", le), i -> i * n);
    }
    histograms(w);
    exemplars(w);
    real.write(w);
  }

  private interface At {
    double value(int i);
  }

  private static void series(WriteRequestWriter w, Labels labels, At at) {
    w.beginSeries(labels);
    for (int i = 0; i < 41; i++) {
      long t = NOW - (40 - i) * 15_000L;
      w.sample(t, at.value(i));
      ours.sample(labels, t, at.value(i));
    }
    w.endSeries();
  }

  private static void histograms(WriteRequestWriter w) {
    Labels labels = Labels.of("__name__", "native", "job", "a");
    w.beginSeries(labels);
    for (int i = 0; i < 41; i++) {
      Histogram h =
          new Histogram(
              false,
              Histogram.ResetHint.UNKNOWN,
              1,
              0.001,
              i,
              6.0 * i,
              2.5 * i,
              new int[] {0, 2, 1, 1},
              new double[] {i, 2 * i, i},
              new int[] {-1, 1},
              new double[] {i},
              null);
      long t = NOW - (40 - i) * 15_000L;
      w.histogram(t, h);
      ours.sample(labels, t, h);
    }
    w.endSeries();
  }

  private static void exemplars(WriteRequestWriter w) {
    Labels labels = Labels.of("__name__", "requests_total", "code", "200");
    Exemplar x = new Exemplar(Labels.of("trace_id", "abc"), 0.25, NOW - 1234);
    w.beginSeries(labels).exemplar(x).endSeries();
    try (Appender a = ours.store.appender()) {
      a.append(a.series(labels), x);
      a.commit();
    }
  }

  @AfterAll
  static void stop() {
    if (real != null) {
      real.close();
      ours.close();
      engine.close();
    }
  }

  private static final String T = String.valueOf(NOW / 1000);
  private static final String RANGE = "&start=" + (NOW / 1000 - 600) + "&end=" + T + "&step=30";
  private static final String WINDOW = "start=" + (NOW / 1000 - 900) + "&end=" + T;

  private static Stream<String> requests() {
    Stream<String> queries =
        Stream.of(
            "up",
            "rate(requests_total[2m])",
            "sum by (job) (up)",
            "odd",
            "-odd",
            "text",
            "{\"utf.8 name\"}",
            "native",
            "histogram_quantile(0.9, native)",
            "histogram_quantile(0.5, lat_bucket)",
            "1/0",
            "\"a<b\"",
            "time()",
            "vector(0.1)",
            "up[1m]",
            "absent(nothing{a=\"b\"})",
            "count_values(\"v\", up)",
            "sum(up) / on() count(up)",
            "up * on(job) group_left() count by (job) (up)",
            "topk(1, up)",
            "label_replace(up, \"x\", \"$1\", \"job\", \"(.*)\")",
            "rate(up[2m])",
            "quantile(2, up)",
            "up offset 1m @ " + T,
            "max_over_time(up[5m:1m])",
            "up{job=",
            "sum(up",
            "rate(up)",
            "foo bar",
            "what(up)",
            "limitk(1, up)",
            "up[5",
            "1 == 2",
            "");
    Stream<String> fromQueries =
        queries.flatMap(
            q -> {
              String e = URLEncoder.encode(q, StandardCharsets.UTF_8);
              return Stream.of(
                  "/api/v1/query?time=" + T + "&query=" + e,
                  "/api/v1/query_range?query=" + e + RANGE,
                  "/api/v1/format_query?query=" + e);
            });
    return Stream.concat(
        fromQueries,
        Stream.of(
            "/api/v1/query?query=up&limit=1&time=" + T,
            "/api/v1/query?query=up&time=" + T + ".5&lookback_delta=1s",
            "/api/v1/query?query=up&time=2026-01-02T03:04:05Z",
            "/api/v1/query?query=up&time=x",
            "/api/v1/query?query=up&limit=x",
            "/api/v1/query?query=up&limit=-1",
            "/api/v1/query?query=up&limit=99999999999999999999",
            "/api/v1/query?query=up&timeout=q",
            "/api/v1/query?query=up&lookback_delta=q",
            "/api/v1/query_range?query=up&start=1&end=0&step=1",
            "/api/v1/query_range?query=up&start=0&end=1&step=0",
            "/api/v1/query_range?query=up&start=0&end=1&step=-1",
            "/api/v1/query_range?query=up&start=0&end=1&step=1e300",
            "/api/v1/query_range?query=up&start=0&end=12000&step=1",
            "/api/v1/query_range?query=up&end=1&step=1",
            "/api/v1/query_range?query=up",
            "/api/v1/query_exemplars?query=requests_total&" + WINDOW,
            "/api/v1/query_exemplars?query=up&" + WINDOW,
            "/api/v1/query_exemplars?query=(",
            "/api/v1/labels?" + WINDOW,
            "/api/v1/labels",
            "/api/v1/labels?limit=2",
            "/api/v1/labels?match[]=up&" + WINDOW,
            "/api/v1/labels?match[]=up&match[]=text&limit=3",
            "/api/v1/labels?match[]={a=\"\"}",
            "/api/v1/labels?match[]=up{",
            "/api/v1/labels?start=x",
            "/api/v1/label/job/values",
            "/api/v1/label/job/values?limit=1",
            "/api/v1/label/__name__/values?match[]={job=~\".+\"}",
            "/api/v1/label/U__a_2e_b/values",
            "/api/v1/label/t/values",
            "/api/v1/label/nothing/values",
            "/api/v1/label/job/values?match[]=1",
            "/api/v1/series?match[]=up",
            "/api/v1/series?match[]=up&match[]={job=\"a\"}&limit=2",
            "/api/v1/series?match[]=text&" + WINDOW,
            "/api/v1/series?match[]=nothing",
            "/api/v1/series",
            "/api/v1/series?match[]={}",
            "/api/v1/series?match[]=up[5m]",
            "/api/v1/targets?state=any",
            "/api/v1/targets/metadata?limit=x",
            "/api/v1/targets/metadata",
            "/api/v1/scrape_pools",
            "/api/v1/metadata",
            "/api/v1/metadata?limit=x",
            "/api/v1/metadata?limit_per_metric=x",
            "/api/v1/rules",
            "/api/v1/rules?type=x",
            "/api/v1/rules?exclude_alerts=x",
            "/api/v1/rules?group_limit=0",
            "/api/v1/rules?group_limit=x",
            "/api/v1/rules?group_next_token=x",
            "/api/v1/rules?match[]={",
            "/api/v1/alerts",
            "/api/v1/alertmanagers",
            "/api/v1/notifications",
            "/api/v1/status/tsdb?limit=0",
            "/api/v1/nothing",
            "/federate?match[]=nothing",
            "/federate?match[]={",
            "/-/healthy",
            "/-/ready",
            "/-/reload",
            "/api/v1/parse_query?query=sum+by(job)(rate(up[5m]+offset+1m))+>+bool+-1"));
  }

  @TestFactory
  Stream<DynamicTest> sameAnswers() {
    return requests()
        .map(r -> r.replace("[]=", "%5B%5D=").replace("{", "%7B").replace("}", "%7D"))
        .map(r -> r.replace("\"", "%22").replace("~", "%7E").replace(">", "%3E"))
        .map(r -> r.endsWith("[5m]") ? r.replace("[5m]", "%5B5m%5D") : r)
        .map(r -> r.replace("up[5m]", "up%5B5m%5D"))
        .map(r -> DynamicTest.dynamicTest(r, () -> compare(r)));
  }

  private static void compare(String path) throws Exception {
    HttpResponse<String> expected =
        ours.client.send(real.request(path).build(), HttpResponse.BodyHandlers.ofString());
    HttpResponse<String> actual = ours.send(ours.request(path));
    assertThat(actual.statusCode() + " " + normal(actual.body()))
        .isEqualTo(expected.statusCode() + " " + normal(expected.body()));
    assertThat(mediaType(actual)).isEqualTo(mediaType(expected));
  }

  private static String mediaType(HttpResponse<String> r) {
    return r.headers().firstValue("Content-Type").orElse("").split(";")[0];
  }

  /** JSON without what is not told in order or not the same in two versions. */
  private static String normal(String body) {
    if (!body.startsWith("{")) {
      return body;
    }
    JsonNode n = JSON.readTree(body);
    JsonNode result = n.path("data").path("result");
    if (n.path("data").path("resultType").asString("").equals("vector")) {
      List<String> samples = new ArrayList<>();
      result.forEach(s -> samples.add(s.toString()));
      samples.sort(null); // vectors have no order, but for sort: tested elsewhere
      return n.path("status") + samples.toString() + n.path("warnings") + n.path("infos");
    }
    return sorted(n).toString();
  }

  /** Fields of the tree that releases after the usual peer have. */
  private static final Set<String> NEWER =
      Set.of("anchored", "smoothed", "offsetExpr", "rangeExpr", "stepExpr", "fillValues");

  private static Object sorted(JsonNode n) {
    if (n.isObject()) {
      TreeMap<String, Object> m = new TreeMap<>();
      n.forEachEntry(
          (k, v) -> {
            if (!NEWER.contains(k)) {
              m.put(k, sorted(v));
            }
          });
      return m;
    }
    if (n.isArray()) {
      List<Object> l = new ArrayList<>();
      n.forEach(v -> l.add(sorted(v)));
      return l;
    }
    return n.toString();
  }

  @Test
  void federatesTheSame() throws Exception {
    String path = "/federate?match%5B%5D=up&match%5B%5D=odd";
    HttpResponse<String> actual = ours.send(ours.request(path));
    assertThat(actual.statusCode()).isEqualTo(200);
    // The real one looks back from its own clock, at which this data is long gone: only ours.
    assertThat(actual.body())
        .contains("up{instance=\"x:1\",job=\"a\",region=\"eu\"} 1 " + NOW + "\n")
        .contains("odd{instance=\"\",kind=\"inf\",region=\"eu\"} +Inf " + NOW + "\n");
  }

  @TestFactory
  Stream<DynamicTest> promtoolUnderstandsIt() {
    String[][] commands = {
      {"query", "instant", "--time=" + T, "URL", "up"},
      {"query", "instant", "--time=" + T, "URL", "native"},
      {"query", "instant", "URL", "sum("},
      {"query", "range", "--start=" + (NOW / 1000 - 60), "--end=" + T, "--step=30s", "URL", "up"},
      {"query", "series", "--match=up", "--start=" + (NOW / 1000 - 60), "--end=" + T, "URL"},
      {"query", "labels", "--start=" + (NOW / 1000 - 60), "--end=" + T, "URL", "job"},
      {"check", "healthy", "--url=URL"},
      {"check", "ready", "--url=URL"},
    };
    return Arrays.stream(commands)
        .map(c -> DynamicTest.dynamicTest(String.join(" ", c), () -> samePromtool(c)));
  }

  private static void samePromtool(String... command) throws Exception {
    assertThat(promtool(ours.listener.port(), command)).isEqualTo(promtool(real.port, command));
  }

  private static List<String> promtool(int port, String... command) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Shared.peer("promtool").toString());
    for (String c : command) {
      line.add(c.replace("URL", "http://127.0.0.1:" + port));
    }
    Path out = Files.createTempFile(folder, "promtool", ".txt");
    Process p =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    List<String> lines = new ArrayList<>(Files.readAllLines(out));
    lines.replaceAll(l -> l.replace(String.valueOf(port), "PORT"));
    lines.sort(null);
    lines.add("exit " + p.exitValue());
    return lines;
  }

  @Test
  void deletesByPost() throws Exception {
    HttpRequest.Builder r =
        ours.request("/api/v1/admin/tsdb/delete_series?match%5B%5D=nothing")
            .POST(HttpRequest.BodyPublishers.noBody());
    assertThat(ours.send(r).statusCode()).isEqualTo(204);
  }
}
