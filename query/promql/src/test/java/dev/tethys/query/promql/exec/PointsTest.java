package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.Value;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A series of few floats is the same as one with a place for each step. */
class PointsTest {
  private static final Labels LABELS = Labels.of("a", "b");
  private final SplittableRandom random = new SplittableRandom(5);

  private static void assertSame(Column c, double[] expected) {
    int present = 0;
    for (int s = 0; s < expected.length; s++) {
      assertThat(Double.doubleToRawLongBits(c.value(s)))
          .isEqualTo(Double.doubleToRawLongBits(expected[s]));
      assertThat(c.has(s)).isEqualTo(!Column.isAbsent(expected[s]));
      present += c.has(s) ? 1 : 0;
    }
    assertThat(c.steps()).isEqualTo(expected.length);
    assertThat(c.isEmpty()).isEqualTo(present == 0);
    assertThat(c.weight()).isEqualTo(present);
    assertThat(c.present(0, expected.length)).isEqualTo(present);
    long[] values = Arrays.stream(c.values()).mapToLong(Double::doubleToRawLongBits).toArray();
    assertThat(values)
        .isEqualTo(Arrays.stream(expected).mapToLong(Double::doubleToRawLongBits).toArray());
  }

  private static void assertSameSeries(Column c, double[] expected) {
    long[] times = new long[expected.length];
    Arrays.setAll(times, s -> 1000L + s);
    Value.Series s = ResultAssembly.series(c, times, null);
    int n = 0;
    for (int step = 0; step < expected.length; step++) {
      if (!Column.isAbsent(expected[step])) {
        assertThat(s.timestamps()[n]).isEqualTo(times[step]);
        assertThat(s.values()[n++]).isEqualTo(expected[step]);
      }
    }
    assertThat(s.size()).isEqualTo(n);
  }

  @Test
  void countsAndValuesInAnyOrderMatchAnArray() {
    int sparse = 0;
    for (int round = 0; round < 3000; round++) {
      int steps = 1 + random.nextInt(200);
      double[] expected = Column.absent(steps);
      Points p = new Points(steps);
      int n = random.nextInt(random.nextBoolean() ? 10 : 300);
      for (int i = 0; i < n; i++) {
        int step = random.nextInt(steps);
        if (random.nextInt(3) > 0) {
          p.count(step);
          expected[step] = Column.isAbsent(expected[step]) ? 1 : expected[step] + 1;
        } else {
          p.put(step, i);
          expected[step] = i;
        }
      }
      assertThat(p.bytes()).isGreaterThanOrEqualTo(96);
      Column c = p.column(LABELS);
      sparse += c.isSparse() ? 1 : 0;
      assertSame(c, expected);
      assertSameSeries(c, expected);
      assertSame(p.denseColumn(LABELS), expected);
    }
    assertThat(sparse).isBetween(500, 2500);
  }

  @Test
  void copiesPartsOfSparseAndDenseColumns() {
    for (int round = 0; round < 3000; round++) {
      int steps = 2 + random.nextInt(150);
      double[] expected = Column.absent(steps);
      Points p = new Points(steps);
      int cut = 1 + random.nextInt(steps - 1);
      for (boolean first : new boolean[] {random.nextBoolean(), random.nextBoolean()}) {
        int n = first ? cut : steps - cut;
        int from = random.nextInt(20);
        int to = first ? 0 : cut;
        double[] values = Column.absent(from + n + random.nextInt(20));
        Points of = new Points(values.length);
        int many = random.nextBoolean() ? 4 : values.length;
        for (int i = 0; i < many; i++) {
          int s = random.nextInt(values.length);
          values[s] = i;
          of.put(s, i);
        }
        if (p.column(LABELS).present(to, to + n) > 0) {
          continue; // a part is taken once
        }
        p.take(random.nextBoolean() ? of.column(LABELS) : dense(values), from, to, n);
        System.arraycopy(values, from, expected, to, n);
      }
      assertSame(p.column(LABELS), expected);
    }
  }

  private static Column dense(double[] values) {
    return new Column(LABELS, false, values, null);
  }

  @Test
  void fewPointsUseLittleMemory() {
    Points p = new Points(11_000);
    for (int s = 0; s < 10; s++) {
      p.count(1000 * s);
    }
    assertThat(p.bytes()).isLessThan(400);
    assertThat(p.column(LABELS).bytes()).isLessThan(400);
    assertThat(p.denseColumn(LABELS).bytes()).isGreaterThan(88_000);
  }
}
