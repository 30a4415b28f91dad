package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class GoMathTest {
  private static void near(
      DoubleUnaryOperator ours, DoubleUnaryOperator java, double from, double to) {
    Random r = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      double x = from + r.nextDouble() * (to - from);
      double expected = java.applyAsDouble(x);
      assertThat(Math.abs(ours.applyAsDouble(x) - expected))
          .as("at %s", x)
          .isLessThanOrEqualTo(4e-15 * Math.max(Math.abs(expected), 1));
    }
  }

  @Test
  void functionsAreCloseToJavas() {
    near(GoMath::exp, StrictMath::exp, -700, 700);
    near(GoMath::exp2, x -> StrictMath.pow(2, x), -1000, 1000);
    near(GoMath::log, StrictMath::log, 1e-300, 1e300);
    near(GoMath::log10, StrictMath::log10, 1e-3, 1e3);
    near(x -> GoMath.pow(x, 1.7), x -> StrictMath.pow(x, 1.7), 0, 1e9);
    near(x -> GoMath.pow(x, -3), x -> StrictMath.pow(x, -3), -10, -1);
    near(GoTrigonometry::sin, StrictMath::sin, -1000, 1000);
    near(GoTrigonometry::cos, StrictMath::cos, -1000, 1000);
    near(GoTrigonometry::sin, StrictMath::sin, 1e9, 1e300);
    near(GoTrigonometry::cos, StrictMath::cos, 1e9, 1e12);
    near(GoTrigonometry::tan, StrictMath::tan, -1.5, 1.5);
    near(GoTrigonometry::asin, StrictMath::asin, -0.9, 0.9);
    near(GoTrigonometry::acos, StrictMath::acos, -0.9, 0.9);
    near(GoTrigonometry::atan, StrictMath::atan, -1e3, 1e3);
    near(x -> GoTrigonometry.atan2(x, -x / 3), x -> StrictMath.atan2(x, -x / 3), -9, 9);
    near(GoTrigonometry::sinh, StrictMath::sinh, -30, 30);
    near(GoTrigonometry::cosh, StrictMath::cosh, -30, 30);
    near(GoTrigonometry::tanh, StrictMath::tanh, -3, 3);
    near(x -> GoTrigonometry.asinh(StrictMath.sinh(x)), x -> x, -20, 20);
    near(x -> GoTrigonometry.acosh(StrictMath.cosh(x)), x -> x, 1, 20);
    near(x -> GoTrigonometry.atanh(StrictMath.tanh(x)), x -> x, -2, 2);
  }

  @Test
  void specialValues() {
    assertThat(GoMath.log2(8)).isEqualTo(3);
    assertThat(GoMath.log(0)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(GoMath.log(-1)).isNaN();
    assertThat(GoMath.exp(Double.NEGATIVE_INFINITY)).isZero();
    assertThat(GoMath.exp(800)).isInfinite();
    assertThat(GoMath.exp(709.4)).isEqualTo(1.2260423226426727e308);
    assertThat(GoMath.exp(709.45)).as("by Go's assembly for amd64").isInfinite();
    assertThat(GoMath.pow(-1, Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(GoMath.pow(-2, 0.3)).isNaN();
    assertThat(GoMath.pow(2, 0)).isEqualTo(1);
    assertThat(GoMath.pow(Double.NaN, 0)).isEqualTo(1);
    assertThat(GoMath.pow(0, -1)).isInfinite();
    assertThat(GoTrigonometry.sin(Double.POSITIVE_INFINITY)).isNaN();
    assertThat(GoTrigonometry.asin(2)).isNaN();
    assertThat(GoTrigonometry.tanh(100)).isEqualTo(1);
    assertThat(GoTrigonometry.atanh(1)).isInfinite();
  }

  /** Go's odd functions keep the sign of a zero, which its texts and divisions show. */
  @Test
  void negativeZeroStaysNegative() {
    List<DoubleUnaryOperator> odd =
        List.of(
            GoTrigonometry::sin,
            GoTrigonometry::tan,
            GoTrigonometry::asin,
            GoTrigonometry::atan,
            GoTrigonometry::sinh,
            GoTrigonometry::tanh,
            GoTrigonometry::asinh,
            GoTrigonometry::atanh);
    for (DoubleUnaryOperator f : odd) {
      assertThat(1 / f.applyAsDouble(-0.0)).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(1 / f.applyAsDouble(0.0)).isEqualTo(Double.POSITIVE_INFINITY);
    }
  }
}
