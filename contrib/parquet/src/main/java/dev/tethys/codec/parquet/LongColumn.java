package dev.tethys.codec.parquet;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Integers of 64 bits, plain or times. */
public final class LongColumn extends ParquetColumn {
  private long[] held = new long[256];

  LongColumn(String name, boolean optional) {
    super(List.of(name), optional, false);
  }

  @Override
  int type() {
    return 2;
  }

  public void add(long v) {
    int n = values();
    if (n == held.length) {
      held = Arrays.copyOf(held, 2 * n);
    }
    held[n] = v;
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

  @Override
  @Nullable Bounds bounds() {
    if (values() == 0) {
      return null;
    }
    long least = Long.MAX_VALUE;
    long greatest = Long.MIN_VALUE;
    for (int i = 0; i < values(); i++) {
      least = Math.min(least, held[i]);
      greatest = Math.max(greatest, held[i]);
    }
    return new Bounds(int64(least), int64(greatest));
  }

  @Override
  long size() {
    return 8L * values();
  }
}
