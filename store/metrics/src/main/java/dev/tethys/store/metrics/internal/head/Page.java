package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one stripe (64 neighbouring series) in one block range: rows while more may come
 * ({@link RowPage}), columns afterwards ({@link ColumnPage}).
 */
sealed interface Page permits RowPage, ColumnPage {
  /** Start of the block range that the rows belong to. */
  long rangeStart();

  long minTime();

  long maxTime();

  /** Whether any are left: all samples of a page may have been deleted. */
  default boolean hasRows() {
    return minTime() <= maxTime();
  }

  int rows();

  /** Memory that it takes. */
  long bytes();

  /** What is known of it beside its bytes. */
  ColumnPage.Shape shape();

  /** Bytes of it that stand in a file instead. */
  long fileBytes();

  /** The page as it is now. */
  View view();

  /** A page with these rows, less the samples of one series in a closed range. */
  default RowPage without(int k, long from, long to, RowPage.Scratch s) {
    View v = view();
    Unpacked u = new Unpacked(v.rows());
    u.add(v);
    for (int r = 0; r < u.rows; r++) {
      if (u.times[r] >= from && u.times[r] <= to) {
        u.presents[r] &= ~(1L << k);
      }
    }
    return u.page(rangeStart(), s);
  }

  /**
   * Neighbouring pages of one range as one; null when what is in files is not what was written, and
   * has to stay as it is.
   */
  static @Nullable RowPage joined(List<Page> run, RowPage.Scratch s) {
    Unpacked u = new Unpacked(run.stream().mapToInt(Page::rows).sum());
    for (Page p : run) {
      Page whole = p instanceof ColumnPage c ? c.inMemory() : p;
      if (whole == null) {
        return null;
      }
      u.add(whole.view());
    }
    return u.page(run.getFirst().rangeStart(), s);
  }

  /** Rows of pages, one behind the other, with all their values. */
  final class Unpacked {
    private final long[] times;
    private final long[] presents;
    private final double[][] columns = new double[64][];
    private int rows;

    private Unpacked(int capacity) {
      times = new long[capacity];
      presents = new long[capacity];
    }

    private void add(View v) {
      int n = v.rows();
      long[] some = new long[n];
      v.times(some);
      System.arraycopy(some, 0, times, rows, n);
      long[] masks = v.presents();
      for (int r = 0; r < n; r++) {
        presents[rows + r] = masks == null ? v.allPresent() : masks[r];
      }
      double[][] values = new double[64][n];
      v.columns(values);
      for (long rest = v.seen(); rest != 0; rest &= rest - 1) {
        int k = Long.numberOfTrailingZeros(rest);
        if (columns[k] == null) {
          columns[k] = new double[times.length];
        }
        System.arraycopy(values[k], 0, columns[k], rows, n);
      }
      rows += n;
    }

    private RowPage page(long rangeStart, RowPage.Scratch s) {
      return RowPage.of(rangeStart, rows, times, presents, columns, s);
    }
  }

  /** Whether a series has a sample at a time, which is then the only one in the scratch buffer. */
  default boolean find(int k, long from, long to, SampleBuffer scratch) {
    scratch.clear();
    View v = view();
    if ((v.seen() & 1L << k) == 0 || to < minTime() || from > maxTime()) {
      return false;
    }
    v.read(k, from, to, scratch);
    return scratch.size > 0;
  }

  /**
   * The page for one who reads all of it, once: what it reads should not stay in memory, but for
   * what is ahead of it.
   */
  default View sparingView(ReadAhead ahead) {
    return view();
  }

  /** What a reader may keep. */
  interface View {
    int rows();

    /** A bit a series that has a value. */
    long seen();

    /** Which series stand in the same rows. */
    SameRows same();

    /** A bit a series that may have a value that is not finite, such as a stale marker. */
    long special();

    /** Appends the samples of one series in a closed time range to a buffer. */
    void read(int k, long minTime, long maxTime, SampleBuffer into);

    /** The same without the values of a series that has only finite ones. */
    void readTimes(int k, long minTime, long maxTime, SampleBuffer into);

    /**
     * Puts the values of one series, at the rows that hold it, at a place where there is room for
     * all rows.
     *
     * @return where they end
     */
    int values(int k, double[] out, int at);

    /** The same of the times of the rows that hold a series. */
    int times(int k, long[] out, int at);

    /** Whether it is as it was written; where it is not, nothing is read. */
    boolean isSound();

    /** The times of the rows. */
    void times(long[] into);

    /** A mask a row of the series that it holds; null when all rows hold the same. */
    long @Nullable [] presents();

    /** The mask of every row where there is no other. */
    long allPresent();

    /**
     * The values of each series with any, at every row; that of the row before where it is absent,
     * +0.0 before the first.
     */
    void columns(double[][] into);

    /** Writes the page for the snapshot of the head, small where there is who makes it so. */
    void save(ByteSink out, @Nullable RowColumns columns);
  }
}
