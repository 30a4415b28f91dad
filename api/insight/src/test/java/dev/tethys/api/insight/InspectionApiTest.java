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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class InspectionApiTest {
  private static final long NOW = 1_800_000_000_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable InspectionReport report;
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new InspectionApi(() -> report, _ -> null).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
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

  private static World world() throws IOException {
    List<Labels> series =
        List.of(
            Labels.of("__name__", "node_info", "machine_id", "m1", "hostname", "alpha"),
            Labels.of("__name__", "node_info", "machine_id", "m2", "hostname", "beta"));
    try (EntityModel model =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    series.stream().filter(l -> Matcher.matchAll(matchers, l)).toList()),
            EntityModel.Limits.DEFAULT,
            null)) {
      model.update(NOW);
      return model.current();
    }
  }

  /** Node m1 is full; queries of memory fail. */
  private static List<Sample> answer(String query) {
    if (query.contains("node_memory_MemAvailable_bytes")) {
      throw new IllegalStateException("out of \"memory\"");
    }
    return query.contains("node_cpu_seconds_total")
        ? List.of(
            new Sample(Map.of("machine_id", "m1"), 99.5),
            new Sample(Map.of("machine_id", "m2"), 10))
        : List.of();
  }

  private void evaluate() throws IOException {
    InspectionEngine engine =
        new InspectionEngine(
            InspectionSet.defaults(), (query, _) -> answer(query), InspectionEngine.Limits.DEFAULT);
    World world = world();
    engine.evaluate(world, NOW);
    report = engine.evaluate(world, NOW + 30_000);
  }

  @Test
  void answersProblems() throws Exception {
    evaluate();
    assertThat(get("/problems"))
        .startsWith(
            "200 {\"status\":\"success\",\"data\":{\"evaluated\":1800000030,\"problems\":[{"
                + "\"id\":\"CPUNode:node:machine:m1\",\"inspection\":\"CPUNode\","
                + "\"title\":\"Processor time of nodes\",\"category\":\"cpu\","
                + "\"severity\":\"critical\","
                + "\"entity\":{\"id\":\"node:machine:m1\",\"kind\":\"node\",\"name\":\"alpha\"},")
        .contains(
            "\"affected\":[]",
            "\"requests\":0",
            "\"value\":99.5,\"threshold\":80.0,\"unit\":\"percent\","
                + "\"message\":\"node alpha uses 99.5 % of its processor time (limit 80 %)\"",
            "\"symptoms\":[]",
            "\"unknown\":[]",
            "\"failures\":[{\"inspection\":\"MemoryNode\","
                + "\"error\":\"the query failed: out of \\\"memory\\\"\"}]");
  }

  @Test
  void answersInspectionsWithTheirCost() throws Exception {
    evaluate();
    assertThat(get("/inspections"))
        .startsWith(
            "200 {\"status\":\"success\",\"data\":{\"inspections\":[{\"id\":\"SLOAvailability\",")
        .contains("\"id\":\"CPUNode\"", "\"checked\":2", "\"findings\":1", "\"millis\":");
  }

  @Test
  void answersHealth() throws Exception {
    evaluate();
    assertThat(get("/health"))
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":{\"entities\":["
                + "{\"id\":\"node:machine:m1\",\"status\":\"critical\","
                + "\"categories\":{\"cpu\":\"critical\"}},"
                + "{\"id\":\"node:machine:m2\",\"status\":\"ok\","
                + "\"categories\":{\"cpu\":\"ok\"}}]}}");
  }

  @Test
  void isUnavailableBeforeTheFirstEvaluation() throws Exception {
    assertThat(get("/problems"))
        .isEqualTo(
            "503 {\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"inspections are"
                + " not evaluated yet; ask again in a minute\"}");
  }

  @Test
  void hidesProblemsFromOtherTenants() throws Exception {
    evaluate();
    assertThat(get("/problems", "X-Scope-OrgID", "other")).startsWith("404 ");
  }
}
