package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.EntityModel.Limits;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class InsightApiTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long MINUTE = 60_000;

  private final MemoryMetricStore store = new MemoryMetricStore();
  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable EntityModel model;
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new InsightApi(() -> model).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
    store.close();
  }

  private void samples(long from, long to, String... labels) {
    try (Appender a = store.appender()) {
      long series = a.series(Labels.of(labels));
      for (long t = from; t <= to; t += 15_000) {
        a.append(series, 0, t, 1);
      }
      a.commit();
    }
  }

  private EntityModel model() throws IOException {
    return new EntityModel(
        RuleSet.defaults(),
        Map.of(
            InsightRule.Source.METRICS,
            (from, to, matchers, limit) -> store.series(from, to, List.of(matchers), limit)),
        Limits.DEFAULT,
        null);
  }

  private String get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/insight" + path));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private void shop() throws IOException {
    samples(NOW - 5 * MINUTE, NOW, "__name__", "up", "job", "web", "instance", "10.0.0.1:80");
    samples(
        NOW - 5 * MINUTE,
        NOW + 9 * MINUTE,
        "__name__",
        "traces_service_graph_request_total",
        "client",
        "web",
        "server",
        "cart");
    EntityModel m = model();
    m.update(NOW);
    model = m;
  }

  @Test
  void isUnavailableUntilTheFirstReading() throws Exception {
    assertThat(get("/world"))
        .isEqualTo(
            "503 {\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"entities are not"
                + " known yet; ask again in some seconds\"}");
    model = model();
    assertThat(get("/world")).startsWith("503 ");
  }

  @Test
  void answersWithTheWorld() throws Exception {
    shop();
    assertThat(get("/world"))
        .startsWith("200 {\"status\":\"success\",\"data\":{\"start\":\"2027-01-15T08:00:00Z\"")
        .contains(
            "{\"kind\":\"calls\",\"from\":\"service:web\",\"to\":\"service:cart\"}",
            "{\"kind\":\"part_of\",\"from\":\"instance:address:10.0.0.1:80\",\"to\":\"service:web\"}")
        .endsWith("\"problems\":[]}}");
  }

  @Test
  void filtersEntities() throws Exception {
    shop();
    assertThat(get("/entities?kind=instance"))
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":[{\"id\":\"instance:address:10.0.0.1:80\","
                + "\"kind\":\"instance\",\"name\":\"10.0.0.1:80\",\"attributes\":{},"
                + "\"keys\":[\"address:10.0.0.1:80\",\"target:web/10.0.0.1:80\"],"
                + "\"series\":[{\"instance\":\"10.0.0.1:80\",\"job\":\"web\"}]}]}");
    assertThat(get("/entities?name=cart")).contains("service:cart").doesNotContain("service:web");
    assertThat(get("/entities?kind=app"))
        .startsWith("400 ")
        .contains("unknown kind \\\"app\\\"; allowed: cluster, node");
  }

  @Test
  void findsAnEntityByAnyKeyWithItsRelationsAndIntervals() throws Exception {
    shop();
    assertThat(get("/entity/instance:target:web%2F10.0.0.1:80"))
        .startsWith("200 ")
        .contains(
            "\"validity\":[{\"from\":\"2027-01-15T08:00:00Z\"}]",
            "\"outgoing\":[{\"kind\":\"part_of\",\"from\":\"instance:address:10.0.0.1:80\"")
        .contains("\"incoming\":[]");
    assertThat(get("/entity/service:nobody"))
        .startsWith("404 ")
        .contains("there is no entity \\\"service:nobody\\\" at this time");
  }

  @Test
  void answersWithTheWorldOfATime() throws Exception {
    shop();
    EntityModel m = Objects.requireNonNull(model);
    String before = get("/world");
    for (int i = 1; i <= 8; i++) {
      m.update(NOW + i * MINUTE);
    }
    assertThat(get("/world")).doesNotContain("instance:address");
    assertThat(get("/world?time=1800000060")).isEqualTo(before);
    assertThat(get("/world?time=2027-01-15T08:01:00Z")).isEqualTo(before);
    assertThat(get("/entity/instance:address:10.0.0.1:80")).startsWith("404 ");
    assertThat(get("/entity/instance:address:10.0.0.1:80?time=1800000000.5"))
        .contains(
            "\"validity\":[{\"from\":\"2027-01-15T08:00:00Z\",\"to\":\"2027-01-15T08:06:00Z\"}]");
    assertThat(get("/world?time=1799999999"))
        .startsWith("404 ")
        .contains("is before the history of entities, which starts at 2027-01-15T08:00:00Z");
    assertThat(get("/world?time=yesterday"))
        .startsWith("400 ")
        .contains("time \\\"yesterday\\\" is neither Unix seconds nor RFC 3339");
  }

  @Test
  void showsRules() throws Exception {
    shop();
    assertThat(get("/rules"))
        .contains("{\"name\":\"scraped-target\",\"where\":\"default-rules.yml:")
        .contains("\"series\":1,\"applied\":1}");
  }

  @Test
  void hidesEntitiesFromOtherTenants() throws Exception {
    shop();
    assertThat(get("/world", "X-Scope-OrgID", "other"))
        .startsWith("404 ")
        .contains("tenant other has no entities; only the default tenant has them");
  }
}
