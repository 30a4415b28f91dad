package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.ColumnCache;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.Slices;
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
    read(c, min, max, null, into);
  }

  /** Variant without floats outside windows, if there are windows. */
  void read(ChunkRef c, long min, long max, @Nullable WindowSlices windows, SampleBuffer into) {
    if (!times.overlaps(c.set(), min, max)) {
      return;
    }
    long[] t = times.get(c.set());
    int from = t[0] >= min ? 0 : TimeSets.lower(t, min);
    int to = t[t.length - 1] <= max ? t.length : TimeSets.lower(t, max + 1);
    if (from >= to) {
      return;
    }
    Slices wanted = null;
    if (windows != null) {
      wanted = windows.of(c.set(), t, from, to);
      if (wanted.count() == 0 && !c.special()) {
        return; // without a check of its content
      }
    }
    read(c, t, from, to, wanted, into);
  }

  private void read(
      ChunkRef c, long[] t, int from, int to, @Nullable Slices wanted, SampleBuffer into) {
    int n = t.length;
    long part = (long) c.group() << 32 | c.offset();
    ColumnCache.Column column = COLUMNS.get(number, part);
    if (column != null) {
      floats(t, from, to, wanted, column, into);
      return;
    }
    byte[] b = groups.content(c.group());
    if (c.offset() + (long) c.length() > b.length - ByteSink.SLACK) {
      throw new CorruptionException("a chunk beyond the end of its group");
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
      // All of them: the reset hint of each depends on its neighbour before.
      var h = HistogramColumn.decode(in, n);
      for (int i = from; i < to; i++) {
        into.add(starts ? s.starts[i] : 0, t[i], h[i]);
      }
      into.mayBeStale = true;
      return;
    }
    int at = into.size;
    if (wanted != null) {
      into.ensure(at + wanted.samples());
      into.mayBeStale |= s.values.decode(in, into.values, at, n, wanted);
      finish(t, wanted, starts ? s.starts : null, into);
      return;
    }
    if (!starts && COLUMNS.isWorthKeeping(number, part, null, n)) {
      double[] v = new double[n];
      boolean special = s.values.decode(in, v, 0, n);
      floats(t, from, to, null, COLUMNS.put(number, part, null, v, special), into);
      return;
    }
    into.ensure(at + n);
    into.mayBeStale |= s.values.decode(in, into.values, at, n);
    if (from > 0) {
      System.arraycopy(into.values, at + from, into.values, at, to - from);
    }
    finish(t, from, to - from, starts ? s.starts : null, into);
  }

  /** Appends floats that are decoded already. */
  private static void floats(
      long[] t,
      int from,
      int to,
      @Nullable Slices wanted,
      ColumnCache.Column column,
      SampleBuffer into) {
    into.mayBeStale |= column.special();
    if (wanted != null) {
      into.ensure(into.size + wanted.samples());
      wanted.copy(column.values(), into.values, into.size);
      finish(t, wanted, null, into);
      return;
    }
    int m = to - from;
    into.ensure(into.size + m);
    System.arraycopy(column.values(), from, into.values, into.size, m);
    finish(t, from, m, null, into);
  }

  private static void finish(long[] t, Slices wanted, long @Nullable [] starts, SampleBuffer into) {
    for (int k = 0; k < wanted.count(); k++) {
      finish(t, wanted.from(k), wanted.to(k) - wanted.from(k), starts, into);
    }
  }

  /** Adds what belongs to floats next to their values. */
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

  /** Appends only the timestamps of a chunk in a closed time range, and in windows if any. */
  void readTimes(
      ChunkRef c, long min, long max, @Nullable WindowSlices windows, SampleBuffer into) {
    long[] t = times.get(c.set());
    int from = TimeSets.lower(t, min);
    int to = max == Long.MAX_VALUE ? t.length : TimeSets.lower(t, max + 1);
    if (from >= to) {
      return;
    }
    if (windows != null) {
      Slices wanted = windows.of(c.set(), t, from, to);
      into.ensure(into.size + wanted.samples());
      wanted.copy(t, into.timestamps, into.size);
      into.size += wanted.samples();
      return;
    }
    into.ensure(into.size + to - from);
    System.arraycopy(t, from, into.timestamps, into.size, to - from);
    into.size += to - from;
  }
}
