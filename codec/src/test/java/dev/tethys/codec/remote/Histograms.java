package dev.tethys.codec.remote;

import dev.tethys.model.Histogram;
import java.util.Random;

/** Sound histograms of every kind for tests. */
public final class Histograms {
  private Histograms() {}

  public static Histogram random(Random r) {
    boolean custom = r.nextInt(4) == 0;
    boolean integer = r.nextBoolean();
    int schema = custom ? Histogram.CUSTOM_BUCKETS : r.nextInt(13) - 4;
    int[] ps = spans(r, custom);
    double[] pos = counts(r, integer, ps);
    int[] ns = custom ? new int[0] : spans(r, false);
    double[] neg = counts(r, integer, ns);
    double zero = custom ? 0 : r.nextInt(5);
    double count = zero;
    for (double v : pos) {
      count += v;
    }
    for (double v : neg) {
      count += v;
    }
    double[] bounds = null;
    if (custom) {
      bounds = new double[20];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = r.nextBoolean() ? i : i + r.nextDouble() / 2;
      }
    }
    return new Histogram(
        integer,
        Histogram.ResetHint.values()[r.nextInt(4)],
        schema,
        custom ? 0 : r.nextBoolean() ? 0.001 : Math.scalb(0.5, -127),
        zero,
        count,
        r.nextGaussian() * 1000,
        ps,
        pos,
        ns,
        neg,
        bounds);
  }

  private static int[] spans(Random r, boolean custom) {
    int n = r.nextInt(4);
    int[] out = new int[2 * n];
    for (int i = 0; i < n; i++) {
      out[2 * i] = i == 0 && !custom ? r.nextInt(20) - 10 : r.nextInt(3) + (i == 0 ? 0 : 1);
      out[2 * i + 1] = 1 + r.nextInt(3);
    }
    return out;
  }

  private static double[] counts(Random r, boolean integer, int[] spans) {
    int n = 0;
    for (int i = 1; i < spans.length; i += 2) {
      n += spans[i];
    }
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      out[i] = integer ? r.nextInt(1000) : r.nextDouble() * 100;
    }
    return out;
  }
}
