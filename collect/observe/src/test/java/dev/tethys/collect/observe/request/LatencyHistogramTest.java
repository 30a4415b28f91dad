package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Durations are in the native buckets whose bounds enclose them, and in the classic ones. */
class LatencyHistogramTest {
  private static Native of(LatencyHistogram h) {
    return (Native) h.point();
  }

  @Test
  void durationIsWithinItsBucketBounds() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      long nanos = (long) Math.exp(random.nextDouble(Math.log(1000), Math.log(1e12)));
      LatencyHistogram h = new LatencyHistogram();
      h.observe(nanos);
      Histogram n = of(h).histogram();
      assertThat(n.positive()).containsExactly(1);
      double upper = Math.pow(2, n.positiveSpans()[0] / 16.0);
      assertThat(nanos / 1e9)
          .isGreaterThan(upper / Math.pow(2, 1 / 16.0) * (1 - 1e-12))
          .isLessThanOrEqualTo(upper * (1 + 1e-12));
    }
  }

  @Test
  void keepsCountsWhenShorterAndLongerDurationsFollow() {
    LatencyHistogram h = new LatencyHistogram();
    long[] durations = {1_000_000, 1_000_000, 10_000, 5_000_000_000L, 1_000_000, 0, 900};
    for (long d : durations) {
      h.observe(d);
    }
    Histogram n = of(h).histogram();
    assertThat(n.count()).isEqualTo(durations.length);
    assertThat(n.zeroCount()).isEqualTo(2);
    double sum = 0;
    double largest = 0;
    for (double c : n.positive()) {
      sum += c;
      largest = Math.max(largest, c);
    }
    assertThat(sum).isEqualTo(5);
    assertThat(largest).isEqualTo(3);
    Buckets classic = Objects.requireNonNull(of(h).classic());
    assertThat(n.sum()).isEqualTo(classic.sum());
    assertThat(classic.count()).isEqualTo(durations.length);
  }

  @Test
  void boundsTheNumberOfNativeBuckets() {
    LatencyHistogram h = new LatencyHistogram();
    for (long nanos = 1; nanos > 0; nanos *= 2) {
      h.observe(nanos);
    }
    h.observe(Long.MAX_VALUE);
    assertThat(of(h).histogram().positive().length)
        .isLessThanOrEqualTo(LatencyHistogram.MAX_NATIVE);
  }
}
