package dev.tethys.store.files;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A growing byte array, numbers little-endian. {@code uvarint}: seven bits a byte, lowest first;
 * {@code svarint}: the same after zigzag.
 *
 * <p>Invariant: at least {@link #SLACK} bytes follow {@link #size} in {@link #buf}, so that a whole
 * word can be stored where only a part of it counts.
 */
public final class ByteSink {
  /** Bytes that may be written past the end. */
  public static final int SLACK = 16;

  /** Little-endian longs in a byte array. */
  public static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Little-endian integers in a byte array. */
  public static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The bytes; replaced when it grows. */
  public byte[] buf;

  /** Number of bytes in use. */
  public int size;

  public ByteSink() {
    this(256);
  }

  public ByteSink(int capacity) {
    buf = new byte[capacity + SLACK];
  }

  /** Grows the buffer to hold more bytes. */
  public void ensure(int more) {
    if (buf.length - SLACK - size < more) {
      long want = Math.max((long) size + more, 2L * size) + SLACK;
      if (want > Integer.MAX_VALUE - 64) {
        want = Integer.MAX_VALUE - 64;
        if (want - SLACK < (long) size + more) {
          throw new IllegalStateException("a buffer would exceed 2 GiB");
        }
      }
      buf = Arrays.copyOf(buf, (int) want);
    }
  }

  public ByteSink clear() {
    size = 0;
    return this;
  }

  public void putByte(int b) {
    ensure(1);
    buf[size++] = (byte) b;
  }

  public void putInt(int v) {
    ensure(4);
    INT.set(buf, size, v);
    size += 4;
  }

  public void putLong(long v) {
    ensure(8);
    LONG.set(buf, size, v);
    size += 8;
  }

  /** Writes the lowest {@code n} bytes, n in 0..8. */
  public void putLow(long v, int n) {
    ensure(8);
    LONG.set(buf, size, v);
    size += n;
  }

  public void uvarint(long v) {
    ensure(10);
    byte[] b = buf;
    int p = size;
    while ((v & ~0x7fL) != 0) {
      b[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    size = p;
  }

  public void svarint(long v) {
    uvarint((v << 1) ^ (v >> 63));
  }

  public void put(byte[] b, int offset, int length) {
    ensure(length);
    System.arraycopy(b, offset, buf, size, length);
    size += length;
  }

  /**
   * Appends mostly few bytes, as whole words.
   *
   * @param b buffer in which at least {@link #SLACK} bytes follow the range
   */
  public void putFew(byte[] b, int offset, int length) {
    if (length > SLACK) {
      put(b, offset, length);
      return;
    }
    ensure(length);
    LONG.set(buf, size, (long) LONG.get(b, offset));
    if (length > 8) {
      LONG.set(buf, size + 8, (long) LONG.get(b, offset + 8));
    }
    size += length;
  }

  /** Writes the length, then the bytes. */
  public void putSized(byte[] b) {
    uvarint(b.length);
    put(b, 0, b.length);
  }

  /** Writes the length, then the string in UTF-8. */
  public void putString(String s) {
    putSized(s.getBytes(StandardCharsets.UTF_8));
  }

  public byte[] toArray() {
    return Arrays.copyOf(buf, size);
  }

  /** Returns the CRC-32C of a range. */
  public static int crc(byte[] b, int offset, int length) {
    CRC32C c = new CRC32C();
    c.update(b, offset, length);
    return (int) c.getValue();
  }

  /** Returns the number of bytes that {@link #uvarint} writes. */
  public static int uvarintSize(long v) {
    return (70 - Long.numberOfLeadingZeros(v | 1)) / 7;
  }

  /** Zigzag-encodes a number. */
  public static long zigzag(long v) {
    return (v << 1) ^ (v >> 63);
  }
}
