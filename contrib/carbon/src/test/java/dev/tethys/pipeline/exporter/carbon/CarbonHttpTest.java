package dev.tethys.pipeline.exporter.carbon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.graphite.GraphiteSeries;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.carbon.CarbonSettings.Format;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Posts to a hosted Graphite, and handling of its responses. */
class CarbonHttpTest {
  private static final LineRequestEncoder LINES =
      new LineRequestEncoder(Compression.ZSTD, Compression.DEFAULT_LEVEL, 1, "", null);

  private HttpDouble graphite;
  private HttpClientFactory clients;

  @BeforeEach
  void start() throws IOException {
    graphite = new HttpDouble();
    clients = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    clients.close();
    graphite.close();
  }

  private static CarbonSettings settings(String yaml) {
    return CarbonSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  private EncodedRequest three(CarbonSettings s) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (String job : List.of("a", "b", "c d")) {
      w.beginSeries(Labels.of(Labels.METRIC_NAME, "up", "job", job));
      w.sample(1_700_000_000_500L, job.equals("b") ? Double.POSITIVE_INFINITY : 0.1).endSeries();
    }
    BoundedMetricNames places =
        new BoundedMetricNames(
            s.path(),
            GraphiteSeries::path,
            GraphiteSeries::node,
            new BoundedNames(s.path(), 10, new Registry(), "carbon", Signal.METRICS));
    return new RowRequestEncoder(
            s.rows(),
            false,
            () -> new CarbonWriter(s, places),
            LINES,
            new UnsupportedItemCounter(new Registry(), "carbon"))
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 3, 0))
        .requests()
        .getFirst();
  }

  private SendResult sent(String more) throws Exception {
    CarbonSettings s =
        settings("{" + more + "http: {endpoint: '" + graphite.url() + "/in', username: key}}");
    CarbonHttp http = Objects.requireNonNull(s.http());
    return new CarbonHttpSender(
            http,
            s.format() == Format.JSON,
            new HttpEndpoint(
                http.client(), null, http.credentials(), Duration.ofSeconds(20), clients, () -> 0),
            LINES)
        .send(three(s));
  }

  @Test
  void postsPointsAsJson() throws Exception {
    graphite.answer(200, "{\"invalid\":0,\"published\":3}");
    assertThat(sent("format: json, ")).isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got g = graphite.requests().getFirst();
    assertThat(g.path()).isEqualTo("/in");
    assertThat(g.header("Content-Type")).isEqualTo("application/json");
    assertThat(g.header("Content-Encoding")).isNull();
    assertThat(g.header("Authorization")).isEqualTo("Basic a2V5Og==");
    assertThat(g.text())
        .isEqualTo(
            "[{\"name\":\"up\",\"interval\":60,\"value\":0.1,\"time\":1700000000,\"tags\":[\"job=a\"]},"
                + "{\"name\":\"up.notfinite\",\"interval\":60,\"value\":2,\"time\":1700000000,\"tags\":[\"job=b\"]},"
                + "{\"name\":\"up\",\"interval\":60,\"value\":0.1,\"time\":1700000000,\"tags\":[\"job=c%20d\"]}]");
  }

  @Test
  void postsPointsAsLines() throws Exception {
    graphite.answer(202, "");
    assertThat(sent("path: 'prod.{__name__}', tags: false, ")).isEqualTo(SendResult.DELIVERED);
    assertThat(graphite.requests().getFirst().text())
        .isEqualTo(
            "prod.up.job.a 0.1 1700000000\n"
                + "prod.up.job.b.notfinite 2 1700000000\n"
                + "prod.up.job.c%20d 0.1 1700000000\n");
  }

  @Test
  void countsRejectedPoints() throws Exception {
    graphite.answer(
        200,
        "{\"invalid\":1,\"published\":2,\"validationErrors\":{\"invalid tag"
            + " format\":{\"count\":1,\"exampleIds\":[1]}}}");
    assertThat(sent("format: json, "))
        .isInstanceOfSatisfying(
            SendResult.PerItem.class,
            v -> {
              assertThat(v.delivered()).isEqualTo(2);
              assertThat(v.refused()).hasSize(1);
              assertThat(v.refused().getFirst().reason()).contains("invalid tag format");
              assertThat(LINES.open(v.refused().getFirst().request()).row(0))
                  .startsWith("up.notfinite;job=b ");
            });
    graphite.answer(200, "{\"invalid\":2,\"published\":1}");
    assertThat(sent("format: json, "))
        .isInstanceOfSatisfying(
            SendResult.Partial.class, v -> assertThat(v.refused()).isEqualTo(2));
    for (int status : new int[] {400, 413}) {
      graphite.answer(status, "no");
      assertThat(sent("")).isInstanceOf(SendResult.Split.class);
    }
    for (int status : new int[] {401, 403, 429, 500, 503}) {
      graphite.answer(status, "no");
      assertThat(sent("")).isInstanceOf(SendResult.Retryable.class);
    }
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "{format: json}",
            "{http: {}}",
            "{http: {endpoint: 'ftp://a'}}",
            "{http: {endpoint: 'http://a'}, format: pickle}",
            "{http: {endpoint: 'http://a'}, endpoint: 'a:2003'}",
            "{http: {endpoint: 'http://a'}, tls: {insecure: true}}",
            "{http: {endpoint: 'http://a', interval: 10ms}, format: json}",
            "{http: {endpoint: 'http://a', interval: 10s}}",
            "{http: {endpoint: 'http://a', password: p}}",
            "{http: {endpoint: 'http://a', username: u, auth: {authenticator: basicauth}}}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}
