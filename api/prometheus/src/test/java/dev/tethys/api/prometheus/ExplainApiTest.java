package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** {@code /api/v1/explain}: plans, and what running them takes. */
class ExplainApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private PromqlEngine engine;
  private ApiServer server;

  @BeforeEach
  void start() throws IOException {
    engine = new PromqlEngine(EngineOptions.defaults());
    server = new ApiServer(ApiSettings.DEFAULT);
    server.engine = QueryEngine.of(engine, server.store);
    for (int k = 0; k < 20; k++) {
      server.sample(Labels.of("__name__", "x_total", "job", "a"), k * 15_000, k);
      server.sample(Labels.of("__name__", "x_total", "job", "b"), k * 15_000, k * 2);
    }
  }

  @AfterEach
  void stop() {
    server.close();
    engine.close();
  }

  private JsonNode data(String answer) {
    assertThat(answer).startsWith("200 ");
    return JSON.readTree(answer.substring(4)).get("data");
  }

  @Test
  void reportsStepsThatReadASmallPartOfTheTime() {
    String q = "/api/v1/explain?query=rate(x_total%5B1m%5D)&start=60&end=7260&step=";
    assertThat(reads(q + 600).get("windowsEvery").intValue()).isEqualTo(600);
    assertThat(reads(q + 60).has("windowsEvery")).isFalse();
  }

  private JsonNode reads(String query) {
    return data(server.get(query)).get("plan").get("children").get(0).get("reads");
  }

  @Test
  void showsPlanWithoutRunning() {
    JsonNode d =
        data(
            server.get(
                "/api/v1/explain?query=sum(rate(x_total%7Bjob=~%22a%22%7D%5B1m%5D))&start=60&end=240&step=60"));
    assertThat(d.get("analyzed").booleanValue()).isFalse();
    JsonNode plan = d.get("plan");
    assertThat(plan.get("operator").stringValue()).isEqualTo("Aggregate");
    assertThat(plan.get("text").stringValue()).isEqualTo("sum(rate(x_total{job=~\"a\"}[1m]))");
    assertThat(plan.get("position").toString()).isEqualTo("{\"start\":0,\"end\":32}");
    assertThat(plan.get("steps").intValue()).isEqualTo(4);
    assertThat(plan.has("stats")).isFalse();
    JsonNode select = plan.get("children").get(0).get("children").get(0);
    assertThat(select.toString())
        .isEqualTo(
            "{\"id\":3,\"operator\":\"RangeSelect\",\"role\":\"range\",\"steps\":4,\"reads\":"
                + "{\"matchers\":[\"job=~\\\"a\\\"\",\"__name__=\\\"x_total\\\"\"],"
                + "\"minTime\":0.001,\"maxTime\":240,\"range\":60,\"offset\":0,"
                + "\"parts\":\"values\",\"sameBuckets\":60},\"children\":[]}");
    assertThat(d.get("hints").get(0).get("rule").stringValue()).isEqualTo("regex-is-equality");
    assertThat(d.get("hints").get(0).get("node").intValue()).isEqualTo(3);
  }

  @Test
  void analysisReportsCostOfEachStep() {
    JsonNode d =
        data(server.post("/api/v1/explain", "query=sum(x_total)%2B1&time=200&analyze=true"));
    assertThat(d.get("analyzed").booleanValue()).isTrue();
    assertThat(d.get("result").toString())
        .isEqualTo("{\"resultType\":\"vector\",\"series\":1,\"samples\":1}");
    JsonNode select = d.get("plan").get("children").get(0).get("children").get(0);
    JsonNode stats = select.get("stats");
    assertThat(stats.get("series").intValue()).isEqualTo(2);
    assertThat(stats.get("samples").intValue()).isEqualTo(2);
    assertThat(stats.get("storage").get("series").intValue()).isEqualTo(2);
    assertThat(stats.get("storage").get("samples").intValue()).isGreaterThanOrEqualTo(2);
    for (String s :
        new String[] {
          "calls", "seconds", "selfSeconds", "cpuSeconds", "selfCpuSeconds", "peakBytes"
        }) {
      assertThat(stats.get(s).doubleValue()).as(s).isNotNegative();
    }
    assertThat(d.get("memory").get("peakBytes").longValue()).isPositive();
    assertThat(d.get("stats").get("samples").get("totalQueryableSamples").intValue()).isEqualTo(2);
  }

  @Test
  void reportsErrorsAsQueriesDo() {
    assertThat(server.get("/api/v1/explain?query=sum("))
        .startsWith("400 ")
        .contains("invalid parameter \\\"query\\\": 1:5: parse error");
    assertThat(server.get("/api/v1/explain?query=x&analyze=maybe"))
        .startsWith("400 ")
        .contains("parameter \\\"analyze\\\" must be true or false, not \\\"maybe\\\"");
    assertThat(server.get("/api/v1/explain?query=x&start=1&end=0&step=1"))
        .startsWith("400 ")
        .contains("end timestamp must not be before start time");
  }
}
