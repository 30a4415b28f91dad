package dev.tethys.model.histogram;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ExponentialCountsTest {
  @Test
  void everyObservationIsInItsBucketAndBucketsStayFew() {
    ExponentialCounts c = new ExponentialCounts(20, -10, 160);
    Random random = new Random(7);
    double sum = 0;
    for (int i = 0; i < 5000; i++) {
      double v = Math.exp(random.nextGaussian() * 3) * (i % 5 == 0 ? -1 : 1);
      c.observe(i % 50 == 0 ? 0 : v, 2);
      sum += i % 50 == 0 ? 0 : 2 * v;
      assertThat(c.positive().size()).isLessThanOrEqualTo(160);
      assertThat(c.negative().size()).isLessThanOrEqualTo(160);
    }
    assertThat(c.count()).isEqualTo(10_000);
    assertThat(c.sum()).isCloseTo(sum, org.assertj.core.data.Offset.offset(1e-6));
    long all =
        c.zero()
            + c.positive().values().stream().mapToLong(Long::longValue).sum()
            + c.negative().values().stream().mapToLong(Long::longValue).sum();
    assertThat(all).isEqualTo(10_000);
  }

  @Test
  void powersOfTwoAreUpperBounds() {
    for (int scale = -2; scale <= 4; scale++) {
      ExponentialCounts c = new ExponentialCounts(scale, scale, 1000);
      c.observe(16, 1);
      c.observe(Math.nextUp(16.0), 1);
      int key = c.positive().keySet().iterator().next();
      double base = Math.pow(2, Math.pow(2, -scale));
      assertThat(Math.pow(base, key)).as("scale %s", scale).isLessThan(15.999999);
      assertThat(c.positive()).hasSize(scale >= -2 ? 2 : 1);
    }
  }
}
