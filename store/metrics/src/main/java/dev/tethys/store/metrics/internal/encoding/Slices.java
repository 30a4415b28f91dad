package dev.tethys.store.metrics.internal.encoding;

import java.util.Arrays;

/**
 * Selected rows of a column: ascending slices that neither overlap nor touch. Created by one
 * thread, then read by all.
 */
public final class Slices {
  private int[] from = new int[4];
  private int[] to = new int[4];
  private int count;
  private int samples;

  /**
   * Adds the places {@code [begin, end)}, at least one, as wanted; all added before are below them.
   */
  public void add(int begin, int end) {
    samples += end - begin;
    if (count > 0 && to[count - 1] == begin) {
      to[count - 1] = end;
      return;
    }
    if (count == from.length) {
      from = Arrays.copyOf(from, count * 2);
      to = Arrays.copyOf(to, count * 2);
    }
    from[count] = begin;
    to[count++] = end;
  }

  /** Returns the number of slices. */
  public int count() {
    return count;
  }

  /** Returns the first place of a slice. */
  public int from(int slice) {
    return from[slice];
  }

  /** The place after the last one of a slice. */
  public int to(int slice) {
    return to[slice];
  }

  /** Returns the number of places in all slices. */
  public int samples() {
    return samples;
  }

  /** Returns the position after the last slice; 0 if there are no slices. */
  public int end() {
    return count == 0 ? 0 : to[count - 1];
  }

  /** Whether some of the slots {@code [begin, end)} are requested. */
  boolean touch(int begin, int end) {
    int k = Arrays.binarySearch(to, 0, count, begin + 1); // the first that ends after begin
    k = k < 0 ? -k - 1 : k;
    return k < count && from[k] < end;
  }

  /** Copies the wanted places of a column, one slice after the other. */
  public void copy(Object column, Object into, int at) {
    for (int k = 0; k < count; k++) {
      int n = to[k] - from[k];
      System.arraycopy(column, from[k], into, at, n);
      at += n;
    }
  }
}
