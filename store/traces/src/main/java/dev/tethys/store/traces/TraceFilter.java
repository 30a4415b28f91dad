package dev.tethys.store.traces;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Bloom filter of the trace ids of a block: the bits of an id are in one word of 64.
 *
 * <pre>
 * uvarint words, then 8 bytes each, little-endian; empty if the block has no id
 * </pre>
 *
 * A word is chosen by the high half of the hash, {@value #BITS} of its bits by the low half. About
 * 16 bits an id: one of 300 other ids passes.
 */
final class TraceFilter {
  private static final int BITS = 5;
  private static final int IDS_PER_WORD = 4;

  private final long[] words;

  private TraceFilter(long[] words) {
    this.words = words;
  }

  /** Filter without ids. */
  static TraceFilter of(int ids) {
    return new TraceFilter(new long[Math.max(1, (ids + IDS_PER_WORD - 1) / IDS_PER_WORD)]);
  }

  void add(long high, long low) {
    long h = hash(high, low);
    words[word(h)] |= bits(h);
  }

  boolean mayContain(long high, long low) {
    long h = hash(high, low);
    long bits = bits(h);
    return (words[word(h)] & bits) == bits;
  }

  private int word(long h) {
    return (int) ((h >>> 32) * words.length >>> 32);
  }

  private static long bits(long h) {
    long out = 0;
    for (int i = 0; i < BITS; i++) {
      out |= 1L << (h >>> 6 * i);
    }
    return out;
  }

  private static long hash(long high, long low) {
    long x = (high ^ Long.rotateLeft(low, 32)) * 0x9E3779B97F4A7C15L;
    x = (x ^ x >>> 32 ^ low) * 0xD6E8FEB86659FD93L;
    return x ^ x >>> 29;
  }

  void write(ByteSink out) {
    out.uvarint(words.length);
    for (long w : words) {
      out.putLong(w);
    }
  }

  static TraceFilter read(ByteSource in) {
    long[] words = new long[in.count(in.remaining() / 8)];
    for (int i = 0; i < words.length; i++) {
      words[i] = in.getLong();
    }
    if (words.length == 0) {
      throw new CorruptionException("filter of trace ids is empty");
    }
    return new TraceFilter(words);
  }
}
