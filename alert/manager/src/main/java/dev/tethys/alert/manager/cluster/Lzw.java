package dev.tethys.alert.manager.cluster;

import java.io.ByteArrayOutputStream;
import java.util.function.LongConsumer;

/**
 * Undoes Go's {@code compress/lzw} with the least significant bit first and eight bits a literal:
 * codes of 9 to 12 bits, 256 clears the table, 257 ends.
 */
final class Lzw {
  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int MAX_BITS = 12;

  private Lzw() {}

  /**
   * Decompresses LZW data.
   *
   * @param limit the most bytes of the result
   * @throws ProtocolException if they are malformed, or the result is larger
   */
  static byte[] decompress(byte[] in, int limit) throws ProtocolException {
    return decompress(in, limit, _ -> {});
  }

  /**
   * Decompresses with an account of the memory.
   *
   * @param reserve called with the additional bytes before allocation; may throw
   */
  static byte[] decompress(byte[] in, int limit, LongConsumer reserve) throws ProtocolException {
    int[] prefix = new int[1 << MAX_BITS];
    byte[] suffix = new byte[1 << MAX_BITS];
    byte[] piece = new byte[1 << MAX_BITS];
    long reserved = Math.max(0, Math.min(limit, 4L * in.length));
    reserve.accept(reserved);
    ByteArrayOutputStream out = new ByteArrayOutputStream((int) reserved);
    int high = END;
    int width = 9;
    int last = -1;
    long bits = 0;
    int have = 0;
    int at = 0;
    while (true) {
      while (have < width) {
        if (at == in.length) {
          throw new ProtocolException("compressed bytes end too early");
        }
        bits |= (in[at++] & 0xffL) << have;
        have += 8;
      }
      int code = (int) bits & ((1 << width) - 1);
      bits >>>= width;
      have -= width;
      if (code == END) {
        return out.toByteArray();
      }
      if (code == CLEAR) {
        width = 9;
        high = END;
        last = -1;
        continue;
      }
      if (code > high) {
        throw new ProtocolException("compressed bytes are malformed");
      }
      int n = piece.length;
      int c = code;
      // The code that is only being made now: the piece before, and its own first byte.
      boolean fresh = code == high && last >= 0;
      if (fresh) {
        c = last;
        n--;
      }
      while (c >= CLEAR) {
        piece[--n] = suffix[c];
        c = prefix[c];
      }
      piece[--n] = (byte) c;
      if (fresh) {
        piece[piece.length - 1] = (byte) c;
      }
      if (out.size() + piece.length - n > limit) {
        throw new ProtocolException("more than " + limit + " bytes come of a compressed message");
      }
      if (out.size() + piece.length - n > reserved) { // it doubles
        long more = Math.min(limit, 2L * (out.size() + piece.length - n)) - reserved;
        reserve.accept(more);
        reserved += more;
      }
      out.write(piece, n, piece.length - n);
      if (last >= 0 && high < 1 << MAX_BITS) {
        suffix[high] = (byte) c;
        prefix[high] = last;
      }
      last = code;
      high++;
      if (high >= 1 << width) {
        if (width == MAX_BITS) {
          last = -1;
          high--;
        } else {
          width++;
        }
      }
    }
  }
}
