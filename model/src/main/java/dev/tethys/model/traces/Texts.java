package dev.tethys.model.traces;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Dictionary of byte strings with codes from 0 on; code 0 is the empty string. Each string is
 * listed once. Meant for reuse; not safe for several threads that change it.
 */
public final class Texts {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // senders choose the strings: they cannot know which of them collide
  private static final long SEED = System.nanoTime() * 0x9E3779B97F4A7C15L;
  private static final int FEW = 64;

  private byte[] bytes = new byte[1024];
  private int[] ends = new int[FEW];
  private int[] hashes = new int[FEW];
  private int[] slots = new int[FEW * 2]; // code + 1
  private @Nullable String[] strings = {};
  private int count;

  public Texts() {
    clear();
  }

  /** Removes all strings but the empty one. */
  public Texts clear() {
    if (slots.length == 0) {
      slots = new int[FEW * 2];
      ends = new int[FEW];
      hashes = new int[FEW];
    }
    Arrays.fill(slots, 0);
    if (count > 0) {
      Arrays.fill(strings, 0, Math.min(strings.length, count), null);
    }
    count = 0;
    add(bytes, 0, 0);
    return this;
  }

  /** Number of strings; codes are below it. */
  public int count() {
    return count;
  }

  /** Bytes of all strings, one after another. */
  public byte[] bytes() {
    return bytes;
  }

  /** Number of bytes of all strings. */
  public int size() {
    return ends[count - 1];
  }

  /** Offset of a string in {@link #bytes}. */
  public int start(int code) {
    return code == 0 ? 0 : ends[code - 1];
  }

  /** End of a string in {@link #bytes}. */
  public int end(int code) {
    return ends[code];
  }

  /** Returns the length of a string. */
  public int length(int code) {
    return end(code) - start(code);
  }

  /** A string as text, decoded once. */
  public String get(int code) {
    if (code >= strings.length) {
      strings = Arrays.copyOf(strings, ends.length);
    }
    String s = strings[code];
    if (s == null) {
      s = new String(bytes, start(code), length(code), StandardCharsets.UTF_8);
      strings[code] = s;
    }
    return s;
  }

  /** Code of a string, which is added if it is new. */
  public int add(String text) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    return add(b, 0, b.length);
  }

  /** Code of a string, which is added if it is new. */
  public int add(byte[] b, int offset, int length) {
    int hash = hash(b, offset, length);
    int slot = slot(hash, b, offset, length);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    if (count == ends.length) {
      grow();
      slot = slot(hash, b, offset, length);
    }
    int start = count == 0 ? 0 : ends[count - 1];
    int end = Math.addExact(start, length);
    if (end > bytes.length) {
      bytes =
          Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(2L * start, end)));
    }
    System.arraycopy(b, offset, bytes, start, length);
    ends[count] = end;
    hashes[count] = hash;
    slots[slot] = count + 1;
    return count++;
  }

  /**
   * Replaces the strings.
   *
   * @param lengths length of each string from code 0 on; the strings follow one another
   */
  public void load(byte[] b, int offset, int[] lengths) {
    clear();
    ends = lengths.clone();
    hashes = new int[lengths.length];
    int sum = 0;
    for (int i = 0; i < ends.length; i++) {
      sum = Math.addExact(sum, lengths[i]);
      ends[i] = sum;
    }
    bytes = Arrays.copyOfRange(b, offset, offset + sum);
    count = lengths.length;
    slots = new int[0]; // hashed when a string is added or looked up
  }

  private void index() {
    hashes = new int[ends.length];
    for (int code = 0; code < count; code++) {
      hashes[code] = hash(bytes, start(code), length(code));
    }
    fill(Math.max(FEW, Integer.highestOneBit(count) * 2));
  }

  /** Code of a string, or -1. */
  public int find(String text) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    int slot = slot(hash(b, 0, b.length), b, 0, b.length); // may index first
    return slots[slot] - 1;
  }

  private int slot(int hash, byte[] b, int offset, int length) {
    if (slots.length == 0) {
      index();
    }
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      int code = slots[slot] - 1;
      if (hashes[code] == hash
          && Arrays.equals(bytes, start(code), ends[code], b, offset, offset + length)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    int capacity = Integer.highestOneBit(count) * 2;
    fill(capacity);
  }

  private void fill(int capacity) {
    ends = Arrays.copyOf(ends, capacity);
    hashes = Arrays.copyOf(hashes, capacity);
    slots = new int[capacity * 2];
    int mask = slots.length - 1;
    for (int code = 0; code < count; code++) {
      int slot = hashes[code] & mask;
      while (slots[slot] != 0) {
        slot = slot + 1 & mask;
      }
      slots[slot] = code + 1;
    }
  }

  private static int hash(byte[] b, int offset, int length) {
    long h = SEED ^ length * 0xD6E8FEB86659FD93L;
    int p = offset;
    int end = offset + length;
    for (; end - p >= 8; p += 8) {
      h = mix(h ^ (long) LONG.get(b, p));
    }
    long tail = 0;
    for (; p < end; p++) {
      tail = tail << 8 | b[p] & 0xff;
    }
    h = mix(h ^ tail);
    return (int) (h ^ h >>> 32);
  }

  private static long mix(long x) {
    long y = x * 0x9E3779B97F4A7C15L;
    return y ^ y >>> 29;
  }
}
