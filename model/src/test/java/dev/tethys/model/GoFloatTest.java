package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class GoFloatTest {
  /** Expected texts are those of Go's strconv. */
  @Test
  void writesLikeGo() {
    assertThat(GoFloat.f(0)).isEqualTo("0");
    assertThat(GoFloat.f(-0.0)).isEqualTo("-0");
    assertThat(GoFloat.f(1)).isEqualTo("1");
    assertThat(GoFloat.f(-17)).isEqualTo("-17");
    assertThat(GoFloat.f(0.1)).isEqualTo("0.1");
    assertThat(GoFloat.f(1e21)).isEqualTo("1000000000000000000000");
    assertThat(GoFloat.f(1.5e-7)).isEqualTo("0.00000015");
    assertThat(GoFloat.f(123456.789)).isEqualTo("123456.789");
    assertThat(GoFloat.f(Double.NaN)).isEqualTo("NaN");
    assertThat(GoFloat.f(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
    assertThat(GoFloat.f(Double.NEGATIVE_INFINITY)).isEqualTo("-Inf");
    assertThat(GoFloat.g(999999)).isEqualTo("999999");
    assertThat(GoFloat.g(1e6)).isEqualTo("1e+06");
    assertThat(GoFloat.g(1234567)).isEqualTo("1.234567e+06");
    assertThat(GoFloat.g(123456.5)).isEqualTo("123456.5");
    assertThat(GoFloat.g(0.0001)).isEqualTo("0.0001");
    assertThat(GoFloat.g(0.00001)).isEqualTo("1e-05");
    assertThat(GoFloat.g(-0.0)).isEqualTo("-0");
    assertThat(GoFloat.g(5e-324)).isEqualTo("5e-324");
    assertThat(GoFloat.g(1e23)).isEqualTo("1e+23");
    assertThat(GoFloat.g(2e23)).isEqualTo("2e+23");
    assertThat(GoFloat.g(Double.MAX_VALUE)).isEqualTo("1.7976931348623157e+308");
    assertThat(GoFloat.e(0)).isEqualTo("0e+00");
    assertThat(GoFloat.e(100)).isEqualTo("1e+02");
    assertThat(GoFloat.e(-1.25)).isEqualTo("-1.25e+00");
  }

  @Test
  void writesWithPrecision() {
    assertThat(GoFloat.format(1.005, 'f', 2)).isEqualTo("1.00");
    assertThat(GoFloat.format(2.5, 'f', 0)).isEqualTo("2");
    assertThat(GoFloat.format(99.999, 'f', 2)).isEqualTo("100.00");
    assertThat(GoFloat.format(0, 'f', 3)).isEqualTo("0.000");
    assertThat(GoFloat.format(1234.5678, 'g', 4)).isEqualTo("1235");
    assertThat(GoFloat.format(123456, 'g', 4)).isEqualTo("1.235e+05");
    assertThat(GoFloat.format(1200, 'g', 4)).isEqualTo("1200");
    assertThat(GoFloat.format(1, 'g', 4)).isEqualTo("1");
    assertThat(GoFloat.format(100, 'g', 1)).isEqualTo("1e+02");
    assertThat(GoFloat.format(0.000012345, 'g', 3)).isEqualTo("1.23e-05");
    assertThat(GoFloat.format(0, 'g', 4)).isEqualTo("0");
    assertThat(GoFloat.format(1234.5, 'e', 2)).isEqualTo("1.23e+03");
    assertThat(GoFloat.format(0, 'e', 2)).isEqualTo("0.00e+00");
  }

  @Test
  void writesZerosAfterTheLastDigitOfAValue() {
    assertThat(GoFloat.format(1.5, 'f', 1_000_000)).isEqualTo("1.5" + "0".repeat(999_999));
    assertThat(GoFloat.format(0.000125, 'f', 30)).isEqualTo("0.000125000000000000002602085214");
    assertThat(GoFloat.format(1e22, 'f', 3)).isEqualTo("10000000000000000000000.000");
    assertThat(GoFloat.format(1.5, 'e', 40)).isEqualTo("1.5" + "0".repeat(39) + "e+00");
    assertThat(GoFloat.format(0.001, 'f', 2)).isEqualTo("0.00");
  }

  @Test
  void openMetricsValuesNeverLookLikeIntegers() {
    assertThat(GoFloat.openMetrics(1)).isEqualTo("1.0");
    assertThat(GoFloat.openMetrics(0.5)).isEqualTo("0.5");
    assertThat(GoFloat.openMetrics(1e6)).isEqualTo("1e+06");
    assertThat(GoFloat.openMetrics(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
    assertThat(GoFloat.openMetrics(Double.NaN)).isEqualTo("NaN");
  }

  @Property(tries = 5000)
  void readsBackToTheBit(@ForAll long bits) {
    double v = Double.longBitsToDouble(bits);
    if (Double.isNaN(v) || Double.isInfinite(v)) {
      return;
    }
    assertThat(Double.parseDouble(GoFloat.f(v))).isEqualTo(v);
    assertThat(Double.parseDouble(GoFloat.g(v))).isEqualTo(v);
    assertThat(Double.parseDouble(GoFloat.e(v))).isEqualTo(v);
    assertThat(Double.parseDouble(GoFloat.openMetrics(v))).isEqualTo(v);
  }

  @Property
  void smallestNumbersUseTheFewestDigits(@ForAll("tiny") long bits) {
    double v = Double.longBitsToDouble(bits);
    String digits = GoFloat.e(v).replaceAll("e.*", "").replace(".", "");
    BigDecimal shorter =
        new BigDecimal(v).round(new java.math.MathContext(Math.max(1, digits.length() - 1)));
    if (digits.length() > 1) {
      assertThat(shorter.doubleValue()).isNotEqualTo(v);
    }
  }

  @net.jqwik.api.Provide
  net.jqwik.api.Arbitrary<Long> tiny() {
    return net.jqwik.api.Arbitraries.longs().between(1, 4000);
  }
}
