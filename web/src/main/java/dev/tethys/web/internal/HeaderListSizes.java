package dev.tethys.web.internal;

import java.io.IOException;

/**
 * Computes the decoded sizes of the header blocks of one HTTP/2 connection (RFC 7541) without
 * decoding them. A block of a few bytes per field may refer to entries of the dynamic table
 * thousands of times, so a decoder that starts before the size is known can be forced into
 * unbounded allocations. Only the lengths of the dynamic table's entries are kept. Used by the
 * thread that reads the connection.
 *
 * <p>Invariant: every block of the connection passes through {@link #of} in order, otherwise the
 * table differs from the peer's.
 */
public final class HeaderListSizes {
  /** Largest dynamic table that a peer may use: HTTP/2's default, which we do not change. */
  static final int MAX_TABLE = 4096;

  /** Size of an entry in addition to its name and value (RFC 7541 section 4.1). */
  private static final int OVERHEAD = 32;

  private static final int STATIC_ENTRIES = 61;

  /** Lengths of names and values of the static table (RFC 7541 appendix A). */
  private static final String STATIC =
      "10,0 7,3 7,4 5,1 5,11 7,4 7,5 7,3 7,3 7,3 7,3 7,3 7,3 7,3 14,0 15,13 15,0 13,0 6,0 27,0 3,0"
          + " 5,0 13,0 13,0 19,0 16,0 16,0 14,0 16,0 13,0 12,0 6,0 4,0 4,0 6,0 7,0 4,0 4,0 8,0 17,0"
          + " 13,0 8,0 19,0 13,0 4,0 8,0 12,0 18,0 19,0 5,0 7,0 7,0 11,0 6,0 10,0 25,0 17,0 10,0"
          + " 4,0 3,0 16,0";

  /** Number of symbols by the length of their Huffman code, from 0 bits (RFC 7541 appendix B). */
  private static final int[] CODES = {
    0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29,
    0, 4
  };

  private static final int LONGEST_CODE = 30;
  private static final int SHORTEST_CODE = 5;

  private static final int[] STATIC_NAMES = new int[STATIC_ENTRIES];
  private static final int[] STATIC_VALUES = new int[STATIC_ENTRIES];

  /**
   * The code is canonical: codes of a length, shifted left to 32 bits, are below this bound and not
   * below that of shorter ones.
   */
  private static final long[] BOUNDS = new long[LONGEST_CODE + 1];

  /** The code that ends a string must not be in one: it is the highest. */
  private static final long END = 0x3fffffffL << 2;

  static {
    String[] entries = STATIC.split(" ");
    for (int i = 0; i < STATIC_ENTRIES; i++) {
      String[] e = entries[i].split(",");
      STATIC_NAMES[i] = Integer.parseInt(e[0]);
      STATIC_VALUES[i] = Integer.parseInt(e[1]);
    }
    long bound = 0;
    for (int bits = SHORTEST_CODE; bits <= LONGEST_CODE; bits++) {
      bound += (long) CODES[bits] << 32 - bits;
      BOUNDS[bits] = bound;
    }
  }

  private final int[] names = new int[MAX_TABLE / OVERHEAD + 1];
  private final int[] values = new int[names.length];
  private int newest; // index of the entry that was added last
  private int entries;
  private int size;
  private int maxSize = MAX_TABLE;

  private byte[] block = new byte[0];
  private int at;
  private int end;

  /** A block that breaks RFC 7541. */
  public static final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /**
   * The size of the header list of a block: names, values and 32 bytes for each field (RFC 9113
   * section 6.5.2).
   *
   * @throws MalformedException if the block is not HPACK, or changes the table beyond its limit
   */
  public long of(byte[] bytes, int from, int to) throws MalformedException {
    block = bytes;
    at = from;
    end = to;
    long sum = 0;
    boolean fields = false;
    while (at < end) {
      int b = bytes[at] & 0xff;
      if ((b & 0xe0) == 0x20) {
        int max = integer(5);
        if (max > MAX_TABLE || fields) {
          throw new MalformedException("dynamic table size update to " + max + " is not allowed");
        }
        maxSize = max;
        evict(0);
      } else {
        fields = true;
        sum += (b & 0x80) != 0 ? indexed(integer(7)) : literal((b & 0x40) != 0);
      }
    }
    block = new byte[0];
    return sum;
  }

  private long indexed(int index) throws MalformedException {
    return (long) nameLength(index) + valueLength(index) + OVERHEAD;
  }

  private long literal(boolean added) throws MalformedException {
    int index = integer(added ? 6 : 4);
    int name = index == 0 ? string() : nameLength(index);
    int value = string();
    long all = (long) name + value + OVERHEAD;
    if (added) {
      if (all > maxSize) {
        entries = 0; // RFC 7541 section 4.4: empties the table, and is no error
        size = 0;
      } else {
        evict((int) all);
        newest = (newest + 1) % names.length;
        names[newest] = name;
        values[newest] = value;
        entries++;
        size += (int) all;
      }
    }
    return all;
  }

  private void evict(int needed) {
    while (entries > 0 && size + needed > maxSize) {
      int oldest = Math.floorMod(newest - entries + 1, names.length);
      size -= names[oldest] + values[oldest] + OVERHEAD;
      entries--;
    }
  }

  private int slot(int index) throws MalformedException {
    int back = index - STATIC_ENTRIES - 1;
    if (index == 0 || back >= entries) {
      throw new MalformedException("no entry " + index + " in the header tables");
    }
    return Math.floorMod(newest - back, names.length);
  }

  private int nameLength(int index) throws MalformedException {
    return index > 0 && index <= STATIC_ENTRIES ? STATIC_NAMES[index - 1] : names[slot(index)];
  }

  private int valueLength(int index) throws MalformedException {
    return index > 0 && index <= STATIC_ENTRIES ? STATIC_VALUES[index - 1] : values[slot(index)];
  }

  private int next() throws MalformedException {
    if (at >= end) {
      throw new MalformedException("the header block is truncated");
    }
    return block[at++] & 0xff;
  }

  /** Reads an integer with a prefix of the given number of bits (RFC 7541 section 5.1). */
  private int integer(int prefix) throws MalformedException {
    int mask = (1 << prefix) - 1;
    int n = next() & mask;
    if (n < mask) {
      return n;
    }
    long all = n;
    int shift = 0;
    int b;
    do {
      b = next();
      all += (long) (b & 0x7f) << shift;
      shift += 7;
      if (all > Integer.MAX_VALUE || shift > 35) {
        throw new MalformedException("a number of the header block is too large");
      }
    } while ((b & 0x80) != 0);
    return (int) all;
  }

  /** Returns the decoded length of a string. */
  private int string() throws MalformedException {
    boolean huffman = at < end && (block[at] & 0x80) != 0;
    int length = integer(7);
    if (length > end - at) {
      throw new MalformedException("the header block is truncated");
    }
    int from = at;
    at += length;
    return huffman ? symbols(from, at) : length;
  }

  /** Returns the number of symbols in a Huffman-coded string. */
  private int symbols(int from, int to) throws MalformedException {
    int count = 0;
    long bits = 0; // unread bits, left-aligned
    int have = 0;
    int p = from;
    while (true) {
      while (have <= Long.SIZE - Byte.SIZE && p < to) {
        bits |= (block[p++] & 0xffL) << Long.SIZE - Byte.SIZE - have;
        have += Byte.SIZE;
      }
      long head = bits >>> Integer.SIZE;
      if (have < LONGEST_CODE) {
        head |= 0xffffffffL >>> have; // padding is the start of the code that ends a string: ones
      }
      if (head >= END && have >= LONGEST_CODE) {
        throw new MalformedException("a string of the header block holds the code of its end");
      }
      int length = SHORTEST_CODE;
      while (length < LONGEST_CODE && head >= BOUNDS[length]) {
        length++;
      }
      if (length > have) {
        if (have >= Byte.SIZE || head != 0xffffffffL) {
          throw new MalformedException("a Huffman code of the header block is truncated");
        }
        return count;
      }
      count++;
      bits <<= length;
      have -= length;
    }
  }
}
