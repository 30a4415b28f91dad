package dev.tethys.store.archive;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/**
 * A checksum over samples as they are meant, not as they are stored: two copies of a series in
 * different formats have the same. 64 bits, multiply and fold a number (as in Mum and wyhash).
 */
public final class SampleDigest {
  private static final long K = 0x9E3779B97F4A7C15L;

  private SampleDigest() {}

  /**
   * Computes the checksum of a series: its labels, and time, start time and value of each sample.
   */
  public static long of(Labels labels, SampleBuffer b) {
    return of(labels, b, b.size);
  }

  /** Computes the digest of the first {@code n} samples. */
  public static long of(Labels labels, SampleBuffer b, int n) {
    long h = labels.hash64();
    for (int i = 0; i < n; i++) {
      h = mix(h, b.timestamps[i]);
      if (b.startTimestamps != null) {
        h = mix(h, b.startTimestamps[i]);
      } else {
        h = mix(h, 0);
      }
      Histogram x = b.histograms == null ? null : b.histograms[i];
      h = x == null ? mix(h, Double.doubleToRawLongBits(b.values[i])) : histogram(h, x);
    }
    return mix(h, n);
  }

  /** Adds one number to a checksum; the order counts. */
  public static long mix(long h, long v) {
    long x = (h ^ v) * K;
    return (x ^ x >>> 32) + K;
  }

  private static long histogram(long before, Histogram x) {
    long h = mix(before, x.integer() ? 1 : 2);
    h = mix(h, x.resetHint().ordinal());
    h = mix(h, x.schema());
    h = mix(h, Double.doubleToRawLongBits(x.zeroThreshold()));
    h = mix(h, Double.doubleToRawLongBits(x.zeroCount()));
    h = mix(h, Double.doubleToRawLongBits(x.count()));
    h = mix(h, Double.doubleToRawLongBits(x.sum()));
    h = numbers(h, x.positiveSpans());
    h = numbers(h, x.positive());
    h = numbers(h, x.negativeSpans());
    h = numbers(h, x.negative());
    double[] bounds = x.customBounds();
    return bounds == null ? h : numbers(h, bounds);
  }

  private static long numbers(long before, int[] list) {
    long h = mix(before, list.length);
    for (int v : list) {
      h = mix(h, v);
    }
    return h;
  }

  private static long numbers(long before, double[] list) {
    long h = mix(before, list.length);
    for (double v : list) {
      h = mix(h, Double.doubleToRawLongBits(v));
    }
    return h;
  }
}
