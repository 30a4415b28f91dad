package dev.tethys.store.files;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link ByteSink} wrote. For any bytes, a read returns or throws {@link
 * CorruptionException}: it never leaves its range and never allocates more memory than the range
 * justifies.
 */
public final class ByteSource {
  /** The bytes. */
  public byte[] buf;

  /** Next byte. */
  public int pos;

  /** End of the range. */
  public int end;

  public ByteSource(byte[] buf, int offset, int length) {
    this.buf = buf;
    this.pos = offset;
    this.end = offset + length;
  }

  public ByteSource(byte[] buf) {
    this(buf, 0, buf.length);
  }

  public int remaining() {
    return end - pos;
  }

  private void need(int n) {
    if (n < 0 || end - pos < n) {
      throw new CorruptionException("data ends early");
    }
  }

  public int getByte() {
    need(1);
    return buf[pos++] & 0xff;
  }

  public int getInt() {
    need(4);
    int v = (int) ByteSink.INT.get(buf, pos);
    pos += 4;
    return v;
  }

  public long getLong() {
    need(8);
    long v = (long) ByteSink.LONG.get(buf, pos);
    pos += 8;
    return v;
  }

  /** Reads a number from the lowest {@code n} bytes, n in 0..8. */
  public long getLow(int n) {
    need(n);
    long v;
    if (pos + 8 <= buf.length) {
      v = (long) ByteSink.LONG.get(buf, pos);
      v = n == 8 ? v : v & ((1L << (8 * n)) - 1);
    } else {
      v = 0;
      for (int i = 0; i < n; i++) {
        v |= (buf[pos + i] & 0xffL) << (8 * i);
      }
    }
    pos += n;
    return v;
  }

  public long uvarint() {
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (pos >= end) {
        throw new CorruptionException("a number ends early");
      }
      byte b = buf[pos++];
      v |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return v;
      }
    }
    throw new CorruptionException("a number has more than ten bytes");
  }

  public long svarint() {
    long v = uvarint();
    return (v >>> 1) ^ -(v & 1);
  }

  /** Reads a uvarint that must be in 0..max. */
  public int count(long max) {
    long v = uvarint();
    if (v < 0 || v > max) {
      throw new CorruptionException("a count of " + v + " is more than " + max);
    }
    return (int) v;
  }

  /** Reads a count of items that take at least one byte each. */
  public int count() {
    return count(remaining());
  }

  public byte[] bytes(int n) {
    need(n);
    byte[] out = Arrays.copyOfRange(buf, pos, pos + n);
    pos += n;
    return out;
  }

  public byte[] sized() {
    return bytes(count());
  }

  public String string() {
    int n = count();
    String s = new String(buf, pos, n, StandardCharsets.UTF_8);
    pos += n;
    return s;
  }

  /** Passes so many numbers of {@link #uvarint}. */
  public void skipNumbers(int n) {
    int at = pos;
    int left = n;
    while (left > 0) {
      if (at >= end) {
        throw new CorruptionException("data ends early");
      }
      left -= buf[at++] >= 0 ? 1 : 0; // the last byte of each has no sign
    }
    pos = at;
  }

  public void skip(int n) {
    need(n);
    pos += n;
  }
}
