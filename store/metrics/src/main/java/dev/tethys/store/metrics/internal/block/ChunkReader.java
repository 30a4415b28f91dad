package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.ColumnCache;
import dev.tethys.store.metrics.internal.encoding.DamageException;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Turns chunks into samples. */
final class ChunkReader {
  private static final ColumnCache COLUMNS = ColumnCache.SHARED;
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private static final class Scratch {
    final ValueColumn.Reader values = new ValueColumn.Reader();
    long[] starts = new long[0];
  }

  /** Names the block in the cache of columns. */
  private final long number = ColumnCache.newOwner();

  private final ChunkGroups groups;
  private final TimeSets times;

  ChunkReader(ChunkGroups groups, TimeSets times) {
    this.groups = groups;
    this.times = times;
  }

  /** Appends the samples of a chunk in a closed time range. */
  void read(ChunkRef c, long min, long max, SampleBuffer into) {
    if (!times.overlaps(c.set(), min, max)) {
      return;
    }
    long[] t = times.get(c.set());
    int n = t.length;
    int from = t[0] >= min ? 0 : TimeSets.lower(t, min);
    int to = t[n - 1] <= max ? n : TimeSets.lower(t, max + 1);
    if (from >= to) {
      return;
    }
    long part = (long) c.group() << 32 | c.offset();
    ColumnCache.Column column = COLUMNS.get(number, part);
    if (column != null) {
      floats(t, from, to, column, into);
      return;
    }
    byte[] b = groups.content(c.group());
    if (c.offset() + (long) c.length() > b.length - ByteSink.SLACK) {
      throw new DamageException("a chunk behind the end of its group");
    }
    ByteSource in = new ByteSource(b, c.offset(), c.length());
    int head = in.getByte();
    Scratch s = SCRATCH.get();
    boolean starts = (head & BlockLayout.CHUNK_STARTS) != 0;
    if (starts) {
      if (s.starts.length < n) {
        s.starts = new long[Math.max(n, 512)];
      }
      IntColumn.decode(in, s.starts, n);
    }
    if ((head & BlockLayout.CHUNK_HISTOGRAM) != 0) {
      var h = HistogramColumn.decode(in, n);
      for (int i = from; i < to; i++) {
        into.add(starts ? s.starts[i] : 0, t[i], h[i]);
      }
      into.mayBeStale = true;
      return;
    }
    if (!starts && COLUMNS.isWorthKeeping(number, part)) {
      double[] v = new double[n];
      boolean special = s.values.decode(in, v, 0, n);
      floats(t, from, to, COLUMNS.put(number, part, null, v, special), into);
      return;
    }
    int at = into.size;
    into.ensure(at + n);
    into.mayBeStale |= s.values.decode(in, into.values, at, n);
    int m = to - from;
    if (from > 0) {
      System.arraycopy(into.values, at + from, into.values, at, m);
    }
    finish(t, from, m, starts ? s.starts : null, into);
  }

  /** Appends floats that are decoded already. */
  private static void floats(
      long[] t, int from, int to, ColumnCache.Column column, SampleBuffer into) {
    int m = to - from;
    into.ensure(into.size + m);
    System.arraycopy(column.values(), from, into.values, into.size, m);
    into.mayBeStale |= column.special();
    finish(t, from, m, null, into);
  }

  /** Puts what belongs to floats beside their values. */
  private static void finish(
      long[] t, int from, int m, long @Nullable [] starts, SampleBuffer into) {
    int at = into.size;
    System.arraycopy(t, from, into.timestamps, at, m);
    if (into.histograms != null) {
      Arrays.fill(into.histograms, at, at + m, null);
    }
    if (starts != null || into.startTimestamps != null) {
      starts(into, starts, from, m);
    }
    into.size = at + m;
  }

  private static void starts(SampleBuffer into, long @Nullable [] starts, int from, int m) {
    int at = into.size;
    long[] st = into.startTimestamps;
    if (st == null) {
      st = new long[into.timestamps.length];
      into.startTimestamps = st;
    }
    if (starts != null) {
      System.arraycopy(starts, from, st, at, m);
    } else {
      Arrays.fill(st, at, at + m, 0);
    }
  }

  /** Appends only the timestamps of a chunk in a closed time range. */
  void readTimes(ChunkRef c, long min, long max, SampleBuffer into) {
    long[] t = times.get(c.set());
    int from = TimeSets.lower(t, min);
    int to = max == Long.MAX_VALUE ? t.length : TimeSets.lower(t, max + 1);
    if (from < to) {
      into.ensure(into.size + to - from);
      System.arraycopy(t, from, into.timestamps, into.size, to - from);
      into.size += to - from;
    }
  }
}
