package dev.tethys.pipeline.receiver.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings of a single target as a job. */
class SimplePrometheusTest {
  private final HttpClientFactory clients = new HttpClientFactory("test");

  @AfterEach
  void end() {
    clients.close();
  }

  private ScrapeConfig job(String yaml) {
    PrometheusSettings s =
        TestPipeline.read(new SimplePrometheusFactory(clients, "test").settings(), yaml);
    assertThat(s.jobs()).hasSize(1);
    return s.jobs().getFirst();
  }

  @Test
  void appliesPrometheusDefaults() {
    ScrapeConfig c = job("{}");
    assertThat(c.jobName()).isEqualTo("prometheus_simple/localhost:9090");
    assertThat(c.scheme()).isEqualTo("http");
    assertThat(c.metricsPath()).isEqualTo("/metrics");
    assertThat(c.common().interval()).hasSeconds(10);
    assertThat(c.common().timeout()).hasSeconds(10);
    assertThat(c.client().authorization()).isNull();
  }

  @Test
  void readsAllSettings() {
    ScrapeConfig c =
        job(
            """
            endpoint: "172.17.0.5:9153"
            collection_interval: 20s
            timeout: 5s
            metrics_path: /federate
            job_name: dns
            params: {'match[]': ['{job="a"}', up]}
            labels: {zone: a}
            use_service_account: true
            tls: {ca_file: /ca.pem, insecure_skip_verify: true}
            """);
    assertThat(c.jobName()).isEqualTo("dns");
    assertThat(c.scheme()).isEqualTo("https");
    assertThat(c.params()).isEqualTo(Map.of("match[]", List.of("{job=\"a\"}", "up")));
    assertThat(c.common().interval()).hasSeconds(20);
    assertThat(c.common().timeout()).hasSeconds(5);
    assertThat(c.client().tls().caFile()).isEqualTo("/ca.pem");
    assertThat(c.client().tls().insecureSkipVerify()).isTrue();
    assertThat(Objects.requireNonNull(c.client().authorization()).credentialsFile())
        .isEqualTo("/var/run/secrets/kubernetes.io/serviceaccount/token");
    assertThat(c.discoveries().toString()).contains("172.17.0.5:9153", "zone");
  }

  @Test
  void acceptsTheOlderSpellingOfTls() {
    assertThat(job("{tls_enabled: true, tls_config: {ca_file: /ca.pem}}").scheme())
        .isEqualTo("https");
    assertThat(job("{tls: {insecure: true}}").scheme()).isEqualTo("http");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{endpoint: 'http://a:1/x'} | is not a target",
        "{collection_interval: 5s, timeout: 6s} | collection_interval must be greater",
        "{tls_config: {ca_file: /x}} | tls_config requires tls_enabled",
        "{tls_enabled: true, tls: {}} | set either tls, or",
        "{metric_path: /x} | did you mean \"metrics_path\"",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> job(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:1:")
        .hasMessageContaining(problem);
  }
}
