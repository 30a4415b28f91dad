package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Exponential histograms are added up without a count that leaves its value. */
class ExponentialSumTest {
  private final Rig rig = new Rig();

  /** The bucket of a scale that holds a value. */
  private static int index(double value, int scale) {
    int i = (int) Math.ceil(Math.scalb(Math.log(value) / Math.log(2), scale)) - 1;
    return bound(i, scale) >= value ? i - 1 : bound(i + 1, scale) < value ? i + 1 : i;
  }

  /** The lower bound of a bucket. */
  private static double bound(long index, int scale) {
    return Math.pow(2, index * Math.pow(2, -scale));
  }

  private static ExponentialHistogramDataPoint point(int scale, int offset, long... counts) {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(scale);
    p.setPositiveOffset(offset);
    p.setPositiveCounts(counts);
    p.setCount(Arrays.stream(counts).sum());
    return p;
  }

  /** A point of observations, as an instrument counts them. */
  private static ExponentialHistogramDataPoint observed(
      int scale, double threshold, double... values) {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(scale);
    p.setZeroThreshold(threshold);
    p.setCount(values.length);
    p.setSum(Arrays.stream(values).sum());
    p.setMin(Arrays.stream(values).min().orElseThrow());
    p.setMax(Arrays.stream(values).max().orElseThrow());
    p.setZeroCount(Arrays.stream(values).filter(v -> Math.abs(v) <= threshold).count());
    int[] up =
        Arrays.stream(values).filter(v -> v > threshold).mapToInt(v -> index(v, scale)).toArray();
    int[] down =
        Arrays.stream(values).filter(v -> -v > threshold).mapToInt(v -> index(-v, scale)).toArray();
    p.setPositiveOffset(Arrays.stream(up).min().orElse(0));
    p.setPositiveCounts(counts(up));
    p.setNegativeOffset(Arrays.stream(down).min().orElse(0));
    p.setNegativeCounts(counts(down));
    return p;
  }

  private static long[] counts(int[] indexes) {
    if (indexes.length == 0) {
      return new long[0];
    }
    int low = Arrays.stream(indexes).min().orElseThrow();
    long[] counts = new long[Arrays.stream(indexes).max().orElseThrow() - low + 1];
    for (int i : indexes) {
      counts[i - low]++;
    }
    return counts;
  }

  /** Asserts that each bucket counts exactly the values within its bounds. */
  private static void assertHolds(ExponentialHistogramDataPoint p, List<Double> values) {
    double t = p.zeroThreshold();
    assertThat(p.count()).isEqualTo(values.size());
    assertThat(p.zeroCount()).isEqualTo(values.stream().filter(v -> Math.abs(v) <= t).count());
    assertSide(p.scale(), p.positiveOffset(), p.positiveCounts(), above(values, t, 1));
    assertSide(p.scale(), p.negativeOffset(), p.negativeCounts(), above(values, t, -1));
  }

  private static List<Double> above(List<Double> values, double threshold, int sign) {
    return values.stream().map(v -> sign * v).filter(v -> v > threshold).toList();
  }

  private static void assertSide(int scale, int offset, long[] counts, List<Double> values) {
    assertThat(counts.length).isLessThanOrEqualTo(160);
    for (int i = 0; i < counts.length; i++) {
      double low = bound((long) offset + i, scale);
      double high = bound((long) offset + i + 1, scale);
      assertThat(counts[i])
          .as("from %s to %s", low, high)
          .isEqualTo(values.stream().filter(v -> v > low && v <= high).count());
    }
    assertThat(Arrays.stream(counts).sum()).isEqualTo(values.size());
  }

  private ExponentialHistogramDataPoint send(
      Processor p, long seconds, ExponentialHistogramDataPoint delta) {
    delta.setStartTimeUnixNano((seconds - 10) * 1_000_000_000L);
    delta.setTimeUnixNano(seconds * 1_000_000_000L);
    MetricData.ExponentialHistogram data = new MetricData.ExponentialHistogram();
    data.setTemporality(MetricData.TEMPORALITY_DELTA);
    data.points().add(delta);
    Metric m = new Metric();
    m.setName("latency");
    m.setData(data);
    rig.send(p, Rig.metrics("s", m));
    return (ExponentialHistogramDataPoint)
        Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()).points().getFirst();
  }

  @Test
  void keepsObservationsOfQuietSeriesInTheirBuckets() {
    Processor p = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}");
    List<Double> values = new ArrayList<>();
    ExponentialHistogramDataPoint sum = new ExponentialHistogramDataPoint();
    for (double v : new double[] {0.010, 0.012, 0.011, 5.0}) {
      values.add(v);
      sum = send(p, 10L * values.size() + 10, observed(20, 0, v));
      assertHolds(sum, values);
    }
    // 0.01 to 5 is 8.97 powers of two: 144 buckets of a sixteenth, more than 160 of the next finer
    assertThat(sum.scale()).isEqualTo(4);
    assertThat(sum.min()).isEqualTo(0.010);
    assertThat(sum.max()).isEqualTo(5.0);
    assertThat(sum.sum()).isEqualTo(0.010 + 0.012 + 0.011 + 5.0);
  }

  @Test
  void keepsObservationsOfAllParts() {
    Random random = new Random(7);
    for (int round = 0; round < 400; round++) {
      double spread = random.nextDouble() * 40;
      ExponentialHistogramDataPoint sum = point(20, 0);
      List<Double> all = new ArrayList<>();
      for (int n = 0; n < 6; n++) {
        double[] values = new double[1 + random.nextInt(5)];
        // close together: an instrument at a fine scale covers a narrow range
        double centre = (random.nextDouble() - 0.5) * spread;
        for (int i = 0; i < values.length; i++) {
          double near = (random.nextDouble() - 0.5) * 0.01;
          values[i] = Math.pow(2, centre + near) * (random.nextBoolean() ? 1 : -1);
          all.add(values[i]);
        }
        double threshold =
            random.nextInt(3) > 0 ? 0 : Math.pow(2, (random.nextDouble() - 0.7) * spread);
        ExponentialHistogramDataPoint p = observed(random.nextInt(25) - 4, threshold, values);
        double larger = Math.max(sum.zeroThreshold(), p.zeroThreshold());
        assertThat(Points.add(sum, p)).isTrue();
        assertThat(sum.zeroThreshold()).isGreaterThanOrEqualTo(larger);
        assertHolds(sum, all);
      }
    }
  }

  @Test
  void mergingAtOnceEqualsMergingInSequence() {
    Random random = new Random(11);
    MetricData.ExponentialHistogram data = new MetricData.ExponentialHistogram();
    List<Double> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      double value = Math.exp(random.nextGaussian() * 5);
      all.add(value);
      data.points().add(observed(20, i % 50 * 1e-5, value));
    }
    Points.aggregate(data, Points.Aggregation.SUM);
    assertThat(data.points()).hasSize(1);
    assertHolds(data.points().getFirst(), all);
  }

  @Test
  void usesTheLargerZeroThreshold() {
    for (boolean swapped : new boolean[] {false, true}) {
      ExponentialHistogramDataPoint narrow = point(0, -2, 1, 2, 3); // (1/4, 1/2], (1/2, 1], (1, 2]
      narrow.setNegativeOffset(-3);
      narrow.setNegativeCounts(new long[] {5, 0, 0, 6});
      narrow.setCount(17);
      ExponentialHistogramDataPoint wide = point(0, 1, 7);
      wide.setZeroThreshold(0.5);
      wide.setZeroCount(10);
      wide.setCount(17);
      ExponentialHistogramDataPoint sum = swapped ? wide : narrow;
      assertThat(Points.add(sum, swapped ? narrow : wide)).isTrue();
      assertThat(sum.zeroThreshold()).isEqualTo(0.5);
      assertThat(sum.zeroCount()).isEqualTo(10 + 1 + 5);
      assertThat(sum.positiveOffset()).isEqualTo(-1);
      assertThat(sum.positiveCounts()).containsExactly(2, 3, 7);
      assertThat(sum.negativeOffset()).isZero();
      assertThat(sum.negativeCounts()).containsExactly(6);
      assertThat(sum.count()).isEqualTo(34);
    }
  }

  @Test
  void movesAThresholdInsideABucketUpToItsBound() {
    ExponentialHistogramDataPoint sum = point(0, -1, 2, 3);
    ExponentialHistogramDataPoint more = point(0, 0, 4);
    more.setZeroThreshold(0.7);
    assertThat(Points.add(sum, more)).isTrue();
    assertThat(sum.zeroThreshold()).isEqualTo(1);
    assertThat(sum.zeroCount()).isEqualTo(2);
    assertThat(sum.positiveCounts()).containsExactly(7);
  }

  @Test
  void keepsACommonThresholdInsideABucket() {
    ExponentialHistogramDataPoint sum = point(0, -1, 2, 3);
    sum.setZeroThreshold(0.7);
    ExponentialHistogramDataPoint more = point(0, -1, 4);
    more.setZeroThreshold(0.7);
    assertThat(Points.add(sum, more)).isTrue();
    assertThat(sum.zeroThreshold()).isEqualTo(0.7);
    assertThat(sum.zeroCount()).isZero();
    assertThat(sum.positiveCounts()).containsExactly(6, 3);
  }

  @Test
  void ignoresEmptyBuckets() {
    long[] counts = new long[20_000];
    counts[9_000] = 1;
    ExponentialHistogramDataPoint sum = point(20, -9_000, counts);
    assertThat(Points.add(sum, point(20, 1, 0, 2, 0))).isTrue();
    assertThat(sum.scale()).isEqualTo(20);
    assertThat(sum.positiveOffset()).isZero();
    assertThat(sum.positiveCounts()).containsExactly(1, 0, 2);
    assertThat(sum.negativeCounts()).isEmpty();

    ExponentialHistogramDataPoint zeros = point(20, Integer.MAX_VALUE, 0, 0, 0);
    zeros.setZeroCount(2);
    assertThat(Points.add(zeros, point(20, Integer.MIN_VALUE))).isTrue();
    assertThat(zeros.zeroCount()).isEqualTo(2);
    assertThat(zeros.positiveCounts()).isEmpty();
    assertThat(zeros.positiveOffset()).isZero();
  }

  @Test
  void lowersTheScaleOfBothSigns() {
    ExponentialHistogramDataPoint sum = point(3, 8, 1, 1);
    ExponentialHistogramDataPoint more = point(3, 8);
    more.setNegativeOffset(-80);
    more.setNegativeCounts(new long[161]);
    more.negativeCounts()[0] = 1;
    more.negativeCounts()[159] = 1;
    assertThat(Points.add(sum, more)).isTrue();
    assertThat(sum.scale()).as("160 buckets").isEqualTo(3);
    assertThat(sum.negativeCounts()).hasSize(160);
    more.negativeCounts()[160] = 1;
    assertThat(Points.add(sum, more)).isTrue();
    assertThat(sum.scale()).as("161 buckets").isEqualTo(2);
    assertThat(sum.negativeOffset()).isEqualTo(-40);
    assertThat(sum.negativeCounts()).hasSize(81).startsWith(2, 0).endsWith(2, 1);
    assertThat(sum.positiveOffset()).isEqualTo(4);
    assertThat(sum.positiveCounts()).containsExactly(2);
  }

  @Test
  void supportsExtremeIndexes() {
    ExponentialHistogramDataPoint sum = point(20, Integer.MIN_VALUE, 1);
    assertThat(Points.add(sum, point(20, Integer.MAX_VALUE, 2))).isTrue();
    assertThat(sum.scale()).isEqualTo(-5); // 2^32 buckets become 128
    assertThat(sum.positiveOffset()).isEqualTo(-64);
    assertThat(sum.positiveCounts()).hasSize(128).startsWith(1, 0).endsWith(0, 2);

    sum = point(20, Integer.MAX_VALUE, 1, 2);
    assertThat(Points.add(sum, point(20, Integer.MAX_VALUE, 4))).isTrue();
    assertThat(sum.scale()).as("the second has no index at 20").isEqualTo(19);
    assertThat(sum.positiveOffset()).isEqualTo(Integer.MAX_VALUE >> 1);
    assertThat(sum.positiveCounts()).containsExactly(5, 2);
  }

  @Test
  void supportsExtremeScales() {
    ExponentialHistogramDataPoint sum = point(Integer.MAX_VALUE, -7, 1);
    assertThat(Points.add(sum, point(Integer.MIN_VALUE, -1, 2, 3))).isTrue();
    assertThat(sum.scale()).isEqualTo(Integer.MIN_VALUE);
    assertThat(sum.positiveOffset()).isEqualTo(-1);
    assertThat(sum.positiveCounts()).containsExactly(3, 3);
  }

  @Test
  void everyNumberFitsAboveTheLowestScale() {
    List<Double> values = List.of(1e-300, 1e300, -1e-300, -1e300, 1.0);
    ExponentialHistogramDataPoint sum = observed(20, 0, values.getFirst());
    for (double v : values.subList(1, values.size())) {
      assertThat(Points.add(sum, observed(20, 0, v))).isTrue();
    }
    assertHolds(sum, values);
    assertThat(sum.scale()).isEqualTo(-4); // 1,993 powers of two in 125 buckets
  }

  @Test
  void rejectsHistogramsWithoutACommonScale() {
    ExponentialHistogramDataPoint sum = point(-10, 0, 1);
    sum.setZeroCount(4);
    sum.setCount(5);
    ExponentialHistogramDataPoint far = point(-10, 160, 2);
    far.setZeroThreshold(9);
    assertThat(Points.add(sum, far)).isFalse();
    assertThat(sum.positiveCounts()).containsExactly(1);
    assertThat(sum.zeroCount()).isEqualTo(4);
    assertThat(sum.zeroThreshold()).isZero();
    assertThat(sum.count()).isEqualTo(5);

    MetricData.ExponentialHistogram data = new MetricData.ExponentialHistogram();
    data.points().add(sum);
    data.points().add(far);
    Points.aggregate(data, Points.Aggregation.SUM);
    assertThat(data.points()).containsExactly(sum, far);

    Processor p = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}");
    send(p, 20, sum);
    ExponentialHistogramDataPoint anew = send(p, 30, far);
    assertThat(anew.startTimeUnixNano()).isEqualTo(20_000_000_000L);
    assertThat(anew.positiveOffset()).isEqualTo(160);
    assertThat(anew.positiveCounts()).containsExactly(2);
  }
}
