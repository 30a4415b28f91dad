package dev.tethys.model.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Observations are counted in the buckets whose bounds enclose them. */
class NativeHistogramTest {
  private static MetricFamily.Native of(List<Double> values) {
    NativeHistogram h = new NativeHistogram(new double[] {0.01, 0.1, 1, 10});
    values.forEach(h::observe);
    return (MetricFamily.Native) h.point();
  }

  /** Lower bound, upper bound and count of each bucket. */
  private static List<double[]> buckets(Histogram h) {
    List<double[]> out = new ArrayList<>();
    int index = 0;
    int at = 0;
    for (int s = 0; s < h.positiveSpans().length; s += 2) {
      index += h.positiveSpans()[s];
      for (int i = 0; i < h.positiveSpans()[s + 1]; i++) {
        double step = Math.pow(2, -h.schema());
        out.add(
            new double[] {
              Math.pow(2, (index - 1) * step), Math.pow(2, index * step), h.positive()[at++]
            });
        index++;
      }
    }
    return out;
  }

  @Property(tries = 200)
  void everyObservationIsInItsBucket(
      @ForAll @Size(min = 1, max = 300) List<@DoubleRange(min = -20, max = 20) Double> exponents) {
    List<Double> values = exponents.stream().map(Math::exp).toList();
    Histogram h = of(values).histogram();
    assertThat(h.positive().length).isLessThanOrEqualTo(NativeHistogram.MAX_BUCKETS);
    double all = h.zeroCount();
    for (double[] b : buckets(h)) {
      long inside =
          values.stream().filter(v -> v > b[0] * (1 + 1e-12) && v <= b[1] * (1 - 1e-12)).count();
      long near =
          values.stream().filter(v -> v > b[0] * (1 - 1e-12) && v <= b[1] * (1 + 1e-12)).count();
      assertThat(b[2]).isBetween((double) inside, (double) near);
      all += b[2];
    }
    assertThat(all).isEqualTo(values.size());
    assertThat(h.count()).isEqualTo(values.size());
  }

  @Test
  void powersOfTwoAreUpperBounds() {
    Histogram h = of(List.of(0.25, 0.5, 1.0, 2.0, 4.0)).histogram();
    assertThat(h.schema()).isEqualTo(3);
    assertThat(h.positiveSpans()).containsExactly(-16, 1, 7, 1, 7, 1, 7, 1, 7, 1);
    assertThat(h.positive()).containsExactly(1, 1, 1, 1, 1);
  }

  @Test
  void classicBucketsCountTheSame() {
    MetricFamily.Native n = of(List.of(0.0, 0.01, 0.02, 5.0, 50.0, -1.0));
    MetricFamily.Buckets b = java.util.Objects.requireNonNull(n.classic());
    assertThat(b.cumulative()).containsExactly(3, 4, 4, 5, 6);
    assertThat(n.histogram().zeroCount()).isEqualTo(2);
    assertThat(b.count()).isEqualTo(6);
  }

  @Test
  void manyOrdersOfMagnitudeMakeBucketsCoarser() {
    List<Double> values = new ArrayList<>();
    for (double v = 1e-30; v < 1e30; v *= 1.5) {
      values.add(v);
    }
    Histogram h = of(values).histogram();
    assertThat(h.schema()).isLessThan(3);
    assertThat(h.positive().length).isLessThanOrEqualTo(NativeHistogram.MAX_BUCKETS);
    assertThat(h.count()).isEqualTo(values.size());
  }
}
