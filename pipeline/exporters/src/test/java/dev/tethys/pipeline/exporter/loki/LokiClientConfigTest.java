package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LokiClientConfigTest {
  @Test
  void readsAFullConfiguration() {
    LokiClientConfig c =
        LokiClientCase.config(
            """
            {name: far, url: 'https://u:p@loki.example:3100/loki/api/v1/push', tenant_id: t, batchwait: 2s,
             batchsize: 102400, basic_auth: {username: u, password: p}, timeout: 5s,
             backoff_config: {min_period: 100ms, max_period: 1m, max_retries: 20},
             external_labels: {cluster: eu}, headers: {X-A: b}, drop_rate_limited_batches: true}
            """);
    assertThat(c.id()).isEqualTo("far");
    assertThat(c.host()).isEqualTo("loki.example:3100");
    assertThat(c.batchWait()).isEqualTo(Duration.ofSeconds(2));
    assertThat(c.backoff())
        .isEqualTo(new LokiClientConfig.Backoff(Duration.ofMillis(100), Duration.ofMinutes(1), 20));
    assertThat(c.tree().toString()).doesNotContain("password=p").contains("u:xxxxx@");
    assertThat(LokiClientCase.config("{url: 'http://h/x'}").id())
        .matches("[0-9a-f]{6}")
        .isEqualTo(LokiClientCase.config("{url: 'http://h/x', batchpause: 100ms}").id());
    assertThat(LokiClientCase.config("{url: 'http://h/x', batchpause: 1s}").tree())
        .containsEntry("batchpause", Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                    | "url" is required
          {url: 'nowhere'}                                      | url must be a URL
          {url: 'http://h/', batchsize: -1}                     | batchsize must be
          {url: 'http://h/', batchwait: 1 hour}                 | not a valid duration
          {url: 'http://h/', batchpause: -1s}                   | may not be negative here
          {url: 'http://h/', external_labels: {a-b: c}}         | not a valid label name
          {url: 'http://h/', headers: {'a b': c}}               | not a valid header name
          {url: 'http://h/', backoff_config: {max_retries: -1}} | must not be negative
          {url: 'http://h/', stream_lag_labels: a}              | is valid but not built
          {url: 'http://h/'}, {url: 'http://h/'}                | duplicate client configs
          """)
  void rejectsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> LokiClientCase.config(yaml)).hasMessageContaining(message);
  }
}
