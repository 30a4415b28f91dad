package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one stripe (64 neighbouring series) in one block range: rows while more may come
 * ({@link RowPage}), columns afterwards ({@link ColumnPage}).
 */
sealed interface Page permits RowPage, ColumnPage {
  /** Returns the start of the block range that the rows belong to. */
  long rangeStart();

  long minTime();

  long maxTime();

  /** Whether any are left: all samples of a page may have been deleted. */
  default boolean hasRows() {
    return minTime() <= maxTime();
  }

  int rows();

  /** Bytes of memory of the page. */
  long bytes();

  /** Returns the shape of the page, without its bytes. */
  ColumnPage.Shape shape();

  /** Returns the number of its bytes stored in a file. */
  long fileBytes();

  /** The page as it is now. */
  View view();

  /** Appends the page as columns, using a writer that converts rows. */
  void writeColumns(ColumnWriter by, ByteSink heads, ByteSink columns);

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
   * Snapshot for a reader of the entire page: the bytes it reads should not stay in memory, except
   * those read ahead.
   */
  default View sparingView(ReadAhead ahead) {
    return view();
  }

  /** Snapshot for a reader. */
  interface View {
    int rows();

    /** Returns a bit for each series that has a value. */
    long seen();

    /** Classes of series that are in the same rows. */
    RowClasses same();

    /**
     * Returns a bit for each series that may have a value that is not finite, such as a stale
     * marker.
     */
    long special();

    /** Appends the samples of one series in a closed time range to a buffer. */
    void read(int k, long minTime, long maxTime, SampleBuffer into);

    /** Variant without the values of a series that has only finite ones. */
    void readTimes(int k, long minTime, long maxTime, SampleBuffer into);

    /**
     * Stores the values of one series, at the rows that contain it, at a position with space for
     * all rows.
     *
     * @return end position
     */
    int values(int k, double[] out, int at);

    /** Stores the times of the rows that contain a series, likewise. */
    int times(int k, long[] out, int at);

    /** Whether it is unchanged since it was written; otherwise nothing is read. */
    boolean isSound();

    /** The times of the rows, from a place on. */
    void times(long[] into, int at);

    /** A mask a row of the series that it holds; null if all rows hold the same. */
    long @Nullable [] presents();

    /** Returns the mask of every row if there is no other. */
    long allPresent();

    /**
     * The values of each series with any, at every row; that of the row before where it is absent,
     * +0.0 before the first. Each from a place on; others are left unchanged.
     */
    void columns(double[][] into, int at);

    /** Writes the page for the snapshot of the head, small where there is who makes it so. */
    void save(ByteSink out, @Nullable RowColumns columns);
  }
}
