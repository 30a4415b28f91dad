package dev.tethys.model;

/**
 * Logarithms and powers that equal Go's {@code math} package on amd64 to the last bit. So
 * interpolated quantiles and PromQL's {@code ^}, {@code exp} and {@code ln} return the same digits
 * as Prometheus. {@link StrictMath} differs in the last place here and there.
 *
 * <p>Methods: the logarithm is fdlibm's; the exponential is Shibata's reduction by ln 2 and 16 with
 * a Taylor series, fused multiply-add throughout; 2^x is fdlibm's rational approximation; a power
 * squares by the bits of the exponent's integer part and takes its fraction through exp and log.
 */
public final class GoMath {
  private static final double LN2_HI = 6.93147180369123816490e-01;
  private static final double LN2_LO = 1.90821492927058770002e-10;

  /** 1 / ln 2 and 1 / ln 10, each rounded once. */
  private static final double LOG2_E = 1.4426950408889634073599246810019;

  private static final double LOG10_E = 0.43429448190325182765112891891661;
  private static final double HALF_SQRT2 = 7.07106781186547524401e-01;

  private GoMath() {}

  /** The natural logarithm. */
  public static double log(double x) {
    if (x == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (x < 0) {
      return Double.NaN;
    }
    if (!(x <= Double.MAX_VALUE)) {
      return x;
    }
    // as the machine code does it, which takes subnormals for numbers near the smallest normal one
    long bits = Double.doubleToRawLongBits(x);
    double f = Double.longBitsToDouble(bits & 0x000fffffffffffffL | 0x3fe0000000000000L);
    double k = (bits >>> 52) - 0x3fe;
    if (f <= HALF_SQRT2) {
      k--;
      f *= 2;
    }
    f -= 1;
    double s = f / (2 + f);
    double s2 = s * s;
    double s4 = s2 * s2;
    double odd =
        s2
            * (6.666666666666735130e-01
                + s4
                    * (2.857142874366239149e-01
                        + s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01)));
    double even =
        s4
            * (3.999999999940941908e-01
                + s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
    double half = 0.5 * f * f;
    return k * LN2_HI - ((half - (s * (half + (odd + even)) + k * LN2_LO)) - f);
  }

  /** The logarithm of base 2, exact for powers of two. */
  public static double log2(double x) {
    if (x == 0 || !(Math.abs(x) <= Double.MAX_VALUE)) {
      return log(x);
    }
    double f = fraction(x);
    return f == 0.5 ? exponent(x) - 1 : log(f) * LOG2_E + exponent(x);
  }

  /** The logarithm of base 10. */
  public static double log10(double x) {
    return log(x) * LOG10_E;
  }

  /** e^x. */
  public static double exp(double x) {
    if (Double.isNaN(x) || x == Double.POSITIVE_INFINITY) {
      return x;
    }
    if (x == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    if (x > 7.09782712893384e+02) {
      return Double.POSITIVE_INFINITY;
    }
    if (x < -800) {
      return 0;
    }
    int k = (int) Math.rint(1.4426950408889634 * x);
    if (k > Double.MAX_EXPONENT) {
      return Double.POSITIVE_INFINITY; // on amd64 from 709.44, though some more could be written
    }
    double r = Math.fma(-0.69314718055966295651160180568695068359375, k, x);
    r = Math.fma(-0.28235290563031577122588448175013436025525412068e-12, k, r);
    r *= 0.0625;
    double p = 2.4801587301587301587e-5;
    p = Math.fma(p, r, 1.9841269841269841270e-4);
    p = Math.fma(p, r, 1.3888888888888888889e-3);
    p = Math.fma(p, r, 8.3333333333333333333e-3);
    p = Math.fma(p, r, 4.1666666666666666667e-2);
    p = Math.fma(p, r, 1.6666666666666666667e-1);
    p = Math.fma(p, r, 0.5);
    p = Math.fma(p, r, 1.0);
    double y = r * p;
    y *= y + 2;
    y *= y + 2;
    y *= y + 2;
    y = Math.fma(y, y + 2, 1.0);
    return scale(y, k);
  }

  /** 2^x. */
  public static double exp2(double x) {
    if (Double.isNaN(x) || x == Double.POSITIVE_INFINITY) {
      return x;
    }
    if (x > 1.0239999999999999e+03) {
      return Double.POSITIVE_INFINITY;
    }
    if (x < -1.0740e+03) {
      return 0;
    }
    int k = (int) (x > 0 ? x + 0.5 : x < 0 ? x - 0.5 : 0);
    double t = x - k;
    double hi = t * LN2_HI;
    double lo = -t * LN2_LO;
    double r = hi - lo;
    double q = r * r;
    double c =
        r
            - q
                * (1.66666666666666657415e-01
                    + q
                        * (-2.77777777770155933842e-03
                            + q
                                * (6.61375632143793436117e-05
                                    + q
                                        * (-1.65339022054652515390e-06
                                            + q * 4.13813679705723846039e-08))));
    return scale(1 - ((lo - (r * c) / (2 - c)) - hi), k);
  }

  /** x^y. */
  public static double pow(double x, double y) {
    if (y == 0 || x == 1) {
      return 1;
    }
    if (y == 1) {
      return x;
    }
    if (Double.isNaN(x) || Double.isNaN(y)) {
      return Double.NaN;
    }
    if (x == 0 || Double.isInfinite(x) || Double.isInfinite(y)) {
      return Double.isInfinite(y) && x == -1 ? 1 : StrictMath.pow(x, y);
    }
    if (y == 0.5) {
      return Math.sqrt(x);
    }
    if (y == -0.5) {
      return 1 / Math.sqrt(x);
    }
    double yi = Math.floor(Math.abs(y));
    double yf = Math.abs(y) - yi;
    if (yf != 0 && x < 0) {
      return Double.NaN;
    }
    if (yi >= 0x1p63) {
      if (x == -1) {
        return 1;
      }
      return Math.abs(x) < 1 == y > 0 ? 0 : Double.POSITIVE_INFINITY;
    }
    double a = 1;
    long ae = 0;
    if (yf != 0) {
      if (yf > 0.5) {
        yf--;
        yi++;
      }
      a = exp(yf * log(x));
    }
    double f = fraction(x);
    long e = exponent(x);
    for (long i = (long) yi; i != 0; i >>= 1) {
      if (e < -(1 << 12) || e > 1 << 12) {
        ae += e;
        break;
      }
      if ((i & 1) == 1) {
        a *= f;
        ae += e;
      }
      f *= f;
      e <<= 1;
      if (f < .5) {
        f += f;
        e--;
      }
    }
    if (y < 0) {
      a = 1 / a;
      ae = -ae;
    }
    return scale(a, (int) Math.clamp(ae, -5000, 5000));
  }

  /** The part of a finite number that is at least 0.5 and below 1 in size. */
  private static double fraction(double x) {
    return Math.scalb(x, -exponent(x));
  }

  /** The power of two that belongs to {@link #fraction}. */
  private static int exponent(double x) {
    int e = Math.getExponent(x);
    return e >= Double.MIN_EXPONENT ? e + 1 : Math.getExponent(x * 0x1p54) + 1 - 54;
  }

  private static double scale(double x, int k) {
    return Math.scalb(x, k);
  }
}
