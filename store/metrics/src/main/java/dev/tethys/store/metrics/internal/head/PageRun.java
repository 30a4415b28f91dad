package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ColumnCache;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive pages of a stripe that take no more rows. All pages are read as one column of a
 * series: its values are cached together when they are requested again ({@link ColumnCache}), and
 * its times are computed once for all series of the same rows. Reading page by page instead waits
 * for memory once per page and series, which is most of the cost.
 *
 * <p>Immutable except for its caches. Thread-safe.
 */
final class PageRun {
  private static final ColumnCache KEPT = ColumnCache.SHARED;

  /** Maximum number of cached sets of rows: a selection holds them as long as it is open. */
  private static final int MAX_KINDS = 4;

  private static final Kind[] NONE = {};

  /** Identity of the content: runs with different content have different names. */
  record Name(long owner, int first, int last) {
    /** The series of a run that are kept; pages of a stripe are counted in 26 bits. */
    long part(int k) {
      return (long) first << 32 | (long) last << 6 | k;
    }
  }

  /** Times of series in the same rows; null if they do not ascend. */
  private record Kind(long rows, long @Nullable [] times) {}

  private final Page.View[] pages;
  private final Name name;
  private final TimeLists lists;
  private final int rows;
  private final long seen;
  private final long special;
  private volatile Kind[] kinds = NONE; // a race only makes one again
  private byte readable; // 0 not checked, 1 readable, -1 not; a race only checks twice

  PageRun(Page.View[] pages, Name name, TimeLists lists) {
    this.pages = pages;
    this.name = name;
    this.lists = lists;
    int sum = 0;
    long some = 0;
    long odd = 0;
    for (Page.View p : pages) {
      sum += p.rows();
      some |= p.seen();
      odd |= p.special();
    }
    rows = sum;
    seen = some;
    special = odd;
  }

  /**
   * Appends the samples of one series in a closed time range to a buffer.
   *
   * @return false if nothing was done, and pages have to be read one by one
   */
  boolean read(int k, long min, long max, SampleBuffer into) {
    if ((seen >>> k & 1) == 0) {
      return true;
    }
    ColumnCache.Column c = KEPT.get(name.owner, name.part(k));
    long[] t = c == null ? times(k, into) : c.times();
    if (t == null) {
      return false;
    }
    int from = from(t, min);
    int n = to(t, max) - from;
    if (n <= 0) {
      return true;
    }
    int at = into.size;
    if (c == null && KEPT.isWorthKeeping(name.owner, name.part(k), t, rows)) {
      c = column(k, t);
    }
    if (c != null) {
      into.ensure(at + n);
      System.arraycopy(c.values(), from, into.values, at, n);
    } else {
      into.ensure(at + rows);
      if (values(k, into.values, at) != at + t.length) {
        return false;
      }
      if (from > 0) {
        System.arraycopy(into.values, at + from, into.values, at, n);
      }
    }
    System.arraycopy(t, from, into.timestamps, at, n);
    into.size = at + n;
    into.mayBeStale |= (special >>> k & 1) != 0;
    return true;
  }

  /** Variant without values; not for series that may have a non-finite value. */
  boolean readTimes(int k, long min, long max, SampleBuffer into) {
    if ((seen >>> k & 1) == 0) {
      return true;
    }
    if ((special >>> k & 1) != 0) {
      return false;
    }
    ColumnCache.Column c = KEPT.get(name.owner, name.part(k));
    long[] t = c == null ? times(k, into) : c.times();
    if (t == null) {
      return false;
    }
    int from = from(t, min);
    int n = to(t, max) - from;
    if (n > 0) {
      into.ensure(into.size + n);
      System.arraycopy(t, from, into.timestamps, into.size, n);
      into.size += n;
    }
    return true;
  }

  /** Keeps a series; returns null if it cannot be read. */
  private ColumnCache.@Nullable Column column(int k, long[] times) {
    double[] v = new double[rows];
    int n = values(k, v, 0);
    if (n != times.length) {
      return null;
    }
    double[] whole = n == rows ? v : Arrays.copyOf(v, n);
    boolean isSpecial = (special >>> k & 1) != 0;
    return KEPT.put(name.owner, name.part(k), times, whole, isSpecial);
  }

  private int values(int k, double[] out, int at) {
    int end = at;
    for (Page.View p : pages) {
      end = p.values(k, out, end);
    }
    return end;
  }

  /**
   * The times of a series; null if they are unknown, or cannot be searched.
   *
   * @param room a buffer; the times are assembled after its end
   */
  private long @Nullable [] times(int k, SampleBuffer room) {
    long r = rowsOf(k);
    if (r < 0 || !isReadable()) {
      return null;
    }
    for (Kind kind : kinds) {
      if (kind.rows == r) {
        return kind.times;
      }
    }
    int from = room.size;
    room.ensure(from + rows);
    int end = from;
    for (Page.View p : pages) {
      end = p.times(k, room.timestamps, end);
    }
    long[] all = room.timestamps;
    long[] t = isAscending(all, from, end) ? lists.of(all, from, end) : null;
    Kind[] known = kinds;
    if (known.length < MAX_KINDS) {
      Kind[] more = Arrays.copyOf(known, known.length + 1);
      more[known.length] = new Kind(r, t);
      kinds = more;
    }
    return t;
  }

  /** The same number for series that are in the same rows; -1 when that is unknown. */
  private long rowsOf(int k) {
    long word = 1;
    for (Page.View p : pages) {
      RowClasses same = p.same();
      int c = same.of(k);
      if (c < 0 || word >>> 62 - same.bits() != 0) {
        return -1;
      }
      word = word << same.bits() | c;
    }
    return word;
  }

  private boolean isReadable() {
    if (readable == 0) {
      boolean all = true;
      for (Page.View p : pages) {
        all &= p.isSound();
      }
      readable = (byte) (all ? 1 : -1);
    }
    return readable > 0;
  }

  private static boolean isAscending(long[] t, int from, int to) {
    boolean all = true;
    for (int i = from + 1; i < to; i++) {
      all &= t[i] > t[i - 1];
    }
    return all;
  }

  private static int from(long[] t, long min) {
    return t.length == 0 || t[0] >= min ? 0 : lower(t, min);
  }

  private static int to(long[] t, long max) {
    return t.length == 0 || t[t.length - 1] <= max ? t.length : lower(t, max + 1);
  }

  private static int lower(long[] t, long time) {
    int i = Arrays.binarySearch(t, time);
    return i < 0 ? -i - 1 : i;
  }
}
