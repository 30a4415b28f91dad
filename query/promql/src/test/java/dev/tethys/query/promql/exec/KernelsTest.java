package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class KernelsTest {
  @Provide
  Arbitrary<double[]> windows() {
    return Arbitraries.oneOf(
            Arbitraries.doubles().between(-1e6, 1e6),
            Arbitraries.of(
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                0.0,
                1.0,
                1e308,
                -1e308,
                1e-300,
                0.1))
        .array(double[].class)
        .ofMinSize(1)
        .ofMaxSize(40);
  }

  /** Neumaier's carry as it is written in textbooks. */
  private static double textbook(double sum, double added, double total, double carry) {
    if (total > Double.MAX_VALUE || total < -Double.MAX_VALUE) {
      return 0;
    }
    return Math.abs(sum) >= Math.abs(added)
        ? carry + ((sum - total) + added)
        : carry + ((added - total) + sum);
  }

  @Property(tries = 2000)
  void carriesMatchNeumaierExactly(@ForAll("windows") double[] v) {
    double sum = 0;
    double a = 0;
    double b = 0;
    for (double x : v) {
      double t = sum + x;
      a = textbook(sum, x, t, a);
      b = Kernels.carry(sum, x, t, b);
      sum = t;
      assertThat(Double.valueOf(b)).isEqualTo(Double.valueOf(a));
    }
  }

  @Property(tries = 2000)
  void quantileEqualsThatOfASortedCopy(
      @ForAll("windows") double[] v, @ForAll @DoubleRange(min = 0, max = 1) double q) {
    double[] sorted = v.clone();
    Arrays.sort(sorted); // NaN last; here it counts as lowest
    int nans = (int) Arrays.stream(sorted).filter(Double::isNaN).count();
    double[] nanFirst = new double[v.length];
    Arrays.fill(nanFirst, 0, nans, Double.NaN);
    System.arraycopy(sorted, 0, nanFirst, nans, v.length - nans);
    double rank = q * (v.length - 1);
    int low = (int) Math.floor(rank);
    int high = Math.min(v.length - 1, low + 1);
    double weight = rank - Math.floor(rank);
    double expected = nanFirst[low] * (1 - weight) + nanFirst[high] * weight;
    double got = Kernels.quantile(q, v.clone(), v.length);
    assertThat(got == expected || Double.isNaN(got) && Double.isNaN(expected))
        .as("%s of %s: %s not %s", q, Arrays.toString(v), got, expected)
        .isTrue();
  }

  @Test
  void sumsCompensateRounding() {
    assertThat(Kernels.sum(new double[] {1, 1e100, 1, -1e100}, 0, 4)).isEqualTo(2);
    assertThat(Kernels.mean(new double[] {1, 1e100, 1, -1e100}, 0, 4)).isEqualTo(0.5);
  }

  @Test
  void computesOverflowingMeanIncrementally() {
    assertThat(Kernels.mean(new double[] {1.5e308, 1.5e308, 1.5e308}, 0, 3))
        .isCloseTo(1.5e308, org.assertj.core.data.Percentage.withPercentage(1e-10));
  }

  @Test
  void windowsAreOpenOnTheLeft() {
    long[] t = {0, 10, 20, 30, 40};
    Bounds b = Bounds.find(t, 5, new long[] {20, 35, 60, 100}, 20, 0);
    assertThat(b.from()).containsExactly(1, 2, 5, 5);
    assertThat(b.to()).containsExactly(3, 4, 5, 5);
    assertThat(b.total()).isEqualTo(4);
    assertThat(b.fresh()).isEqualTo(3);
  }

  @Test
  void arithmeticNeverProducesTheAbsentMarker() {
    double a = Column.ABSENT;
    assertThat(Column.isAbsent(a)).isTrue();
    assertThat(Column.isAbsent(a + 0)).isFalse();
    assertThat(Column.isAbsent(-a)).isFalse();
    assertThat(Column.isAbsent(Double.NaN)).isFalse();
  }

  @Test
  void labelsOrderNaturally() {
    assertThat(Sorting.natural("host2", "host10")).isNegative();
    assertThat(Sorting.natural("host10", "host9")).isPositive();
    assertThat(Sorting.natural("a", "b")).isNegative();
    assertThat(Sorting.natural("a1", "a1b")).isNegative();
    assertThat(Sorting.natural("x", "x")).isZero();
  }
}
