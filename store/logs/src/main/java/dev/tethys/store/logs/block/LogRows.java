package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Log rows in memory: numbers in arrays, bodies and metadata values in one byte buffer. Reused from
 * block to block; not safe for several threads.
 */
public final class LogRows {
  /** Number of rows. */
  public int count;

  /** Unix times in nanoseconds. */
  public long[] times = new long[1024];

  /** Stream of a row, as an ordinal of the caller. */
  public int[] streams = new int[1024];

  /** Offset of a row's body in {@link #bytes}. */
  public int[] starts = new int[1024];

  /** Bytes of a row's body. */
  public int[] lengths = new int[1024];

  /** Index of the first metadata pair of a row; the pairs end where those of the next row begin. */
  public int[] metaStarts = new int[1025];

  /** Number of metadata pairs of all rows. */
  public int metaCount;

  /** Name of a metadata pair, as an ordinal of the caller. */
  public int[] metaNames = new int[1024];

  /** Offset of a metadata value in {@link #bytes}. */
  public int[] metaValueStarts = new int[1024];

  /** Bytes of a metadata value. */
  public int[] metaValueLengths = new int[1024];

  /** Bodies and metadata values. */
  public final ByteSink bytes = new ByteSink(1 << 16);

  /** Removes all rows and keeps the memory. */
  public LogRows clear() {
    count = 0;
    metaCount = 0;
    metaStarts[0] = 0;
    bytes.clear();
    return this;
  }

  /** Starts a row; its metadata follows by {@link #metadata}. */
  public void add(long time, int stream, byte[] body, int offset, int length) {
    if (count == times.length) {
      int n = count * 2;
      times = Arrays.copyOf(times, n);
      streams = Arrays.copyOf(streams, n);
      starts = Arrays.copyOf(starts, n);
      lengths = Arrays.copyOf(lengths, n);
      metaStarts = Arrays.copyOf(metaStarts, n + 1);
    }
    times[count] = time;
    streams[count] = stream;
    starts[count] = bytes.size;
    lengths[count] = length;
    bytes.put(body, offset, length);
    count++;
    metaStarts[count] = metaCount;
  }

  /** Adds a metadata pair to the row added last. Names of a row ascend. */
  public void metadata(int name, byte[] value, int offset, int length) {
    if (metaCount == metaNames.length) {
      int n = metaCount * 2;
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
