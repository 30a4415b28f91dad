package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.exposition.MetricFamily;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class MetricsStageTest {
  private static final String YAML =
      """
      - json: {expressions: {app: , payload: , wait: , ok: }}
      - metrics:
          loki_count: {type: Counter, source: app, description: Count, config: {value: loki, action: inc}}
          lines: {type: counter, config: {match_all: true, action: inc}}
          bytes_total: {type: Counter, prefix: my_, config: {match_all: true, count_entry_bytes: true, action: add}}
          payload: {type: Counter, config: {action: add}}
          now: {type: Gauge, source: payload, config: {action: set}}
          balance: {type: Gauge, source: ok, config: {value: 'true', action: dec}}
          down: {type: Gauge, source: payload, config: {action: sub}}
          wait_seconds: {type: Histogram, source: wait, config: {buckets: [0.001, 0.01]}}
      """;

  @Test
  void countsEntriesAndValues() {
    Rig rig = new Rig(YAML);
    String[] labels = {"job", "j", "__path__", "/x"};
    String a = "{\"app\":\"loki\",\"payload\":10,\"wait\":\"0.5ms\",\"ok\":true}";
    rig.run(a, labels);
    String b = "{\"app\":\"other\",\"payload\":\"2.5\",\"wait\":0.005,\"ok\":false}";
    rig.run(b, labels);
    rig.run("no json", labels);
    assertThat(rig.metric("promtail_custom_loki_count", "job", "j")).isEqualTo(1);
    assertThat(rig.metric("promtail_custom_lines", "job", "j")).isEqualTo(3);
    assertThat(rig.metric("my_bytes_total", "job", "j")).isEqualTo(a.length() + b.length() + 7);
    assertThat(rig.metric("promtail_custom_payload", "job", "j")).isEqualTo(12.5);
    assertThat(rig.metric("promtail_custom_now", "job", "j")).isEqualTo(2.5);
    assertThat(rig.metric("promtail_custom_balance", "job", "j")).isEqualTo(-1);
    assertThat(rig.metric("promtail_custom_down", "job", "j")).isEqualTo(-12.5);
    MetricFamily.Buckets h =
        (MetricFamily.Buckets)
            rig.registry.gather().stream()
                .filter(f -> f.name().equals("promtail_custom_wait_seconds"))
                .findFirst()
                .orElseThrow()
                .metrics()
                .getFirst()
                .point();
    assertThat(h.cumulative()).containsExactly(1, 2, 2);
    assertThat(h.sum()).isEqualTo(0.0055);
  }

  @Test
  void exposesIdleSeriesOnceMore() {
    Rig rig =
        new Rig(
            "- metrics: {n: {type: counter, max_idle_duration: 10s, config: {match_all: true,"
                + " action: inc}}}");
    rig.run("x", "s", "1");
    rig.clock.advance(6_000_000_000L);
    rig.run("x", "s", "2");
    rig.clock.advance(6_000_000_000L);
    assertThat(rig.metric("promtail_custom_n", "s", "1")).isEqualTo(1);
    assertThat(rig.metric("promtail_custom_n", "s", "1")).isNaN();
    assertThat(rig.metric("promtail_custom_n", "s", "2")).isEqualTo(1);
  }

  @Test
  void closingStagesUnregistersMetrics() {
    Rig rig = new Rig("- metrics: {n: {type: counter, config: {match_all: true, action: inc}}}");
    rig.run("x");
    assertThat(rig.metric("promtail_custom_n")).isEqualTo(1);
    rig.stages.close();
    assertThat(rig.metric("promtail_custom_n")).isNaN();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {type: Piano, config: {action: inc}}                                  | must be one of counter, gauge
          {type: Counter}                                                       | needs "config"
          {type: Counter, config: {}}                                           | "action" is required
          {type: Counter, config: {action: sub}}                                | must be one of inc, add
          {type: Counter, config: {action: inc, match_all: true, value: a}}     | cannot be combined
          {type: Counter, config: {action: add, count_entry_bytes: true}}       | match_all: true
          {type: Counter, config: {action: inc, match_all: true, count_entry_bytes: true}} | action: add
          {type: Gauge, config: {action: fly}}                                  | set, inc, dec, add, sub
          {type: Gauge, max_idle_duration: 10, config: {action: set}}           | not a valid duration
          {type: Gauge, max_idle_duration: 10ms, config: {action: set}}         | must be at least 1s
          {type: Histogram, config: {buckets: [2, 1]}}                          | must ascend
          """)
  void rejectsInvalidSettings(String config, String message) {
    assertThatThrownBy(() -> new Rig("- metrics: {m: " + config + "}"))
        .hasMessageContaining(message);
  }

  @Test
  void boundsSeries() {
    Rig rig = new Rig("- metrics: {n: {type: counter, config: {match_all: true, action: inc}}}");
    for (int i = 0; i < CustomMetric.MAX_SERIES + 10; i++) {
      rig.run("x", "s", "" + i);
      rig.out.clear();
    }
    MetricFamily f =
        rig.registry.gather().stream()
            .filter(m -> m.name().equals("promtail_custom_n"))
            .findFirst()
            .orElseThrow();
    assertThat(f.metrics()).hasSize(CustomMetric.MAX_SERIES);
  }
}
