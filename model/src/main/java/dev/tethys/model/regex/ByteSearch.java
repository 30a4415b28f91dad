package dev.tethys.model.regex;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Search for a sequence of bytes. Eight positions are tested at a time for the two rarest bytes of
 * the sequence. Immutable.
 */
public final class ByteSearch {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  /** Bytes of logs and labels, the most usual first. */
  private static final String USUAL =
      " etaoinsr0l1d2cu3m-p.45/h=6g798f_:\"vby,wkTSxEIAzq[]()jCRDNOPLMFUBG";

  private final byte[] bytes;
  private final int rare;
  private final int other;
  private final long rarePattern;
  private final long otherPattern;

  /** A search for these bytes, at least one. */
  public ByteSearch(byte[] bytes) {
    this.bytes = bytes;
    int first = 0;
    for (int i = 1; i < bytes.length; i++) {
      first = usual(bytes[i]) < usual(bytes[first]) ? i : first;
    }
    int second = first == 0 ? bytes.length - 1 : 0;
    for (int i = 0; i < bytes.length; i++) {
      second = i != first && usual(bytes[i]) < usual(bytes[second]) ? i : second;
    }
    rare = first;
    other = second;
    rarePattern = (bytes[rare] & 0xFF) * ONES;
    otherPattern = (bytes[other] & 0xFF) * ONES;
  }

  private static int usual(byte b) {
    int at = USUAL.indexOf((char) (b & 0xFF));
    return at < 0 ? 0 : USUAL.length() - at;
  }

  /** Number of bytes of the sequence. */
  public int length() {
    return bytes.length;
  }

  /** Position of the first occurrence in a part of a text; -1 if there is none. */
  public int indexOf(byte[] text, int from, int to) {
    int last = to - bytes.length;
    int i = from;
    // Both longs are inside the part as long as this holds.
    int safe = to - Math.max(rare, other) - Long.BYTES;
    for (; i <= safe; i += Long.BYTES) {
      long x =
          (long) LONGS.get(text, i + rare) ^ rarePattern
              | (long) LONGS.get(text, i + other) ^ otherPattern;
      // Bits of zero bytes; one above a zero byte may be wrong.
      for (long hits = x - ONES & ~x & HIGH_BITS; hits != 0; hits &= hits - 1) {
        int at = i + (Long.numberOfTrailingZeros(hits) >>> 3);
        if (at <= last && isAt(text, at)) {
          return at;
        }
      }
    }
    for (; i <= last; i++) {
      if (text[i + rare] == bytes[rare] && isAt(text, i)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the sequence is at an offset; the text must be long enough. */
  boolean isAt(byte[] text, int at) {
    return Arrays.equals(text, at, at + bytes.length, bytes, 0, bytes.length);
  }
}
