package dev.tethys.model.histogram;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import java.util.stream.DoubleStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HistogramArithmeticTest {
  private static final HistogramStatistics STATISTICS = new HistogramStatistics();

  private static Histogram exponential(
      int schema, double threshold, double zero, int offset, double... buckets) {
    double n = zero + DoubleStream.of(buckets).sum();
    return new Histogram(
        false,
        ResetHint.UNKNOWN,
        schema,
        threshold,
        zero,
        n,
        n * 1.5,
        new int[] {offset, buckets.length},
        buckets,
        new int[0],
        new double[0],
        null);
  }

  private static Histogram custom(double @Nullable [] bounds, double... buckets) {
    double n = DoubleStream.of(buckets).sum();
    return new Histogram(
        false,
        ResetHint.UNKNOWN,
        Histogram.CUSTOM_BUCKETS,
        0,
        0,
        n,
        n,
        new int[] {0, buckets.length},
        buckets,
        new int[0],
        new double[0],
        bounds);
  }

  private static String text(HistogramAccumulator a) {
    return HistogramText.expression(a.toHistogram());
  }

  @Test
  void addsBucketsThatOnlyOneSideHas() {
    HistogramAccumulator a = new HistogramAccumulator(exponential(0, 0, 0, 2, 1, 2));
    assertThat(a.add(exponential(0, 0, 0, 0, 5, 0, 7))).isZero();
    assertThat(text(a)).isEqualTo("{{count:15 sum:22.5 buckets:[5 0 8 2]}}");
    assertThat(a.toHistogram().positiveSpans()).containsExactly(0, 1, 1, 2);
  }

  @Test
  void lowerResolutionWins() {
    HistogramAccumulator a = new HistogramAccumulator(exponential(1, 0, 0, 1, 1, 2, 3, 4));
    a.add(exponential(0, 0, 0, 1, 10, 20));
    assertThat(text(a)).isEqualTo("{{count:40 sum:60 offset:1 buckets:[13 27]}}");
  }

  @Test
  void zeroBucketsGrowWithoutCuttingBuckets() {
    // a threshold of 1.5 cuts the bucket (1, 2] of the other side, which holds something
    HistogramAccumulator a = new HistogramAccumulator(exponential(0, 1.5, 1, 2, 4));
    a.add(exponential(0, 0.001, 2, 0, 3, 5, 7));
    assertThat(text(a))
        .isEqualTo("{{count:22 sum:33 z_bucket:11 z_bucket_w:2 offset:2 buckets:[11]}}");
  }

  @Test
  void customBoundsShrinkToCommonOnes() {
    HistogramAccumulator a = new HistogramAccumulator(custom(new double[] {1, 2, 3}, 1, 2, 3, 4));
    assertThat(a.add(custom(new double[] {2, 3, 4}, 10, 20, 30, 40)))
        .isEqualTo(HistogramAccumulator.BOUNDS_RECONCILED);
    assertThat(text(a))
        .isEqualTo("{{schema:-53 count:110 sum:110 custom_values:[2 3] buckets:[13 23 74]}}");
  }

  @Test
  void exponentialAndCustomBucketsDoNotMix() {
    HistogramAccumulator a = new HistogramAccumulator(exponential(0, 0, 0, 0, 1));
    assertThat(a.addCompensated(custom(new double[] {1}, 1)))
        .isEqualTo(HistogramAccumulator.INCOMPATIBLE);
  }

  @Test
  void reportsConflictingResetHints() {
    HistogramAccumulator a =
        new HistogramAccumulator(exponential(0, 0, 0, 0, 1).withResetHint(ResetHint.RESET));
    assertThat(a.add(exponential(0, 0, 0, 0, 1).withResetHint(ResetHint.NOT_RESET)))
        .isEqualTo(HistogramAccumulator.RESET_CONFLICT);
    assertThat(a.resetHint()).isEqualTo(ResetHint.UNKNOWN);
    a.add(exponential(0, 0, 0, 0, 1).withResetHint(ResetHint.GAUGE));
    assertThat(a.resetHint()).isEqualTo(ResetHint.GAUGE);
  }

  @Test
  void compensationKeepsRoundingErrors() {
    HistogramAccumulator a = new HistogramAccumulator(exponential(0, 0, 0, 0, 1e100));
    a.addCompensated(exponential(0, 0, 0, 0, 1));
    a.addCompensated(exponential(0, 0, 0, 0, -1e100));
    assertThat(a.settle().toHistogram().positive()).containsExactly(1);
  }

  @Test
  void detectsResetsInBucketsCountsAndLayout() {
    Histogram one = exponential(1, 0.5, 2, 1, 1, 2, 3);
    assertThat(CounterReset.between(one, one)).isFalse();
    assertThat(CounterReset.between(one, exponential(1, 0.5, 2, 1, 1, 2, 4))).isFalse();
    assertThat(CounterReset.between(one, exponential(1, 0.5, 2, 1, 1, 1, 40))).isTrue();
    assertThat(CounterReset.between(one, exponential(1, 0.5, 1, 1, 10, 20, 40))).isTrue();
    assertThat(CounterReset.between(one, exponential(2, 0.5, 2, 1, 10, 20, 40))).isTrue();
    assertThat(CounterReset.between(one, exponential(1, 0.25, 2, 1, 10, 20, 40))).isTrue();
    assertThat(CounterReset.between(one, exponential(0, 0.5, 2, 1, 3, 3))).isFalse();
    assertThat(CounterReset.between(one, exponential(1, 1.5, 30, 2, 2, 3)))
        .as("the threshold ends within a populated bucket")
        .isTrue();
    assertThat(CounterReset.between(one, exponential(1, 2, 5, 3, 3))).isFalse();
    assertThat(CounterReset.between(one, exponential(1, 2, 4, 3, 30))).isTrue();
    assertThat(CounterReset.between(one.withResetHint(ResetHint.RESET), one)).isFalse();
    assertThat(CounterReset.between(one, one.withResetHint(ResetHint.RESET))).isTrue();
  }

  @Test
  void comparesCustomBoundsWhereTheyMatch() {
    Histogram before = custom(new double[] {1, 2, 3}, 1, 2, 3, 4);
    assertThat(CounterReset.between(before, custom(new double[] {2, 3}, 3, 3, 4))).isFalse();
    assertThat(CounterReset.between(before, custom(new double[] {2, 3}, 2, 4, 4))).isTrue();
  }

  @Test
  void trimsAndEstimatesCountAndSum() {
    Histogram h = exponential(0, 0, 0, 1, 4, 4, 4);
    assertThat(HistogramArithmetic.trimAbove(h, 100)).isSameAs(h);
    Histogram below = HistogramArithmetic.trimAbove(h, 4);
    assertThat(below.positive()).containsExactly(4, 4);
    assertThat(below.count()).isEqualTo(8);
    assertThat(below.sum()).isEqualTo(4 * Math.sqrt(2) + 4 * Math.sqrt(8));
    Histogram above = HistogramArithmetic.trimBelow(h, 2 * Math.sqrt(2));
    assertThat(above.positive()[0]).isEqualTo(2, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(above.positive()[1]).isEqualTo(4);
  }

  @Test
  void quantilesAndFractions() {
    Histogram h = exponential(0, 0.001, 0, 1, 4, 4);
    assertThat(STATISTICS.quantile(0.25, h)).isEqualTo(1.414213562373095);
    assertThat(STATISTICS.quantile(0.5, h)).isEqualTo(2);
    assertThat(STATISTICS.quantile(-1, h)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(STATISTICS.quantile(2, h)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(STATISTICS.fraction(1, 2, h)).isEqualTo(0.5);
    assertThat(STATISTICS.fraction(2, 1, h)).isZero();
    Histogram c = custom(new double[] {5, 10}, 2, 2, 2);
    assertThat(STATISTICS.quantile(0.5, c)).isEqualTo(7.5);
    assertThat(STATISTICS.quantile(1, c)).isEqualTo(10);
    assertThat(STATISTICS.quantile(1.0 / 6, c)).isEqualTo(2.5);
  }

  @Test
  void reportsNanObservations() {
    Histogram h =
        new Histogram(
            false,
            ResetHint.UNKNOWN,
            0,
            0,
            0,
            4,
            Double.NaN,
            new int[] {1, 1},
            new double[] {2},
            new int[0],
            new double[0],
            null);
    assertThat(STATISTICS.quantile(0.9, h)).isNaN();
    assertThat(STATISTICS.note()).isEqualTo(HistogramStatistics.NanNote.RESULT_IS_NAN);
    assertThat(STATISTICS.quantile(0.25, h)).isEqualTo(1.414213562373095);
    assertThat(STATISTICS.note()).isEqualTo(HistogramStatistics.NanNote.SKEWED);
    assertThat(STATISTICS.fraction(0, 100, h)).isEqualTo(0.5);
    assertThat(STATISTICS.note()).isEqualTo(HistogramStatistics.NanNote.EXCLUDED);
  }

  @Test
  void textForms() {
    Histogram h =
        new Histogram(
            false,
            ResetHint.GAUGE,
            0,
            0.5,
            3,
            9,
            12.25,
            new int[] {1, 1, 1, 1},
            new double[] {2, 1},
            new int[] {1, 1},
            new double[] {3},
            null);
    assertThat(HistogramText.plain(h))
        .isEqualTo("{count:9, sum:12.25, [-2,-1):3, [-0.5,0.5]:3, (1,2]:2, (4,8]:1}");
    assertThat(HistogramText.plain(HistogramArithmetic.negate(h)))
        .isEqualTo("{count:-9, sum:-12.25, [-2,-1):-3, [-0.5,0.5]:-3, (1,2]:-2, (4,8]:-1}");
    assertThat(HistogramText.expression(h))
        .isEqualTo(
            "{{count:9 sum:12.25 z_bucket:3 z_bucket_w:0.5 counter_reset_hint:gauge"
                + " offset:1 buckets:[2 0 1] n_offset:1 n_buckets:[3]}}");
  }

  @Test
  void handlesBoundsAtTheEndOfTheScale() {
    assertThat(BucketBounds.exponential(1024, 0)).isEqualTo(Double.MAX_VALUE);
    assertThat(BucketBounds.exponential(1025, 0)).isInfinite();
    assertThat(BucketBounds.exponential(64, -4)).isEqualTo(Double.MAX_VALUE);
    assertThat(BucketBounds.exponential(1, 1)).isEqualTo(1.414213562373095);
    assertThat(BucketBounds.exponential(-2, 1)).isEqualTo(0.5);
  }

  @Provide
  Arbitrary<Histogram> histograms() {
    return Combinators.combine(
            Arbitraries.of(-4, 0, 0, 1, 3, 8),
            Arbitraries.of(0.0, 0.001, 0.5, 1.0, 1.7, 4.0),
            Arbitraries.integers().between(0, 100),
            Arbitraries.integers().between(-20, 20),
            Arbitraries.integers().between(0, 50).array(int[].class).ofMaxSize(20))
        .as(
            (schema, threshold, zero, offset, counts) ->
                exponential(
                    schema,
                    threshold,
                    zero,
                    offset,
                    java.util.Arrays.stream(counts).asDoubleStream().toArray()));
  }

  @Property(tries = 500)
  void additionKeepsAllObservations(
      @ForAll("histograms") Histogram a, @ForAll("histograms") Histogram b) {
    HistogramAccumulator plain = new HistogramAccumulator(a);
    plain.add(b);
    HistogramAccumulator exact = new HistogramAccumulator(a);
    exact.addCompensated(b);
    Histogram sum = plain.toHistogram();
    assertThat(HistogramArithmetic.sameObservations(sum, exact.settle().toHistogram())).isTrue();
    assertThat(sum.count()).isEqualTo(a.count() + b.count());
    // a bucket that lies partly within a zero bucket may be counted twice, as in Prometheus: leave
    // those out
    if (a.schema() == b.schema() && separate(a) && separate(b)) {
      assertThat(sum.zeroCount() + DoubleStream.of(sum.positive()).sum()).isEqualTo(sum.count());
      HistogramAccumulator other = new HistogramAccumulator(b);
      other.add(a);
      assertThat(HistogramArithmetic.sameObservations(sum, other.toHistogram())).isTrue();
    }
    assertThat(dev.tethys.model.HistogramCheck.problem(sum)).isNull();
  }

  private static boolean separate(Histogram h) {
    return BucketBounds.exponential(h.positiveSpans()[0] - 1, h.schema()) >= h.zeroThreshold();
  }

  @Property(tries = 300)
  void subtractionUndoesAddition(
      @ForAll("histograms") Histogram a, @ForAll("histograms") Histogram b) {
    HistogramAccumulator sum = new HistogramAccumulator(a);
    sum.add(HistogramArithmetic.multiply(a, 3));
    sum.subtract(a);
    sum.subtract(a);
    sum.subtract(a);
    if (separate(a)) {
      assertThat(HistogramArithmetic.sameObservations(sum.toHistogram(), a)).isTrue();
    }
    sum.set(a).add(b);
    Histogram both = sum.toHistogram();
    assertThat(CounterReset.between(both, both)).isFalse();
  }
}
