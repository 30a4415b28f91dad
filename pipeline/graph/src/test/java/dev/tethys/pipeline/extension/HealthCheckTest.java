package dev.tethys.pipeline.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import org.junit.jupiter.api.Test;

class HealthCheckTest {
  private static HealthCheck.Settings read(String yaml) {
    return new HealthCheck().settings().read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  @Test
  void healthChecksOfExportersAreTakenWhereTheyAreOff() {
    String off = "{enabled: false, interval: 5m, exporter_failure_threshold: 5}";
    assertThat(read("check_collector_pipeline: " + off)).isEqualTo(read("path: /"));
    assertThatThrownBy(() -> read("check_collector_pipeline: {enabled: true}"))
        .hasMessageContaining("c.yaml:1:37")
        .hasMessageContaining("alert on otelcol_exporter_send_failed_*");
  }
}
