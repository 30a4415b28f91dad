package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.Value;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Columns become series of the steps at which they have something. */
class ResultAssemblyTest {
  private static final long[] TIMES = {10, 20, 30, 40, 50};
  private static final double NONE = Column.ABSENT;

  private static Column column(double... values) {
    return new Column(Labels.of("a", "b"), false, values, null);
  }

  private static long[] times(Value.Series s) {
    return Arrays.copyOf(s.timestamps(), s.size());
  }

  @Test
  void seriesWithoutGapsKeepsItsArrays() {
    Column c = column(1, 2, 3, 4, 5);
    Value.Series s = ResultAssembly.series(c, TIMES, null);
    assertThat(s.timestamps()).isSameAs(TIMES);
    assertThat(s.values()).isSameAs(c.values());
    assertThat(s.size()).isEqualTo(5);
  }

  @Test
  void sharesTimesOnlyAmongSeriesWithEqualGaps() {
    Value.Series first = ResultAssembly.series(column(NONE, 2, 3, NONE, 5), TIMES, null);
    Value.Series same = ResultAssembly.series(column(NONE, 7, 8, NONE, 9), TIMES, first);
    Value.Series moved = ResultAssembly.series(column(NONE, 7, 8, 9, NONE), TIMES, same);
    Value.Series fewer = ResultAssembly.series(column(NONE, NONE, 8, 9, NONE), TIMES, moved);
    Value.Series none = ResultAssembly.series(column(NONE, NONE, NONE, NONE, NONE), TIMES, fewer);
    Value.Series all = ResultAssembly.series(column(1, 2, 3, 4, 5), TIMES, none);
    Value.Series after = ResultAssembly.series(column(1, 2, 3, 4, NONE), TIMES, all);

    assertThat(times(first)).containsExactly(20, 30, 50);
    assertThat(same.timestamps()).isSameAs(first.timestamps());
    assertThat(same.values()).containsExactly(7, 8, 9);
    assertThat(times(moved)).containsExactly(20, 30, 40);
    assertThat(times(fewer)).containsExactly(30, 40);
    assertThat(times(none)).isEmpty();
    assertThat(all.timestamps()).isSameAs(TIMES);
    assertThat(times(after)).containsExactly(10, 20, 30, 40);
  }

  @Test
  void eachSeriesHasItsOwnPoints() {
    SplittableRandom random = new SplittableRandom(3);
    Value.Series before = null;
    for (int round = 0; round < 10_000; round++) {
      double[] values = new double[TIMES.length];
      int n = 0;
      long[] expected = new long[TIMES.length];
      for (int s = 0; s < values.length; s++) {
        boolean there = random.nextInt(3) > 0;
        values[s] = there ? s : NONE;
        expected[n] = TIMES[s];
        n += there ? 1 : 0;
      }
      before = ResultAssembly.series(column(values), TIMES, before);
      assertThat(times(before)).isEqualTo(Arrays.copyOf(expected, n));
    }
  }
}
