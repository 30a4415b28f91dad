package dev.tethys.store.metrics.internal.head;

import static dev.tethys.store.metrics.internal.head.Varints.number;
import static dev.tethys.store.metrics.internal.head.Varints.size;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.PairHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Distinct labels ("pairs" of name and value) by number, in the bytes of a canonical label set, so
 * that the labels of a series are the concatenation of its pairs.
 *
 * <p>Invariants: numbers only grow; the bytes of a pair never change. Pairs are added and found
 * under the lock of the index; reading by the number of a pair needs no lock.
 */
final class PairTable {
  private final ByteArena bytes = new ByteArena();
  private final Fingerprint hash;
  private int count;
  private int[] at = new int[256];
  private int[] length = new int[256];
  private int[] hashes = new int[256];
  private int[] table = new int[1024]; // pair + 1 by hash, open addressing

  PairTable(Fingerprint key) {
    this.hash = key.sameKey();
  }

  int count() {
    return count;
  }

  int hash(byte[] b, int start, int end) {
    return (int) hash.low(b, start, end - start, 0);
  }

  /** Returns the number of a pair, or -1. */
  int find(int h, byte[] b, int start, int end) {
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = i + 1 & mask) {
      int pair = table[i] - 1;
      if (hashes[pair] == h && hasText(pair, b, start, end)) {
        return pair;
      }
    }
    return -1;
  }

  /** Whether the bytes of a pair are those of a range. */
  private boolean hasText(int pair, byte[] b, int start, int end) {
    int from = bytes.offset(at[pair]);
    return length[pair] == end - start
        && Arrays.equals(bytes.page(at[pair]), from, from + end - start, b, start, end);
  }

  /** Adds a pair that was not found and returns its number. */
  int add(int h, byte[] b, int start, int end) {
    int pair = count;
    if (pair == at.length) {
      at = Arrays.copyOf(at, pair * 2);
      length = Arrays.copyOf(length, pair * 2);
      hashes = Arrays.copyOf(hashes, pair * 2);
    }
    at[pair] = bytes.put(b, start, end - start);
    length[pair] = end - start;
    hashes[pair] = h;
    count++;
    if (count * 4L > table.length * 3L) {
      table = new int[table.length * 2];
      for (int p = 0; p < count; p++) {
        enter(p);
      }
    } else {
      enter(pair);
    }
    return pair;
  }

  private void enter(int pair) {
    int mask = table.length - 1;
    int i = hashes[pair] & mask;
    while (table[i] != 0) {
      i = i + 1 & mask;
    }
    table[i] = pair + 1;
  }

  /** Returns the size of a pair in bytes. */
  int length(int pair) {
    return length[pair];
  }

  /** Copies the bytes of a pair; the position after them. */
  int copy(int pair, byte[] out, int n) {
    System.arraycopy(bytes.page(at[pair]), bytes.offset(at[pair]), out, n, length[pair]);
    return n + length[pair];
  }

  /** Whether a range starts with the bytes of a pair. */
  boolean starts(int pair, byte[] b, int from) {
    return from + length[pair] <= b.length && hasText(pair, b, from, from + length[pair]);
  }

  /** The labels that some pairs are, given in order of their names. */
  Labels labelsOf(int[] some) {
    int n = 0;
    for (int pair : some) {
      n += length[pair];
    }
    byte[] out = new byte[n];
    n = 0;
    for (int pair : some) {
      n = copy(pair, out, n);
    }
    return Labels.ofCanonicalBytes(out);
  }

  /** Whether the name of a pair is among some. */
  boolean isNamed(int pair, byte[][] names) {
    byte[] page = bytes.page(at[pair]);
    int p = bytes.offset(at[pair]);
    int n = number(page, p);
    p += size(n);
    for (byte[] name : names) {
      if (Arrays.equals(name, 0, name.length, page, p, p + n)) {
        return true;
      }
    }
    return false;
  }

  /** Compares two pairs by name, then by value. */
  int compare(int x, int y) {
    byte[] a = bytes.page(at[x]);
    byte[] b = bytes.page(at[y]);
    int p = bytes.offset(at[x]);
    int q = bytes.offset(at[y]);
    for (int half = 0; half < 2; half++) {
      int n = number(a, p);
      int m = number(b, q);
      p += size(n);
      q += size(m);
      int c = Arrays.compareUnsigned(a, p, p + n, b, q, q + m);
      if (c != 0) {
        return c;
      }
      p += n;
      q += m;
    }
    return 0;
  }

  /** Returns the length of the common prefix of the values in a list of pairs, in bytes. */
  int sharedBytes(int[] some) {
    byte[] first = bytes.page(at[some[0]]);
    int from = valueAt(first, bytes.offset(at[some[0]]));
    int shared = number(first, from);
    from += size(shared);
    for (int i = 1; i < some.length && shared > 0; i++) {
      byte[] page = bytes.page(at[some[i]]);
      int p = valueAt(page, bytes.offset(at[some[i]]));
      int n = number(page, p);
      p += size(n);
      n = Math.min(n, shared);
      int differs = Arrays.mismatch(first, from, from + n, page, p, p + n);
      shared = differs < 0 ? n : differs;
    }
    return shared;
  }

  /**
   * Eight bytes of a value as a number: of two values, the one with the lower number is the lower
   * one.
   *
   * @param skipped the bytes before these, which the value has
   */
  long valueKey(int pair, int skipped) {
    byte[] page = bytes.page(at[pair]);
    int p = valueAt(page, bytes.offset(at[pair]));
    int n = number(page, p);
    p += size(n) + skipped;
    n = Math.min(8, n - skipped);
    long key = 0;
    for (int i = 0; i < n; i++) {
      key = key << 8 | page[p + i] & 0xff;
    }
    return (n == 0 ? 0 : key << 64 - 8 * n) ^ Long.MIN_VALUE; // bytes are without sign
  }

  /** Returns the hash of a pair, given the hash of its name. */
  long valueHash(long name, int pair) {
    byte[] page = bytes.page(at[pair]);
    int p = valueAt(page, bytes.offset(at[pair]));
    int n = number(page, p);
    return PairHash.of(name, page, p + size(n), n);
  }

  /** Returns the name of a pair. */
  String name(int pair) {
    byte[] page = bytes.page(at[pair]);
    int p = bytes.offset(at[pair]);
    int n = number(page, p);
    return new String(page, p + size(n), n, StandardCharsets.UTF_8);
  }

  /** Returns the value of a pair. */
  String value(int pair) {
    byte[] page = bytes.page(at[pair]);
    int p = valueAt(page, bytes.offset(at[pair]));
    int n = number(page, p);
    return new String(page, p + size(n), n, StandardCharsets.UTF_8);
  }

  /** Whether the value of a pair meets a matcher. */
  boolean meets(int pair, Matcher m) {
    byte[] page = bytes.page(at[pair]);
    int p = valueAt(page, bytes.offset(at[pair]));
    int n = number(page, p);
    p += size(n);
    return m.matches(page, p, p + n);
  }

  // ---- for {@link LiteralScan}

  /** Returns the address of the first byte of a pair. Later pairs have higher ones. */
  int address(int pair) {
    return at[pair];
  }

  /** Returns the address after the last byte of a pair. */
  int endAddress(int pair) {
    return at[pair] + length[pair];
  }

  /** The bytes around an address, of this pair and of others. */
  byte[] page(int address) {
    return bytes.page(address);
  }

  /** Returns the position after a name. */
  private static int valueAt(byte[] page, int p) {
    int n = number(page, p);
    return p + size(n) + n;
  }

  /** Bytes in use. */
  long reserved() {
    return at.length * 12L + table.length * 4L + bytes.bytes();
  }

  /** Bytes by which tables would grow for some more pairs. */
  long growth(int more) {
    long b = 0;
    if (count + more > at.length) {
      b += at.length * 12L;
    }
    if ((count + more) * 4L > table.length * 3L) {
      b += table.length * 4L;
    }
    return b;
  }
}
