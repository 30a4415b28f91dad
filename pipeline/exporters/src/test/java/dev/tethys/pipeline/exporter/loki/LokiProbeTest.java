package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LokiProbeTest {
  private HttpDouble loki;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    loki = new HttpDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    loki.close();
    http.close();
  }

  private ExporterProbe probe(String path) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{endpoint: '" + loki.url() + path + "', tenant_id: one}");
    LokiExporterSettings s = LokiExporterSettings.TYPE.read(d.root());
    return new LokiProbe(
        s, new HttpEndpoint(s.client(), null, Map.of(), s.delivery().timeout(), http, () -> 0));
  }

  @Test
  void writesAndReadsALine() throws Exception {
    loki.answer(200, "{\"status\":\"success\"}");
    loki.answer(204, "");
    loki.answer(200, "{\"data\":{\"result\":[]}}");
    loki.answer(200, "{\"data\":{\"result\":[{\"values\":[[\"1\",\"tethys_probe 42.5\"]]}]}}");
    try (ExporterProbe p = probe("/loki/api/v1/push")) {
      assertThat(p.connect()).isEqualTo("Loki answers queries");
      assertThat(p.plan()).isEmpty();
      assertThat(p.write(1_700_000_000, 42.5))
          .isEqualTo(
              "wrote the line \"tethys_probe 42.5\" to the stream {job=\"tethys_probe\"} and read"
                  + " it back");
    }
    assertThat(loki.requests().stream().map(r -> r.path().replaceAll("\\?.*", "")).toList())
        .isEqualTo(
            List.of(
                "/loki/api/v1/labels",
                "/loki/api/v1/push",
                "/loki/api/v1/query_range",
                "/loki/api/v1/query_range"));
    assertThat(loki.requests()).allMatch(r -> "one".equals(r.header("X-Scope-OrgID")));
  }

  @Test
  void reportsMissingPermissions() {
    loki.answer(401, "no org id");
    try (ExporterProbe p = probe("/loki/api/v1/push")) {
      assertThatThrownBy(p::connect).hasMessageContaining("401: no org id");
    }
  }

  @Test
  void skipsQueriesOnWriteOnlyServers() throws Exception {
    loki.otherwise(404, "");
    loki.answer(404, "");
    loki.answer(204, "");
    try (ExporterProbe p = probe("/loki/api/v1/push")) {
      assertThat(p.connect()).contains("does not answer queries");
      assertThat(p.write(1_700_000_000, 42.5)).endsWith("it cannot be read back here");
    }
  }
}
