package dev.tethys.codec.protobuf;

import dev.tethys.codec.CodecException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf messages field by field from a byte array, in place: nothing is copied or
 * allocated unless the caller requests a {@code String} or an array.
 *
 * <pre>{@code
 * reader.reset(buf, offset, length);
 * while (reader.next()) {
 *   switch (reader.field()) {
 *     case 1 -> value = reader.readDouble();
 *     case 2 -> {
 *       int outer = reader.enter();
 *       while (reader.next()) { ... }
 *       reader.leave(outer);
 *     }
 *     default -> reader.skip();
 *   }
 * }
 * }</pre>
 *
 * <p>Invariants: {@code start <= pos <= limit <= buf.length}; every read checks {@code limit}, so
 * that no input reads beyond its message. After {@link #next()} exactly one read, {@link #enter()}
 * or {@link #skip()} consumes the value. Errors are {@link CodecException}s and leave the reader
 * unusable until {@link #reset}. Not thread-safe.
 *
 * <p>Format: the protobuf encoding specification (varints little end first, 7 bits a byte; tag =
 * field number << 3 | wire type).
 */
public final class ProtoReader {
  public static final int VARINT = 0;
  public static final int FIXED64 = 1;
  public static final int LENGTH = 2;
  public static final int GROUP_START = 3;
  public static final int GROUP_END = 4;
  public static final int FIXED32 = 5;

  /** Groups nested deeper than this are refused. */
  static final int MAX_GROUP_DEPTH = 64;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] EMPTY = {};

  private byte[] buf = EMPTY;
  private int start;
  private int pos;
  private int limit;
  private int tag;
  private int fieldStart;

  /** A reader without input. */
  public ProtoReader() {}

  /** A reader of a whole array. */
  public ProtoReader(byte[] message) {
    reset(message, 0, message.length);
  }

  /** Starts over with a message that is part of a larger buffer. */
  public ProtoReader reset(byte[] buffer, int offset, int length) {
    java.util.Objects.checkFromIndexSize(offset, length, buffer.length);
    buf = buffer;
    start = offset;
    pos = offset;
    limit = offset + length;
    tag = 0;
    return this;
  }

  /** Returns the array that offsets point into. */
  public byte[] buffer() {
    return buf;
  }

  /** Offset of the next byte to be read. */
  public int position() {
    return pos;
  }

  /** Continues at an offset of the current message, which must be the start of a field. */
  public void position(int offset) {
    if (offset < start || offset > limit) {
      throw new IllegalArgumentException("offset outside the message");
    }
    pos = offset;
  }

  /** Offset after the last byte of the current message. */
  public int limit() {
    return limit;
  }

  /** Whether the current message has been read to its end. */
  public boolean atEnd() {
    return pos >= limit;
  }

  /** Reads the next tag; false at the end of the current message. */
  public boolean next() {
    int p = pos;
    if (p >= limit) {
      return false;
    }
    fieldStart = p;
    int b = buf[p];
    if (b >= 0) {
      pos = p + 1;
      tag = b;
    } else {
      long t = readVarint();
      if (t >>> 32 != 0) {
        throw malformed("a tag exceeds 32 bits");
      }
      tag = (int) t;
    }
    if (tag >>> 3 == 0) {
      throw malformed("field number 0");
    }
    return true;
  }

  /** The field number of the tag read last. */
  public int field() {
    return tag >>> 3;
  }

  /** The wire type of the tag read last. */
  public int wireType() {
    return tag & 7;
  }

  /** The whole tag read last: {@code field << 3 | wireType}. */
  public int tag() {
    return tag;
  }

  /** Offset of the tag read last. */
  public int fieldStart() {
    return fieldStart;
  }

  private void expect(int wireType) {
    if ((tag & 7) != wireType) {
      throw malformed("wire type " + (tag & 7) + " where " + wireType + " belongs");
    }
  }

  /** A varint value: int32, int64, uint32, uint64 or enum. */
  public long readLong() {
    expect(VARINT);
    return readVarint();
  }

  /** The same, cut to 32 bits as protobuf does. */
  public int readInt() {
    return (int) readLong();
  }

  public boolean readBool() {
    return readLong() != 0;
  }

  /** A zigzag varint: sint64. */
  public long readSignedLong() {
    long v = readLong();
    return v >>> 1 ^ -(v & 1);
  }

  /** sint32: truncated to 32 bits as in protobuf, before the zigzag decoding. */
  public int readSignedInt() {
    int v = readInt();
    return v >>> 1 ^ -(v & 1);
  }

  public double readDouble() {
    return Double.longBitsToDouble(readFixed64());
  }

  /** fixed64, sfixed64, or the bits of a double. */
  public long readFixed64() {
    expect(FIXED64);
    return rawFixed64();
  }

  /** fixed32, sfixed32, or the bits of a float. */
  public int readFixed32() {
    expect(FIXED32);
    return rawFixed32();
  }

  /** A varint without a tag, as in packed fields. */
  public long readVarint() {
    int p = pos;
    int end = limit;
    if (p < end) {
      int first = buf[p];
      if (first >= 0) {
        pos = p + 1;
        return first;
      }
    }
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (p >= end) {
        throw malformed("a truncated number");
      }
      int b = buf[p++];
      v |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        if (shift == 63 && b > 1) {
          break;
        }
        pos = p;
        return v;
      }
    }
    throw malformed("a number of more than 64 bits");
  }

  /** A zigzag varint without a tag. */
  public long readSignedVarint() {
    long v = readVarint();
    return v >>> 1 ^ -(v & 1);
  }

  /** Eight bytes without a tag, as in packed fields. */
  public long rawFixed64() {
    int p = pos;
    if (limit - p < 8) {
      throw malformed("a truncated 64-bit value");
    }
    pos = p + 8;
    return (long) LONG.get(buf, p);
  }

  /** Eight bytes without a tag as a double. */
  public double rawDouble() {
    return Double.longBitsToDouble(rawFixed64());
  }

  /** Four bytes without a tag. */
  public int rawFixed32() {
    int p = pos;
    if (limit - p < 4) {
      throw malformed("a truncated 32-bit value");
    }
    pos = p + 4;
    return (int) INT.get(buf, p);
  }

  /**
   * Reads the length of a string, bytes, packed or message field, and checks it against the
   * remaining input; {@link #position()} is then at its first byte. The caller continues with
   * {@link #position(int) position(position() + length)} or reads the bytes.
   */
  public int readLength() {
    expect(LENGTH);
    long n = readVarint();
    if (n < 0 || n > limit - pos) {
      throw malformed(
          "a length of " + Long.toUnsignedString(n) + " with " + (limit - pos) + " bytes left");
    }
    return (int) n;
  }

  /** Enters a message or packed field and returns the argument of {@link #leave}. */
  public int enter() {
    int n = readLength();
    int outer = limit;
    limit = pos + n;
    return outer;
  }

  /** Continues after the message entered last, read to its end or not. */
  public void leave(int outer) {
    pos = limit;
    limit = outer;
  }

  /** Reads a string and checks its UTF-8. */
  public String readString() {
    int n = readLength();
    int p = pos;
    pos = p + n;
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(buf, p, n)).toString();
    } catch (CharacterCodingException e) {
      throw new CodecException(where("a string that is not UTF-8"), e);
    }
  }

  /** Reads a copy of a bytes field. */
  public byte[] readBytes() {
    int n = readLength();
    int p = pos;
    pos = p + n;
    return java.util.Arrays.copyOfRange(buf, p, p + n);
  }

  /**
   * Enters a repeated number field in either form, packed or a single element, for elements of a
   * wire type: {@code for (int outer = r.beginRepeated(VARINT); r.moreRepeated(outer); )
   * r.readVarint();}.
   */
  public int beginRepeated(int elementWireType) {
    if (wireType() == LENGTH) {
      return enter();
    }
    expect(elementWireType);
    int outer = limit;
    int end = pos;
    switch (elementWireType) {
      case VARINT -> {
        readVarint();
        int after = pos;
        pos = end;
        end = after;
      }
      case FIXED64 -> end += 8;
      case FIXED32 -> end += 4;
      default -> throw new IllegalArgumentException("not a number's wire type");
    }
    if (end > outer) {
      throw malformed("a truncated value");
    }
    limit = end;
    return outer;
  }

  /** Whether another element follows; otherwise leaves the field. */
  public boolean moreRepeated(int outer) {
    if (pos < limit) {
      return true;
    }
    leave(outer);
    return false;
  }

  /** Passes over a value of any kind. */
  public void skip() {
    skip(tag, 0);
  }

  private void skip(int t, int depth) {
    switch (t & 7) {
      case VARINT -> readVarint();
      case FIXED64 -> rawFixed64();
      case FIXED32 -> rawFixed32();
      case LENGTH -> {
        int n = readLength();
        pos += n;
      }
      case GROUP_START -> {
        if (depth >= MAX_GROUP_DEPTH) {
          throw malformed("groups nested too deep");
        }
        int group = t >>> 3;
        while (true) {
          if (!next()) {
            throw malformed("a group without an end");
          }
          if ((tag & 7) == GROUP_END) {
            if (tag >>> 3 != group) {
              throw malformed("the end of another group");
            }
            break;
          }
          skip(tag, depth + 1);
        }
      }
      default -> throw malformed("wire type " + (t & 7));
    }
  }

  /** The exception for an error at the present position. */
  public CodecException malformed(String what) {
    return new CodecException(where(what));
  }

  private String where(String what) {
    return "malformed protobuf: "
        + what
        + " (field "
        + (tag >>> 3)
        + ", byte "
        + (pos - start)
        + ")";
  }
}
