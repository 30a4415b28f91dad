package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Series of every kind that a block knows, always the same ones: what a committed block of an older
 * format holds. Never change it; add another when there is something new to hold.
 */
final class SampleBlock {
  static final long MIN_TIME = 1_700_000_000_000L;
  static final long MAX_TIME = MIN_TIME + 3_600_000;
  private static final int STEPS = 240;

  private SampleBlock() {}

  static Map<Labels, SampleBuffer> series() {
    Map<Labels, SampleBuffer> out = new TreeMap<>();
    RandomGenerator r = new Random(7);
    for (int i = 0; i < 60; i++) {
      SampleBuffer b = new SampleBuffer();
      double x = 100 + i;
      for (int s = 0; s < STEPS; s++) {
        long t = MIN_TIME + s * 15_000L + (i % 11 == 3 ? r.nextInt(9) : 0);
        if (i % 13 == 4 && s % 7 == 0) {
          continue; // a gap
        }
        if (i % 10 == 9) {
          b.add(0, t, histogram(s, i % 20 == 9));
          continue;
        }
        x = next(i % 10, x, s, r);
        b.add(i % 10 == 1 ? MIN_TIME - 5 : 0, t, i % 10 == 8 && s == 100 ? Samples.STALE : x);
      }
      out.put(
          Labels.of(
              "__name__", "m" + i % 10, "host", "höst-" + i / 10, "empty-ish", "", "n", "v" + i),
          b);
    }
    return out;
  }

  private static double next(int kind, double x, int step, RandomGenerator r) {
    return switch (kind) {
      case 0 -> 42.5; // constant
      case 1 -> x + r.nextInt(1000); // counter
      case 2 -> r.nextInt(60) == 0 ? x + 1 : x; // sparse
      case 3 -> r.nextInt(50) * 4096.0; // gauge in pages
      case 4 -> Math.rint(r.nextDouble() * 1e6) / 1e3; // decimals
      case 5 -> x + 0.1 * r.nextInt(30); // float sum
      case 6 -> r.nextDouble() * StrictMath.pow(10, r.nextInt(40)); // planes
      case 7 -> x + step; // second differences
      default -> r.nextInt(70) == 0 ? 1e15 : r.nextInt(16); // patches
    };
  }

  private static Histogram histogram(int step, boolean custom) {
    double[] buckets = {step, 3 * step, step / 2, 1};
    double count = buckets[0] + buckets[1] + buckets[2] + buckets[3] + (custom ? 0 : 2);
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        custom ? Histogram.CUSTOM_BUCKETS : 3,
        custom ? 0 : 0.001,
        custom ? 0 : 2,
        count,
        step * 1.25,
        step < 120 ? new int[] {0, 4} : new int[] {0, 2, 1, 2},
        buckets,
        new int[0],
        new double[0],
        custom ? new double[] {0.1, 0.5, 1, 5, 10} : null);
  }
}
