package dev.tethys.collect.database.reader;

import java.util.Arrays;

/**
 * Totals of the statements of one reading by a 64-bit key, in arrays: 5,000 statements take 200
 * KiB. A key 0 is stored as 1. Not thread-safe.
 */
public final class StatementFigures {
  private static final int FIGURES = 3;

  private long[] keys;
  private double[] values;
  private int size;

  /**
   * @param expected number of statements
   */
  public StatementFigures(int expected) {
    int n = Integer.highestOneBit(Math.max(8, expected * 3 / 2 - 1)) << 1;
    keys = new long[n];
    values = new double[n * FIGURES];
  }

  /** Key of several numbers that identify a statement together. */
  public static long key(long... parts) {
    long h = 0x9e3779b97f4a7c15L;
    for (long p : parts) {
      h = (h ^ p) * 0xff51afd7ed558ccdL;
      h ^= h >>> 32;
    }
    return h;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int i = (int) (key ^ key >>> 29) & mask;
    while (keys[i] != 0 && keys[i] != key) {
      i = (i + 1) & mask;
    }
    return i;
  }

  /** Adds the totals of a statement to those of its key. */
  public void add(long key, double calls, double seconds, double other) {
    if (size * 4 >= keys.length * 3) {
      grow();
    }
    long k = key == 0 ? 1 : key;
    int i = slot(k);
    if (keys[i] == 0) {
      keys[i] = k;
      size++;
    }
    values[i * FIGURES] += calls;
    values[i * FIGURES + 1] += seconds;
    values[i * FIGURES + 2] += other;
  }

  private void grow() {
    long[] oldKeys = keys;
    double[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new double[oldValues.length * 2];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int to = slot(oldKeys[i]);
        keys[to] = oldKeys[i];
        System.arraycopy(oldValues, i * FIGURES, values, to * FIGURES, FIGURES);
      }
    }
  }

  /** Number of statements. */
  public int size() {
    return size;
  }

  /** Calls, seconds and the other total of a statement; zeros if it is unknown. */
  public double[] get(long key) {
    int i = slot(key == 0 ? 1 : key);
    return keys[i] == 0
        ? new double[FIGURES]
        : Arrays.copyOfRange(values, i * FIGURES, (i + 1) * FIGURES);
  }
}
