package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Shortest digits and their layouts against {@code Double.toString} and {@code BigDecimal}. */
class ShortestDecimalTest {
  private static final byte GUARD = '#';

  private final byte[] bytes = new byte[3 + GoFloat.ROOM_F + 1];

  @Test
  void everyBitPatternMatchesTheJdk() {
    SplittableRandom random = new SplittableRandom(20);
    for (int i = 0; i < 1_000_000; i++) {
      double v = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(v)) {
        scientific(v);
        if (i % 20 == 0) {
          plain(v);
        }
      }
    }
  }

  @Test
  void measuredValuesAreWrittenPlainly() {
    SplittableRandom random = new SplittableRandom(21);
    for (int i = 0; i < 200_000; i++) {
      plain(random.nextInt(1, 100_000) / 300.0); // rates
      plain(random.nextLong(1L << random.nextInt(1, 54)) / Math.pow(10, random.nextInt(12)));
      plain(random.nextLong() >> random.nextInt(64)); // whole, also beyond 2^53
      general(random.nextInt(-9_999_999, 9_999_999) / 1000.0);
    }
  }

  @Test
  void formatsPowersOfTwoAndTheirNeighbours() {
    for (int q = -1074; q < 1024; q++) {
      double v = Math.scalb(1.0, q);
      for (double w : new double[] {v, Math.nextUp(v), Math.nextDown(v), -v, 1.5 * v}) {
        if (w != 0) {
          scientific(w);
          plain(w);
          general(w);
        }
      }
    }
  }

  @Test
  void formatsPowersOfTenAndTheirNeighbours() {
    for (int e = -323; e <= 308; e++) {
      for (String digits : new String[] {"1", "9", "25", "999", "12345678", "123456789012345"}) {
        double v = Double.parseDouble(digits + "E" + (e - digits.length() + 1));
        for (double w : new double[] {v, Math.nextUp(v), Math.nextDown(v)}) {
          if (w != 0 && Double.isFinite(w)) {
            scientific(w);
            plain(w);
            general(w);
          }
        }
      }
    }
  }

  @Test
  void smallestSubnormals() {
    for (long bits = 1; bits < 20_000; bits++) {
      scientific(Double.longBitsToDouble(bits));
    }
    plain(Double.MIN_VALUE);
    plain(Double.MIN_NORMAL);
    plain(Math.nextDown(Double.MIN_NORMAL));
  }

  /** The quick way stands back where the cut-off bits could decide, so both always agree. */
  @Test
  void bothAlgorithmsAgree() {
    SplittableRandom random = new SplittableRandom(22);
    for (int i = 0; i < 2_000_000; i++) {
      bothWays(random.nextLong() & Long.MAX_VALUE);
      bothWays(bits(random.nextLong(1L << random.nextInt(1, 62)) * 0.5)); // ties of whole numbers
      bothWays(bits(random.nextInt(1, 1 << 20) * Math.scalb(1.0, -random.nextInt(60))));
      bothWays(bits(random.nextInt(1, 100_000_000) / Math.pow(10, random.nextInt(12))));
    }
  }

  private static long bits(double v) {
    return Double.doubleToRawLongBits(v);
  }

  private static void bothWays(long bits) {
    if (bits == 0 || !Double.isFinite(Double.longBitsToDouble(bits))) {
      return;
    }
    long quick = ShortestDecimal.digits(bits);
    if (quick != ShortestDecimal.digitsOfAny(bits)) {
      throw new AssertionError(
          Double.longBitsToDouble(bits)
              + ": "
              + quick
              + " and "
              + ShortestDecimal.digitsOfAny(bits));
    }
  }

  /** Doubles just between two shortest decimals, and what Go's strconv prints for them. */
  @Test
  void roundsTiesToEven() {
    assertThat(GoFloat.g(1025 * 0x1p-20)).isEqualTo("0.0009775161743164062");
    assertThat(GoFloat.f(1027 * 0x1p-20)).isEqualTo("0.0009794235229492188");
    assertThat(GoFloat.e(0x1p-44)).isEqualTo("5.684341886080802e-14");
    assertThat(GoFloat.f(0x1p60)).isEqualTo("1152921504606847000");
    assertThat(GoFloat.f(9007199254740993.0)).isEqualTo("9007199254740992");
    assertThat(GoFloat.f(0x1p63)).isEqualTo("9223372036854776000");
  }

  @Property(tries = 2000)
  void wholeNumbers(@ForAll long v) {
    for (int shift = 0; shift < 64; shift++) {
      whole(v >> shift);
    }
  }

  @Test
  void wholeNumbersAtTheEdges() {
    whole(Long.MIN_VALUE);
    whole(0);
    for (long p = 1; p > 0 && p <= Long.MAX_VALUE / 10; p *= 10) {
      for (long d = -1; d <= 1; d++) {
        whole(p + d);
        whole(-p + d);
        whole(9 * p + d);
      }
    }
    whole(Long.MAX_VALUE);
  }

  /** Eight digits are stored at once only where there is space for them. */
  @Test
  void wholeNumbersFillAnArrayToItsEnd() {
    for (String s : new String[] {"7", "42", "1234567", "12345678", "-123456789012345678"}) {
      byte[] exact = new byte[s.length()];
      assertThat(DecimalDigits.write(exact, 0, Long.parseLong(s))).isEqualTo(s.length());
      assertThat(new String(exact, StandardCharsets.US_ASCII)).isEqualTo(s);
    }
  }

  private void whole(long v) {
    Arrays.fill(bytes, GUARD);
    int end = DecimalDigits.write(bytes, 3, v);
    same(v, text(end, DecimalDigits.ROOM), Long.toString(v));
  }

  private void scientific(double v) {
    Arrays.fill(bytes, GUARD);
    int end = GoFloat.writeE(bytes, 3, v);
    String text = text(end, GoFloat.ROOM_G);
    same(v, text, expectedScientific(v));
    if (Double.parseDouble(text) != v) {
      throw new AssertionError(text + " does not read back as " + v);
    }
  }

  private void plain(double v) {
    Arrays.fill(bytes, GUARD);
    int end = GoFloat.writeF(bytes, 3, v);
    same(v, text(end, GoFloat.ROOM_F), expectedPlain(v));
  }

  private void general(double v) {
    Arrays.fill(bytes, GUARD);
    int end = GoFloat.writeG(bytes, 3, v);
    double abs = Math.abs(v);
    same(
        v,
        text(end, GoFloat.ROOM_G),
        abs == 0 || abs >= 1e-4 && abs < 1e6 ? expectedPlain(v) : expectedScientific(v));
  }

  /** The text from 3 on, after a look that nothing before or beyond its space was touched. */
  private String text(int end, int room) {
    if (bytes[2] != GUARD || bytes[3 + room] != GUARD) {
      throw new AssertionError("wrote outside its room");
    }
    return new String(bytes, 3, end - 3, StandardCharsets.US_ASCII);
  }

  private static void same(Object v, String actual, String expected) {
    if (!actual.equals(expected)) { // an assertThat a number would take most of the test's time
      throw new AssertionError(v + ": expected " + expected + " but was " + actual);
    }
  }

  private static BigDecimal shortest(double v) {
    BigDecimal d = new BigDecimal(Double.toString(v)).stripTrailingZeros();
    if (d.precision() == 2) { // the JDK never looks for a single digit
      BigDecimal one = d.round(new MathContext(1));
      if (one.doubleValue() == v) {
        return one.stripTrailingZeros();
      }
    }
    return d;
  }

  private static String expectedPlain(double v) {
    return v == 0 ? 1 / v < 0 ? "-0" : "0" : shortest(v).toPlainString();
  }

  private static String expectedScientific(double v) {
    BigDecimal d = shortest(v);
    String digits = d.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - d.scale();
    return (v < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
