package dev.tethys.insight.objectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.GoFloat;
import dev.tethys.model.regex.Regex;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketBoundsTest {
  private static boolean matches(String threshold, String bound) {
    return Regex.whole(BucketBounds.atLeast(new BigDecimal(threshold))).matches(bound);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "0.50", "0.75", "1", "1.0", "2.5", "10", "1e+06", "+Inf"})
  void matchesBoundsFromHalfASecond(String bound) {
    assertThat(matches("0.5", bound)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.4", "0.49999", "0.05", "0", "5e-05", "", "NaN", "-Inf"})
  void matchesNoSmallerBound(String bound) {
    assertThat(matches("0.5", bound)).isFalse();
  }

  @Test
  void agreesWithTheOrderOfNumbers() {
    long seed = System.nanoTime();
    Random r = new Random(seed);
    for (int i = 0; i < 3000; i++) {
      BigDecimal threshold =
          BigDecimal.valueOf(1 + r.nextInt(r.nextBoolean() ? 2_000_000 : 2000), r.nextInt(5));
      double bound =
          Math.abs(threshold.doubleValue() * (r.nextInt(5) == 0 ? 1 : r.nextDouble() * 3));
      if (threshold.compareTo(BucketBounds.MAX) >= 0) {
        continue;
      }
      String text = GoFloat.g(bound);
      assertThat(matches(threshold.toPlainString(), text))
          .as("%s >= %s, seed %d", text, threshold, seed)
          .isEqualTo(bound >= threshold.doubleValue());
    }
  }

  @Test
  void refusesThresholdsThatHaveExponents() {
    assertThatThrownBy(() -> BucketBounds.atLeast(new BigDecimal("0.00001")))
        .hasMessageContaining("threshold is 0.00001; it must be from 0.0001 to below 1000000");
    assertThatThrownBy(() -> BucketBounds.atLeast(new BigDecimal("1000000")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
