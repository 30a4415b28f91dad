package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpFetchTest {
  private static final HttpConfig CONFIG =
      new HttpConfig(
          URI.create("http://sd.test/list"), Duration.ofSeconds(30), HttpClientConfig.DEFAULT);

  private static List<TargetGroup> fetch(int status, String type, byte[] body) throws Exception {
    return new HttpFetch(
            CONFIG,
            (config, url, headers, max) -> {
              assertThat(headers)
                  .containsAllEntriesOf(
                      Map.of(
                          "Accept",
                          "application/json",
                          "X-Prometheus-Refresh-Interval-Seconds",
                          "30"));
              return new HttpFetch.Answer(status, type, body);
            })
        .refresh();
  }

  @Test
  void readsThePublicFixture() throws Exception {
    byte[] body =
        Files.readAllBytes(Shared.conformance("prometheus/discovery/http/http_sd.good.json"));
    List<TargetGroup> groups = fetch(200, "application/json; charset=utf-8", body);
    assertThat(groups).isNotEmpty();
    assertThat(groups.getFirst().source()).isEqualTo("http://sd.test/list:0");
    assertThat(groups.getFirst().labels().get("__meta_url")).isEqualTo("http://sd.test/list");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "500 | application/json                | [] | answered with status 500",
        "200 | text/plain                      | [] | content type",
        "200 | application/json; charset=latin1 | [] | content type",
        "200 | application/json                | {} | wants a list",
        "200 | application/json                | [{\"target\":[]}] | unknown key",
      })
  void refusesOtherAnswers(int status, String type, String body, String error) {
    assertThatThrownBy(() -> fetch(status, type, body.getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining(error);
  }

  @Test
  void refusesWhatIsNotUtf8() {
    assertThatThrownBy(() -> fetch(200, "application/json", new byte[] {'[', '"', (byte) 0xff}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("UTF-8");
  }

  @Test
  void anEmptyListIsNoTargets() throws Exception {
    assertThat(fetch(200, "application/json", "[]".getBytes(StandardCharsets.UTF_8))).isEmpty();
  }
}
