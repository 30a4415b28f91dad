package dev.tethys.codec.kdb;

import dev.tethys.codec.CodecException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compression of long messages in q IPC: an LZ variant with a table of 256 slots.
 *
 * <p>Format: the header's 8 bytes with a flag in the third, the uncompressed length of the message
 * (an int, header included), then groups: a byte of eight flags, lowest first, and an item for
 * each. A clear flag is followed by one literal byte; a set one by a slot of the table and a count:
 * the two bytes that the slot points to are repeated, and then count further bytes.
 *
 * <p>The table maps the exclusive or of two neighbouring bytes to the last position of such a pair.
 * Both sides maintain it alike: pairs are recorded up to the one that starts a repetition; pairs
 * inside a repetition are not.
 */
final class QCompression {
  private static final int HEAD = 8;
  private static final int STREAM = 12;

  /** Maximum size of a group in bytes: flags and eight repetitions. */
  private static final int GROUP = 17;

  private static final int MAX_REPEAT = 255;

  private QCompression() {}

  /**
   * Compresses a message.
   *
   * @return null if the result would exceed half the size: the message is then sent uncompressed
   */
  static byte @Nullable [] compress(byte[] m) {
    byte[] out = new byte[m.length / 2];
    int[] table = new int[256];
    int at = STREAM;
    int to = m.length;
    int s = HEAD;
    int noted = 0; // where the last literal stood, which is noted after the next look
    int notedSlot = 0;
    while (s < to) {
      if (at + GROUP > out.length) {
        return null;
      }
      int flags = 0;
      int flagsAt = at++;
      for (int bit = 1; bit < 256 && s < to; bit <<= 1) {
        boolean pair = s + 2 < to;
        int slot = pair ? (m[s] ^ m[s + 1]) & 0xff : 0;
        int from = pair ? table[slot] : 0;
        boolean repeat = from != 0 && m[from] == m[s];
        if (noted != 0) {
          table[notedSlot] = noted;
          noted = 0;
        }
        if (repeat) {
          table[slot] = s;
          flags |= bit;
          int begin = s + 2;
          int end = Math.min(begin + MAX_REPEAT, to);
          from += 2;
          s += 2;
          while (s < end && m[from] == m[s]) {
            from++;
            s++;
          }
          out[at++] = (byte) slot;
          out[at++] = (byte) (s - begin);
        } else {
          if (s + 1 < to) {
            noted = s;
            notedSlot = (m[s] ^ m[s + 1]) & 0xff;
          }
          out[at++] = m[s++];
        }
      }
      out[flagsAt] = (byte) flags;
    }
    System.arraycopy(m, 0, out, 0, 4);
    out[2] = 1;
    ByteOrder order = m[0] == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    ByteBuffer.wrap(out).order(order).putInt(4, at).putInt(8, m.length);
    return Arrays.copyOf(out, at);
  }

  /**
   * Decompresses a message and restores its header.
   *
   * @param max maximum size of the result
   */
  static byte[] decompress(byte[] m, ByteOrder order, int max) {
    if (m.length < STREAM) {
      throw new CodecException("kdb+: a compressed message without its length");
    }
    int length = ByteBuffer.wrap(m).order(order).getInt(HEAD);
    // An item of two bytes and an eighth gives at most 257.
    if (length < HEAD || length > max || length > HEAD + (m.length - STREAM) * 128L) {
      throw new CodecException(
          "kdb+: a compressed message of "
              + m.length
              + " bytes that declares "
              + length
              + " of at most "
              + max);
    }
    byte[] out = new byte[length];
    int[] table = new int[256];
    int in = STREAM;
    int s = HEAD;
    int p = HEAD; // pairs before this one are in the table
    try {
      while (s < length) {
        int flags = m[in++];
        for (int bit = 1; bit < 256 && s < length; bit <<= 1) {
          if ((flags & bit) == 0) {
            out[s++] = m[in++];
            while (p < s - 1) {
              table[(out[p] ^ out[p + 1]) & 0xff] = p++;
            }
            continue;
          }
          int from = table[m[in++] & 0xff];
          int more = m[in++] & 0xff;
          if (from == 0) {
            throw new CodecException("kdb+: compressed message refers to data before its start");
          }
          out[s++] = out[from++];
          out[s++] = out[from++];
          while (p < s - 1) {
            table[(out[p] ^ out[p + 1]) & 0xff] = p++;
          }
          for (int i = 0; i < more; i++) {
            out[s++] = out[from++];
          }
          p = s;
        }
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new CodecException("kdb+: a compressed message ends early or runs over", e);
    }
    System.arraycopy(m, 0, out, 0, HEAD);
    out[2] = 0;
    ByteBuffer.wrap(out).order(order).putInt(4, length);
    return out;
  }
}
