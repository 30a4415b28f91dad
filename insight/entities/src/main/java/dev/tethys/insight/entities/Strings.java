package dev.tethys.insight.entities;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Table of distinct strings, numbered from 0 in the order in which they came. Their bytes are in
 * one array, so that a string costs its length and about 16 bytes. Not thread-safe.
 */
final class Strings {
  private byte[] bytes = new byte[1 << 10];
  private int[] ends = new int[64];
  private int[] slots = new int[128]; // number + 1; 0 is free
  private int size;

  int size() {
    return size;
  }

  /** Returns the index of a string, adding it if necessary. */
  int add(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    int slot = slot(b);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    int start = size == 0 ? 0 : ends[size - 1];
    if (bytes.length - start < b.length) {
      bytes = Arrays.copyOf(bytes, Math.max(start + b.length, bytes.length + (bytes.length >> 1)));
    }
    System.arraycopy(b, 0, bytes, start, b.length);
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size + (size >> 1));
    }
    ends[size++] = start + b.length;
    slots[slot] = size;
    if (size > slots.length / 2) {
      rehash();
    }
    return size - 1;
  }

  String get(int i) {
    int start = i == 0 ? 0 : ends[i - 1];
    return new String(bytes, start, ends[i] - start, StandardCharsets.UTF_8);
  }

  private int slot(byte[] b) {
    int mask = slots.length - 1;
    int at = (int) Labels.hash64(b, 0, b.length) & mask;
    while (slots[at] != 0 && !isAt(slots[at] - 1, b)) {
      at = at + 1 & mask;
    }
    return at;
  }

  private boolean isAt(int i, byte[] b) {
    return Arrays.equals(bytes, i == 0 ? 0 : ends[i - 1], ends[i], b, 0, b.length);
  }

  private void rehash() {
    int[] next = new int[slots.length * 2];
    int mask = next.length - 1;
    for (int i = 0; i < size; i++) {
      int start = i == 0 ? 0 : ends[i - 1];
      int at = (int) Labels.hash64(bytes, start, ends[i] - start) & mask;
      while (next[at] != 0) {
        at = at + 1 & mask;
      }
      next[at] = i + 1;
    }
    slots = next;
  }
}
