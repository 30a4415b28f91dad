package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpFetchTest {
  private static final String URL = "http://sd.test/list";

  private static List<TargetGroup> fetch(int status, String type, byte[] body) throws Exception {
    try (Vendor vendor = new Vendor()) {
      vendor.on(
          "GET " + URL,
          r -> {
            assertThat(r.header("Accept")).isEqualTo("application/json");
            assertThat(r.header("X-Prometheus-Refresh-Interval-Seconds")).isEqualTo("30");
            return new Vendor.Response(status, Map.of("Content-Type", type), body);
          });
      return new Setting(vendor)
          .refresh("http_sd_configs: [{url: '" + URL + "', refresh_interval: 30s}]");
    }
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
        "200 | application/json                | {} | must be a list",
        "200 | application/json                | [{\"target\":[]}] | unknown key",
      })
  void refusesOtherAnswers(int status, String type, String body, String error) {
    assertThatThrownBy(() -> fetch(status, type, body.getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining(error);
  }

  @Test
  void rejectsInvalidUtf8() {
    assertThatThrownBy(() -> fetch(200, "application/json", new byte[] {'[', '"', (byte) 0xff}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("UTF-8");
  }

  @Test
  void unchangedResponseIsNotReadAgain() throws Exception {
    byte[][] body = {"[{\"targets\":[\"ä:1\"]}]".getBytes(StandardCharsets.UTF_8)};
    try (Vendor vendor = new Vendor()) {
      vendor.on(
          "GET " + URL,
          r -> new Vendor.Response(200, Map.of("Content-Type", "application/json"), body[0]));
      PollingDiscovery.Source source =
          new Setting(vendor).source("http_sd_configs: [{url: '" + URL + "'}]");
      List<TargetGroup> first = source.refresh();
      assertThat(first.getFirst().targets().getFirst().get("__address__")).isEqualTo("ä:1");
      assertThat(source.refresh()).isSameAs(first);
      body[0] = "[{".getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(source::refresh).as("also the second time").isNotNull();
      }
      body[0] = "[{\"targets\":[\"b:1\"]}]".getBytes(StandardCharsets.UTF_8);
      assertThat(source.refresh().getFirst().targets().getFirst().get("__address__"))
          .isEqualTo("b:1");
    }
  }

  @Test
  void emptyListMeansNoTargets() throws Exception {
    assertThat(fetch(200, "application/json", "[]".getBytes(StandardCharsets.UTF_8))).isEmpty();
  }
}
