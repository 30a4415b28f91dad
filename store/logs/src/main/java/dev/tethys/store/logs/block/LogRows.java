package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Log rows in memory: numbers in arrays, bodies and metadata values in one byte buffer. Reused from
 * block to block; Not thread-safe.
 */
public final class LogRows {
  private static final int MANY = 1 << 14; // pairs from which on arrays grow by a quarter

  /** Number of rows. */
  public int count;

  /** Unix times in nanoseconds. */
  public long[] times;

  /** Stream of a row, as an ordinal of the caller. */
  public int[] streams;

  /** Offset of a row's body in {@link #bytes}. */
  public int[] starts;

  /** Bytes of a row's body. */
  public int[] lengths;

  /** Index of the first metadata pair of a row; the pairs end where those of the next row start. */
  public int[] metaStarts;

  /** Number of metadata pairs of all rows. */
  public int metaCount;

  /** Name of a metadata pair, as an ordinal of the caller. */
  public int[] metaNames;

  /** Offset of a metadata value in {@link #bytes}. */
  public int[] metaValueStarts;

  /** Length of each metadata value in bytes. */
  public int[] metaValueLengths;

  /** Bodies and metadata values. */
  public final ByteSink bytes;

  public LogRows() {
    this(1024, 1024, 1 << 16);
  }

  /** Rows with preallocated memory, so that arrays do not grow. */
  public static LogRows like(LogRows other) {
    return new LogRows(
        Math.max(1024, other.count),
        Math.max(1024, other.metaCount + (other.metaCount >> 4)),
        Math.max(1 << 16, other.bytes.size));
  }

  private LogRows(int rows, int pairs, int size) {
    times = new long[rows];
    streams = new int[rows];
    starts = new int[rows];
    lengths = new int[rows];
    metaStarts = new int[rows + 1];
    metaNames = new int[pairs];
    metaValueStarts = new int[pairs];
    metaValueLengths = new int[pairs];
    bytes = new ByteSink(size);
  }

  /** Removes all rows and keeps the memory. */
  public LogRows clear() {
    count = 0;
    metaCount = 0;
    metaStarts[0] = 0;
    bytes.clear();
    return this;
  }

  /** Reserves exactly the memory for the bodies and metadata values of a number of rows. */
  public void reserve(int rows, int size) {
    growRows(rows);
    if (bytes.buf.length - ByteSink.SLACK - bytes.size < size) {
      bytes.buf = Arrays.copyOf(bytes.buf, Math.addExact(bytes.size, size) + ByteSink.SLACK);
    }
  }

  private void growRows(int n) {
    if (n > times.length) {
      times = Arrays.copyOf(times, n);
      streams = Arrays.copyOf(streams, n);
      starts = Arrays.copyOf(starts, n);
      lengths = Arrays.copyOf(lengths, n);
      metaStarts = Arrays.copyOf(metaStarts, n + 1);
    }
  }

  /** Starts a row; its metadata follows by {@link #metadata}. */
  public void add(long time, int stream, byte[] body, int offset, int length) {
    if (count == times.length) {
      growRows(count * 2);
    }
    times[count] = time;
    streams[count] = stream;
    starts[count] = bytes.size;
    lengths[count] = length;
    bytes.put(body, offset, length);
    count++;
    metaStarts[count] = metaCount;
  }

  /** A copy of the first rows. */
  public LogRows copy(int rows) {
    LogRows to = new LogRows().clear();
    for (int r = 0; r < rows; r++) {
      to.add(times[r], streams[r], bytes.buf, starts[r], lengths[r]);
      for (int p = metaStarts[r]; p < metaStarts[r + 1]; p++) {
        to.metadata(metaNames[p], bytes.buf, metaValueStarts[p], metaValueLengths[p]);
      }
    }
    return to;
  }

  /** Adds a metadata pair to the row added last. Names of a row ascend. */
  public void metadata(int name, byte[] value, int offset, int length) {
    if (metaCount == metaNames.length) {
      int n = metaCount < MANY ? metaCount * 2 : metaCount + (metaCount >> 2);
      metaNames = Arrays.copyOf(metaNames, n);
      metaValueStarts = Arrays.copyOf(metaValueStarts, n);
      metaValueLengths = Arrays.copyOf(metaValueLengths, n);
    }
    metaNames[metaCount] = name;
    metaValueStarts[metaCount] = bytes.size;
    metaValueLengths[metaCount] = length;
    bytes.put(value, offset, length);
    metaCount++;
    metaStarts[count] = metaCount;
  }
}
