package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.store.archive.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class UsedMetricsTest {
  private static UsedMetrics of(String... expressions) {
    UsedMetrics u = new UsedMetrics();
    for (String e : expressions) {
      u.add(e);
    }
    return u;
  }

  @Test
  void findsMetricByItsPrometheusName() {
    UsedMetrics u =
        of("sum(rate(http_server_duration_seconds_bucket{job=\"a\"}[$__rate_interval])) by (le)");
    assertThat(u.contains("http.server.duration")).isTrue();
    assertThat(u.contains("http_server_duration_seconds_bucket")).isTrue();
    assertThat(u.contains("http_server")).isTrue(); // a prefix: rather used than unused
    assertThat(u.contains("http_server_dur")).isFalse();
    assertThat(u.contains("up")).isFalse();
  }

  @Test
  void nameMatchersUseAllMatches() {
    UsedMetrics u = of("{__name__=~\"node_(cpu|memory)_.+\"}");
    assertThat(u.contains("node_cpu_seconds_total")).isTrue();
    assertThat(u.contains("node_disk_io_time")).isFalse();
    assertThat(of("{__name__=~\"$metric[\"}").contains("anything")).isTrue();
  }

  @Test
  void readsRulesAndDashboards() {
    UsedMetrics u = new UsedMetrics();
    u.addDocument(
        YamlDocument.parse(
                "r.yaml", null, "groups: [{name: a, rules: [{alert: Down, expr: up == 0}]}]")
            .root()
            .asTree());
    u.addDocument(
        Json.object(
            "{\"panels\":[{\"targets\":[{\"expr\":\"sum(go_goroutines)\"}]}],\"title\":\"x unused_metric\"}"
                .getBytes(StandardCharsets.UTF_8)));
    assertThat(u.expressions()).isEqualTo(2);
    assertThat(u.contains("up")).isTrue();
    assertThat(u.contains("go_goroutines")).isTrue();
    assertThat(u.contains("unused_metric")).isFalse();
  }
}
