package dev.tethys.pipeline.exporter.influx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Probe of InfluxDB against responses of its versions; version 1 itself is tested elsewhere. */
class InfluxProbeTest {
  private static final long SECONDS = 1_700_000_000;
  private static final String V2 = "org: ours, bucket: far, token: t";
  private static final String NOTHING = "{\"results\":[{\"statement_id\":0}]}";
  private static final String POINT =
      "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"%s\",\"columns\":[\"time\",\"%s\"],"
          + "\"values\":[[1700000000000,%s]]}]}]}";

  private final HttpClientFactory http = new HttpClientFactory("tethys/test");
  private HttpDouble influx;

  @BeforeEach
  void start() throws IOException {
    influx = new HttpDouble();
    influx.when(g -> g.path().startsWith("/ping"), 204, "");
    influx.when(g -> g.path().startsWith("/api/v2/orgs"), 200, "{\"orgs\":[{\"id\":\"0a\"}]}");
    influx.when(
        g -> g.method().equals("POST") && g.path().startsWith("/api/v2/buckets"), 201, "{}");
  }

  @AfterEach
  void stop() {
    influx.close();
    http.close();
  }

  private ExporterProbe probe(Signal signal, String keys) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: '" + influx.url() + "', " + keys + "}");
    InfluxSettings s = InfluxSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return new InfluxExporterFactory(http).probe(s, signal, new PlainContext("influxdb"));
  }

  private void buckets(String answer) {
    influx.when(g -> g.path().startsWith("/api/v2/buckets?"), 200, "{\"buckets\":" + answer + "}");
  }

  @Test
  void createsAMissingBucketOnlyIfConfigured() throws Exception {
    buckets("[]");
    try (ExporterProbe p = probe(Signal.METRICS, V2)) {
      assertThatThrownBy(p::connect)
          .hasMessageContaining("no bucket far")
          .hasMessageContaining("create_schema");
    }
    try (ExporterProbe p = probe(Signal.METRICS, V2 + ", create_schema: true")) {
      assertThat(p.connect()).startsWith("InfluxDB ");
      assertThat(p.plan()).containsExactly("bucket far of ours, which keeps everything");
      assertThat(influx.requests()).noneMatch(g -> g.method().equals("POST"));
      influx.when(
          g -> g.path().startsWith("/query"), 200, POINT.formatted("tethys_probe", "value", 42.5));
      assertThat(p.write(SECONDS, 42.5)).contains("tethys_probe = 42.5", "read it back");
    }
    assertThat(influx.requests())
        .filteredOn(g -> g.method().equals("POST"))
        .extracting(g -> g.path().replaceFirst("\\?.*", "") + " " + g.text().strip())
        .containsExactly(
            "/api/v2/buckets {\"name\":\"far\",\"orgID\":\"0a\",\"retentionRules\":[]}",
            "/api/v2/write tethys_probe,job=tethys value=42.5 1700000000000");
  }

  @Test
  void looksUpLinesInTheLogsMeasurement() throws Exception {
    buckets("[{\"name\":\"far\"}]");
    influx.when(
        g -> g.path().contains("q=SELECT+%22body%22+FROM+%22logs%22"),
        200,
        POINT.formatted("logs", "body", "\"tethys_probe 42.5\""));
    influx.when(g -> g.path().startsWith("/query"), 200, NOTHING);
    try (ExporterProbe p = probe(Signal.LOGS, V2)) {
      assertThat(p.connect()).contains("database far answers");
      assertThat(p.plan()).isEmpty();
      assertThat(p.write(SECONDS, 42.5)).contains("the line \"tethys_probe 42.5\"", "read it back");
      assertThatThrownBy(() -> p.write(SECONDS, 43))
          .hasMessageContaining("tethys_probe 43")
          .hasMessageContaining("read tethys_probe 42.5");
    }
  }

  @Test
  void hidesThePasswordOfTheUrl() throws Exception {
    try (HttpDouble away = new HttpDouble()) {
      away.otherwise(500, "");
      YamlDocument d =
          YamlDocument.parse(
              "c.yaml",
              null,
              "{endpoint: '" + away.url().replace("://", "://me:hidden@") + "', " + V2 + "}");
      InfluxSettings s = InfluxSettings.TYPE.read(d.root());
      try (ExporterProbe p =
          new InfluxExporterFactory(http).probe(s, Signal.METRICS, new PlainContext("influxdb"))) {
        assertThatThrownBy(p::connect)
            .hasMessageContaining("me:xxxxx@")
            .hasMessageNotContaining("hidden");
      }
    }
  }

  @Test
  void firstWriteCreatesADatabaseOfVersion3() throws Exception {
    influx.when(
        g -> g.path().contains("SHOW+DATABASES"),
        200,
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\",\"columns\":"
            + "[\"name\",\"deleted\"],\"values\":[[\"other\",false]]}]}]}");
    try (ExporterProbe p = probe(Signal.METRICS, "token: t, v3: {database: far}")) {
      assertThat(p.connect()).startsWith("InfluxDB ");
      assertThat(p.plan()).containsExactly("database far, by the first write");
    }
    try (ExporterProbe p = probe(Signal.METRICS, "token: t, v3: {database: other}")) {
      influx.when(g -> g.path().contains("SELECT"), 200, NOTHING);
      assertThat(p.connect()).contains("database other answers");
      assertThat(p.plan()).isEmpty();
    }
  }
}
