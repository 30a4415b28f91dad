package dev.tethys.query.logql.exec;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Arrays;

/** Numbers for byte keys, without an object for a known key. Not thread-safe. */
final class SeriesTable {
  private static final Hasher64 HASHER = Hashing.xxh3_64();

  private byte[] keys = new byte[1024];
  private int used;
  private int[] starts = new int[65];
  private long[] hashes = new long[64];
  private int[] table = new int[128];
  private int size;

  /** Returns the number of keys. */
  int size() {
    return size;
  }

  /** Returns the number of a key; the previous number of keys if it is new. */
  int id(byte[] key, int length) {
    long h = HASHER.hashBytesToLong(key, 0, length);
    int mask = table.length - 1;
    int slot = (int) (h ^ h >>> 32) & mask;
    while (table[slot] != 0) {
      int i = table[slot] - 1;
      if (hashes[i] == h && Arrays.equals(keys, starts[i], starts[i + 1], key, 0, length)) {
        return i;
      }
      slot = slot + 1 & mask;
    }
    return add(h, key, length, slot);
  }

  private int add(long h, byte[] key, int length, int slot) {
    if (keys.length - used < length) {
      keys = Arrays.copyOf(keys, Math.max(2 * keys.length, used + length));
    }
    System.arraycopy(key, 0, keys, used, length);
    used += length;
    if (size == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * size);
      starts = Arrays.copyOf(starts, 2 * size + 1);
    }
    hashes[size] = h;
    starts[++size] = used;
    table[slot] = size;
    if (2 * size > table.length) {
      int[] t = new int[2 * table.length];
      int mask = t.length - 1;
      for (int i = 0; i < size; i++) {
        int s = (int) (hashes[i] ^ hashes[i] >>> 32) & mask;
        while (t[s] != 0) {
          s = s + 1 & mask;
        }
        t[s] = i + 1;
      }
      table = t;
    }
    return size - 1;
  }
}
