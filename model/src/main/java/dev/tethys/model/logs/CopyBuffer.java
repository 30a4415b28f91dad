package dev.tethys.model.logs;

import java.util.Arrays;

/**
 * Memory of a reader, to which a store copies values. Nothing of the store's memory reaches the
 * reader, so that it may keep the values. Not thread-safe.
 *
 * <p>An array that was read from {@link #bytes} keeps its contents until {@link #clear}: a buffer
 * that grows continues in another array.
 */
public final class CopyBuffer {
  /** Maximum size of the array kept for later copies. */
  private static final int MAX_KEPT = 1 << 20;

  /** The copies, one after another; another array when the buffer grows. */
  public byte[] bytes = new byte[256];

  /** Number of bytes of all copies. */
  public int size;

  /** Removes all copies. */
  public CopyBuffer clear() {
    size = 0;
    if (bytes.length > MAX_KEPT) {
      bytes = new byte[MAX_KEPT];
    }
    return this;
  }

  /** Appends a copy. */
  public void add(byte[] from, int offset, int length) {
    if (bytes.length - size < length) {
      int least = Math.addExact(size, length);
      bytes = Arrays.copyOf(bytes, (int) Math.max(least, Math.min(2L * size, 1 << 30)));
    }
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
  }
}
