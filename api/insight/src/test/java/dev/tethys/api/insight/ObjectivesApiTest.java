package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.EntityModel.Limits;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.objectives.file.ObjectiveFiles;
import dev.tethys.insight.objectives.state.ObjectiveReports;
import dev.tethys.insight.objectives.state.ObjectiveStates;
import dev.tethys.model.Labels;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObjectivesApiTest {
  private static final long NOW = 1_800_000_000_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Sample> ratios = new ArrayList<>();
  private @Nullable EntityModel model;
  private ObjectiveReports reports;
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    reports =
        new ObjectiveReports(
            new ObjectiveStates(
                (query, time) ->
                    query.contains("sli_error")
                        ? ratios
                        : query.contains("timestamp")
                            ? List.of(new Sample(Map.of("sloth_id", "shop-requests"), 1.7999e9))
                            : List.of()),
            true,
            () -> NOW);
    Routes routes = new Routes();
    new ObjectivesApi(reports, () -> model).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private String get(String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/insight/objectives"));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private void ratio(String window, double value) {
    ratios.add(new Sample(Map.of("sloth_id", "shop-requests", "sloth_window", window), value));
  }

  private void objective() {
    reports.set(
        ObjectiveFiles.parse(
            "slo.yml",
            """
            objectives:
            - name: requests
              service: shop
              description: Requests "succeed".
              target: 99.9
              indicator:
                ratio: {query: 'errors[{{.window}}]'}
            """
                .replace("errors[", "avg_over_time(errors[")
                .replace("}}]'", "}}])'"),
            10));
  }

  @Test
  void hasNoObjectivesWithoutFilesAndRequests() throws Exception {
    assertThat(get())
        .isEqualTo("200 {\"status\":\"success\",\"data\":{\"objectives\":[],\"problems\":[]}}");
  }

  @Test
  void answersWithStates() throws Exception {
    objective();
    assertThat(get())
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":{\"objectives\":[{\"name\":\"requests\","
                + "\"service\":\"shop\",\"description\":\"Requests \\\"succeed\\\".\","
                + "\"entity\":null,\"source\":\"slo.yml:2\",\"target\":0.999,"
                + "\"window\":2592000,\"ratio\":null,\"budget\":null,\"burn\":[],"
                + "\"state\":\"no data\",\"severity\":null,\"since\":null,"
                + "\"query\":\"(avg_over_time(errors[5m])) > -Inf\",\"notes\":[]}],"
                + "\"problems\":[]}}");
    ratio("5m", 0.25);
    ratio("1h", 0.25);
    ratio("30d", 0.0005);
    objective();
    assertThat(get())
        .contains(
            "\"ratio\":0.9995,\"budget\":0.4999",
            "\"burn\":[{\"window\":\"5m\",\"rate\":250.0000",
            "{\"window\":\"1h\",\"rate\":250",
            "\"state\":\"burning\",\"severity\":\"page\",\"since\":\"2027-01-14T04:13:20Z");
  }

  @Test
  void namesTheEntityOfTheService() throws Exception {
    objective();
    EntityModel m =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    List.of(
                        Labels.of(
                            "__name__",
                            "traces_service_graph_request_total",
                            "client",
                            "web",
                            "server",
                            "shop"))),
            Limits.DEFAULT,
            null);
    for (int i = 0; i < 12; i++) {
      m.update(NOW + i * 15_000);
    }
    model = m;
    assertThat(get())
        .contains("\"entity\":{\"id\":\"service:shop\",\"kind\":\"service\",\"name\":\"shop\"}");
  }

  @Test
  void hidesObjectivesFromOtherTenants() throws Exception {
    assertThat(get("X-Scope-OrgID", "other"))
        .startsWith("404 ")
        .contains("tenant other has no objectives; only the default tenant has them");
  }
}
