package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.reader.ReaderTarget.StatementRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SlowCallsTest {
  private final SlowCalls calls =
      new SlowCalls(new StatementRecords(false, true, Duration.ofSeconds(1)));

  private static SlowCalls.Call call(String id, double seconds) {
    return new SlowCalls.Call(
        id, "shop", "f", "select ?", seconds, Map.of("db.user", "app", "db.wait_event_type", ""));
  }

  @Test
  void reportsEachSlowCallOnce() {
    List<StatementEvent> first = calls.of(List.of(call("1", 0.5), call("2", 1.5)));
    assertThat(first).hasSize(1);
    assertThat(first.getFirst().attributes())
        .isEqualTo(Map.of("db.user", "app", "db.statement.duration_seconds", "1.500"));
    assertThat(calls.of(List.of(call("1", 1), call("2", 2)))).hasSize(1);
    assertThat(calls.of(List.of(call("1", 9), call("2", 9)))).isEmpty();
    assertThat(calls.of(List.of())).isEmpty();
    assertThat(calls.of(List.of(call("1", 9)))).hasSize(1);
  }

  @Test
  void reportsTheLongestOfMany() {
    List<SlowCalls.Call> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(call("c" + i, 1 + i));
    }
    List<StatementEvent> first = calls.of(many);
    assertThat(first).hasSize(SlowCalls.MAX_SAMPLES);
    assertThat(first.getFirst().attributes())
        .containsEntry("db.statement.duration_seconds", "100.000");
    assertThat(calls.of(many)).hasSize(SlowCalls.MAX_SAMPLES);
  }

  @Test
  void reportsNothingWhenSwitchedOff() {
    assertThat(new SlowCalls(StatementRecords.NONE).of(List.of(call("1", 99)))).isEmpty();
  }
}
