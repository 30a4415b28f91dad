package dev.tethys.pipeline.exporter.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Report of the host, and check of the key, of the Collector's exporter. */
class DatadogHostTest {
  private HttpDouble datadog;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    datadog = new HttpDouble();
    datadog.otherwise(202, "{}");
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    datadog.close();
    http.close();
  }

  private DatadogSettings settings(String api, String more) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml",
            null,
            "{endpoint: '" + datadog.url() + "', api: {key: secret" + api + "}" + more + "}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  @Test
  void reportsHostWithTagsOnceForAllSignals() {
    DatadogSettings s =
        settings("", ", hostname: h-1, host_metadata: {tags: ['env:prod', 'a:\"']}");
    DatadogExporterFactory f = new DatadogExporterFactory(http, DatadogExporterTest::noDeltas);
    HostReporter first = Objects.requireNonNull(f.host(s, new PlainContext("datadog")));
    HostReporter second = Objects.requireNonNull(f.host(s, new PlainContext("datadog")));
    first.start();
    second.start();
    Waiting.await(() -> !datadog.requests().isEmpty());
    first.stop();
    second.stop();
    assertThat(datadog.requests()).hasSize(1);
    HttpDouble.Got got = datadog.requests().getFirst();
    assertThat(got.method() + " " + got.path()).isEqualTo("POST /intake");
    assertThat(got.header("dd-api-key")).isEqualTo("secret");
    JsonNode n = new ObjectMapper().readTree(got.text());
    assertThat(n.path("internalHostname").asString()).isEqualTo("h-1");
    assertThat(n.path("meta").path("hostname").asString()).isEqualTo("h-1");
    assertThat(n.path("meta").path("socket-hostname").asString()).isNotEmpty();
    assertThat(n.path("host-tags").path("otel").toString()).isEqualTo("[\"env:prod\",\"a:\\\"\"]");
    first.start();
    Waiting.await(() -> datadog.requests().size() == 2);
    first.stop();
  }

  @Test
  void reportsNothingUnlessRequested() {
    DatadogExporterFactory f = new DatadogExporterFactory(http, DatadogExporterTest::noDeltas);
    for (String more : new String[] {"", ", host_metadata: {enabled: false, tags: [a]}"}) {
      assertThat(f.host(settings("", more), new PlainContext("datadog"))).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host_metadata: {hostname_source: first_resource} | first_resource is not supported",
        "host_metadata: {hostname_source: dns} | must be config_or_system",
        "host_metadata: {reporter_period: 1m} | at least 5m",
        "host_metadata: {tag: a} | unknown key",
      })
  void rejectsInvalidSettings(String more, String message) {
    assertThatThrownBy(() -> settings("", ", " + more))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "403 | {\"errors\":[\"Forbidden\"]} | false",
        "200 | {\"valid\": false} | false",
        "200 | {\"valid\": true} | true",
        "503 | busy | true",
      })
  void failsStartOnlyWithAnUnknownKey(int status, String body, boolean starts) throws IOException {
    datadog.otherwise(status, body);
    DatadogSettings s = settings(", fail_on_invalid_key: true", "");
    assertThat(s.failOnInvalidKey()).isTrue();
    Exporter e = checked(s, datadog.url());
    if (starts) {
      e.start();
      e.stop(Duration.ZERO);
    } else {
      assertThatThrownBy(e::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("rejected the API key")
          .hasMessageNotContaining("secret");
    }
    assertThat(datadog.requests().getFirst().path()).isEqualTo("/api/v1/validate");
  }

  @Test
  void startsIfDatadogDoesNotAnswer() throws IOException {
    DatadogSettings s = settings(", fail_on_invalid_key: true", "");
    String url = datadog.url();
    datadog.close();
    Exporter e = checked(s, url);
    e.start();
    e.stop(Duration.ZERO);
  }

  private Exporter checked(DatadogSettings s, String url) {
    return new DatadogExporter(
        (batch, ack) -> {},
        null,
        null,
        new DatadogExporter.KeyCheck(
            URI.create(url).resolve("/api/v1/validate"),
            new HttpEndpoint(
                s.client(),
                null,
                Map.of("dd-api-key", "secret"),
                s.delivery().timeout(),
                http,
                () -> 0),
            System.getLogger("test")));
  }
}
