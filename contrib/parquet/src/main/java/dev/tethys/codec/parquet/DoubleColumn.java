package dev.tethys.codec.parquet;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Doubles with all their bits: NaN payloads are preserved. */
public final class DoubleColumn extends ParquetColumn {
  private long[] held = new long[256];

  DoubleColumn(String name, boolean optional) {
    super(List.of(name), optional, false);
  }

  @Override
  int type() {
    return 5;
  }

  public void add(double v) {
    int n = values();
    if (n == held.length) {
      held = Arrays.copyOf(held, 2 * n);
    }
    held[n] = Double.doubleToRawLongBits(v);
    present(0);
  }

  /** Adds a null. */
  public void addNull() {
    absent();
  }

  @Override
  void write(int firstValue, int endValue, ByteArrayOutputStream out) {
    for (int i = firstValue; i < endValue; i++) {
      int64(held[i], out);
    }
  }

  /** Returns the bounds; none if there is a NaN. Zeros become -0 and +0, as the format requires. */
  @Override
  @Nullable Bounds bounds() {
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < values(); i++) {
      double v = Double.longBitsToDouble(held[i]);
      if (Double.isNaN(v)) {
        return null;
      }
      least = Math.min(least, v);
      greatest = Math.max(greatest, v);
    }
    if (values() == 0) {
      return null;
    }
    return new Bounds(
        int64(Double.doubleToRawLongBits(least == 0 ? -0.0 : least)),
        int64(Double.doubleToRawLongBits(greatest == 0 ? 0.0 : greatest)));
  }

  @Override
  long size() {
    return 8L * values();
  }
}
