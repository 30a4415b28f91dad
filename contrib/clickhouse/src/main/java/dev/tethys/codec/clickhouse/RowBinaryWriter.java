package dev.tethys.codec.clickhouse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Writes rows in ClickHouse's RowBinary: values in sequence, column by column, row by row, without
 * separators. Numbers are little endian; lengths are unsigned LEB128; a string is its length and
 * bytes, an array its length and values, a map its length, keys and values alternating; a UUID is
 * its two halves, each little endian; a DateTime64 its ticks since 1970. Reusable after {@link
 * #clear}; not thread-safe.
 */
public final class RowBinaryWriter {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] out = new byte[1 << 12];
  private int size;

  public byte[] toByteArray() {
    return Arrays.copyOf(out, size);
  }

  private void room(int more) {
    if (size + more > out.length) {
      out = Arrays.copyOf(out, Math.addExact(Math.max(size + more, size * 2), 16));
    }
  }

  public RowBinaryWriter uint8(int v) {
    room(1);
    out[size++] = (byte) v;
    return this;
  }

  public RowBinaryWriter int32(int v) {
    room(4);
    for (int shift = 0; shift < 32; shift += 8) {
      out[size++] = (byte) (v >>> shift);
    }
    return this;
  }

  /** Appends an Int64, UInt64 or DateTime64. */
  public RowBinaryWriter int64(long v) {
    room(8);
    LONG.set(out, size, v);
    size += 8;
    return this;
  }

  /** Writes the bits unchanged, also of NaNs. */
  public RowBinaryWriter float64(double v) {
    return int64(Double.doubleToRawLongBits(v));
  }

  public RowBinaryWriter uuid(UUID v) {
    return int64(v.getMostSignificantBits()).int64(v.getLeastSignificantBits());
  }

  /** Appends the length of the following array or map. */
  public RowBinaryWriter length(int n) {
    room(5);
    int remaining = n;
    while ((remaining & ~0x7f) != 0) {
      out[size++] = (byte) (remaining | 0x80);
      remaining >>>= 7;
    }
    out[size++] = (byte) remaining;
    return this;
  }

  public RowBinaryWriter string(String s) {
    return bytes(s.getBytes(StandardCharsets.UTF_8));
  }

  public RowBinaryWriter bytes(byte[] b) {
    return bytes(b, 0, b.length);
  }

  public RowBinaryWriter bytes(byte[] b, int offset, int n) {
    length(n);
    room(n);
    System.arraycopy(b, offset, out, size, n);
    size += n;
    return this;
  }

  public RowBinaryWriter int32s(int[] v) {
    length(v.length);
    for (int x : v) {
      int32(x);
    }
    return this;
  }

  public RowBinaryWriter float64s(double[] v) {
    length(v.length);
    for (double x : v) {
      float64(x);
    }
    return this;
  }
}
