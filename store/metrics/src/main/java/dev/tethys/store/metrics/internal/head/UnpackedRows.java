package dev.tethys.store.metrics.internal.head;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of pages of one stripe, one page after the other, with all their values. Keeps its arrays
 * for the next pages: they are half a megabyte, and thousands of pages are made from them. Not
 * thread-safe.
 */
final class UnpackedRows {
  private final double[][] columns = new double[64][0]; // by series
  private final RowPage.Scratch scratch = new RowPage.Scratch();
  private long[] times = {};
  private long[] presents = {};
  private int rows;

  /** A page with the rows of another one, less the samples of one series in a closed range. */
  RowPage without(Page p, int k, long from, long to) {
    clear(p.rows());
    add(p.view());
    for (int r = 0; r < rows; r++) {
      if (times[r] >= from && times[r] <= to) {
        presents[r] &= ~(1L << k);
      }
    }
    return page(p.rangeStart(), RowPage.MAX_BYTES / 4);
  }

  /**
   * Neighbouring pages of one range as one; null if file contents differ from the written ones, and
   * must stay unchanged.
   */
  @Nullable RowPage joined(List<Page> run) {
    clear(run.stream().mapToInt(Page::rows).sum());
    long bytes = 0;
    for (Page p : run) {
      Page whole = p instanceof ColumnPage c ? c.inMemory() : p;
      if (whole == null) {
        return null;
      }
      bytes += whole.bytes();
      add(whole.view());
    }
    return page(run.getFirst().rangeStart(), (int) bytes);
  }

  private void clear(int room) {
    rows = 0;
    if (times.length < room) {
      times = new long[room];
      presents = new long[room];
    }
  }

  private void add(Page.View v) {
    int n = v.rows();
    v.times(times, rows);
    long[] masks = v.presents();
    if (masks == null) {
      Arrays.fill(presents, rows, rows + n, v.allPresent());
    } else {
      System.arraycopy(masks, 0, presents, rows, n);
    }
    for (long rest = v.seen(); rest != 0; rest &= rest - 1) {
      int k = Long.numberOfTrailingZeros(rest);
      if (columns[k].length < times.length) {
        columns[k] = Arrays.copyOf(columns[k], times.length);
      }
    }
    v.columns(columns, rows);
    rows += n;
  }

  private RowPage page(long rangeStart, int likelyBytes) {
    return RowPage.of(rangeStart, rows, times, presents, columns, likelyBytes, scratch);
  }
}
