package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Words and delimiters of a part with consecutive ids in the order of their first appearance, and
 * the list of those that columns refer to. Not thread-safe.
 *
 * <p>Strings of at most eight bytes are their own key in the hash table: no byte of a token is zero
 * except in delimiters, and the length in the entry distinguishes these from shorter ones.
 */
public final class Words {
  /** Longest string that is added. */
  static final int MAX_LENGTH = 128;

  private static final long PRIME = 0x9E3779B97F4A7C15L;
  private static final int MAX_BYTES = 32 << 20;
  private static final int MAX_COUNT = 1 << 21;

  private final int maxListed;
  private final ByteSink bytes = new ByteSink(1 << 12);
  private int[] ends = new int[256];
  private int count;
  // Entries of two longs: key, and length << 32 | id + 1; zero is empty. The key of a string of up
  // to
  // eight bytes is the string, that of a longer one its hash.
  private long[] table = new long[2048];
  // Frequent words, by hash, each four longs: first eight bytes, last eight bytes if it is longer,
  // length << 32 | id + 1. (Up to sixteen bytes that is all of it.)
  private final long[] recent = new long[1 << 15];
  private final long[] recentDelimiters = new long[1 << 10]; // the same of delimiters
  private final int[] single = new int[256]; // id + 1 of a delimiter of one byte
  private int[] places = new int[256]; // place in the list + 1 of a string
  private int[] list = new int[256];
  private int listed;
  private long[] keys = {}; // of the strings that were prefetched
  private long[] entries = {};
  private int prefetched; // so that the reads are not left out

  public Words() {
    this(1 << 20);
  }

  /**
   * @param maxListed number of words after which no more are listed
   */
  public Words(int maxListed) {
    this.maxListed = maxListed;
  }

  /** Removes all words but keeps the memory. */
  public void clear() {
    Arrays.fill(table, 0);
    Arrays.fill(recent, 0);
    Arrays.fill(recentDelimiters, 0);
    Arrays.fill(single, 0);
    Arrays.fill(places, 0, count, 0);
    bytes.clear();
    count = 0;
    listed = 0;
  }

  int count() {
    return count;
  }

  /** Returns the number of words that columns refer to. */
  int listed() {
    return listed;
  }

  /** Appends a listed word. */
  void appendListed(int place, ByteSink out) {
    int id = list[place];
    out.putFew(bytes.buf, start(id), ends[id] - start(id));
  }

  /** Returns the length of a listed word. */
  int listedLength(int place) {
    int id = list[place];
    return ends[id] - start(id);
  }

  /**
   * Returns the index of a string in the list, which is added if there is space; -1 if there is
   * none.
   */
  int place(int id) {
    int p = places[id];
    if (p == 0) {
      if (listed == maxListed) {
        return -1;
      }
      if (listed == list.length) {
        list = Arrays.copyOf(list, listed * 2);
      }
      list[listed] = id;
      p = ++listed;
      places[id] = p;
    }
    return p - 1;
  }

  private int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  /** Appends a string. */
  void append(int id, ByteSink out) {
    out.putFew(bytes.buf, start(id), ends[id] - start(id));
  }

  /** Returns the hash of a byte range, which is followed by eight readable bytes. */
  static long hash(byte[] b, int start, int end) {
    long h = (end - start) * PRIME;
    int p = start;
    for (; p + 8 <= end; p += 8) {
      h = mix(h ^ (long) ByteSink.LONG.get(b, p));
    }
    if (p < end) {
      long rest = (long) ByteSink.LONG.get(b, p);
      h = mix(h ^ rest & (1L << (end - p << 3)) - 1);
    }
    return h;
  }

  static long mix(long v) {
    long h = v * PRIME;
    return h ^ (h >>> 32);
  }

  /**
   * Returns the ID of a string of at most {@link #MAX_LENGTH} bytes if it is frequent, otherwise
   * -1.
   *
   * @param b followed by eight bytes that may be read
   */
  int frequent(byte[] b, int start, int end) {
    return frequent(b, start, end, recent);
  }

  /** Variant for delimiters, of which few kinds are most of the tokens. */
  int frequentDelimiters(byte[] b, int start, int end) {
    return end - start > 1
        ? frequent(b, start, end, recentDelimiters)
        : single[b[start] & 0xff] - 1;
  }

  private int frequent(byte[] b, int start, int end, long[] cache) {
    int length = end - start;
    long first = first(b, start, length);
    long last = length > 8 ? (long) ByteSink.LONG.get(b, end - 8) : 0;
    int f = place(first, last, length, cache);
    long entry = cache[f + 2];
    if (cache[f] == first && cache[f + 1] == last && (int) (entry >>> 32) == length) {
      int known = (int) entry - 1;
      if (length <= 16 || equal(known, b, start, end)) {
        return known;
      }
    }
    return -1;
  }

  private static int place(long first, long last, int length, long[] cache) {
    return (int) (mix((first ^ last * PRIME) + length) >>> 40) << 2 & cache.length - 4;
  }

  /** Returns the first eight bytes, or fewer. */
  private static long first(byte[] b, int start, int length) {
    long first = (long) ByteSink.LONG.get(b, start);
    return length < 8 ? first & (1L << (length << 3)) - 1 : first;
  }

  private static long key(byte[] b, int start, int end) {
    return end - start > 8 ? hash(b, start, end) : first(b, start, end - start);
  }

  /**
   * Reads what {@link #addPrefetched} will need for each of some strings. The reads depend on each
   * other in steps, so that those of one step wait for memory at the same time.
   */
  void prefetch(byte[] b, int[] starts, int[] ends, int n) {
    if (keys.length < n) {
      keys = new long[n];
      entries = new long[n];
    }
    long[] t = table;
    int mask = t.length - 2;
    for (int i = 0; i < n; i++) {
      keys[i] = key(b, starts[i], ends[i]);
    }
    for (int i = 0; i < n; i++) {
      entries[i] = t[slot(keys[i], ends[i] - starts[i], mask) + 1];
    }
    int from = 0;
    for (int i = 0; i < n; i++) {
      int id = (int) entries[i] - 1;
      entries[i] = id < 0 || ends[i] - starts[i] <= 8 ? 0 : start(id);
    }
    for (int i = 0; i < n; i++) {
      from += bytes.buf[(int) entries[i]];
    }
    prefetched = from;
  }

  /**
   * Returns the ID of a string of at most {@link #MAX_LENGTH} bytes, adding it if new.
   *
   * @param i its number when it was prefetched
   * @return -1 if there is no space
   */
  int addPrefetched(byte[] b, int start, int end, int i, boolean word) {
    int id = add(b, start, end, keys[i], word ? recent : recentDelimiters);
    if (!word && end - start == 1) {
      single[b[start] & 0xff] = id + 1;
    }
    return id;
  }

  private int add(byte[] b, int start, int end, long key, long[] cache) {
    int id = find(b, start, end, key);
    if (id >= 0) {
      int length = end - start;
      long first = first(b, start, length);
      long last = length > 8 ? (long) ByteSink.LONG.get(b, end - 8) : 0;
      int f = place(first, last, length, cache);
      cache[f] = first;
      cache[f + 1] = last;
      cache[f + 2] = (long) length << 32 | id + 1;
    }
    return id;
  }

  private static int slot(long key, int length, int mask) {
    return (int) (mix(key + length) >>> 8) << 1 & mask;
  }

  private int find(byte[] b, int start, int end, long key) {
    int length = end - start;
    long[] t = table;
    int mask = t.length - 2;
    int s = slot(key, length, mask);
    while (true) {
      long entry = t[s + 1];
      if (entry == 0) {
        return insert(b, start, end, key, s);
      }
      if (t[s] == key && (int) (entry >>> 32) == length) {
        int id = (int) entry - 1;
        if (length <= 8 || equal(id, b, start, end)) {
          return id;
        }
      }
      s = s + 2 & mask;
    }
  }

  /** Compares a string of equal length, more than eight bytes. */
  private boolean equal(int id, byte[] b, int start, int end) {
    int from = start(id);
    int length = end - start;
    if (length > 16) {
      return Arrays.equals(bytes.buf, from, ends[id], b, start, end);
    }
    return (long) ByteSink.LONG.get(bytes.buf, from) == (long) ByteSink.LONG.get(b, start)
        && (long) ByteSink.LONG.get(bytes.buf, from + length - 8)
            == (long) ByteSink.LONG.get(b, end - 8);
  }

  private int insert(byte[] b, int start, int end, long key, int slot) {
    if (count == MAX_COUNT || bytes.size > MAX_BYTES) {
      return -1;
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
      places = Arrays.copyOf(places, count * 2);
    }
    bytes.put(b, start, end - start);
    ends[count] = bytes.size;
    table[slot] = key;
    table[slot + 1] = (long) (end - start) << 32 | ++count;
    if (count * 4 > table.length) {
      grow();
    }
    return count - 1;
  }

  private void grow() {
    long[] old = table;
    long[] bigger = new long[old.length * 2];
    int mask = bigger.length - 2;
    for (int i = 0; i < old.length; i += 2) {
      if (old[i + 1] != 0) {
        int s = slot(old[i], (int) (old[i + 1] >>> 32), mask);
        while (bigger[s + 1] != 0) {
          s = s + 2 & mask;
        }
        bigger[s] = old[i];
        bigger[s + 1] = old[i + 1];
      }
    }
    table = bigger;
  }
}
