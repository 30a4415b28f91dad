package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.source.NameBatches.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NameBatchesTest {
  private final NameBatches batches = new NameBatches();

  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "metric_%06d".formatted(i)).toList();
  }

  @Test
  void groupsNames() {
    batches.update(names(120), List.of("{job=\"a\"}"), 0);
    assertThat(batches.all().stream().map(b -> b.names().size())).containsExactly(50, 50, 20, 0);
    assertThat(batches.all().getLast().promql()).isEqualTo("{job=\"a\"}");
    List<String> all = new ArrayList<>();
    batches.all().forEach(b -> all.addAll(b.names()));
    assertThat(all).isEqualTo(names(120));
  }

  @Test
  void quotesNames() {
    batches.update(List.of("a.b", "c\"d"), List.of(), 0);
    assertThat(batches.all().getFirst().promql()).isEqualTo("{__name__=~\"a\\\\.b|c\\\"d\"}");
  }

  @Test
  void keepsSplitsWhenNamesChange() {
    batches.update(names(4), List.of(), 0);
    List<Batch> halves = batches.split(batches.all().getFirst());
    assertThat(halves.stream().map(Batch::names))
        .containsExactly(names(4).subList(0, 2), names(4).subList(2, 4));
    batches.update(names(5), List.of(), 0);
    assertThat(batches.all().stream().map(b -> b.names().size())).containsExactly(2, 2, 1);
    batches.update(names(4).subList(1, 4), List.of(), 0);
    assertThat(batches.all().stream().map(b -> b.names().size())).containsExactly(1, 2);
  }

  @Test
  void leavesOutANameForATime() {
    batches.update(List.of("a"), List.of(), 0);
    Batch b = batches.all().getFirst();
    assertThat(batches.split(b)).isEmpty();
    batches.leaveOut(b, 0, "too large");
    batches.update(List.of("a"), List.of(), 1);
    assertThat(batches.all()).isEmpty();
    assertThat(batches.problems()).containsExactly("a is left out: too large");
    batches.update(List.of("a"), List.of(), NameBatches.LEFT_OUT_MILLIS);
    assertThat(batches.all()).hasSize(1);
    assertThat(batches.problems()).isEmpty();
  }

  @Test
  void boundsTheNumberOfNames() {
    batches.update(names(NameBatches.MAX_ALL_NAMES + 7), List.of(), 0);
    assertThat(batches.all()).hasSize(NameBatches.MAX_ALL_NAMES / NameBatches.MAX_NAMES);
    assertThat(batches.problems()).singleElement().asString().startsWith("7 names of metrics");
    List<String> longNames =
        IntStream.range(0, 20).mapToObj(i -> "m" + i + "x".repeat(5_000)).toList();
    batches.update(longNames, List.of(), 0);
    assertThat(batches.all()).allSatisfy(b -> assertThat(b.promql().length()).isLessThan(16_000));
  }
}
