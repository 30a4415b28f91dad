package dev.tethys.model.traces;

import java.util.Arrays;

/**
 * Dictionary of shapes: the keys of attributes with the types of their values, in the order in
 * which they were sent. Shape 0 has none. Most spans share few shapes, so computations on keys run
 * once per shape. Not safe for several threads that change it.
 *
 * <p>An element of a shape is {@code key << 3 | type}, the code of the key and a type of {@link
 * SpanColumn}.
 */
public final class AttributeShapes {
  private static final int FEW = 32;

  private int[] elements = new int[256];
  private int[] ends = new int[FEW];
  private int[] hashes = new int[FEW];
  private int[] slots = new int[FEW * 2]; // shape + 1
  private int count;

  public AttributeShapes() {
    clear();
  }

  /** Removes all shapes but the empty one. */
  public AttributeShapes clear() {
    Arrays.fill(slots, 0);
    count = 0;
    add(elements, 0, 0);
    return this;
  }

  /** Returns the number of shapes. */
  public int count() {
    return count;
  }

  /** Elements of all shapes, one after another. */
  public int[] elements() {
    return elements;
  }

  /** Offset of the first element of a shape. */
  public int start(int shape) {
    return shape == 0 ? 0 : ends[shape - 1];
  }

  /** Offset after the last element of a shape. */
  public int end(int shape) {
    return ends[shape];
  }

  /** Number of elements of a shape. */
  public int length(int shape) {
    return end(shape) - start(shape);
  }

  /** Place of the first element with a key in a shape, or -1. */
  public int indexOf(int shape, int key) {
    int start = start(shape);
    for (int i = start; i < ends[shape]; i++) {
      if (elements[i] >>> 3 == key) {
        return i - start;
      }
    }
    return -1;
  }

  /** Number of a shape, which is added if it is new. */
  public int add(int[] from, int offset, int length) {
    int hash = length;
    for (int i = offset; i < offset + length; i++) {
      hash = (hash ^ from[i]) * 0x9E3779B1;
      hash ^= hash >>> 15;
    }
    int slot = slot(hash, from, offset, length);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    if (count == ends.length) {
      grow();
      slot = slot(hash, from, offset, length);
    }
    int start = count == 0 ? 0 : ends[count - 1];
    int end = Math.addExact(start, length);
    if (end > elements.length) {
      elements = Arrays.copyOf(elements, Math.max(Math.multiplyExact(start, 2), end));
    }
    System.arraycopy(from, offset, elements, start, length);
    ends[count] = end;
    hashes[count] = hash;
    slots[slot] = count + 1;
    return count++;
  }

  private int slot(int hash, int[] from, int offset, int length) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      int s = slots[slot] - 1;
      if (hashes[s] == hash
          && Arrays.equals(elements, start(s), ends[s], from, offset, offset + length)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    int capacity = Math.multiplyExact(count, 2);
    ends = Arrays.copyOf(ends, capacity);
    hashes = Arrays.copyOf(hashes, capacity);
    slots = new int[capacity * 2];
    int mask = slots.length - 1;
    for (int s = 0; s < count; s++) {
      int slot = hashes[s] & mask;
      while (slots[slot] != 0) {
        slot = slot + 1 & mask;
      }
      slots[slot] = s + 1;
    }
  }
}
