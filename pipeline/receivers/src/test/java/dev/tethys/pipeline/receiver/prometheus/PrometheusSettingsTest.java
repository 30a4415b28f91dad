package dev.tethys.pipeline.receiver.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrometheusSettingsTest {
  @TempDir private Path dir;

  private static PrometheusSettings read(String yaml) {
    return TestPipeline.read(PrometheusSettings.TYPE, yaml);
  }

  @Test
  void readsJobsOfPrometheus() throws Exception {
    Path more =
        Files.writeString(
            dir.resolve("more.yml"),
            "scrape_configs: [{job_name: b, static_configs: [{targets: [y]}]}]");
    PrometheusSettings s =
        read(
            """
            config:
              global: {scrape_interval: 7s, evaluation_interval: 3s, external_labels: {dc: x}}
              scrape_config_files: ['%s']
              scrape_configs:
              - job_name: a
                honor_labels: true
                file_sd_configs: [{files: ['%s/*.json']}]
                relabel_configs: [{regex: '(.*)', replacement: '$1', target_label: c}]
            """
                .formatted(more, dir));
    assertThat(s.jobs()).extracting(j -> j.jobName()).containsExactly("a", "b");
    assertThat(s.global().scrape().interval()).isEqualTo(Duration.ofSeconds(7));
    assertThat(s.global().externalLabels().get("dc")).isEqualTo("x");
    assertThat(s.idle()).containsExactly("evaluation_interval");
  }

  @Test
  void reportsScrapeStatusOfAllJobs() {
    PrometheusSettings s =
        read(
            """
            report_extra_scrape_metrics: true
            config:
              scrape_configs:
              - {job_name: a, static_configs: [{targets: [x]}]}
              - {job_name: b, extra_scrape_metrics: false, static_configs: [{targets: [x]}]}
            """);
    assertThat(s.jobs()).hasSize(2).allMatch(j -> j.common().extraMetrics());
    assertThat(s.global().scrape().extraMetrics()).as("also of an allocator's").isTrue();
    assertThat(read("config: {scrape_configs: [{job_name: a}]}").jobs())
        .noneMatch(j -> j.common().extraMetrics());
  }

  @Test
  void rejectsUnsupportedSettingsByName() {
    String job = "scrape_configs: [{job_name: a}]";
    for (String[] w :
        new String[][] {
          {
            "config: {}",
            "one of scrape_configs, scrape_config_files and target_allocator is required"
          },
          {"config: {" + job + ", rule_files: [x]}", "rule_files"},
          {"config: {" + job + ", remote_write: [{url: 'http://x'}]}", "remote_write"},
          {"config: {" + job + ", alerting: {}}", "alerting"},
          {"{config: {" + job + "}, target_allocator: {endpoint: x}}", "must be a URL"},
          {"target_allocator: {endpoint: 'http://x'}", "collector_id"},
          {
            "target_allocator: {endpoint: 'http://x', collector_id: a,"
                + " http_sd_config: {url: 'http://y'}}",
            "another setting determines the URL"
          },
          {"{config: {" + job + "}, api_server: {enabled: true}}", "api_server"},
          {"{config: {" + job + "}, trim_metric_suffixes: true}", "trim_metric_suffixes"},
          {"config: {scrape_configs: [{job_name: a}, {job_name: a}]}", "multiple scrape configs"},
          {"config: {scrape_configs: [{job_name: a, nonsense: 1}]}", "nonsense"}
        }) {
      assertThatThrownBy(() -> read(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
  }
}
