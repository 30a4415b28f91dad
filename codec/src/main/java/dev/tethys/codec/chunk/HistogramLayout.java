package dev.tethys.codec.chunk;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Layout shared by all histograms of a chunk. Zero threshold: 0 for 0, 1-254 for 2^(n-244), 255 and
 * a double for any other value. Spans: count, then length and offset each. Custom bounds: count,
 * then multiples of 0.001 up to 33554.430 as integer + 1, others as 0 and a double.
 */
record HistogramLayout(
    int schema,
    double zeroThreshold,
    int[] positiveSpans,
    int positiveBuckets,
    int[] negativeSpans,
    int negativeBuckets,
    double @Nullable [] customBounds) {

  static HistogramLayout of(Histogram h, int[] positiveSpans, int[] negativeSpans) {
    return new HistogramLayout(
        h.schema(),
        h.zeroThreshold(),
        positiveSpans,
        buckets(positiveSpans),
        negativeSpans,
        buckets(negativeSpans),
        h.customBounds());
  }

  static int buckets(int[] spans) {
    int n = 0;
    for (int i = 1; i < spans.length; i += 2) {
      n += spans[i];
    }
    return n;
  }

  void write(BitWriter w) {
    if (zeroThreshold == 0) {
      w.write(0, 8);
    } else {
      int exponent = Math.getExponent(zeroThreshold) + 1; // of a fraction in [0.5, 1)
      boolean power = zeroThreshold == Math.scalb(1.0, exponent - 1);
      if (!power || exponent < -242 || exponent > 11) {
        w.write(255, 8);
        w.write(Double.doubleToRawLongBits(zeroThreshold), 64);
      } else {
        w.write(exponent + 243, 8);
      }
    }
    w.varbit(schema);
    writeSpans(w, positiveSpans);
    writeSpans(w, negativeSpans);
    if (schema == Histogram.CUSTOM_BUCKETS) {
      double[] bounds = customBounds == null ? new double[0] : customBounds;
      w.unsignedVarbit(bounds.length);
      for (double b : bounds) {
        writeBound(w, b);
      }
    }
  }

  private static void writeSpans(BitWriter w, int[] spans) {
    w.unsignedVarbit(spans.length / 2);
    for (int i = 0; i < spans.length; i += 2) {
      w.unsignedVarbit(Integer.toUnsignedLong(spans[i + 1]));
      w.varbit(spans[i]);
    }
  }

  private static void writeBound(BitWriter w, double b) {
    double thousand = b * 1000;
    if (thousand >= 0 && thousand <= 33554430) {
      long n = Math.round(thousand);
      if (n / 1000.0 == b) {
        w.unsignedVarbit(n + 1);
        return;
      }
    }
    w.write(0, 1);
    w.write(Double.doubleToRawLongBits(b), 64);
  }

  static HistogramLayout read(BitReader r) {
    int threshold = (int) r.read(8);
    double zero =
        switch (threshold) {
          case 0 -> 0;
          case 255 -> Double.longBitsToDouble(r.read(64));
          default -> Math.scalb(0.5, threshold - 243);
        };
    long schema = r.varbit();
    if (schema != Histogram.CUSTOM_BUCKETS && (schema < -9 || schema > 52)) {
      throw new CodecException("a chunk has the unknown histogram schema " + schema);
    }
    int[] positive = readSpans(r);
    int[] negative = readSpans(r);
    double[] bounds = null;
    if (schema == Histogram.CUSTOM_BUCKETS) {
      long n = r.unsignedVarbit();
      bounded(r, n);
      bounds = new double[(int) n];
      for (int i = 0; i < n; i++) {
        long b = r.unsignedVarbit();
        bounds[i] = b == 0 ? Double.longBitsToDouble(r.read(64)) : (b - 1) / 1000.0;
      }
    }
    return new HistogramLayout(
        (int) schema, zero, positive, buckets(positive), negative, buckets(negative), bounds);
  }

  private static void bounded(BitReader r, long n) {
    if (n < 0 || n > r.remaining()) {
      throw new CodecException("a chunk has a histogram layout larger than itself");
    }
  }

  private static int[] readSpans(BitReader r) {
    long n = r.unsignedVarbit();
    bounded(r, n);
    int[] spans = new int[(int) n * 2];
    long total = 0;
    for (int i = 0; i < spans.length; i += 2) {
      long length = r.unsignedVarbit();
      bounded(r, length);
      total += length;
      spans[i + 1] = (int) length;
      spans[i] = (int) r.varbit();
    }
    bounded(r, total);
    return spans;
  }
}
