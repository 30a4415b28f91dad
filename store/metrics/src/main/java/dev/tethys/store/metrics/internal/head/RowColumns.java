package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import java.util.Arrays;

/**
 * A page of rows turned into a column a series: half the bytes of the rows, at the price of turning
 * it twice. For snapshots that stay on the disk, such as the one of a clean stop.
 *
 * <pre>
 * IntColumn times of the rows - range start
 * byte 0 and 8 bytes mask of the series present in all rows | byte 1 and rows * 8 bytes
 * 8 bytes mask of the series with a value; each, ascending: ValueColumn of its value at every row,
 *   that of the row before where it is absent, +0.0 before the first
 * </pre>
 *
 * <p>Instances keep scratch arrays: one a thread.
 */
final class RowColumns {
  private static final int ROWS = RowPage.MAX_ROWS;

  private final IntColumn ints = new IntColumn();
  private final ValueColumn values = new ValueColumn();
  private final ValueColumn.Reader reader = new ValueColumn.Reader();
  private final RowPage.Scratch scratch = new RowPage.Scratch();
  private final double[][] columns = new double[64][ROWS];
  private final long[] longs = new long[ROWS];

  /** Appends a page that has rows. */
  void save(Page.View p, long rangeStart, ByteSink out) {
    int n = p.rows();
    p.times(longs, 0);
    for (int r = 0; r < n; r++) {
      longs[r] -= rangeStart;
    }
    ints.encode(longs, n, out);
    long[] presents = p.presents();
    out.putByte(presents == null ? 0 : 1);
    if (presents == null) {
      out.putLong(p.allPresent());
    } else {
      for (int r = 0; r < n; r++) {
        out.putLong(presents[r]);
      }
    }
    out.putLong(p.seen());
    p.columns(columns, 0);
    for (long rest = p.seen(); rest != 0; rest &= rest - 1) {
      values.encode(columns[Long.numberOfTrailingZeros(rest)], n, out);
    }
  }

  /** Reads a saved page of n rows. */
  RowPage load(ByteSource in, long rangeStart, int n) {
    if (n < 1 || n > ROWS) {
      throw new CorruptionException("a page of " + n + " rows");
    }
    IntColumn.decode(in, longs, n);
    boolean masks = in.getByte() != 0;
    long[] presents = new long[n];
    if (masks) {
      for (int r = 0; r < n; r++) {
        presents[r] = in.getLong();
      }
    } else {
      Arrays.fill(presents, in.getLong());
    }
    long seen = in.getLong();
    for (long rest = seen; rest != 0; rest &= rest - 1) {
      reader.decode(in, columns[Long.numberOfTrailingZeros(rest)], 0, n);
    }
    for (int r = 0; r < n; r++) {
      if ((presents[r] & ~seen) != 0) {
        throw new CorruptionException("a row contains a series missing from its page");
      }
      longs[r] += rangeStart;
    }
    return RowPage.of(rangeStart, n, longs, presents, columns, RowPage.MAX_BYTES / 4, scratch);
  }
}
