package dev.tethys.query.logql.exec;

/** Rows of patterns by their keys. Not thread-safe while it is filled. */
final class PatternTotals {
  private long[] keys = new long[1 << 6];
  private long[] rows = new long[1 << 6]; // 0 if there is no key
  private int size;

  private int place(long key) {
    int mask = keys.length - 1;
    int i = (int) key & mask;
    while (rows[i] > 0 && keys[i] != key) {
      i = i + 1 & mask;
    }
    return i;
  }

  /**
   * Adds rows, at least one.
   *
   * @return bytes that were taken for them
   */
  long add(long key, long count) {
    int i = place(key);
    keys[i] = key;
    boolean isNew = rows[i] == 0;
    rows[i] += count;
    if (!isNew || 2 * ++size < keys.length) {
      return 0;
    }
    long[] oldKeys = keys;
    long[] oldRows = rows;
    keys = new long[2 * oldKeys.length];
    rows = new long[keys.length];
    for (int k = 0; k < oldKeys.length; k++) {
      if (oldRows[k] > 0) {
        int to = place(oldKeys[k]);
        keys[to] = oldKeys[k];
        rows[to] = oldRows[k];
      }
    }
    return 2L * Long.BYTES * oldKeys.length;
  }

  /** Adds rows of keys, possibly none; returns the number of allocated bytes. */
  long addAll(long[] of, int[] counts, int n) {
    long taken = 0;
    for (int i = 0; i < n; i++) {
      if (counts[i] > 0) {
        taken += add(of[i], counts[i]);
      }
    }
    return taken;
  }

  /** Writes the positions of the keys with at least {@code least} rows; returns their number. */
  int select(long[] of, int n, long least, int[] into) {
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (rows[place(of[i])] >= least) {
        into[count++] = i;
      }
    }
    return count;
  }

  /** Adds all rows of others; returns the bytes that were taken for them. */
  long addAll(PatternTotals others) {
    long taken = 0;
    for (int k = 0; k < others.keys.length; k++) {
      if (others.rows[k] > 0) {
        taken += add(others.keys[k], others.rows[k]);
      }
    }
    return taken;
  }

  /** Returns the number of keys. */
  int size() {
    return size;
  }

  /** Writes the rows of all keys, in no order; returns the end. */
  int copyRows(long[] into, int from) {
    int at = from;
    for (long r : rows) {
      if (r > 0) {
        into[at++] = r;
      }
    }
    return at;
  }
}
