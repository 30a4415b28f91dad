package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.inspections.InspectionEngine;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.insight.inspections.risk.RiskDismissals;
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
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RiskApiTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final String ID = "SingleInstance:service:cart";

  @TempDir Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable InspectionReport report;
  private RiskDismissals dismissals;
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    dismissals = new RiskDismissals(folder.resolve("risks.log"));
    Routes routes = new Routes();
    new RiskApi(() -> report, () -> dismissals, () -> NOW).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() throws IOException {
    listener.close();
    dismissals.close();
  }

  private String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/insight/risks" + path));
  }

  private String get() throws Exception {
    return send(request(""));
  }

  private String post(String path, String form) throws Exception {
    return send(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  private static World world() throws IOException {
    Labels calls =
        Labels.of(
            "__name__",
            "traces_spanmetrics_calls_total",
            "service",
            "cart",
            "span_kind",
            "SPAN_KIND_SERVER");
    try (EntityModel model =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    Matcher.matchAll(matchers, calls) ? List.of(calls) : List.of()),
            EntityModel.Limits.DEFAULT,
            null)) {
      model.update(NOW);
      return model.current();
    }
  }

  private void evaluate() throws IOException {
    InspectionEngine engine =
        new InspectionEngine(
            InspectionSet.risks(List.of()),
            (query, time) ->
                query.startsWith("tethys_service_instances")
                    ? List.of(new Sample(Map.of("service_key", "cart"), 1))
                    : List.of(),
            InspectionEngine.Limits.DEFAULT);
    report = engine.evaluate(world(), NOW);
  }

  @Test
  void listsDismissesAndRestoresRisks() throws Exception {
    evaluate();
    assertThat(get())
        .startsWith("200 {\"status\":\"success\",\"data\":{\"evaluated\":1800000000,")
        .contains("\"id\":\"" + ID + "\"")
        .contains("cart has one instance")
        .contains("\"dismissed\":null");
    assertThat(post("/dismiss", "id=" + ID + "&reason=batch+job&person=ann")).startsWith("200 ");
    assertThat(get())
        .contains(
            "\"dismissed\":{\"reason\":\"batch job\",\"person\":\"ann\",\"time\":1800000000}");
    assertThat(post("/restore", "id=" + ID)).startsWith("200 ");
    assertThat(get()).contains("\"dismissed\":null");
  }

  @Test
  void refusesOddRequests() throws Exception {
    assertThat(get()).startsWith("503 ").contains("risks are not evaluated yet");
    evaluate();
    assertThat(post("/dismiss", "id=none&reason=x"))
        .startsWith("404 ")
        .contains("there is no risk \\\"none\\\" at present");
    assertThat(post("/dismiss", "id=" + ID)).startsWith("400 ").contains("needs a reason");
    assertThat(post("/dismiss", "id=" + ID + "&reason=" + "x".repeat(501)))
        .startsWith("400 ")
        .contains("at most 500");
    assertThat(post("/restore", "id=" + ID)).startsWith("404 ").contains("is not dismissed");
  }
}
