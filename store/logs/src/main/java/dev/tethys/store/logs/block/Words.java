package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Set of byte strings with consecutive ids in the order of their first appearance. Open addressing
 * over a byte buffer; ids are stable until {@link #clear}. Not safe for several threads.
 */
public final class Words {
  private static final long PRIME = 0x9E3779B97F4A7C15L;

  /** The strings one after the other. */
  final ByteSink bytes = new ByteSink(1 << 12);

  /** End of each string in {@link #bytes}. */
  int[] ends = new int[256];

  private long[] hashes = new long[256];
  private int[] table = new int[1024]; // id + 1, 0 is empty
  private int count;

  int count() {
    return count;
  }

  int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  void clear() {
    bytes.clear();
    count = 0;
    Arrays.fill(table, 0);
  }

  /** Hash of a byte range. */
  static long hash(byte[] b, int start, int end) {
    long h = (end - start) * PRIME;
    int p = start;
    for (; p + 8 <= end; p += 8) {
      h = mix(h ^ (long) ByteSink.LONG.get(b, p));
    }
    if (p < end) {
      long rest = 0;
      for (int shift = 0; p < end; p++, shift += 8) {
        rest |= (b[p] & 0xffL) << shift;
      }
      h = mix(h ^ rest);
    }
    return h;
  }

  static long mix(long v) {
    long h = v * PRIME;
    return h ^ (h >>> 32);
  }

  /** Id of a string, or -1. */
  int find(byte[] b, int start, int end) {
    return table[slotOf(b, start, end, hash(b, start, end))] - 1;
  }

  /** Id of a string, which is added if it is new. */
  int add(byte[] b, int start, int end) {
    long h = hash(b, start, end);
    int s = slotOf(b, start, end, h);
    if (table[s] != 0) {
      return table[s] - 1;
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
      hashes = Arrays.copyOf(hashes, count * 2);
    }
    bytes.put(b, start, end - start);
    ends[count] = bytes.size;
    hashes[count] = h;
    table[s] = ++count;
    if (count * 2 > table.length) {
      grow();
    }
    return count - 1;
  }

  private int slotOf(byte[] b, int start, int end, long h) {
    int mask = table.length - 1;
    int s = (int) h & mask;
    while (table[s] != 0) {
      int id = table[s] - 1;
      if (hashes[id] == h && Arrays.equals(bytes.buf, start(id), ends[id], b, start, end)) {
        return s;
      }
      s = (s + 1) & mask;
    }
    return s;
  }

  private void grow() {
    int[] bigger = new int[table.length * 2];
    int mask = bigger.length - 1;
    for (int id = 0; id < count; id++) {
      int s = (int) hashes[id] & mask;
      while (bigger[s] != 0) {
        s = (s + 1) & mask;
      }
      bigger[s] = id + 1;
    }
    table = bigger;
  }
}
