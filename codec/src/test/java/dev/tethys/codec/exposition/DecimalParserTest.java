package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Samples;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class DecimalParserTest {
  private static double parse(String s) {
    byte[] b = ("xx" + s + "9").getBytes(StandardCharsets.ISO_8859_1);
    return DecimalParser.parse(b, 2, b.length - 1);
  }

  private static void same(String s) {
    assertThat(Double.doubleToRawLongBits(parse(s)))
        .as(s)
        .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(s)));
  }

  @Property(tries = 20_000)
  void readsBackAnyDouble(@ForAll long bits) {
    double v = Double.longBitsToDouble(bits);
    if (Double.isFinite(v)) {
      same(GoFloat.g(v));
      same(GoFloat.f(v));
      same(Double.toString(v));
    }
  }

  @Property(tries = 20_000)
  void readsAnyDecimal(@ForAll("decimals") String s) {
    double expected = Double.parseDouble(s);
    if (Double.isInfinite(expected)) {
      assertThat(Double.doubleToRawLongBits(parse(s))).isEqualTo(DecimalParser.RANGE_BITS);
    } else {
      same(s);
    }
  }

  @Provide
  Arbitrary<String> decimals() {
    Arbitrary<String> digits = Arbitraries.strings().numeric().ofMinLength(1).ofMaxLength(22);
    Arbitrary<String> fraction =
        digits.map(d -> "." + d).injectNull(0.3).map(d -> d == null ? "" : d);
    Arbitrary<String> exponent =
        Arbitraries.integers()
            .between(-345, 345)
            .map(e -> "e" + e)
            .injectNull(0.3)
            .map(e -> e == null ? "" : e);
    return Combinators.combine(Arbitraries.of("", "-", "+"), digits, fraction, exponent)
        .as((s, d, f, e) -> s + d + f + e);
  }

  /**
   * Doubles half way between two others, and their neighbours, decide whether rounding is correct.
   */
  @Property(tries = 5000)
  void roundsHalfWayToEven(@ForAll long bits) {
    double v = Math.abs(Double.longBitsToDouble(bits));
    if (v > 1e-290 && v < 1e290) {
      java.math.BigDecimal half =
          new java.math.BigDecimal(v)
              .add(new java.math.BigDecimal(Math.nextUp(v)))
              .divide(java.math.BigDecimal.TWO);
      String exact = half.toString();
      same(exact);
      same(half.round(new java.math.MathContext(19)).toString());
      same(half.round(new java.math.MathContext(18)).toString());
    }
  }

  @Test
  void parsesSpecialValues() {
    assertThat(Double.doubleToRawLongBits(parse("NaN"))).isEqualTo(Samples.NORMAL_NAN_BITS);
    assertThat(Double.doubleToRawLongBits(parse("nAN"))).isEqualTo(Samples.NORMAL_NAN_BITS);
    assertThat(parse("Inf")).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(parse("+iNfinity")).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(parse("-inf")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(parse("5.")).isEqualTo(5);
    assertThat(parse(".5")).isEqualTo(0.5);
    assertThat(parse("00000000000000000000000000001")).isEqualTo(1);
    assertThat(parse("1e-99999999999999999999")).isEqualTo(0);
    assertThat(parse("0e99999999999999999999")).isEqualTo(0);
    same("2.2250738585072011e-308");
    same("1.7976931348623157e308");
    same("4.9e-324");
    same("9223372036854775808");
    same("18446744073709551615");
    same("9007199254740993");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "+", "-", ".", "e5", "1e", "1e+", "0x1p-2", "0x10", "1_000", "+nan", "-nan", "in",
        "infin", "1 ", " 1", "1f", "1d", "1.2.3", "--1", "1e5.0", "NaNs"
      })
  void refusesTheRest(String s) {
    assertThat(Double.doubleToRawLongBits(parse(s))).isEqualTo(DecimalParser.SYNTAX_BITS);
  }

  @Test
  void rejectsTooLargeInput() {
    assertThat(Double.doubleToRawLongBits(parse("1e309"))).isEqualTo(DecimalParser.RANGE_BITS);
    assertThat(Double.doubleToRawLongBits(parse("-1e99999999999")))
        .isEqualTo(DecimalParser.RANGE_BITS);
  }
}
