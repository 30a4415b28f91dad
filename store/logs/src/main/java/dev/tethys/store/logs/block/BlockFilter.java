package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bloom filter of a block, with which searches for identifiers skip blocks.
 *
 * <pre>
 * 1 byte version 1, 7 bytes zero, bits as little-endian longs, a power of two of them; empty for no filter
 * </pre>
 *
 * It holds two kinds of keys: the first {@value #PREFIX} bytes of the runs of letters and digits in
 * bodies, if they have a letter and a digit, and the values of structured metadata of at least
 * {@value #PREFIX} bytes. A key sets {@value #HASHES} bits. Not safe for several threads while keys
 * are added.
 */
public final class BlockFilter {
  /** Bytes of a run that make a key. */
  static final int PREFIX = 8;

  private static final int VERSION = 1;
  private static final int HEADER = 8;
  private static final int HASHES = 4;
  private static final long MAX_BITS = 1L << 27;
  private static final long VALUE_SEED = 0x6A09E667F3BCC909L;
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private long[] keys = new long[1 << 10];
  private int count;
  private long[] bits = {};

  void clear() {
    count = 0;
  }

  private void add(long key) {
    if (count == keys.length) {
      keys = Arrays.copyOf(keys, count * 2);
    }
    keys[count++] = key;
  }

  /** Adds a run of letters and digits of at least {@value #PREFIX} bytes. */
  void addRun(byte[] b, int start) {
    long prefix = (long) ByteSink.LONG.get(b, start);
    if (isMixed(prefix)) {
      add(spread(prefix));
    }
  }

  /** Adds a value of structured metadata. */
  void addValue(byte[] b, int start, int end) {
    if (end - start >= PREFIX) {
      add(keyOfValue(b, start, end));
    }
  }

  private static long keyOfValue(byte[] b, int start, int end) {
    return spread(Words.hash(b, start, end) ^ VALUE_SEED);
  }

  /** Spreads differences of any byte to all bits. */
  private static long spread(long v) {
    long h = v * 0x9E3779B97F4A7C15L;
    h = (h ^ h >>> 32) * 0xD6E8FEB86659FD93L;
    h = (h ^ h >>> 29) * 0xFF51AFD7ED558CCDL;
    return h ^ h >>> 32;
  }

  /** True if eight bytes, each a letter or digit, are of both kinds. */
  private static boolean isMixed(long v) {
    // A digit is 0x30 to 0x39; letters are above, the bytes of UTF-8 have the highest bit.
    long above = (v & ~HIGH) + (0x80 - 0x3A) * ONES | v;
    long letters = above & HIGH;
    return letters != 0 && letters != HIGH;
  }

  /** Appends the filter of the keys; nothing if there are none. */
  void write(ByteSink out) {
    if (count == 0) {
      return;
    }
    long size = Math.min(MAX_BITS, Math.max(512, Long.highestOneBit(count * 12L) << 1));
    int longs = (int) (size >>> 6);
    if (bits.length < longs) {
      bits = new long[longs];
    } else {
      Arrays.fill(bits, 0, longs, 0);
    }
    for (int i = 0; i < count; i++) {
      long h = keys[i];
      for (int k = 0; k < HASHES; k++) {
        int bit = bit(h, k) & (int) (size - 1);
        bits[bit >>> 6] |= 1L << bit;
      }
    }
    // Keys repeat: the halves are joined as long as less than half of the bits are set.
    while (longs > 8 && setInHalf(longs >>> 1) * 2L < 32L * longs) {
      longs >>>= 1;
      for (int i = 0; i < longs; i++) {
        bits[i] |= bits[longs + i];
      }
    }
    out.putLong(VERSION);
    out.ensure(longs * 8);
    for (int i = 0; i < longs; i++) {
      out.putLong(bits[i]);
    }
  }

  private long setInHalf(int longs) {
    long n = 0;
    for (int i = 0; i < longs; i++) {
      n += Long.bitCount(bits[i] | bits[longs + i]);
    }
    return n;
  }

  private static int bit(long h, int k) {
    return (int) (h >>> 32) + k * ((int) h | 1) & Integer.MAX_VALUE;
  }

  /** True if a block with this filter may have a key. */
  static boolean mayHold(MemorySegment filter, long key) {
    long size = filter.byteSize() - HEADER;
    if (size < 8 || Long.bitCount(size) != 1 || filter.get(LONG, 0) != VERSION) {
      return true;
    }
    int mask = (int) (size * 8 - 1);
    for (int k = 0; k < HASHES; k++) {
      int bit = bit(key, k) & mask;
      if ((filter.get(LONG, HEADER + ((bit >>> 6) << 3)) >>> bit & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Keys common to all blocks whose bodies contain a text; none if unknown. */
  static long[] keysOfText(byte[] text) {
    long[] out = new long[4];
    int n = 0;
    for (int p = 0; p < text.length; ) {
      int start = p;
      while (p < text.length && Tokens.isRun(text[p])) {
        p++;
      }
      // A run at the start of the text may be the end of a longer one.
      if (start > 0 && p - start >= PREFIX && n < out.length) {
        long prefix = (long) ByteSink.LONG.get(text, start);
        if (isMixed(prefix)) {
          out[n++] = spread(prefix);
        }
      }
      p = p == start ? p + 1 : p;
    }
    return Arrays.copyOf(out, n);
  }

  /** Keys of every block in which a metadata value matches; none if unknown. */
  static long[] keysOfValue(byte[] value) {
    if (value.length < PREFIX) {
      return new long[0];
    }
    byte[] b = Arrays.copyOf(value, value.length + ByteSink.SLACK);
    return new long[] {keyOfValue(b, 0, value.length)};
  }
}
