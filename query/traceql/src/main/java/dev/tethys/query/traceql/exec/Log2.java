package dev.tethys.query.traceql.exec;

import java.util.Arrays;

/** Histograms by powers of two, one for each step. */
final class Log2 {
  /** Exponents are between this and its negative plus 63. */
  static final int LEAST = -64;

  private final int steps;
  private int lowest;
  private int width;
  private double[] cells = {};

  Log2(int steps) {
    this.steps = steps;
  }

  /**
   * Returns the bucket exponent of an integer: the bound is the least power of two not below it.
   */
  static int exponent(long v) {
    return v <= 1 ? 0 : 64 - Long.numberOfLeadingZeros(v - 1);
  }

  /** Returns the bucket exponent of a number. */
  static int exponent(double v) {
    if (!(v > 0)) {
      return LEAST;
    }
    int e = Math.getExponent(v);
    boolean power = (Double.doubleToRawLongBits(v) & 0xFFFFFFFFFFFFFL) == 0;
    return Math.clamp(power ? e : e + 1, LEAST, 127);
  }

  void add(int step, int exponent, double weight) {
    if (width == 0) {
      lowest = exponent;
      width = 1;
      cells = new double[steps];
    } else if (exponent < lowest || exponent >= lowest + width) {
      widen(exponent);
    }
    cells[step * width + exponent - lowest] += weight;
  }

  private void widen(int exponent) {
    int least = Math.min(lowest, exponent);
    int most = Math.max(lowest + width - 1, exponent);
    int w = most - least + 1;
    double[] out = new double[steps * w];
    for (int s = 0; s < steps; s++) {
      System.arraycopy(cells, s * width, out, s * w + lowest - least, width);
    }
    cells = out;
    lowest = least;
    width = w;
  }

  /** Adds the histograms of some steps. */
  void addAll(Log2 other, int firstStep) {
    for (int s = 0; s < other.steps; s++) {
      for (int e = 0; e < other.width; e++) {
        double v = other.cells[s * other.width + e];
        if (v != 0) {
          add(firstStep + s, other.lowest + e, v);
        }
      }
    }
  }

  long bytes() {
    return 8L * cells.length;
  }

  int lowest() {
    return lowest;
  }

  int width() {
    return width;
  }

  double count(int step, int exponent) {
    return cells[step * width + exponent - lowest];
  }

  /**
   * Returns the quantile of a step by exponential interpolation in its bucket, as Tempo computes
   * it; 0 for a step without values.
   */
  double quantile(int step, double p, double unit) {
    int n = 0;
    double[] bounds = new double[width];
    double[] counts = new double[width];
    for (int e = 0; e < width; e++) {
      double c = cells[step * width + e];
      if (c > 0) {
        bounds[n] = Math.scalb(1.0, lowest + e) * unit;
        counts[n++] = c;
      }
    }
    return quantile(Arrays.copyOf(bounds, n), Arrays.copyOf(counts, n), p);
  }

  /** Returns the quantile of buckets by their upper bounds. */
  static double quantile(double[] bounds, double[] counts, double p) {
    double total = 0;
    for (double c : counts) {
      total += c;
    }
    if (total == 0 || !(p >= 0 && p <= 1)) {
      return 0;
    }
    double wanted = Math.max(1, Math.ceil(p * total));
    double before = 0;
    int b = 0;
    for (; b < counts.length; b++) {
      if (before + counts[b] > wanted) {
        break;
      }
      before += counts[b];
      if (before == wanted) {
        return bounds[b];
      }
    }
    b = Math.min(b, counts.length - 1);
    double share = (wanted - before) / counts[b];
    double max = Math.log(bounds[b]) / Math.log(2);
    double min = b > 0 ? Math.log(bounds[b - 1]) / Math.log(2) : max - 1;
    return Math.pow(2, min + (max - min) * share);
  }
}
