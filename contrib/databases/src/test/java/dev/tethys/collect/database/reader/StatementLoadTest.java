package dev.tethys.collect.database.reader;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatementLoadTest {
  private static StatementLoad.Load load(StatementLoad<String> l) {
    return requireNonNull(l.loads().get("a"));
  }

  @Test
  void addsDifferencesOfTotals() {
    StatementLoad<String> l = new StatementLoad<>();
    l.addDifference("a", new double[] {10, 2, 1}, new double[] {15, 3, 1.5});
    l.addDifference("b", new double[3], new double[] {1, 7, 0});
    l.addDifference("idle", new double[] {4, 4, 4}, new double[] {4, 4, 4});
    assertThat(load(l).calls()).isEqualTo(5);
    assertThat(load(l).seconds()).isEqualTo(1);
    assertThat(load(l).other()).isEqualTo(0.5);
    assertThat(l.busiest()).isEqualTo(List.of("b", "a"));
  }

  @Test
  void countsFromZeroAfterAReset() {
    StatementLoad<String> l = new StatementLoad<>();
    l.addDifference("a", new double[] {100, 50, 9}, new double[] {3, 1, 0.5});
    assertThat(load(l).calls()).isEqualTo(3);
    assertThat(load(l).seconds()).isEqualTo(1);
  }

  @Test
  void countsALongCallOnceOverItsReadings() {
    double calls = 0;
    double seconds = 0;
    // Runs from second 5 to second 40; readings at 0, 15, 30 and 45.
    StatementLoad<String> first = new StatementLoad<>();
    first.addRunning("a", 10, 0);
    StatementLoad<String> second = new StatementLoad<>();
    second.addRunning("a", 15, 0);
    second.subtractCounted("a", 0, 0);
    StatementLoad<String> third = new StatementLoad<>();
    third.addDifference("a", new double[3], new double[] {1, 35, 0});
    third.subtractCounted("a", 25, 0);
    for (StatementLoad<String> l : List.of(first, second, third)) {
      calls += load(l).calls();
      seconds += load(l).seconds();
    }
    assertThat(calls).isEqualTo(1);
    assertThat(seconds).isEqualTo(35, within(1e-9));
  }

  @Test
  void keepsFiguresOfManyStatements() {
    StatementFigures f = new StatementFigures(10);
    for (int i = 0; i < 5000; i++) {
      f.add(StatementFigures.key(i, 1, 2), i, 2.0 * i, 3.0 * i);
    }
    f.add(0, 1, 1, 1);
    f.add(StatementFigures.key(7, 1, 2), 1, 1, 1);
    assertThat(f.size()).isEqualTo(5001);
    assertThat(f.get(StatementFigures.key(7, 1, 2))).containsExactly(8, 15, 22);
    assertThat(f.get(StatementFigures.key(4999, 1, 2))).containsExactly(4999, 9998, 14997);
    assertThat(f.get(StatementFigures.key(5000, 1, 2))).containsExactly(0, 0, 0);
    assertThat(f.get(0)).containsExactly(1, 1, 1);
  }

  @Test
  void summarizesLatencies() {
    LatencySummary s = new LatencySummary();
    s.add(5, 50);
    s.add(8, 40);
    s.add(3, 10);
    s.add(9, 0);
    assertThat(s.values(50, 90, 95).toString())
        .isEqualTo("{avg=0.16, max=0.3, p50=0.1, p90=0.2, p95=0.3}");
    assertThat(s.values(0)).isEmpty();
    assertThat(new LatencySummary().values(50)).isEmpty();
  }
}
