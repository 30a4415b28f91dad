package dev.tethys.store.metrics.internal.index;

import com.dynatrace.hash4j.distinctcount.UltraLogLog;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts distinct hashes: exactly while they are few, otherwise by a sketch of 16 KiB (UltraLogLog)
 * whose standard error is {@link #SKETCH_ERROR}.
 */
public final class DistinctCount {
  /** Relative standard error of a count that is not exact: 0.7863 / sqrt(2^14). */
  public static final double SKETCH_ERROR = 0.0062;

  private static final int PRECISION = 14;

  private final int exactLimit;
  private long[] table = new long[64]; // open addressing, 0 free
  private int used;
  private boolean zero;
  private @Nullable UltraLogLog sketch;

  /** Creates a counter that is exact up to a number of values. */
  public DistinctCount(int exactLimit) {
    this.exactLimit = exactLimit;
  }

  public void add(long value) {
    long h = mix(value);
    UltraLogLog s = sketch;
    if (s != null) {
      s.add(h);
      return;
    }
    if (h == 0) {
      zero = true;
      return;
    }
    int mask = table.length - 1;
    int i = (int) h & mask;
    while (table[i] != 0) {
      if (table[i] == h) {
        return;
      }
      i = i + 1 & mask;
    }
    table[i] = h;
    used++;
    if (used > exactLimit) {
      s = UltraLogLog.create(PRECISION);
      for (long x : table) {
        if (x != 0) {
          s.add(x);
        }
      }
      if (zero) {
        s.add(0);
      }
      sketch = s;
      table = new long[0];
    } else if (used * 2 > table.length) {
      grow();
    }
  }

  private void grow() {
    long[] old = table;
    long[] t = new long[old.length * 2];
    for (long x : old) {
      if (x != 0) {
        int i = (int) x & t.length - 1;
        while (t[i] != 0) {
          i = i + 1 & t.length - 1;
        }
        t[i] = x;
      }
    }
    table = t;
  }

  private static long mix(long x) {
    long h = x;
    h = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
    h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
    return h ^ h >>> 33;
  }

  /** Returns the number of distinct values. */
  public long count() {
    UltraLogLog s = sketch;
    return s == null ? used + (zero ? 1 : 0) : Math.round(s.getDistinctCountEstimate());
  }

  public boolean exact() {
    return sketch == null;
  }

  /** Starts from zero, keeping the reserved memory. */
  public void clear() {
    if (sketch != null) {
      table = new long[64];
      sketch = null;
    } else {
      Arrays.fill(table, 0);
    }
    used = 0;
    zero = false;
  }
}
