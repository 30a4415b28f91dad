package dev.tethys.model;

import java.math.BigInteger;

/**
 * Circular and hyperbolic functions that equal Go's {@code math} package on amd64 to the last bit;
 * see {@link GoMath}. The circular ones are approximations of Moshier's Cephes library: sine and
 * cosine by polynomials on [0, pi/4], tangent and arc tangent by quotients of polynomials;
 * arguments are reduced by pi/4 in three parts, from 2^29 on by as many digits of 4/pi as
 * necessary.
 */
public final class GoTrigonometry {
  private static final double PI4_A = 7.85398125648498535156e-1;
  private static final double PI4_B = 3.77489470793079817668e-8;
  private static final double PI4_C = 2.69515142907905952645e-15;
  private static final double FOUR_OVER_PI = 1.2732395447351626861510701069801148;
  private static final double LN2 = 0.693147180559945309417232121458176568;
  private static final double LARGE = 1 << 29;

  /** 4/pi in binary: one bit before the point and 1216 after it. */
  private static final BigInteger FOUR_OVER_PI_DIGITS =
      new BigInteger(
          "145f306dc9c882a53f84eafa3ea69bb81b6c52b3278872083fca2c757bd778ac3"
              + "6e48dc74849ba5c00c925dd413a32439fc3bd63962534e7dd1046bea5d768909"
              + "d338e04d68befc827323ac7306a673e93908bf177bf250763ff12fffbc0b301f"
              + "de5e2316b414da3eda6cfd9e4f96136e9e8c7ecd3cbfd45aea4f758fd7cbe2f6"
              + "7a0e73ef14a525d4d7f6bf623f1aba10ac06608df8f6d757",
          16);

  private static final int FRACTION_BITS = 1216;

  private GoTrigonometry() {}

  /** An angle as an even number of eighths of the circle, and the remainder. */
  private record Reduced(int octant, double rest) {
    static Reduced of(double x) {
      if (x >= LARGE) {
        return large(x);
      }
      long j = (long) (x * FOUR_OVER_PI);
      if ((j & 1) == 1) {
        j++;
      }
      double y = j;
      return new Reduced((int) (j & 7), ((x - y * PI4_A) - y * PI4_B) - y * PI4_C);
    }

    private static Reduced large(double x) {
      long bits = Double.doubleToRawLongBits(x);
      int exponent = (int) (bits >>> 52) - 1075;
      long mantissa = bits & 0xfffffffffffffL | 1L << 52;
      BigInteger product =
          FOUR_OVER_PI_DIGITS.multiply(BigInteger.valueOf(mantissa)); // x 2^(1216 - exponent)
      int point = FRACTION_BITS - exponent;
      int octant = product.shiftRight(point).intValue() & 7;
      BigInteger fraction = product.and(BigInteger.ONE.shiftLeft(point).subtract(BigInteger.ONE));
      int cut = Math.max(0, fraction.bitLength() - 53);
      double z = Math.scalb((double) fraction.shiftRight(cut).longValue(), cut - point);
      if ((octant & 1) == 1) {
        octant = octant + 1 & 7;
        z--;
      }
      return new Reduced(octant, z * (Math.PI / 4));
    }
  }

  private static double sinPolynomial(double z) {
    double s = z * z;
    return z
        + z
            * s
            * ((((((1.58962301576546568060e-10 * s) - 2.50507477628578072866e-8) * s
                                        + 2.75573136213857245213e-6)
                                    * s
                                - 1.98412698295895385996e-4)
                            * s
                        + 8.33333333332211858878e-3)
                    * s
                - 1.66666666666666307295e-1);
  }

  private static double cosPolynomial(double z) {
    double s = z * z;
    return 1.0
        - 0.5 * s
        + s
            * s
            * ((((((-1.13585365213876817300e-11 * s) + 2.08757008419747316778e-9) * s
                                        - 2.75573141792967388112e-7)
                                    * s
                                + 2.48015872888517045348e-5)
                            * s
                        - 1.38888888888730564116e-3)
                    * s
                + 4.16666666666665929218e-2);
  }

  /** The sine. */
  public static double sin(double x) {
    if (x == 0 || Double.isNaN(x)) {
      return x;
    }
    if (Double.isInfinite(x)) {
      return Double.NaN;
    }
    Reduced r = Reduced.of(Math.abs(x));
    boolean negative = x < 0 ^ r.octant > 3;
    int j = r.octant & 3;
    double y = j == 1 || j == 2 ? cosPolynomial(r.rest) : sinPolynomial(r.rest);
    return negative ? -y : y;
  }

  /** The cosine. */
  public static double cos(double x) {
    if (Double.isNaN(x) || Double.isInfinite(x)) {
      return Double.NaN;
    }
    Reduced r = Reduced.of(Math.abs(x));
    int j = r.octant & 3;
    boolean negative = r.octant > 3 ^ j > 1;
    double y = j == 1 || j == 2 ? sinPolynomial(r.rest) : cosPolynomial(r.rest);
    return negative ? -y : y;
  }

  /** The tangent. */
  public static double tan(double x) {
    if (x == 0 || Double.isNaN(x)) {
      return x;
    }
    if (Double.isInfinite(x)) {
      return Double.NaN;
    }
    Reduced r = Reduced.of(Math.abs(x));
    double z = r.rest;
    double s = z * z;
    double y = z;
    if (s > 1e-14) {
      double p =
          ((-1.30936939181383777646e4 * s) + 1.15351664838587416140e6) * s
              - 1.79565251976484877988e7;
      double q =
          (((s + 1.36812963470692954678e4) * s - 1.32089234440210967447e6) * s
                      + 2.50083801823357915839e7)
                  * s
              - 5.38695755929454629881e7;
      y = z + z * (s * p / q);
    }
    if ((r.octant & 2) == 2) {
      y = -1 / y;
    }
    return x < 0 ? -y : y;
  }

  /** The arc tangent of a number from 0 to 0.66. */
  private static double smallAtan(double x) {
    double z = x * x;
    double p =
        (((-8.750608600031904122785e-01 * z - 1.615753718733365076637e+01) * z
                        - 7.500855792314704667340e+01)
                    * z
                - 1.228866684490136173410e+02)
            * z;
    double q =
        ((((z + 2.485846490142306297962e+01) * z + 1.650270098316988542046e+02) * z
                        + 4.328810604912902668951e+02)
                    * z
                + 4.853903996359136964868e+02)
            * z;
    z = z * (p - 6.485021904942025371773e+01) / (q + 1.945506571482613964425e+02);
    return x * z + x;
  }

  private static double positiveAtan(double x) {
    double more = 6.123233995736765886130e-17; // what a double lacks of pi/2
    if (x <= 0.66) {
      return smallAtan(x);
    }
    if (x > 2.41421356237309504880) {
      return Math.PI / 2 - smallAtan(1 / x) + more;
    }
    return Math.PI / 4 + smallAtan((x - 1) / (x + 1)) + 0.5 * more;
  }

  /** The arc tangent. */
  public static double atan(double x) {
    return x == 0 ? x : x > 0 ? positiveAtan(x) : -positiveAtan(-x);
  }

  /** The angle of a point, as {@link Math#atan2}. */
  public static double atan2(double y, double x) {
    if (y == 0 || x == 0 || Double.isNaN(x + y) || Double.isInfinite(x) || Double.isInfinite(y)) {
      return StrictMath.atan2(y, x);
    }
    double q = atan(y / x);
    return x < 0 ? (q <= 0 ? q + Math.PI : q - Math.PI) : q;
  }

  /** The arc sine. */
  public static double asin(double x) {
    if (x == 0) {
      return x;
    }
    double a = Math.abs(x);
    if (!(a <= 1)) {
      return Double.NaN;
    }
    double root = Math.sqrt(1 - a * a);
    double y = a > 0.7 ? Math.PI / 2 - positiveAtan(root / a) : positiveAtan(a / root);
    return x < 0 ? -y : y;
  }

  /** The arc cosine. */
  public static double acos(double x) {
    return Math.PI / 2 - asin(x);
  }

  /** The hyperbolic sine: a quotient of polynomials up to 0.5, exponentials above. */
  public static double sinh(double x) {
    if (x == 0) {
      return x; // with its sign
    }
    double a = Math.abs(x);
    double y;
    if (a > 21) {
      y = GoMath.exp(a) / 2;
    } else if (a > 0.5) {
      y = (GoMath.exp(a) - GoMath.exp(-a)) / 2;
    } else {
      double s = a * a;
      double p =
          ((-0.2630563213397497062819489e+2 * s - 0.2894211355989563807284660366e+4) * s
                      - 0.8991272022039509355398013511e+5)
                  * s
              - 0.6307673640497716991184787251e+6;
      double q =
          ((s - 0.173678953558233699533450911e+3) * s + 0.1521517378790019070696485176e+5) * s
              - 0.6307673640497716991212077277e+6;
      y = p * a / q;
    }
    return x < 0 ? -y : y;
  }

  /** The hyperbolic cosine. */
  public static double cosh(double x) {
    double a = Math.abs(x);
    return a > 21 ? GoMath.exp(a) / 2 : (GoMath.exp(a) + GoMath.exp(-a)) / 2;
  }

  /** The hyperbolic tangent. */
  public static double tanh(double x) {
    double a = Math.abs(x);
    if (a > 0.5 * 8.8029691931113054295988e+01) {
      return x < 0 ? -1 : 1;
    }
    if (a >= 0.625) {
      double y = 1 - 2 / (GoMath.exp(2 * a) + 1);
      return x < 0 ? -y : y;
    }
    if (x == 0) {
      return x;
    }
    double s = x * x;
    double p =
        (-9.64399179425052238628E-1 * s - 9.92877231001918586564E1) * s - 1.61468768441708447952E3;
    double q =
        ((s + 1.12811678491632931402E2) * s + 2.23548839060100448583E3) * s
            + 4.84406305325125486048E3;
    return x + x * s * p / q;
  }

  /** The inverse hyperbolic sine. */
  public static double asinh(double x) {
    if (x == 0) {
      return x; // with its sign
    }
    double a = Math.abs(x);
    if (!(a <= Double.MAX_VALUE)) {
      return x;
    }
    double y;
    if (a > 0x1p28) {
      y = GoMath.log(a) + LN2;
    } else if (a > 2) {
      y = GoMath.log(2 * a + 1 / (Math.sqrt(a * a + 1) + a));
    } else if (a < 0x1p-28) {
      y = a;
    } else {
      y = StrictMath.log1p(a + a * a / (1 + Math.sqrt(1 + a * a)));
    }
    return x < 0 ? -y : y;
  }

  /** The inverse hyperbolic cosine. */
  public static double acosh(double x) {
    if (x < 1 || Double.isNaN(x)) {
      return Double.NaN;
    }
    if (x == 1) {
      return 0;
    }
    if (x >= 0x1p28) {
      return GoMath.log(x) + LN2;
    }
    if (x > 2) {
      return GoMath.log(2 * x - 1 / (x + Math.sqrt(x * x - 1)));
    }
    double t = x - 1;
    return StrictMath.log1p(t + Math.sqrt(2 * t + t * t));
  }

  /** The inverse hyperbolic tangent. */
  public static double atanh(double x) {
    if (x == 0) {
      return x; // with its sign
    }
    double a = Math.abs(x);
    if (!(a <= 1)) {
      return Double.NaN;
    }
    double y;
    if (a == 1) {
      y = Double.POSITIVE_INFINITY;
    } else if (a < 0x1p-28) {
      y = a;
    } else if (a < 0.5) {
      double t = a + a;
      y = 0.5 * StrictMath.log1p(t + t * a / (1 - a));
    } else {
      y = 0.5 * StrictMath.log1p((a + a) / (1 - a));
    }
    return x < 0 ? -y : y;
  }
}
