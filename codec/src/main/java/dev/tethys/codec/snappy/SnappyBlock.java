package dev.tethys.codec.snappy;

import dev.tethys.codec.CodecException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Snappy blocks (never the framed format). Our own decoder can copy "wild": up to 16 bytes at a
 * time past the end of an element, into slack in the caller's buffer.
 *
 * <p>Format (google/snappy, format_description.txt): the decoded length as a varint, then elements.
 * The low two bits of a tag select a literal, or a copy with an offset of 11, 16 or 32 bits; a copy
 * yields at most 64 bytes and may overlap itself.
 */
public final class SnappyBlock {
  /** Bytes a destination must have beyond the decoded length. */
  public static final int SLACK = 80;

  /** The most bytes one byte of input can become: a 3-byte copy gives 64. */
  private static final int MAX_EXPANSION = 22;

  /** Bytes of the widest element that is not seldom: a tag and sixteen bytes. */
  private static final int WIDEST = 17;

  private static final int LONGEST_COPY = 64;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private SnappyBlock() {}

  /**
   * Returns the decoded length declared by a block. Rejecting a length above the limit, or one
   * larger than the input can produce, costs no memory.
   */
  public static int decodedLength(byte[] src, int offset, int length, int limit) {
    long head = header(src, offset, length);
    long n = head >>> 4;
    if (n > limit) {
      throw new CodecException("snappy: decoded length " + n + " exceeds limit " + limit);
    }
    if (n > (long) MAX_EXPANSION * length) {
      throw corrupt("it declares " + n + " bytes, which " + length + " bytes cannot hold");
    }
    return (int) n;
  }

  /** Declared length shifted left by 4, or'ed with the size of the header itself. */
  private static long header(byte[] src, int offset, int length) {
    long n = 0;
    for (int i = 0; i < 5; i++) {
      if (i >= length) {
        throw corrupt("it ends within its header");
      }
      int b = src[offset + i];
      n |= (long) (b & 0x7f) << 7 * i;
      if (b >= 0) {
        if (n > 0xffffffffL) {
          break;
        }
        return n << 4 | (i + 1);
      }
    }
    throw corrupt("its header is not a length");
  }

  private static CodecException corrupt(String reason) {
    return new CodecException("snappy: corrupt input: " + reason);
  }

  /**
   * Decodes a block to the start of {@code dst} and returns the decoded length. Bytes of {@code
   * dst} after the decoded ones are overwritten.
   *
   * @param dst destination of at least {@link #decodedLength} + {@link #SLACK} bytes
   */
  public static int decode(byte[] src, int offset, int length, byte[] dst) {
    long head = header(src, offset, length);
    long declared = head >>> 4;
    if (declared > dst.length - SLACK) {
      throw new IllegalArgumentException("the destination is too small");
    }
    int outEnd = (int) declared;
    int ip = offset + (int) (head & 15);
    int end = offset + length;
    int op = 0;
    while (ip < end) {
      long at = usual(src, ip, end, dst, op, outEnd);
      ip = (int) (at >>> 32);
      op = (int) at;
      if (ip < end) {
        at = element(src, ip, end, dst, op, outEnd);
        ip = (int) (at >>> 32);
        op = (int) at;
      }
    }
    if (op != outEnd) {
      throw corrupt("it gives " + op + " of " + outEnd + " declared bytes");
    }
    return outEnd;
  }

  /**
   * Decodes elements while they are of the usual kinds and neither end is near. The kind of a copy
   * is computed without a branch, since it is unpredictable.
   *
   * @return end position, in the input shifted left by 32, and in the output
   */
  private static long usual(
      byte[] src, int inFrom, int inEnd, byte[] dst, int outFrom, int outEnd) {
    int ip = inFrom;
    int op = outFrom;
    int lastIn = inEnd - WIDEST;
    int lastOut = outEnd - LONGEST_COPY;
    while (ip <= lastIn && op <= lastOut) {
      int tag = src[ip];
      if ((tag & 3) == 0) {
        int n = ((tag >>> 2) & 63) + 1;
        if (n > 16) {
          break;
        }
        LONG.set(dst, op, (long) LONG.get(src, ip + 1));
        LONG.set(dst, op + 8, (long) LONG.get(src, ip + 9));
        ip += n + 1;
        op += n;
        continue;
      }
      int wide = (tag >>> 1) & 1;
      int far = (short) SHORT.get(src, ip + 1) & 0xffff;
      int copyOffset = (far & (0xff | -wide)) | (((tag & 0xe0) << 3) & (wide - 1));
      if ((tag & 3) == 3 || copyOffset < 16 || copyOffset > op) {
        break;
      }
      int n = ((tag >>> 2) & (7 | (-wide & 63))) + 4 - 3 * wide;
      int from = op - copyOffset;
      LONG.set(dst, op, (long) LONG.get(dst, from));
      LONG.set(dst, op + 8, (long) LONG.get(dst, from + 8));
      LONG.set(dst, op + 16, (long) LONG.get(dst, from + 16));
      LONG.set(dst, op + 24, (long) LONG.get(dst, from + 24));
      if (n > 32) {
        LONG.set(dst, op + 32, (long) LONG.get(dst, from + 32));
        LONG.set(dst, op + 40, (long) LONG.get(dst, from + 40));
        LONG.set(dst, op + 48, (long) LONG.get(dst, from + 48));
        LONG.set(dst, op + 56, (long) LONG.get(dst, from + 56));
      }
      ip += 2 + wide;
      op += n;
    }
    return ((long) ip << 32) | op;
  }

  /** Decodes one element of any kind; as above. */
  private static long element(byte[] src, int inFrom, int end, byte[] dst, int op, int outEnd) {
    int ip = inFrom;
    int tag = src[ip++];
    int copyOffset;
    int n;
    switch (tag & 3) {
      case 0 -> {
        n = (tag & 0xff) >>> 2;
        if (n < 60) {
          n++;
        } else {
          int bytes = n - 59;
          if (end - ip < bytes) {
            throw corrupt("it ends within a literal's length");
          }
          n = 0;
          for (int i = 0; i < bytes; i++) {
            n |= (src[ip++] & 0xff) << (8 * i);
          }
          n++;
          if (n <= 0) {
            throw corrupt("a literal exceeds 2 GiB");
          }
        }
        if (n > end - ip || n > outEnd - op) {
          throw corrupt("a literal of " + n + " bytes extends past the end");
        }
        System.arraycopy(src, ip, dst, op, n);
        return ((long) (ip + n) << 32) | (op + n);
      }
      case 1 -> {
        if (ip >= end) {
          throw corrupt("it ends within a copy");
        }
        n = 4 + ((tag >>> 2) & 7);
        copyOffset = ((tag & 0xe0) << 3) | (src[ip++] & 0xff);
      }
      case 2 -> {
        if (end - ip < 2) {
          throw corrupt("it ends within a copy");
        }
        n = 1 + ((tag & 0xff) >>> 2);
        copyOffset = (short) SHORT.get(src, ip) & 0xffff;
        ip += 2;
      }
      default -> {
        if (end - ip < 4) {
          throw corrupt("it ends within a copy");
        }
        n = 1 + ((tag & 0xff) >>> 2);
        copyOffset = (int) INT.get(src, ip);
        ip += 4;
      }
    }
    if (copyOffset <= 0 || copyOffset > op || n > outEnd - op) {
      throw corrupt("a copy refers to data outside the decoded bytes");
    }
    copy(dst, op - copyOffset, op, n);
    return ((long) ip << 32) | (op + n);
  }

  /** Copies at most 64 bytes, and up to eight after them; places may overlap. */
  private static void copy(byte[] dst, int fromStart, int toStart, int n) {
    int from = fromStart;
    int to = toStart;
    int stop = to + n;
    if (to - from >= 8) {
      do {
        LONG.set(dst, to, (long) LONG.get(dst, from));
        to += 8;
        from += 8;
      } while (to < stop);
    } else {
      while (to < stop) {
        dst[to++] = dst[from++];
      }
    }
  }

  /** Returns the buffer size required by {@link #encode}. */
  public static int maxEncodedLength(int length) {
    return 32 + length + length / 6;
  }

  /** Pool of idle encoders; threads are many and short-lived. */
  private static final ArrayBlockingQueue<SnappyEncoder> IDLE = new ArrayBlockingQueue<>(8);

  /**
   * Encodes to {@code dst} from an offset on and returns the encoded length.
   *
   * @param dst destination with room for {@link #maxEncodedLength} bytes starting at the offset
   */
  @SuppressWarnings("ReturnValueIgnored")
  public static int encode(byte[] src, int offset, int length, byte[] dst, int dstOffset) {
    SnappyEncoder e = taken();
    int n = e.encode(src, offset, length, dst, dstOffset);
    IDLE.offer(e); // dropped when enough of them wait already
    return n;
  }

  /** Encodes into its own array. */
  @SuppressWarnings("ReturnValueIgnored")
  public static byte[] encode(byte[] src, int offset, int length) {
    SnappyEncoder e = taken();
    byte[] room = e.room(maxEncodedLength(length));
    byte[] out = Arrays.copyOf(room, e.encode(src, offset, length, room, 0));
    IDLE.offer(e);
    return out;
  }

  /**
   * Encodes without the length that starts a block: elements that may follow others.
   *
   * @param dst destination with room for {@link #maxEncodedLength} bytes starting at the offset
   * @return the end of the output
   */
  @SuppressWarnings("ReturnValueIgnored")
  public static int encodeElements(byte[] src, int offset, int length, byte[] dst, int dstOffset) {
    SnappyEncoder e = taken();
    int end = e.elements(src, offset, length, dst, dstOffset);
    IDLE.offer(e);
    return end;
  }

  private static SnappyEncoder taken() {
    SnappyEncoder e = IDLE.poll();
    return e == null ? new SnappyEncoder() : e;
  }

  private static int headLength(int decodedLength) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(decodedLength)) / 7);
  }

  /**
   * A block of elements.
   *
   * @param decodedLength total decoded length of the elements
   */
  public static byte[] ofElements(byte[] elements, int length, int decodedLength) {
    int head = headLength(decodedLength);
    byte[] block = new byte[head + length];
    int n = decodedLength;
    for (int i = 0; i < head; i++) {
      block[i] = (byte) (i + 1 < head ? n | 0x80 : n);
      n >>>= 7;
    }
    System.arraycopy(elements, 0, block, head, length);
    return block;
  }
}
