package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.sampling.tail.TailSampling;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policy {@code rare} and the preset of tail_sampling that uses it. */
class TailPresetTest {
  private static final Duration STEP = Duration.ofMillis(100);

  private Rig rig = new Rig();
  private long traces;

  private Processor sampler(String keys) {
    rig = new Rig();
    return rig.processor(
        new TailSampling(InstantSource.system()),
        Signal.TRACES,
        "{decision_wait: 0s, " + keys + "}");
  }

  private boolean samples(Processor p, String service, Span... spans) {
    TracesData data = Rig.traces(service, spans);
    traces++;
    Rig.all(data).forEach(s -> s.setTraceId(7, traces));
    int before = rig.out.size();
    p.consume(Rig.batch(data), o -> assertThat(o).isEqualTo(Outcome.ACCEPTED));
    rig.clock.pass(STEP);
    return rig.out.size() > before;
  }

  private static Span span(String name, long millis, int status) {
    Span s = Rig.span(name);
    s.setStartTimeUnixNano(1_600_000_000_000_000_000L);
    s.setEndTimeUnixNano(s.startTimeUnixNano() + millis * 1_000_000);
    s.setStatusCode(status);
    return s;
  }

  private static Span span(String name) {
    return span(name, 1, 0);
  }

  @Test
  void presetKeepsErrorsSlowAndRareTraces() {
    Processor p = sampler("preset: keep_errors_slow_rare, preset_options: {rest_percentage: 0}");
    for (int i = 0; i < 10; i++) {
      assertThat(samples(p, "shop", span("pay"))).as("rare " + i).isTrue();
    }
    assertThat(samples(p, "shop", span("pay"))).isFalse();
    assertThat(samples(p, "shop", span("pay", 1, 2))).isTrue();
    assertThat(samples(p, "shop", span("pay", 1000, 0))).isTrue();
    assertThat(samples(p, "shop", span("pay", 999, 0))).isFalse();
    assertThat(samples(p, "bank", span("pay"))).isTrue();
    assertThat(samples(p, "shop", span("pay"), span("refund"))).isTrue();
  }

  @Test
  void appliesPresetOptionsAndFurtherPolicies() {
    Processor p =
        sampler(
            "preset: keep_errors_slow_rare, preset_options: {slow: 200ms, rare_traces: 1,"
                + " rest_percentage: 0}, policies: [{name: vip, type: string_attribute,"
                + " string_attribute: {key: user, values: [ann]}}]");
    assertThat(samples(p, "shop", span("pay"))).isTrue();
    assertThat(samples(p, "shop", span("pay"))).isFalse();
    assertThat(samples(p, "shop", span("pay", 200, 0))).isTrue();
    Span vip = span("pay");
    vip.attributes().put("user", "ann");
    assertThat(samples(p, "shop", vip)).isTrue();
    Processor all =
        sampler("preset: keep_errors_slow_rare, preset_options: {rest_percentage: 100}");
    for (int i = 0; i < 30; i++) {
      assertThat(samples(all, "shop", span("pay"))).isTrue();
    }
  }

  private static String rare(String keys) {
    return "policies: [{name: rare, type: rare, rare: {" + keys + "}}]";
  }

  @Test
  void countsTracesOfAnOperationInTheWindow() {
    Processor p = sampler(rare("max_traces: 2, window: 10s"));
    assertThat(samples(p, "a", span("x"), span("x"), span("x"))).isTrue(); // one trace
    assertThat(samples(p, "a", span("x"))).isTrue();
    for (int i = 0; i < 40; i++) {
      assertThat(samples(p, "a", span("x"))).isFalse();
    }
    rig.clock.pass(Duration.ofSeconds(7)); // the next window counts a part of the last
    assertThat(samples(p, "a", span("x"))).isFalse();
    rig.clock.pass(Duration.ofSeconds(20));
    assertThat(samples(p, "a", span("x"))).isTrue();
  }

  @Test
  void namesWithIdsDoNotStayRare() {
    Processor p = sampler(rare("max_traces: 2, window: 1h, max_operations: 20"));
    int kept = 0;
    for (int i = 0; i < 200; i++) {
      kept += samples(p, "a", span("GET /user/" + i)) ? 1 : 0;
    }
    assertThat(kept).isEqualTo(4); // two operations of the service, and the others twice
    for (int i = 0; i < 50; i++) {
      samples(p, "service " + i, span("x"));
    }
    assertThat(samples(p, "b", span("y"))).isTrue(); // beyond all operations, not of its service
    assertThat(samples(p, "b", span("z"))).isTrue();
    assertThat(samples(p, "b", span("y"))).isFalse();
    rig.clock.pass(Duration.ofHours(3));
    assertThat(samples(p, "a", span("GET /user/7"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "preset: best; preset",
        "preset_options: {slow: 1s}, policies: [{name: a, type: always_sample}]; needs a preset",
        "preset: keep_errors_slow_rare, preset_options: {slow: 0s}; slow is 0ns",
        "preset: keep_errors_slow_rare, preset_options: {rest_percentage: 101}; rest_percentage is 101.0",
        "preset: keep_errors_slow_rare, preset_options: {rare_traces: 0}; rare_traces is 0",
        "preset: keep_errors_slow_rare, preset_options: {rare_window: 1ms}; rare_window is 1ms",
        "preset: keep_errors_slow_rare, preset_options: {fast: 1}; fast",
        "preset: keep_errors_slow_rare, policies: [{name: slow, type: always_sample}]; two policies",
        "preset: keep_errors_slow_rare, sampling_strategy: span-ingest; does not allow",
        "decision_wait: 1s; must have at least one policy",
      })
  void rejectsInvalidSettings(String keys, String message) {
    assertThatThrownBy(
            () ->
                rig.processor(
                    new TailSampling(InstantSource.system()), Signal.TRACES, "{" + keys + "}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
