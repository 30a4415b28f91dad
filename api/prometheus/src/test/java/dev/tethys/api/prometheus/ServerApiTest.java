package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.NameScheme;
import dev.tethys.model.Samples;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.Shared;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

@Tag("slow")
class ServerApiTest {
  private static final String OK = "200 {\"status\":\"success\",\"data\":";

  private static String error(int status, String type, String message) {
    return status
        + " {\"status\":\"error\",\"errorType\":\""
        + type
        + "\",\"error\":\""
        + message
        + "\"}";
  }

  @Test
  void status() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/api/v1/status/config"))
          .isEqualTo(OK + "{\"yaml\":\"global:\\n  scrape_interval: 15s\\n\"}}");
      assertThat(s.get("/api/v1/status/flags"))
          .isEqualTo(OK + "{\"alpha\":\"\\u003c1\\u003e\",\"web.enable-lifecycle\":\"false\"}}");
      assertThat(s.get("/api/v1/status/runtimeinfo"))
          .isEqualTo(
              OK
                  + "{\"startTime\":\"2026-01-02T03:04:05.678Z\",\"CWD\":\"/data\","
                  + "\"hostname\":\"host\",\"serverTime\":\"2026-01-02T03:04:06Z\","
                  + "\"reloadConfigSuccess\":true,\"lastConfigTime\":"
                  + "\"2026-01-02T03:04:05.678Z\",\"corruptionCount\":0,\"goroutineCount\":12,"
                  + "\"GOMAXPROCS\":2,\"GOMEMLIMIT\":1073741824,\"GOGC\":\"\",\"GODEBUG\":\"\","
                  + "\"storageRetention\":\"15d\"}}");
      String build =
          "{\"version\":\"3.14.0\",\"revision\":\"abc\",\"branch\":\"main\",\"buildUser\":\"me\","
              + "\"buildDate\":\"20260102\",\"goVersion\":\"25\"}";
      assertThat(s.get("/api/v1/status/buildinfo")).isEqualTo(OK + build + "}");
      assertThat(s.get("/version")).isEqualTo("200 " + build + "\n");
      assertThat(s.get("/api/v1/status/tsdb?limit=1"))
          .isEqualTo(
              OK
                  + "{\"headStats\":{\"numSeries\":5,\"numLabelPairs\":7,\"chunkCount\":9,"
                  + "\"minTime\":-1,\"maxTime\":2000},\"seriesCountByMetricName\":"
                  + "[{\"name\":\"up\",\"value\":3}],\"labelValueCountByLabelName\":[],"
                  + "\"memoryInBytesByLabelName\":[],\"seriesCountByLabelValuePair\":"
                  + "[{\"name\":\"up\",\"value\":3}]}}");
      assertThat(s.get("/api/v1/status/tsdb?limit=0"))
          .isEqualTo(error(400, "bad_data", "limit must be a positive number"));
      assertThat(s.get("/api/v1/status/tsdb?limit=10001"))
          .isEqualTo(error(400, "bad_data", "limit must not exceed 10000"));
      assertThat(s.get("/api/v1/status/tsdb/blocks"))
          .isEqualTo(
              OK
                  + "{\"blocks\":[{\"ulid\":\"01ABC\",\"minTime\":0,\"maxTime\":7200000,"
                  + "\"stats\":{\"numSamples\":10,\"numFloatSamples\":10,\"numSeries\":2,"
                  + "\"numChunks\":3,\"numBytes\":512},\"compaction\":{\"level\":1,\"sources\":[\"01ABC\"]},"
                  + "\"version\":1}]}}");
      assertThat(s.get("/api/v1/status/walreplay"))
          .isEqualTo(OK + "{\"min\":0,\"max\":4,\"current\":2,\"state\":\"done\"}}");
      assertThat(s.get("/api/v1/features"))
          .startsWith(OK + "{\"api\":{\"admin\":false,")
          .contains("\"promql_operators\":{\"!=\":true,", "\"rules\":{\"x\":true}");
    }
  }

  @Test
  void featuresHavePrometheusNames() throws Exception {
    JsonNode golden =
        new ObjectMapper()
            .readTree(
                Files.readString(Shared.conformance("prometheus/cmd-prometheus/features.json")));
    Map<String, Map<String, Boolean>> ours = ApiFeatures.of(ApiSettings.DEFAULT);
    ours.forEach(
        (category, features) -> {
          Map<String, Boolean> expected = new TreeMap<>();
          golden.path(category).forEachEntry((k, v) -> expected.put(k, v.asBoolean()));
          assertThat(features).as(category).isEqualTo(expected);
        });
    ParserOptions all = ParserOptions.ALL;
    ApiSettings d = ApiSettings.DEFAULT;
    ApiSettings on =
        new ApiSettings(
            d.applicationName(),
            false,
            true,
            true,
            true,
            0,
            d.corsOrigin(),
            d.lookback(),
            d.timeout(),
            "",
            all);
    assertThat(ApiFeatures.of(on).get("promql_functions")).doesNotContainValue(false);
    assertThat(ApiFeatures.of(on).get("promql_operators")).doesNotContainValue(false);
    assertThat(ApiFeatures.of(on).get("promql")).containsEntry("fill", true);
  }

  private static ApiSettings settings(boolean search, String corsOrigin, Duration timeout) {
    ApiSettings d = ApiSettings.DEFAULT;
    return new ApiSettings(
        d.applicationName(),
        false,
        false,
        false,
        search,
        0,
        Pattern.compile(corsOrigin),
        d.lookback(),
        timeout,
        "",
        d.parser());
  }

  /** A window of 900 characters that no automaton remembers: seconds over a text of this length. */
  @Test
  void seriesLookupHasTheTimeoutOfQueries() throws Exception {
    ApiSettings brief = settings(true, ".*", Duration.ofMillis(100));
    try (ApiServer s = new ApiServer(brief)) {
      try (Appender a = s.store.appender()) {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2_000_000; i++) {
          text.append(random.nextBoolean() ? 'a' : 'b');
        }
        Labels slow = Labels.of("__name__", "m", "a", text.toString());
        a.append(a.series(slow), 0, ApiServer.NOW.toEpochMilli(), 1);
        a.commit();
      }
      String selector = "%7Ba%3D~%22.*a.%7B900%7D%5Bcd%5D%22%7D"; // {a=~".*a.{900}[cd]"}
      String match = "match%5B%5D=" + selector;
      for (String path : List.of("labels", "label/a/values", "series", "search/label_names")) {
        assertThat(s.get("/api/v1/" + path + "?" + match))
            .as(path)
            .startsWith("503 ")
            .contains("\"errorType\":\"timeout\"", "--query.timeout allows (100 ms)");
      }
      assertThat(s.get("/api/v1/query_exemplars?query=" + selector))
          .as("exemplars")
          .startsWith("503 ")
          .contains("--query.timeout allows (100 ms)");
      assertThat(s.get("/federate?" + match)).startsWith("503 the search for series took longer");
      assertThat(s.get("/api/v1/labels")).startsWith("200");
    }
  }

  @Test
  void ownMetrics() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.registry.counters("x_total", "X.", "a").with("b").add(2);
      s.registry.histograms("h_seconds", "H.", new double[] {1, 2}).with().observe(1.5);
      assertThat(s.get("/metrics"))
          .contains("# TYPE x_total counter\nx_total{a=\"b\"} 2\n", "\nprometheus_ready 1\n");
      assertThat(s.get("/api/v1/status/self_metrics?metric_name_pattern=x_.*"))
          .isEqualTo(
              OK
                  + "[{\"name\":\"x_total\",\"help\":\"X.\",\"type\":\"COUNTER\",\"metric\":"
                  + "[{\"label\":[{\"name\":\"a\",\"value\":\"b\"}],\"counter\":{\"value\":2}}]}]}");
      assertThat(s.get("/api/v1/status/self_metrics?metric_name_pattern=h_seconds"))
          .contains(
              "\"histogram\":{\"sampleCount\":\"1\",\"sampleSum\":1.5,\"bucket\":"
                  + "[{\"cumulativeCount\":\"0\",\"upperBound\":1},"
                  + "{\"cumulativeCount\":\"1\",\"upperBound\":2}]}");
      assertThat(s.get("/api/v1/status/self_metrics?metric_name_pattern=("))
          .startsWith("400 ")
          .contains("invalid metric_name_pattern: ");
      HttpResponse<String> r =
          s.send(s.request("/metrics").header("Accept", "application/openmetrics-text"));
      assertThat(r.headers().firstValue("Content-Type").orElse(""))
          .startsWith("application/openmetrics-text; version=0.0.1");
      assertThat(r.body()).endsWith("# EOF\n");
    }
  }

  private static StoreForecast failing(String name, String problem, boolean refusing) {
    StoreHealth.Problem p = new StoreHealth.Problem(problem, 7, refusing);
    return new StoreForecast(
        name, new StoreHealth("/x", 1, 2, 3, 4, 5, 6, 7, 8, 9, p), Double.NaN, 10, -1);
  }

  @Test
  void readinessNamesFailingStores() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.stores = List.of(failing("trace store", "blocks are not merged", false));
      assertThat(s.get("/-/ready"))
          .isEqualTo("200 Prometheus Server is Ready.\ntrace store: blocks are not merged\n");
      s.stores =
          List.of(
              failing("log store", "data is refused: disk full", true),
              failing("trace store", "blocks are not merged", false));
      String lines = "log store: data is refused: disk full\ntrace store: blocks are not merged\n";
      assertThat(s.get("/-/ready")).isEqualTo("503 Prometheus Server is not Ready.\n" + lines);
      assertThat(s.get("/-/healthy")).isEqualTo("200 Prometheus Server is Healthy.\n" + lines);
      assertThat(s.get("/api/v1/query?query=1")).startsWith("200");
    }
  }

  @Test
  void healthAndLifecycle() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/-/healthy")).isEqualTo("200 Prometheus Server is Healthy.\n");
      assertThat(s.get("/-/ready")).isEqualTo("200 Prometheus Server is Ready.\n");
      assertThat(s.post("/-/reload", "")).isEqualTo("403 Lifecycle API is not enabled.");
      assertThat(s.post("/-/quit", "")).isEqualTo("403 Lifecycle API is not enabled.");
      assertThat(s.get("/-/reload")).isEqualTo("405 Only POST or PUT requests allowed");
      assertThat(s.reloads).isZero();
    }
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT.with(false, true, false))) {
      assertThat(s.post("/-/reload", "")).isEqualTo("200 ");
      s.reloadProblem = "line 3: no";
      assertThat(s.post("/-/reload", "")).isEqualTo("500 failed to reload config: line 3: no\n");
      assertThat(s.reloads).isEqualTo(2);
      assertThat(s.post("/-/quit", "")).isEqualTo("200 Requesting termination... Goodbye!");
      assertThat(s.post("/-/quit", "")).isEqualTo("200 Termination already in progress.");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/query?query=1", "/api/v1/labels", "/federate", "/-/ready"})
  void nothingIsAnsweredBeforeItIsReady(String path) throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.readiness = Readiness.STARTING;
      HttpResponse<String> r = s.send(s.request(path));
      assertThat(r.statusCode()).isEqualTo(503);
      assertThat(r.body()).isEqualTo("Service Unavailable");
      assertThat(r.headers().firstValue("X-Prometheus-Stopping")).contains("false");
      s.readiness = Readiness.STOPPING;
      assertThat(s.send(s.request(path)).headers().firstValue("X-Prometheus-Stopping"))
          .contains("true");
      assertThat(s.get("/-/healthy")).startsWith("200");
      assertThat(s.get("/api/v1/status/walreplay")).contains("\"current\":2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "query?query=1",
        "labels",
        "series",
        "label/a/values",
        "rules",
        "alerts",
        "status/tsdb",
        "alertmanagers",
        "status/alertmanagers"
      })
  void anAgentHasNothingToQuery(String path) throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT.asAgent())) {
      assertThat(s.get("/api/v1/" + path))
          .isEqualTo(error(422, "execution", "unavailable with Prometheus Agent"));
      assertThat(s.get("/api/v1/targets")).startsWith("200");
      assertThat(s.get("/-/ready")).isEqualTo("200 Prometheus Agent is Ready.\n");
    }
  }

  @Test
  void otherOriginsAndUnknownPaths() throws Exception {
    ApiSettings picky = settings(false, "https://good\\..*", ApiSettings.DEFAULT.timeout());
    try (ApiServer s = new ApiServer(picky)) {
      HttpResponse<String> good =
          s.send(s.request("/api/v1/labels").header("Origin", "https://good.example"));
      assertThat(good.headers().firstValue("Access-Control-Allow-Origin"))
          .contains("https://good.example");
      assertThat(good.headers().firstValue("Vary").orElse("")).contains("Origin");
      assertThat(good.headers().firstValue("Content-Type")).contains("application/json");
      HttpResponse<String> bad =
          s.send(s.request("/api/v1/labels").header("Origin", "https://bad.example"));
      assertThat(bad.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      for (String path : List.of("/api/v1/query", "/api/v1/what/ever", "/api/v1/label/a/values")) {
        HttpResponse<String> r =
            s.send(
                s.request(path)
                    .header("Origin", "https://a.example")
                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(r.statusCode()).as(path).isEqualTo(204);
        assertThat(r.headers().firstValue("Access-Control-Allow-Origin")).contains("*");
        assertThat(r.headers().firstValue("Access-Control-Allow-Methods"))
            .contains("GET, POST, OPTIONS");
      }
      assertThat(s.get("/api/v1/what")).isEqualTo("404 404 page not found\n");
      assertThat(s.post("/api/v1/targets", "")).startsWith("405 ");
    }
  }

  @Test
  void rulesAlertsAndAlertManagersAreEmpty() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/api/v1/rules")).isEqualTo(OK + "{\"groups\":[]}}");
      assertThat(s.get("/api/v1/alerts")).isEqualTo(OK + "{\"alerts\":[]}}");
      assertThat(s.get("/api/v1/alertmanagers"))
          .isEqualTo(OK + "{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}}");
      assertThat(s.get("/api/v1/status/alertmanagers")).isEqualTo(OK + "{\"alertmanagers\":[]}}");
      assertThat(s.get("/api/v1/rules?type=x"))
          .contains("invalid parameter \\\"type\\\": not supported value \\\"x\\\"");
      assertThat(s.get("/api/v1/rules?group_next_token=x"))
          .contains("group_limit needs to be present in order to paginate over the groups");
      assertThat(s.get("/api/v1/rules?group_limit=0"))
          .contains("group_limit needs to be greater than 0");
    }
  }

  @Test
  void adminIsOffByDefault() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      for (String path : List.of("delete_series?match%5B%5D=up", "clean_tombstones", "snapshot")) {
        assertThat(s.post("/api/v1/admin/tsdb/" + path, ""))
            .isEqualTo(error(500, "unavailable", "admin APIs disabled"));
      }
    }
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT.with(true, false, false))) {
      s.sample(Labels.of("__name__", "up"), 1000, 1);
      s.sample(Labels.of("__name__", "up"), 2000, 1);
      try (dev.tethys.testkit.LogMessages log =
          dev.tethys.testkit.LogMessages.of(AdminEndpoints.class)) {
        assertThat(s.post("/api/v1/admin/tsdb/delete_series", "match[]=up&end=1.5"))
            .isEqualTo("204 ");
        assertThat(log.messages().toString())
            .contains("Deletion of series accepted user=\"127.0.0.1\" match=\"up\"")
            .contains("end_ms=1500");
      }
      assertThat(s.get("/api/v1/labels?end=1.9")).isEqualTo(OK + "[]}");
      assertThat(s.get("/api/v1/labels")).isEqualTo(OK + "[\"__name__\"]}");
      assertThat(s.post("/api/v1/admin/tsdb/delete_series", "match[]=up{"))
          .contains("invalid parameter \\\"match[]\\\": 1:4: parse error");
      assertThat(s.post("/api/v1/admin/tsdb/delete_series", ""))
          .contains("no match[] parameter provided");
      assertThat(s.post("/api/v1/admin/tsdb/snapshot", "skip_head=true"))
          .isEqualTo(OK + "{\"name\":\"blocks-only\"}}");
      assertThat(s.post("/api/v1/admin/tsdb/snapshot", ""))
          .isEqualTo(OK + "{\"name\":\"with-head\"}}");
      assertThat(s.post("/api/v1/admin/tsdb/snapshot", "skip_head=maybe"))
          .contains(
              "invalid parameter \\\"skip_head\\\": unable to parse boolean: strconv.ParseBool:"
                  + " parsing \\\"maybe\\\": invalid syntax");
      assertThat(s.post("/api/v1/admin/tsdb/clean_tombstones", "")).isEqualTo("204 ");
      assertThat(s.cleaned).isEqualTo(1);
      assertThat(s.snapshots).isEqualTo(2);
    }
  }

  private static TargetsView.Active target(
      String pool, String url, TargetsView.Health health, String error, String help) {
    Map<String, MetricMetadata> families =
        new TreeMap<>(
            Map.of(
                "up", new MetricMetadata(MetricType.GAUGE, help, ""),
                "a_total", new MetricMetadata(MetricType.COUNTER, "A.", "seconds")));
    return new TargetsView.Active(
        pool,
        Labels.of("__address__", "x", "__meta_a", "b"),
        Labels.of("instance", url, "job", pool),
        url,
        health,
        error,
        health == TargetsView.Health.UNKNOWN ? null : ApiServer.NOW,
        0.0125,
        "15s",
        "10s",
        () -> families);
  }

  static final TargetsView TARGETS =
      new TargetsView() {
        @Override
        public List<String> pools() {
          return List.of("b", "a");
        }

        @Override
        public List<Active> active() {
          return List.of(
              target("a", "http://localhost:9090/metrics", Health.UP, "", "Up."),
              target("b", "http://10.0.0.1:1/m?x=1", Health.UNKNOWN, "", "Up!"));
        }

        @Override
        public List<Dropped> dropped() {
          return List.of(new Dropped("a", Labels.of("__address__", "y")));
        }

        @Override
        public Map<String, Integer> droppedCounts() {
          return Map.of("a", 1, "b", 0);
        }

        @Override
        public @Nullable String poolConfiguration(String pool) {
          return pool.equals("a") ? "job_name: a\n" : null;
        }

        @Override
        public @Nullable List<RelabelRule> relabelRules(String pool) {
          return !pool.equals("a")
              ? null
              : List.of(
                  new RelabelRule(
                      RelabelRule.Spec.DEFAULT.withSource("__address__").withTarget("instance"),
                      NameScheme.UTF8),
                  new RelabelRule(
                      RelabelRule.Spec.DEFAULT
                          .withSource("job")
                          .withRegex("keep me")
                          .withAction(RelabelRule.Action.KEEP),
                      NameScheme.UTF8),
                  new RelabelRule(
                      RelabelRule.Spec.DEFAULT.withTarget("z").withReplacement("1"),
                      NameScheme.UTF8));
        }
      };

  @Test
  void targets() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.targets = TARGETS;
      String a =
          "{\"discoveredLabels\":{\"__address__\":\"x\",\"__meta_a\":\"b\"},\"labels\":"
              + "{\"instance\":\"http://localhost:9090/metrics\",\"job\":\"a\"},"
              + "\"scrapePool\":\"a\",\"scrapeUrl\":\"http://localhost:9090/metrics\","
              + "\"globalUrl\":\"https://prom.example:8443/metrics\",\"lastError\":\"\","
              + "\"lastScrape\":\"2026-01-02T03:04:05.678Z\",\"lastScrapeDuration\":0.0125,"
              + "\"health\":\"up\",\"scrapeInterval\":\"15s\",\"scrapeTimeout\":\"10s\"}";
      assertThat(s.get("/api/v1/targets?state=active&scrapePool=a"))
          .isEqualTo(
              OK
                  + "{\"activeTargets\":["
                  + a
                  + "],\"droppedTargets\":[],\"droppedTargetCounts\":null}}");
      assertThat(s.get("/api/v1/targets"))
          .contains(
              a + ",{",
              "\"lastScrape\":\"0001-01-01T00:00:00Z\"",
              "\"health\":\"unknown\"",
              "\"droppedTargets\":[{\"discoveredLabels\":{\"__address__\":\"y\"},"
                  + "\"scrapePool\":\"a\"}],\"droppedTargetCounts\":{\"a\":1,\"b\":0}}}");
      assertThat(s.get("/api/v1/targets?state=dropped")).contains("\"activeTargets\":[],");
      assertThat(s.get("/api/v1/scrape_pools")).isEqualTo(OK + "{\"scrapePools\":[\"a\",\"b\"]}}");
      assertThat(s.get("/api/v1/scrape_pools/config?scrapePool=a"))
          .isEqualTo(OK + "{\"yaml\":\"job_name: a\\n\"}}");
      assertThat(s.get("/api/v1/scrape_pools/config?scrapePool=c"))
          .contains("error retrieving scrape config: scrape pool \\\"c\\\" not found");
      assertThat(s.get("/api/v1/scrape_pools/config")).contains("no scrapePool parameter provided");
    }
  }

  @Test
  void metadata() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.targets = TARGETS;
      String total = "{\"type\":\"counter\",\"help\":\"A.\",\"unit\":\"seconds\"}";
      String up = "{\"type\":\"gauge\",\"help\":\"Up.\",\"unit\":\"\"}";
      String up2 = "{\"type\":\"gauge\",\"help\":\"Up!\",\"unit\":\"\"}";
      assertThat(s.get("/api/v1/metadata"))
          .isEqualTo(OK + "{\"a_total\":[" + total + "],\"up\":[" + up + "," + up2 + "]}}");
      assertThat(s.get("/api/v1/metadata?limit=1"))
          .isEqualTo(OK + "{\"a_total\":[" + total + "]}}");
      assertThat(s.get("/api/v1/metadata?metric=up&limit_per_metric=1"))
          .isEqualTo(OK + "{\"up\":[" + up + "]}}");
      assertThat(s.get("/api/v1/metadata?limit=x")).contains("limit must be a number");
      assertThat(s.get("/api/v1/targets/metadata?metric=up&match_target=%7Bjob%3D%22b%22%7D"))
          .isEqualTo(
              OK
                  + "[{\"target\":{\"instance\":\"http://10.0.0.1:1/m?x=1\",\"job\":\"b\"},"
                  + up2.substring(1)
                  + "]}");
      assertThat(s.get("/api/v1/targets/metadata?limit=1"))
          .contains("\"metric\":\"a_total\"", "\"metric\":\"up\"")
          .doesNotContain("\"job\":\"b\"");
    }
  }

  @Test
  void relabelSteps() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.targets = TARGETS;
      assertThat(
              s.get(
                  "/api/v1/targets/relabel_steps?scrapePool=a&labels="
                      + "%7B%22__address__%22:%22h:1%22,%22job%22:%22no%22%7D"))
          .isEqualTo(
              OK
                  + "{\"steps\":[{\"rule\":{\"source_labels\":[\"__address__\"],"
                  + "\"separator\":\";\",\"regex\":\"(.*)\",\"target_label\":\"instance\","
                  + "\"replacement\":\"$1\",\"action\":\"replace\"},\"output\":"
                  + "{\"__address__\":\"h:1\",\"instance\":\"h:1\",\"job\":\"no\"},"
                  + "\"keep\":true},{\"rule\":{\"source_labels\":[\"job\"],\"separator\":\";\","
                  + "\"regex\":\"keep me\",\"replacement\":\"$1\",\"action\":\"keep\"},"
                  + "\"output\":{},\"keep\":false},{\"rule\":{\"separator\":\";\",\"regex\":"
                  + "\"(.*)\",\"target_label\":\"z\",\"replacement\":\"1\",\"action\":"
                  + "\"replace\"},\"output\":{},\"keep\":false}]}}");
      assertThat(s.get("/api/v1/targets/relabel_steps?scrapePool=a&labels=%5B"))
          .contains("\"error parsing labels: the text ends within a list (line 1, column 2)\"");
      assertThat(s.get("/api/v1/targets/relabel_steps?scrapePool=a"))
          .contains("no labels parameter provided");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:9090/m, https://prom.example:8443/m",
    "http://127.0.0.1:9100/m?a=b, http://prom.example:9100/m?a=b",
    "http://[::1]:1/m, http://prom.example:1/m",
    "http://10.0.0.1:9090/m, http://10.0.0.1:9090/m"
  })
  void globalUrls(String url, String global) {
    assertThat(TargetEndpoints.globalUrl(url, URI.create("https://prom.example:8443/p"), 9090))
        .isEqualTo(global);
  }

  private static final Histogram CUSTOM =
      new Histogram(
          false,
          Histogram.ResetHint.UNKNOWN,
          Histogram.CUSTOM_BUCKETS,
          0,
          0,
          6,
          9,
          new int[] {0, 1, 1, 1},
          new double[] {2, 4},
          new int[0],
          new double[0],
          new double[] {1, 2});

  @Test
  void federation() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.externalLabels = Map.of("region", "eu");
      long now = ApiServer.NOW.toEpochMilli();
      Labels b = Labels.of("__name__", "b", "instance", "i");
      s.sample(b, now - 300_001, 1);
      s.sample(Labels.of("__name__", "a", "x", "1"), now - 299_000, 1);
      s.sample(Labels.of("__name__", "a", "x", "1"), now - 10, 2.5);
      s.sample(Labels.of("__name__", "a", "instance", "i", "region", "us"), now, 3);
      s.sample(Labels.of("__name__", "gone"), now, Samples.STALE);
      s.sample(Labels.of("__name__", "h", "z", "1"), now, CUSTOM);
      s.sample(Labels.of("x", "nameless"), now, 1);
      String all = "/federate?match%5B%5D=%7B__name__%3D~%22.*%22%7D&match%5B%5D=a";
      assertThat(s.get(all))
          .isEqualTo(
              "200 # TYPE a untyped\n"
                  + "a{instance=\"i\",region=\"us\"} 3 "
                  + now
                  + "\na{instance=\"\",region=\"eu\",x=\"1\"} 2.5 "
                  + (now - 10)
                  + "\n# TYPE h histogram\n"
                  + "h_bucket{instance=\"\",region=\"eu\",z=\"1\",le=\"1\"} 2 "
                  + now
                  + "\nh_bucket{instance=\"\",region=\"eu\",z=\"1\",le=\"2\"} 2 "
                  + now
                  + "\nh_bucket{instance=\"\",region=\"eu\",z=\"1\",le=\"+Inf\"} 6 "
                  + now
                  + "\nh_sum{instance=\"\",region=\"eu\",z=\"1\"} 9 "
                  + now
                  + "\nh_count{instance=\"\",region=\"eu\",z=\"1\"} 6 "
                  + now
                  + "\n");
      assertThat(s.get("/federate?match%5B%5D=%7B"))
          .isEqualTo("400 1:2: parse error: unexpected end of input inside braces\n");
      assertThat(s.get("/federate")).isEqualTo("200 ");
    }
  }

  @Test
  void emptyLabelsStandInOrder() {
    assertThat(Federation.withEmpty(Labels.EMPTY, "instance").toString())
        .isEqualTo("{instance=\"\"}");
    assertThat(Federation.withEmpty(Labels.of("a", "1", "z", "2"), "instance").toString())
        .isEqualTo("{a=\"1\", instance=\"\", z=\"2\"}");
    String longName = "j" + "x".repeat(300);
    assertThat(Federation.withEmpty(Labels.of(longName, "1"), "instance").toString())
        .isEqualTo("{instance=\"\", " + longName + "=\"1\"}");
  }

  @Test
  void notifications() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/api/v1/notifications")).isEqualTo(OK + "[]}");
      s.notifications.add("<x>");
      String event =
          "{\"text\":\"\\u003cx\\u003e\",\"date\":\"2026-01-02T03:04:05.678Z\",\"active\":";
      assertThat(s.get("/api/v1/notifications")).isEqualTo(OK + "[" + event + "true}]}");
      try (InputStream first = live(s);
          InputStream second = live(s)) {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(first, StandardCharsets.UTF_8));
        assertThat(in.readLine()).isEqualTo("data: " + event + "true}");
        assertThat(in.readLine()).isEmpty();
        assertThat(s.notifications.subscribers()).isEqualTo(2);
        assertThat(s.get("/api/v1/notifications/live")).isEqualTo("204 ");
        s.notifications.remove("<x>");
        assertThat(in.readLine()).isEqualTo("data: " + event + "false}");
        s.notifications.close();
        assertThat(in.readLine()).isEmpty();
        assertThat(in.readLine()).isNull();
        assertThat(second.readAllBytes()).isNotEmpty();
      }
    }
  }

  private static InputStream live(ApiServer s) throws Exception {
    HttpResponse<InputStream> r =
        s.client.send(
            s.request("/api/v1/notifications/live").timeout(Duration.ofSeconds(20)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Type")).contains("text/event-stream");
    return r.body();
  }
}
