package dev.tethys.model;

/**
 * The fewest decimal digits that read back as the same double, without allocation.
 *
 * <p>The method is Schubfach (Raffaele Giulietti, "The Schubfach way to render doubles", 2020–2022;
 * also the method of {@link Double#toString(double)} since JDK 19). A double {@code c·2^q}
 * represents every real number nearer to it than to its neighbours, an interval one ulp wide. Let
 * {@code 10^k} be the greatest power of ten not above that width: then the interval holds at least
 * one multiple of {@code 10^k} and at most one of {@code 10^(k+1)}, so it is enough to check the
 * two multiples of each that enclose the double. A multiple of {@code 10^(k+1)} inside wins,
 * because it is shorter; otherwise the nearer multiple of {@code 10^k} inside, and of two equally
 * near ones the even. Both ends of the interval belong to it when {@code c} is even, because
 * reading rounds ties to even.
 *
 * <p>To compare without big integers the double and the ends of its interval are multiplied by
 * {@code 4·10^-k}, with {@code 10^-k} rounded up to 128 bits, and kept as integers whose lowest bit
 * also records whether anything was cut off ("rounded to odd"); the paper proves that this decides
 * every comparison correctly.
 *
 * <p>Nearly always one product decides, because both ends are equally far from the double: it is
 * kept as a fixed-point number modulo ten, with half the interval's width; values too close to an
 * end for the truncated bits take the slow path. That is the method of Yaoyuan Guo's yy_double and
 * Victor Zverovich's żmij (2025); here it is done without a jump, for digits are as good as random,
 * and a jump that is foreseen wrongly costs as much as the product.
 *
 * <p>Unlike {@code Double.toString} this also finds single digits, as Go does: the smallest double
 * is 5e-324 and not 4.9E-324.
 */
final class ShortestDecimal {
  private static final int FRACTION_BITS = 52;
  private static final int MIN_Q = -1074;
  private static final int MAX_Q = 971;
  private static final long HIDDEN_BIT = 1L << FRACTION_BITS;
  private static final long FRACTION = HIDDEN_BIT - 1;

  /** Fraction bits of a number below 2 × 10 that keeps its sign. */
  private static final int POINT = 58;

  private static final long TEN = 10L << POINT;

  /** Maximum error of fixed-point numbers and of their differences. */
  private static final long BLUR = 4;

  /** Powers of ten 10^-k are needed for the k of every q. */
  private static final int MIN_POWER = -floorLog10Pow2(MAX_Q);

  private static final int MAX_POWER = -floorLog10ThreeQuartersPow2(MIN_Q);

  /** 10^e as two words from {@code 2 * (e - MIN_POWER)} on, high one first, top bit set. */
  private static final long[] POWERS = powers();

  private ShortestDecimal() {}

  /**
   * The digits: a positive integer d below 10^17, maybe ending in zeros, such that {@code d ×
   * 10^exponent(bits)} is the shortest decimal. For doubles that are not subnormal d has 16 or 17
   * digits.
   *
   * @param bits bit representation of a positive finite double
   */
  static long digits(long bits) {
    int biased = (int) (bits >>> FRACTION_BITS);
    long fraction = bits & FRACTION;
    if (fraction == 0 || biased == 0) {
      return digitsOfAny(bits);
    }
    int q = biased + (MIN_Q - 1);
    int k = floorLog10Pow2(q);
    int shift = q + floorLog2Pow10(-k) + 1; // 1 to 4
    int power = 2 * (-k - MIN_POWER);
    long high = POWERS[power];
    long scaled = (fraction | HIDDEN_BIT) << shift;
    long middle = high * scaled;
    long behindPoint = middle + Math.unsignedMultiplyHigh(POWERS[power + 1], scaled);
    long carry = behindPoint + Long.MIN_VALUE < middle + Long.MIN_VALUE ? 1 : 0;
    long whole = Math.unsignedMultiplyHigh(high, scaled) + carry;

    long tens = whole / 10 * 10;
    long nearest = whole + (behindPoint >>> 63);
    long value = whole - tens << POINT | behindPoint >>> 64 - POINT;
    long half = high >>> 65 - POINT - shift;
    long aboveLower = half - value;
    long aboveUpper = value + half - TEN;
    if (isBlurred(aboveLower)
        || isBlurred(aboveUpper)
        || isBlurred(behindPoint + Long.MIN_VALUE)) { // from the middle of two whole numbers
      return digitsOfAny(bits);
    }
    // One of the two tens is inside when the double is not more than half the width from it.
    long downIn = ~(aboveLower >> 63);
    long upIn = ~(aboveUpper >> 63);
    return nearest + (tens + (10 & upIn) - nearest & (downIn | upIn));
  }

  private static boolean isBlurred(long difference) {
    return difference + BLUR + Long.MIN_VALUE <= 2 * BLUR + Long.MIN_VALUE;
  }

  /** The slow algorithm, which is correct for all values. */
  static long digitsOfAny(long bits) {
    int biased = (int) (bits >>> FRACTION_BITS);
    long fraction = bits & FRACTION;
    long c = biased == 0 ? fraction : fraction | HIDDEN_BIT;
    int q = q(biased);
    boolean narrow = narrowBelow(biased, fraction);
    int k = narrow ? floorLog10ThreeQuartersPow2(q) : floorLog10Pow2(q);
    int shift = q + floorLog2Pow10(-k) + 1;
    int power = 2 * (-k - MIN_POWER);
    long high = POWERS[power];
    long low = POWERS[power + 1];

    long value = timesPower(high, low, c << 2 << shift);
    long lower = timesPower(high, low, (c << 2) - (narrow ? 1 : 2) << shift);
    long upper = timesPower(high, low, (c << 2) + 2 << shift);
    long odd = c & 1; // the ends do not belong to the interval
    lower += odd;
    upper -= odd;

    long down = value >> 2;
    if (down >= 10) {
      long tens = down / 10 * 10;
      boolean downIn = lower <= tens << 2;
      boolean upIn = tens + 10 << 2 <= upper;
      if (downIn != upIn) {
        return downIn ? tens : tens + 10;
      }
    }
    boolean downIn = lower <= down << 2;
    boolean upIn = down + 1 << 2 <= upper;
    if (downIn != upIn) {
      return downIn ? down : down + 1;
    }
    long fromMiddle = value - ((down << 2) + 2);
    return fromMiddle > 0 || fromMiddle == 0 && (down & 1) != 0 ? down + 1 : down;
  }

  /** The power of ten that {@link #digits} counts. */
  static int exponent(long bits) {
    int biased = (int) (bits >>> FRACTION_BITS);
    int q = q(biased);
    return narrowBelow(biased, bits & FRACTION)
        ? floorLog10ThreeQuartersPow2(q)
        : floorLog10Pow2(q);
  }

  private static int q(int biased) {
    return Math.max(biased, 1) + (MIN_Q - 1);
  }

  /** Whether the neighbour below is only half an ulp away: at powers of two. */
  private static boolean narrowBelow(int biased, long fraction) {
    return fraction == 0 && biased > 1;
  }

  /** The 64 bits above 2^128 of {@code cp} times the power, rounded to odd. */
  private static long timesPower(long high, long low, long cp) {
    long middle = high * cp;
    long fromLow = Math.unsignedMultiplyHigh(low, cp);
    long sum = middle + fromLow;
    long carry = ((middle & fromLow) | ((middle | fromLow) & ~sum)) >>> 63;
    long top = Math.unsignedMultiplyHigh(high, cp) + carry;
    return sum >>> 1 == 0 ? top : top | 1; // the last bit of the sum may come from 10^-k's rounding
  }

  /** Right for |q| up to 1500; the constant is log10(2)·2^22. */
  private static int floorLog10Pow2(int q) {
    return q * 1262611 >> 22;
  }

  /** floor(log10(3/4·2^q)), the width at powers of two. */
  private static int floorLog10ThreeQuartersPow2(int q) {
    return q * 1262611 - 524031 >> 22;
  }

  /** Right for |e| up to 1233; the constant is log2(10)·2^19. */
  private static int floorLog2Pow10(int e) {
    return e * 1741647 >> 19;
  }

  /** floor(10^e / 2^r) + 1 for each e, r such that 128 bits remain. */
  private static long[] powers() {
    long[] all = new long[2 * (MAX_POWER - MIN_POWER + 1)];
    for (int e = MIN_POWER; e <= MAX_POWER; e++) {
      int at = 2 * (e - MIN_POWER);
      long low = PowersOfTen.low(e) + 1;
      all[at] = PowersOfTen.high(e) + (low == 0 ? 1 : 0);
      all[at + 1] = low;
    }
    return all;
  }
}
