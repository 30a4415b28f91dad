package dev.tethys.pipeline.postgresql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Rows in PostgreSQL's binary COPY format. Numbers are big endian; times are microseconds since
 * 2000. Not thread-safe.
 */
final class CopyRows {
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };
  private static final long EPOCH_MILLIS = 946_684_800_000L;
  private static final int INT4 = 23;
  private static final int FLOAT8 = 701;

  private final int columns;
  private byte[] out = new byte[1 << 14];
  private int size;
  private int rows;

  CopyRows(int columns) {
    this.columns = columns;
    raw(SIGNATURE);
  }

  /** The first and the last moment that a timestamptz can be, in Unix milliseconds. */
  static final long MIN_MILLIS = -210_866_803_200_000L;

  static final long MAX_MILLIS = 9_224_318_015_999_999L;

  int rows() {
    return rows;
  }

  private void room(int more) {
    if (size + more > out.length) {
      out = Arrays.copyOf(out, Math.addExact(Math.max(size + more, 2 * size), 16));
    }
  }

  private void raw(byte[] b) {
    room(b.length);
    System.arraycopy(b, 0, out, size, b.length);
    size += b.length;
  }

  private void number(long v, int bytes) {
    room(bytes);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out[size++] = (byte) (v >>> shift);
    }
  }

  CopyRows row() {
    number(columns, 2);
    rows++;
    return this;
  }

  CopyRows nothing() {
    number(-1, 4);
    return this;
  }

  CopyRows bool(boolean b) {
    number(1, 4);
    number(b ? 1 : 0, 1);
    return this;
  }

  CopyRows int2(int v) {
    number(2, 4);
    number(v, 2);
    return this;
  }

  CopyRows int4(int v) {
    number(4, 4);
    number(v, 4);
    return this;
  }

  CopyRows int8(long v) {
    number(8, 4);
    number(v, 8);
    return this;
  }

  CopyRows float8(double v) {
    return int8(Double.doubleToRawLongBits(v));
  }

  CopyRows uuid(UUID v) {
    number(16, 4);
    number(v.getMostSignificantBits(), 8);
    number(v.getLeastSignificantBits(), 8);
    return this;
  }

  /** Appends a time in Unix milliseconds, between {@link #MIN_MILLIS} and {@link #MAX_MILLIS}. */
  CopyRows time(long millis) {
    return int8((millis - EPOCH_MILLIS) * 1000);
  }

  /** Appends a time in Unix nanoseconds, truncated to microseconds. */
  CopyRows timeOfNanos(long nanos) {
    return int8(Math.floorDiv(nanos, 1000L) - EPOCH_MILLIS * 1000);
  }

  CopyRows text(String s) {
    byte[] b = PostgresText.escape(s).getBytes(StandardCharsets.UTF_8);
    number(b.length, 4);
    raw(b);
    return this;
  }

  /** Appends JSON, with zero bytes as JSON escapes. */
  CopyRows jsonb(String json) {
    byte[] b = PostgresText.json(json).getBytes(StandardCharsets.UTF_8);
    number(b.length + 1, 4);
    number(1, 1); // the version of the form
    raw(b);
    return this;
  }

  private void array(int of, int n, int width) {
    number(n == 0 ? 12 : 20 + (long) n * (4 + width), 4);
    number(n == 0 ? 0 : 1, 4); // dimensions
    number(0, 4); // no nulls
    number(of, 4);
    if (n > 0) {
      number(n, 4);
      number(1, 4); // where it begins to count
    }
  }

  CopyRows int4s(int[] v) {
    array(INT4, v.length, 4);
    for (int x : v) {
      int4(x);
    }
    return this;
  }

  CopyRows float8s(double[] v) {
    array(FLOAT8, v.length, 8);
    for (double x : v) {
      float8(x);
    }
    return this;
  }

  /** Returns all rows. */
  byte[] take() {
    number(-1, 2);
    return Arrays.copyOf(out, size);
  }
}
