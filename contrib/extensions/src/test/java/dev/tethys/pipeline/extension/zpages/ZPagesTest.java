package dev.tethys.pipeline.extension.zpages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ZPagesTest {
  private final ZPagesFactory factory = new ZPagesFactory("1", "abc");
  private ZPagesFactory.Running running =
      new ZPagesFactory.Running(
          settings("{endpoint: '127.0.0.1:0', response_headers: {X-A: b}}"),
          null,
          Map.of("Version", "1<2 & \"3\""),
          Scheduler.system());
  private final HttpClient http = HttpClient.newHttpClient();

  private ZPagesFactory.Settings settings(String yaml) {
    return TestPipeline.read(factory.settings(), yaml);
  }

  @BeforeEach
  void start() throws Exception {
    running.start();
  }

  @AfterEach
  void stop() {
    running.stop(Duration.ZERO);
    http.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + running.port() + path)).build(),
        BodyHandlers.ofString());
  }

  private static ComponentId id(String text) {
    return ComponentId.parse(text);
  }

  @Test
  void showsAndEscapesRunningComponents() throws Exception {
    assertThat(get("/debug/pipelinez").body()).doesNotContain("<td>");
    running.runs(
        new RunningGraph(
            List.of(id("health_check"), id("zpages/<b>")),
            List.of(
                new RunningGraph.Pipeline(
                    PipelineId.parse("traces/a"),
                    List.of(id("otlp"), id("zipkin")),
                    List.of(id("batch")),
                    List.of(id("debug"))))));
    HttpResponse<String> pipelines = get("/debug/pipelinez");
    assertThat(pipelines.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(pipelines.headers().firstValue("X-A")).hasValue("b");
    assertThat(pipelines.body())
        .contains(
            "<tr><td>traces/a</td><td>traces</td><td>otlp, zipkin</td><td>batch</td>"
                + "<td>debug</td></tr>");
    assertThat(get("/debug/extensionz").body())
        .contains("<td>health_check</td>", "<td>zpages/&lt;b&gt;</td>")
        .doesNotContain("<b>");
    assertThat(get("/debug/servicez").body())
        .contains("<td>1&lt;2 &amp; &quot;3&quot;</td>", "<td>Uptime</td>")
        .contains("<a href=\"pipelinez\">", "1 run, with 2 extensions");
    assertThat(get("/debug/featurez").body()).contains("no feature gates");
    assertThat(get("/debug/tracez").body()).contains("tracing.endpoint");
    HttpResponse<String> none = get("/debug/expvarz");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("servicez, pipelinez");
  }

  @Test
  void showsProcessVariablesIfConfigured() throws Exception {
    assertThat(settings("expvar: {enabled: false}").http().endpoint()).isEqualTo("localhost:55679");
    running.stop(Duration.ZERO);
    running =
        new ZPagesFactory.Running(
            settings("{endpoint: '127.0.0.1:0', expvar: {enabled: true}}"),
            null,
            Map.of(),
            Scheduler.system());
    running.start();
    HttpResponse<String> shown = get("/debug/expvarz");
    assertThat(shown.headers().firstValue("Content-Type")).hasValue("application/json");
    JsonNode j = JsonMapper.builder().build().readTree(shown.body());
    assertThat(j.path("memory").path("heap_used_bytes").asLong()).isPositive();
    assertThat(j.path("threads").asInt()).isPositive();
  }
}
