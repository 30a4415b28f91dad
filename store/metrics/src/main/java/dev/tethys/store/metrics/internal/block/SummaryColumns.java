package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.Summaries;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;

/**
 * Rows of {@link Summaries} as the content of a chunk after its first byte. Their last times are
 * the time set of the chunk; their buckets follow from these and the resolution of the block.
 *
 * <pre>
 * uvarint time set of the first times
 * byte: bit 0: the least values are omitted, they are the first; bit 1: the largest are omitted,
 *   they are the last; bit 2: no resets
 * columns, each uvarint length, bytes:
 *   IntColumn counts, ValueColumn first, ValueColumn last, [ValueColumn least], [ValueColumn largest],
 *   ValueColumn sums, [IntColumn resets, ValueColumn lost]
 * </pre>
 *
 * A gauge that falls has its least value last and one that wavers has all columns; a counter
 * without resets has four of them. Holds buffers; not thread-safe.
 */
final class SummaryColumns {
  private static final int LEAST_IS_FIRST = 1;
  private static final int LARGEST_IS_LAST = 2;
  private static final int NO_RESETS = 4;

  private final ValueColumn values = new ValueColumn();
  private final IntColumn ints = new IntColumn();
  private final ByteSink column = new ByteSink();
  private double[] slice = new double[0];
  private long[] longs = new long[0];

  /** Encodes rows {@code [from, to)}. */
  void encode(Summaries s, int from, int to, int firstTimes, ByteSink out) {
    int n = to - from;
    int flags = NO_RESETS | LEAST_IS_FIRST | LARGEST_IS_LAST;
    for (int i = from; i < to; i++) {
      if (s.resets[i] != 0) {
        flags &= ~NO_RESETS;
      }
      if (differ(s.min[i], s.first[i])) {
        flags &= ~LEAST_IS_FIRST;
      }
      if (differ(s.max[i], s.last[i])) {
        flags &= ~LARGEST_IS_LAST;
      }
    }
    out.uvarint(firstTimes);
    out.putByte(flags);
    put(s.counts, from, n, out);
    put(s.first, from, n, out);
    put(s.last, from, n, out);
    if ((flags & LEAST_IS_FIRST) == 0) {
      put(s.min, from, n, out);
    }
    if ((flags & LARGEST_IS_LAST) == 0) {
      put(s.max, from, n, out);
    }
    put(s.sums, from, n, out);
    if ((flags & NO_RESETS) == 0) {
      put(s.resets, from, n, out);
      put(s.lost, from, n, out);
    }
  }

  private static boolean differ(double a, double b) {
    return Double.doubleToRawLongBits(a) != Double.doubleToRawLongBits(b);
  }

  private void put(double[] v, int from, int n, ByteSink out) {
    if (slice.length < n) {
      slice = new double[BlockLayout.CHUNK_SAMPLES];
    }
    System.arraycopy(v, from, slice, 0, n);
    column.clear();
    values.encode(slice, n, column);
    sized(out);
  }

  private void put(long[] v, int from, int n, ByteSink out) {
    if (longs.length < n) {
      longs = new long[BlockLayout.CHUNK_SAMPLES];
    }
    System.arraycopy(v, from, longs, 0, n);
    column.clear();
    ints.encode(longs, n, column);
    sized(out);
  }

  private void sized(ByteSink out) {
    out.uvarint(column.size);
    out.put(column.buf, 0, column.size);
  }

  /** Turns columns into rows. */
  static final class Reader {
    private final ValueColumn.Reader values = new ValueColumn.Reader();

    /**
     * Appends all rows of a chunk.
     *
     * @param in source, positioned after the first byte of the chunk
     * @param times the time sets of the block
     * @param last the last times
     * @param resolution bucket length of the block in milliseconds
     */
    void decode(ByteSource in, TimeSets times, long[] last, long resolution, Summaries into) {
      int n = last.length;
      int set = in.count(times.size() - 1);
      long[] first = times.get(set);
      if (first.length != n) {
        throw new CorruptionException("a summary without its first time");
      }
      int flags = in.getByte();
      int at = into.size;
      into.ensure(at + n);
      System.arraycopy(first, 0, into.firstTimes, at, n);
      System.arraycopy(last, 0, into.lastTimes, at, n);
      for (int i = 0; i < n; i++) {
        long to = Math.ceilDiv(last[i], resolution) * resolution;
        into.to[at + i] = to;
        into.from[at + i] = to - resolution;
        if (first[i] > last[i] || first[i] <= to - resolution) {
          throw new CorruptionException("a summary that leaves its bucket");
        }
      }
      longs(in, into.counts, at, n);
      doubles(in, into.first, at, n);
      doubles(in, into.last, at, n);
      if ((flags & LEAST_IS_FIRST) == 0) {
        doubles(in, into.min, at, n);
      } else {
        System.arraycopy(into.first, at, into.min, at, n);
      }
      if ((flags & LARGEST_IS_LAST) == 0) {
        doubles(in, into.max, at, n);
      } else {
        System.arraycopy(into.last, at, into.max, at, n);
      }
      doubles(in, into.sums, at, n);
      if ((flags & NO_RESETS) == 0) {
        longs(in, into.resets, at, n);
        doubles(in, into.lost, at, n);
      } else {
        java.util.Arrays.fill(into.resets, at, at + n, 0);
        java.util.Arrays.fill(into.lost, at, at + n, 0);
      }
      for (int i = at; i < at + n; i++) {
        if (into.counts[i] < 1 || into.resets[i] < 0 || into.resets[i] >= into.counts[i]) {
          throw new CorruptionException("a summary of no samples");
        }
      }
      into.size = at + n;
    }

    private static ByteSource column(ByteSource in) {
      int length = in.count(in.remaining());
      ByteSource c = new ByteSource(in.buf, in.pos, length);
      in.skip(length);
      return c;
    }

    private void doubles(ByteSource in, double[] into, int at, int n) {
      values.decode(column(in), into, at, n);
    }

    private static void longs(ByteSource in, long[] into, int at, int n) {
      long[] x = new long[n];
      IntColumn.decode(column(in), x, n);
      System.arraycopy(x, 0, into, at, n);
    }
  }
}
