package dev.tethys.codec.protobuf;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Surrogates;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Writes protobuf messages into a byte array that grows and is reused after {@link #clear()}. Every
 * method writes its field, defaults too: leaving proto3 defaults out is the caller's choice.
 *
 * <p>Nested messages and packed fields: {@code int m = begin(field); ... end(m);}. One byte is kept
 * for the length; longer content is moved when it ends. Not thread-safe.
 */
public final class ProtoWriter {
  /** Maximum message size; protobuf itself ends at 2 GiB. */
  public static final int MAX_SIZE = 1 << 30;

  /** Strings up to this length are written without their own array, if they are ASCII. */
  private static final int SHORT = 64;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] buf;
  private int pos;

  public ProtoWriter() {
    this(256);
  }

  public ProtoWriter(int capacity) {
    buf = new byte[Math.max(16, capacity)];
  }

  /** Bytes of a number as a varint. */
  public static int varintSize(long v) {
    return (Long.SIZE + 6 - Long.numberOfLeadingZeros(v | 1)) / 7;
  }

  /** Clears the data and keeps the buffer. */
  public ProtoWriter clear() {
    pos = 0;
    return this;
  }

  /** The bytes written so far are {@code buffer()[0 .. size())}; valid until the next write. */
  public byte[] buffer() {
    return buf;
  }

  /** Returns the number of bytes written. */
  public int size() {
    return pos;
  }

  /** Reserves space for {@code n} more bytes, so that writing them does not grow the buffer. */
  public void reserve(int n) {
    room(n);
  }

  /** Truncates the data to an earlier size. */
  public void truncate(int size) {
    if (size < 0 || size > pos) {
      throw new IllegalArgumentException("not an earlier size");
    }
    pos = size;
  }

  /** A copy of the bytes written. */
  public byte[] toByteArray() {
    return Arrays.copyOf(buf, pos);
  }

  private void room(int n) {
    if (buf.length - pos < n) {
      long want = Math.max((long) pos + n, 2L * buf.length);
      if ((long) pos + n > MAX_SIZE) {
        throw new CodecException("a protobuf message beyond " + MAX_SIZE + " bytes");
      }
      buf = Arrays.copyOf(buf, (int) Math.min(want, MAX_SIZE));
    }
  }

  private void tag(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  /** A varint without a tag, as in packed fields. */
  public ProtoWriter varint(long v) {
    room(10);
    if (v >>> 7 == 0) {
      buf[pos++] = (byte) v;
      return this;
    }
    byte[] b = buf;
    int p = pos;
    while ((v & ~0x7fL) != 0) {
      b[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    pos = p;
    return this;
  }

  /** A zigzag varint without a tag. */
  public ProtoWriter signedVarint(long v) {
    return varint(v << 1 ^ v >> 63);
  }

  /** Eight bytes without a tag. */
  public ProtoWriter rawFixed64(long v) {
    room(8);
    LONG.set(buf, pos, v);
    pos += 8;
    return this;
  }

  /** A double without a tag. */
  public ProtoWriter rawDouble(double v) {
    return rawFixed64(Double.doubleToRawLongBits(v));
  }

  /** Bytes without a tag or length. */
  public ProtoWriter raw(byte[] b, int offset, int length) {
    room(length);
    System.arraycopy(b, offset, buf, pos, length);
    pos += length;
    return this;
  }

  /** int32, int64, uint32, uint64 or enum. */
  public ProtoWriter int64(int field, long v) {
    tag(field, ProtoReader.VARINT);
    return varint(v);
  }

  /** sint32 or sint64. */
  public ProtoWriter sint64(int field, long v) {
    tag(field, ProtoReader.VARINT);
    return signedVarint(v);
  }

  public ProtoWriter bool(int field, boolean v) {
    return int64(field, v ? 1 : 0);
  }

  public ProtoWriter fixed64(int field, long v) {
    tag(field, ProtoReader.FIXED64);
    return rawFixed64(v);
  }

  public ProtoWriter fixed32(int field, int v) {
    tag(field, ProtoReader.FIXED32);
    room(4);
    INT.set(buf, pos, v);
    pos += 4;
    return this;
  }

  public ProtoWriter float64(int field, double v) {
    return fixed64(field, Double.doubleToRawLongBits(v));
  }

  public ProtoWriter bytes(int field, byte[] b, int offset, int length) {
    tag(field, ProtoReader.LENGTH);
    varint(length);
    return raw(b, offset, length);
  }

  public ProtoWriter bytes(int field, byte[] b) {
    return bytes(field, b, 0, b.length);
  }

  public ProtoWriter string(int field, String s) {
    int n = s.length();
    if (n > SHORT) {
      return bytes(field, Surrogates.utf8(s));
    }
    tag(field, ProtoReader.LENGTH);
    room(1 + n);
    byte[] b = buf;
    int p = pos + 1;
    for (int i = 0; i < n; i++) {
      char c = s.charAt(i);
      if (c >= 0x80) {
        byte[] utf8 = Surrogates.utf8(s);
        varint(utf8.length);
        return raw(utf8, 0, utf8.length);
      }
      b[p++] = (byte) c;
    }
    b[pos] = (byte) n;
    pos = p;
    return this;
  }

  /** Starts a message or packed field; pass the result to {@link #end}. */
  public int begin(int field) {
    tag(field, ProtoReader.LENGTH);
    room(1);
    return ++pos;
  }

  /** Ends the field started by {@link #begin}. */
  public ProtoWriter end(int begun) {
    int n = pos - begun;
    if (n < 0x80) {
      buf[begun - 1] = (byte) n;
      return this;
    }
    int extra = n < 1 << 14 ? 1 : n < 1 << 21 ? 2 : n < 1 << 28 ? 3 : 4;
    room(extra);
    System.arraycopy(buf, begun, buf, begun + extra, n);
    int p = begun - 1;
    int v = n;
    while (v >= 0x80) {
      buf[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    buf[p] = (byte) v;
    pos += extra;
    return this;
  }

  /**
   * Messages of two strings, fields 1 and 2, out of a run of {@code uvarint(length) bytes} pairs,
   * as the canonical bytes of labels are: one message a pair.
   */
  public ProtoWriter pairs(int field, byte[] b, int offset, int length) {
    int p = offset;
    int end = offset + length;
    int tag = field << 3 | ProtoReader.LENGTH;
    while (p < end) {
      int start = p;
      int nl = b[p];
      if (nl >= 0 && tag < 0x80) {
        int v = p + 1 + nl;
        int vl = b[v];
        if (vl >= 0 && nl + vl < 0x80 - 4) {
          // Nearly all: every length takes one byte.
          room(nl + vl + 6);
          byte[] out = buf;
          int q = pos;
          out[q++] = (byte) tag;
          out[q++] = (byte) (nl + vl + 4);
          out[q++] = 1 << 3 | ProtoReader.LENGTH;
          System.arraycopy(b, start, out, q, nl + 1);
          q += nl + 1;
          out[q++] = 2 << 3 | ProtoReader.LENGTH;
          System.arraycopy(b, v, out, q, vl + 1);
          pos = q + vl + 1;
          p = v + 1 + vl;
          continue;
        }
      }
      int m = begin(field);
      for (int half = 1; half <= 2; half++) {
        int n = 0;
        int shift = 0;
        byte c;
        do {
          c = b[p++];
          n |= (c & 0x7f) << shift;
          shift += 7;
        } while (c < 0);
        bytes(half, b, p, n);
        p += n;
      }
      end(m);
    }
    return this;
  }

  /** int64, unless it is 0. */
  public ProtoWriter int64Unless0(int field, long v) {
    return v == 0 ? this : int64(field, v);
  }

  /** double, unless all its bits are 0. */
  public ProtoWriter float64Unless0(int field, double v) {
    return Double.doubleToRawLongBits(v) == 0 ? this : float64(field, v);
  }

  /** string, unless it is empty. */
  public ProtoWriter stringUnlessEmpty(int field, String s) {
    return s.isEmpty() ? this : string(field, s);
  }
}
