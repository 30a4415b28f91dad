package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.sampling.tail.GroupByTrace;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traces held until they are likely to be complete. */
class GroupByTraceTest {
  private final Rig rig = new Rig();
  private final GroupByTrace factory = new GroupByTrace(InstantSource.system());

  @AfterEach
  void nothingIsMissing() {
    assertThat(rig.balanced()).isTrue();
  }

  private static Span span(long trace, long id) {
    Span s = Rig.span("work");
    s.setTraceId(7, trace);
    s.setSpanId(id);
    return s;
  }

  private static List<Outcome> send(Processor p, Span... spans) {
    List<Outcome> heard = new ArrayList<>();
    p.consume(Rig.batch(Rig.traces("shop", spans)), heard::add);
    return heard;
  }

  private List<List<Long>> released() {
    return rig.out.stream()
        .map(b -> Rig.all(Rig.traces(b)).stream().map(Span::spanId).sorted().toList())
        .toList();
  }

  private double metric(String name) {
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals("otelcol_processor_groupbytrace_" + name)) {
        return f.metrics().getFirst().point() instanceof MetricFamily.Value v ? v.value() : -1;
      }
    }
    return -1;
  }

  @Test
  void forwardsTheSpansOfATraceTogether() {
    Processor p = rig.processor(factory, Signal.TRACES, "");
    assertThat(send(p, span(1, 11), span(2, 21))).containsExactly(Outcome.ACCEPTED);
    rig.clock.pass(Duration.ofMillis(900));
    send(p, span(1, 12));
    assertThat(rig.out).isEmpty();
    assertThat(metric("num_traces_in_memory")).isEqualTo(2);
    rig.clock.pass(Duration.ofMillis(300));
    assertThat(released()).containsExactlyInAnyOrder(List.of(11L, 12L), List.of(21L));
    assertThat(metric("traces_released_total")).isEqualTo(2);
    assertThat(metric("spans_released_total")).isEqualTo(3);
    assertThat(metric("num_traces_in_memory")).isZero();
    assertThat(metric("conf_num_traces")).isEqualTo(1_000_000);
    p.stop(Duration.ZERO);
  }

  @Test
  void holdsLateSpansAgain() {
    Processor p = rig.processor(factory, Signal.TRACES, "wait_duration: 10s");
    send(p, span(1, 11));
    rig.clock.pass(Duration.ofSeconds(11));
    assertThat(released()).containsExactly(List.of(11L));
    send(p, span(1, 12));
    rig.clock.pass(Duration.ofSeconds(5));
    send(p, span(1, 13));
    assertThat(rig.out).hasSize(1);
    rig.clock.pass(Duration.ofSeconds(6));
    assertThat(released()).containsExactly(List.of(11L), List.of(12L, 13L));
    p.stop(Duration.ZERO);
  }

  @Test
  void acknowledgesSendersAfterDeliveryIfConfigured() {
    Processor p = rig.processor(factory, Signal.TRACES, "acknowledge: when_released");
    List<Outcome> heard = send(p, span(1, 11));
    assertThat(heard).isEmpty();
    rig.clock.pass(Duration.ofSeconds(2));
    assertThat(heard).containsExactly(Outcome.ACCEPTED);
    p.stop(Duration.ZERO);
  }

  @Test
  void forwardsHeldTracesAtStop() {
    Processor p = rig.processor(factory, Signal.TRACES, "wait_duration: 1h");
    send(p, span(1, 11), span(1, 12));
    p.stop(Duration.ofSeconds(1));
    assertThat(released()).containsExactly(List.of(11L, 12L));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wait_duration: 0s | wait_duration must be more than 0",
        "num_traces: 0 | num_traces must be 1 to",
        "num_workers: 0 | num_workers must be at least 1",
        "discard_orphans: true | discard_orphans is not supported",
        "store_on_disk: true | store_on_disk is not supported",
        "wait: 1s | unknown key \"wait\"",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(
            () -> factory.settings().read(YamlDocument.parse("c.yaml", null, yaml).root()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("c.yaml:1:")
        .hasMessageContaining(problem);
  }
}
