package dev.tethys.model;

/**
 * The leading 128 bits of each power of ten that conversions between doubles and decimals need,
 * rounded down.
 *
 * <p>They are computed from one another: 256 bits of each power, rounded down, are multiplied or
 * divided by ten for the next one. Each step loses less than one unit of the last bit, so after all
 * of them the 128 leading bits are right (a test holds every one of them against big integers). Big
 * integers would take a twentieth of the startup time.
 */
public final class PowersOfTen {
  /** The minimum exponent. */
  public static final int MIN = -348;

  /** The maximum exponent. */
  public static final int MAX = 347;

  private static final long FIFTH = 3689348814741910323L; // 2^64 = 5 * FIFTH + 1
  private static final long[] HIGH = new long[MAX - MIN + 1];
  private static final long[] LOW = new long[MAX - MIN + 1];

  static {
    long[] power = {0, 0, 0, Long.MIN_VALUE};
    for (int e = 0; e <= MAX; e++) {
      put(e, power);
      timesTen(power);
    }
    power = new long[] {0, 0, 0, Long.MIN_VALUE};
    for (int e = 0; e >= MIN; e--) {
      put(e, power);
      byTen(power);
    }
  }

  private PowersOfTen() {}

  /** The first 64 bits of 10^e; the first of them is set. */
  public static long high(int e) {
    return HIGH[e - MIN];
  }

  /** The next 64 bits of 10^e. */
  public static long low(int e) {
    return LOW[e - MIN];
  }

  private static void put(int e, long[] power) {
    HIGH[e - MIN] = power[3];
    LOW[e - MIN] = power[2];
  }

  /** Words of a number from the lowest on, its first bit set; so is that of the result. */
  private static void timesTen(long[] w) {
    long carry = 0;
    for (int i = 0; i < w.length; i++) {
      long low = w[i] * 5;
      long sum = low + carry;
      carry = Math.unsignedMultiplyHigh(w[i], 5) + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
      w[i] = sum;
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros(carry);
    for (int i = 0; i < w.length; i++) {
      long next = i + 1 < w.length ? w[i + 1] : carry;
      w[i] = w[i] >>> bits | next << -bits;
    }
  }

  private static void byTen(long[] w) {
    // Moved left by as much as keeps the quotient's first bit where it belongs.
    int bits = w[3] >>> 61 < 5 ? 3 : 2;
    long rest = w[3] >>> -bits;
    for (int i = w.length - 1; i >= 0; i--) {
      long word = w[i] << bits | (i > 0 ? w[i - 1] >>> -bits : 0);
      long last = Long.remainderUnsigned(word, 5) + rest;
      w[i] = rest * FIFTH + Long.divideUnsigned(word, 5) + last / 5;
      rest = last % 5;
    }
  }
}
