package dev.tethys.pipeline.processor.connector.spanmetrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Memory used by series, and their identity. */
class SeriesTableTest {
  private SeriesTable table(int limit, SeriesRoom room) {
    return new SeriesTable(SeriesForm.numbers("calls"), limit, 0, room);
  }

  private static void count(SeriesTable table, String... parts) {
    SeriesKey key = new SeriesKey();
    key.clear();
    Attributes a = new Attributes();
    for (String p : parts) {
      key.add(p);
      a.put(p, p);
    }
    table.count(key, () -> a, new Span(), 1, 1, 0);
  }

  private final SeriesMemory memory = new SeriesMemory(1_000_000);

  private static List<Long> counts(SeriesTable table) {
    Metric m = Objects.requireNonNull(table.metric(2, (_, began) -> began, 1));
    return Objects.requireNonNull(m.data()).points().stream()
        .map(p -> ((NumberDataPoint) p).longValue())
        .toList();
  }

  @Test
  void allConnectorSeriesShareOneMemoryLimit() {
    SeriesRoom room = new SeriesRoom(2, memory);
    SeriesTable table = table(0, room);
    for (String s : List.of("a", "b", "c", "d", "a")) {
      count(table, s);
    }
    assertThat(counts(table)).as("the last counts what has no room").containsExactly(2L, 1L, 2L);
    assertThat(memory.inUse()).isPositive();
    table.expire(0);
    assertThat(table.isEmpty()).isTrue();
    assertThat(memory.inUse()).isZero();
    count(table, "c");
    count(table, "d");
    assertThat(counts(table)).as("room that was given back").containsExactly(1L, 1L);
  }

  @Test
  void longTextsUseTheMemoryOfSeries() {
    SeriesRoom room = new SeriesRoom(1000, memory);
    SeriesTable table = table(0, room);
    for (int i = 0; i < 20; i++) {
      count(table, i + "x".repeat(100_000));
    }
    assertThat(counts(table))
        .as("three fit, the last counts the others")
        .containsExactly(1L, 1L, 1L, 17L);
    room.close();
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void emptyKeyDiffersFromTheOverflowKey() {
    SeriesRoom room = new SeriesRoom(9, memory);
    SeriesTable table = table(1, room);
    count(table);
    count(table, "a");
    count(table);
    assertThat(counts(table)).containsExactly(2L, 1L);
  }

  @Test
  void distinguishesPartsByPosition() {
    SeriesKey key = new SeriesKey();
    key.clear();
    key.add("a");
    key.mark();
    key.add(null);
    key.add("b");
    SeriesKey one = key.copy();
    key.backToMark();
    key.add("b");
    key.add(null);
    assertThat(key).isNotEqualTo(one);
    key.backToMark();
    key.add(null);
    key.add("b");
    assertThat(key).isEqualTo(one).hasSameHashCodeAs(one);
    for (int i = 0; i < 40; i++) {
      key.add("c" + i);
    }
    assertThat(key.copy()).isEqualTo(key).isNotEqualTo(one);
  }
}
