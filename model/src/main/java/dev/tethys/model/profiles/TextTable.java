package dev.tethys.model.profiles;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Table of texts. An interned text occurs once. Texts that are known to be new can be appended
 * without a look-up; they are indexed at the next interning. Texts are kept in UTF-8, so that those
 * of a request are copied and compared without objects. Not thread-safe.
 */
public final class TextTable {
  private static final long TAG = -1L << 32;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] data = new byte[256];
  private int[] starts = new int[16];
  private int count;
  private int indexed; // number of texts that have a slot
  private long[] slots = new long[32]; // high half of the hash, low half index + 1; 0 for none

  /** Returns the number of strings. */
  public int count() {
    return count;
  }

  /** Returns the memory used by the table. */
  long bytes() {
    return starts[count] + 4L * count + 8L * slots.length;
  }

  /** Removes all texts and keeps the arrays: views of this table must no longer be in use. */
  void clear() {
    count = 0;
    indexed = 0;
    Arrays.fill(slots, 0);
  }

  /** Length of the arrays in bytes. */
  long capacity() {
    return data.length + 4L * starts.length + 8L * slots.length;
  }

  /** Index of a text, which is added if it is new. */
  public int intern(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return internValid(utf8, 0, utf8.length);
  }

  /**
   * Index of a text, which is added if it is new.
   *
   * @param utf8 bytes with the text; malformed ones are replaced like in a {@code String}
   */
  public int intern(byte[] utf8, int offset, int length) {
    return isAscii(utf8, offset, length)
        ? internValid(utf8, offset, length)
        : intern(new String(utf8, offset, length, StandardCharsets.UTF_8));
  }

  /**
   * Adds a text without looking for an equal one.
   *
   * @param utf8 bytes with the text; malformed ones are replaced like in a {@code String}
   * @return its index
   */
  public int append(byte[] utf8, int offset, int length) {
    if (isAscii(utf8, offset, length)) {
      add(utf8, offset, length);
    } else {
      byte[] valid =
          new String(utf8, offset, length, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
      add(valid, 0, valid.length);
    }
    return count - 1;
  }

  private static boolean isAscii(byte[] b, int offset, int length) {
    long bits = 0;
    int end = offset + length;
    int i = offset;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      bits |= (long) LONG.get(b, i);
    }
    for (; i < end; i++) {
      bits |= b[i];
    }
    return (bits & HIGH_BITS) == 0;
  }

  private int internValid(byte[] b, int offset, int length) {
    if (indexed < count) {
      index();
    }
    long hash = SeededHash.of(b, offset, length);
    long tag = hash & TAG;
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    for (long s = slots[slot]; s != 0; s = slots[slot]) {
      int index = (int) s - 1;
      if ((s & TAG) == tag) {
        int at = starts[index];
        if (Arrays.equals(data, at, starts[index + 1], b, offset, offset + length)) {
          return index;
        }
      }
      slot = slot + 1 & mask;
    }
    add(b, offset, length);
    indexed = count;
    slots[slot] = tag | count;
    if (count * 2 > slots.length) {
      resize(slots.length * 2);
    }
    return count - 1;
  }

  private void add(byte[] b, int offset, int length) {
    int start = starts[count];
    int end = Math.addExact(start, length);
    if (end > data.length) {
      reserveBytes(Math.max(end, (int) Math.min(Integer.MAX_VALUE - 8L, data.length * 2L)));
    }
    System.arraycopy(b, offset, data, start, length);
    if (count + 2 > starts.length) {
      starts = Arrays.copyOf(starts, starts.length * 2);
    }
    starts[++count] = end;
  }

  /** Adds appended strings to the index. */
  private void index() {
    if (count * 2 > slots.length) {
      resize(Integer.highestOneBit(Math.multiplyExact(count, 2) - 1) * 2);
      return;
    }
    for (; indexed < count; indexed++) {
      insert(slots, indexed);
    }
  }

  private void reserveBytes(int length) {
    data = Arrays.copyOf(data, length);
  }

  /**
   * Reserves space for further appended texts, so that arrays are not copied repeatedly.
   *
   * @param bytes total size
   */
  public void reserve(int texts, int bytes) {
    if (count + (long) texts + 1 > starts.length) {
      starts = Arrays.copyOf(starts, Math.addExact(count + 1, texts));
    }
    if (starts[count] + (long) bytes > data.length) {
      reserveBytes(Math.addExact(starts[count], bytes));
    }
  }

  private void resize(int length) {
    long[] next = new long[length];
    for (int i = 0; i < count; i++) {
      insert(next, i);
    }
    slots = next;
    indexed = count;
  }

  private void insert(long[] into, int text) {
    int mask = into.length - 1;
    long hash = SeededHash.of(data, starts[text], starts[text + 1] - starts[text]);
    int slot = (int) hash & mask;
    while (into[slot] != 0) {
      slot = slot + 1 & mask;
    }
    into[slot] = hash & TAG | text + 1L;
  }

  /** Strings so far, unchanged by later ones. */
  public Texts view() {
    return new Texts(data, starts, count);
  }
}
