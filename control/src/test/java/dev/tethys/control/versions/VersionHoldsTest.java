package dev.tethys.control.versions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.validation.GraphValidator;
import dev.tethys.pipeline.collector.BuiltIn;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Times for which configurations hold items. */
class VersionHoldsTest {
  private final VersionHolds holds = VersionHolds.by(new GraphValidator(BuiltIn.components()));

  private @Nullable Duration of(String processors, String names, String exporter) {
    String text =
        "receivers: {otlp: {protocols: {http: {}}}}\n"
            + "processors: {"
            + processors
            + "}\nexporters: {otlp_http: {endpoint: 'http://127.0.0.1:1'"
            + exporter
            + "}}\nservice: {pipelines: {traces: {receivers: [otlp], processors: ["
            + names
            + "], exporters: [otlp_http]}}}\n";
    return holds.of(version(text));
  }

  private static ConfigVersion version(String text) {
    return ConfigVersion.of(
        "edge", 1, 0, new ConfigVersion.Author("me", ""), "", text, GraphValidator.VALID);
  }

  @Test
  void settingsOfComponentsAddUp() {
    assertThat(of("", "", "")).isEqualTo(Duration.ZERO);
    assertThat(of("batch: {timeout: 4s}", "batch", "")).isEqualTo(Duration.ofSeconds(4));
    assertThat(
            of(
                "batch: {timeout: 4s}, groupbytrace: {wait_duration: 10s}",
                "groupbytrace, batch",
                ", sending_queue: {batch: {flush_timeout: 3s}}"))
        .isEqualTo(Duration.ofSeconds(17));
    assertThat(
            of(
                "tail_sampling: {policies: [{name: all, type: always_sample}]}",
                "tail_sampling",
                ""))
        .as("the default of decision_wait")
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Tag("contrib")
  @Test
  void fileExporterHoldsItemsUntilItsFileIsComplete() {
    String text =
        "receivers: {otlp: {protocols: {http: {}}}}\n"
            + "exporters: {parquet: {directory: /tmp/a, max_file_age: 5m}}\n"
            + "service: {pipelines: {logs: {receivers: [otlp], exporters: [parquet]}}}\n";
    assertThat(holds.of(version(text))).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void doesNotInterpretTextsOfOtherComponents() {
    assertThat(of("absent: {}", "absent", "")).isNull();
  }
}
