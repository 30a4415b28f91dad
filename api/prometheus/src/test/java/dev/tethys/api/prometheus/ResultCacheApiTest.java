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

/** Cached answers: requests that refuse them, and how answers report their use. */
class ResultCacheApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RANGE = "/api/v1/query_range?query=sum(x)&step=15&stats=true";
  private static final String FIRST = RANGE + "&start=60&end=240";
  private static final String NEXT = RANGE + "&start=75&end=255";
  private PromqlEngine engine;
  private ApiServer server;

  @BeforeEach
  void start() throws IOException {
    engine = new PromqlEngine(EngineOptions.builder().cacheBytes(1 << 20).build());
    server = new ApiServer(ApiSettings.DEFAULT);
    server.engine = QueryEngine.of(engine, server.store);
    for (int k = 0; k < 40; k++) {
      server.sample(Labels.of("__name__", "x", "job", "a"), k * 15_000, k);
    }
  }

  @AfterEach
  void stop() {
    server.close();
    engine.close();
  }

  private String cache(String path) {
    return cache(JSON.readTree(server.get(path).substring(4)));
  }

  private static String cache(JsonNode answer) {
    JsonNode c = answer.get("data").get("stats").get("cache");
    return c == null ? "none" : c.toString();
  }

  @Test
  void statisticsReportKnownValues() {
    assertThat(cache(FIRST)).isEqualTo("{\"outcome\":\"miss\",\"reusedSteps\":0}");
    assertThat(cache(FIRST)).isEqualTo("{\"outcome\":\"hit\",\"reusedSteps\":13}");
    assertThat(cache(NEXT)).isEqualTo("{\"outcome\":\"partial\",\"reusedSteps\":12}");
    server.sample(Labels.of("__name__", "x", "job", "b"), 200_000, 1);
    // Steps from 195 s on are computed anew: changes are found by slots of four seconds.
    assertThat(cache(NEXT)).isEqualTo("{\"outcome\":\"partial\",\"reusedSteps\":9}");
  }

  @Test
  void bypassesCacheOnRequest() {
    cache(FIRST);
    assertThat(cache(FIRST + "&nocache=1")).isEqualTo("none");
    assertThat(server.get(FIRST + "&nocache=x"))
        .startsWith("400 ")
        .contains("parameter \\\"nocache\\\" must be true or false");
    String answer =
        server.send(server.request(FIRST).header("Cache-Control", "max-age=0, No-Store")).body();
    assertThat(cache(JSON.readTree(answer))).isEqualTo("none");
    assertThat(cache(FIRST + "&stats=all")).isEqualTo("{\"outcome\":\"hit\",\"reusedSteps\":13}");
  }

  @Test
  void explainReportsCachedSteps() {
    cache(FIRST);
    assertThat(caching("sum(x)&start=75&end=255&step=15"))
        .isEqualTo("{\"reuse\":\"steps\",\"knownSteps\":12}");
    assertThat(caching("sum(x)&start=75&end=255&step=15&analyze=true"))
        .isEqualTo("{\"reuse\":\"steps\",\"knownSteps\":12}");
    assertThat(caching("x%20@%20end()&start=75&end=255&step=15"))
        .isEqualTo(
            "{\"reuse\":\"whole\",\"reason\":\"@ gives all steps the same\",\"knownSteps\":0}");
    assertThat(caching("sum(x)&time=75")).isEqualTo("none");
  }

  private String caching(String query) {
    String answer = server.get("/api/v1/explain?query=" + query);
    JsonNode c = JSON.readTree(answer.substring(4)).get("data").get("cache");
    return c == null ? "none" : c.toString();
  }
}
