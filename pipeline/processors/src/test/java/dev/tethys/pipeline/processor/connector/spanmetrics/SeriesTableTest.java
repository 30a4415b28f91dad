package dev.tethys.pipeline.processor.connector.spanmetrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** How much memory series take, and what tells them apart. */
class SeriesTableTest {
  private final SeriesTable<NumberDataPoint> table = new SeriesTable<>(SeriesForm.numbers("calls"));

  private void count(SeriesBudget room, String... parts) {
    SeriesKey key = new SeriesKey();
    key.clear();
    Attributes a = new Attributes();
    for (String p : parts) {
      key.add(p);
      a.put(p, p);
    }
    table.count(key, () -> a, new Span(), 1, 1, room);
  }

  private final SeriesMemory memory = new SeriesMemory(1_000_000);

  private List<Long> counts() {
    Metric m = Objects.requireNonNull(table.metric(2, (_, began) -> began, 1));
    return Objects.requireNonNull(m.data()).points().stream()
        .map(p -> ((NumberDataPoint) p).longValue())
        .toList();
  }

  @Test
  void allSeriesOfAConnectorShareOneRoom() {
    SeriesBudget room = new SeriesBudget(0, 0, 2, memory);
    for (String s : List.of("a", "b", "c", "d", "a")) {
      count(room, s);
    }
    assertThat(counts()).as("the last counts what has no room").containsExactly(2L, 1L, 2L);
    assertThat(memory.inUse()).isPositive();
    room.at(1);
    table.expire(0, room);
    assertThat(table.isEmpty()).isTrue();
    assertThat(memory.inUse()).isZero();
    count(room, "c");
    count(room, "d");
    assertThat(counts()).as("room that was given back").containsExactly(1L, 1L);
  }

  @Test
  void longTextsTakeTheMemoryOfSeries() {
    SeriesBudget room = new SeriesBudget(0, 0, 1000, memory);
    for (int i = 0; i < 20; i++) {
      count(room, i + "x".repeat(100_000));
    }
    assertThat(counts())
        .as("three fit, the last counts the others")
        .containsExactly(1L, 1L, 1L, 17L);
    room.free();
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void aKeyWithoutPartsIsNotThatOfTheOverflow() {
    SeriesBudget room = new SeriesBudget(1, 0, 9, memory);
    count(room);
    count(room, "a");
    count(room);
    assertThat(counts()).containsExactly(2L, 1L);
  }

  @Test
  void partsAreToldApartByTheirPlaces() {
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
