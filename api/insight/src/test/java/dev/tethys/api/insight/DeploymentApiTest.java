package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.deployments.ComparedList;
import dev.tethys.insight.deployments.DeploymentReports;
import dev.tethys.insight.deployments.DeploymentSignals;
import dev.tethys.insight.deployments.SignalMissingException;
import dev.tethys.insight.deployments.TimeWindow;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeploymentApiTest {
  private static final long MINUTE = 60_000;
  private static final long START = 1_800_000_000_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private HttpListener listener;
  private @Nullable EntityModel model;
  private long now = START + 40 * MINUTE;
  private boolean isSlow;

  /** Metrics that are twice as high from the deployment on; no other signal. */
  private final class Signals implements DeploymentSignals {
    @Override
    public List<Sample> metrics(String query, long time) {
      return query.contains("spanmetrics_calls") && !query.contains("ERROR")
          ? List.of(new Sample(Map.of(), isSlow && time > START + 20 * MINUTE ? 20 : 10))
          : List.of();
    }

    @Override
    public List<Sample> logs(String query, long time) {
      throw new SignalMissingException("this server does not store logs");
    }

    @Override
    public List<Sample> traces(String query, long time) {
      throw new SignalMissingException("this server does not store traces");
    }

    @Override
    public List<NamedAmount> patterns(String selector, long from, long to) {
      throw new SignalMissingException("this server does not store logs");
    }

    @Override
    public List<NamedAmount> functions(String selector, long from, long to) {
      return List.of(new NamedAmount("main", 5));
    }

    @Override
    public List<ComparedList.Item> attributes(String query, TimeWindow before, TimeWindow after) {
      return List.of();
    }
  }

  @BeforeEach
  void start() throws IOException {
    DeploymentReports reports = new DeploymentReports(new Signals(), () -> now);
    Routes routes = new Routes();
    new DeploymentApi(reports, () -> model).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private String get(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + listener.port() + "/api/v1/insight/deployments" + path))
            .build();
    HttpResponse<String> r = client.send(request, HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private static Labels info(String version, String instance) {
    return Labels.of(
        "__name__", "target_info", "job", "cart", "instance", instance, "service_version", version);
  }

  /** A rolling update 20 minutes after the start. */
  private EntityModel deployed() throws IOException {
    long[] time = {START};
    EntityModel m =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    List.of(info("1.0", "a"), info("1.1", "b")).stream()
                        .filter(
                            l ->
                                l.toMap().containsValue("1.0")
                                    ? time[0] < START + 22 * MINUTE
                                    : time[0] >= START + 20 * MINUTE)
                        .filter(l -> Matcher.matchAll(matchers, l))
                        .toList()),
            EntityModel.Limits.DEFAULT,
            null);
    for (; time[0] <= START + 40 * MINUTE; time[0] += MINUTE) {
      m.update(time[0]);
    }
    return m;
  }

  @Test
  void listsAndComparesDeployments() throws Exception {
    model = deployed();
    isSlow = true;
    String list = get("");
    assertThat(list)
        .startsWith("200 {\"status\":\"success\",\"data\":{\"start\":\"2027-01-15T08:00:00Z\"")
        .contains("\"service\":{\"id\":\"service:cart\",\"kind\":\"service\",\"name\":\"cart\"}")
        .contains("\"status\":\"complete\"")
        .contains("{\"kind\":\"version\",\"subject\":\"\",\"before\":[\"1.0\"],\"after\":\"1.1\"}");
    assertThat(get("?service=cart")).isEqualTo(list);
    assertThat(get("?service=web")).contains("\"deployments\":[]");
    assertThat(get("?end=1800000600")).contains("\"deployments\":[]");
    String id = list.replaceAll(".*\"id\":\"([0-9a-z]+-[0-9a-f]+)\".*", "$1");
    String c = get("/" + id);
    assertThat(c)
        .startsWith("200 ")
        .contains("\"id\":\"request_rate\"")
        .contains("\"before\":10.0,\"after\":20.0,\"dayBefore\":10.0")
        .contains("\"judgement\":\"changed\"")
        .contains("\"note\":\"this server does not store logs\"")
        .contains("\"rule\":\"A figure has changed if");
  }

  @Test
  void refusesOddRequests() throws Exception {
    assertThat(get("")).startsWith("503 ");
    model = deployed();
    assertThat(get("/none")).startsWith("404 ").contains("there is no deployment \\\"none\\\"");
    assertThat(get("?start=soon")).startsWith("400 ").contains("soon");
    assertThat(get("?start=20&end=10")).startsWith("400 ").contains("start is after end");
  }
}
