package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.processor.connector.FailoverFactory;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code failover} against the cases of the Collector's own tests, with a clock that is moved. */
final class CollectorFailoverTest {
  private static final String[] LEVELS = {"traces/first", "traces/second", "traces/third"};

  private final Rig rig = new Rig();
  private Connector failover;

  @BeforeEach
  void three() {
    failover =
        rig.connector(
            new FailoverFactory(),
            Signal.TRACES,
            Signal.TRACES,
            "{priority_levels: [[traces/first], [traces/second], [traces/third]],"
                + " retry_interval: 50ms}",
            LEVELS);
  }

  private void answers(String down) {
    for (String l : LEVELS) {
      rig.answers.put(
          PipelineId.parse(l),
          down.contains(l.substring(7))
              ? new Outcome.Unavailable("down", Duration.ZERO)
              : Outcome.ACCEPTED);
    }
  }

  /** Levels tried for one batch, in order. */
  private String asked(String down) {
    answers(down);
    rig.routed.clear();
    rig.send(failover, Rig.traces("s", Rig.span("SampleSpan")));
    return rig.routed.keySet().stream()
        .map(p -> p.toString().substring(7))
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "'', first",
    "first, first second",
    "first second, first second third",
    "second, first"
  })
  void usesTheFirstLevelThatAccepts(String down, String levels) {
    assertThat(asked(down)).isEqualTo(levels);
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void rejectsBatchWhenAllLevelsFail() {
    assertThat(asked("first second third")).isEqualTo("first second third");
    assertThat(rig.outcomes).singleElement().isInstanceOf(Outcome.Unavailable.class);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void skipsAFailedLevelAndRetriesIt() {
    assertThat(asked("first")).isEqualTo("first second");
    assertThat(asked("first")).isEqualTo("second");
    rig.clock.pass(Duration.ofMillis(50));
    assertThat(asked("first")).isEqualTo("first second");
    assertThat(asked("")).isEqualTo("second");
    rig.clock.pass(Duration.ofMillis(50));
    assertThat(asked("")).isEqualTo("first");
    assertThat(asked("")).isEqualTo("first");
    assertThat(rig.outcomes).hasSize(6).containsOnly(Outcome.ACCEPTED);
  }

  @Test
  void middleLevelRecoversBeforeTheFirst() {
    assertThat(asked("first second")).isEqualTo("first second third");
    assertThat(asked("first second")).isEqualTo("third");
    rig.clock.pass(Duration.ofMillis(50));
    assertThat(asked("first")).isEqualTo("first second");
    assertThat(asked("first")).isEqualTo("second");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "{} ; priority_levels",
        "priority_levels: [] ; has no level",
        "{priority_levels: [[traces/first]], retry_interval: 0s} ; must be positive",
        "priority_levels: [[traces/unknown]] ; does not have this connector among its receivers"
      })
  void rejectsSettingsThatTheCollectorRejects(String yaml, String error) {
    assertThatThrownBy(
            () -> rig.connector(new FailoverFactory(), Signal.TRACES, Signal.TRACES, yaml, LEVELS))
        .hasMessageContaining(error);
  }
}
