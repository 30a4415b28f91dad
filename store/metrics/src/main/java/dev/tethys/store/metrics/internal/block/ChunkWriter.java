package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Cuts samples of series into chunks and writes them, and remembers where they are. */
final class ChunkWriter {
  private final GroupStream stream;
  private final TimeSetWriter times;
  private final BlockSizeBreakdown account = new BlockSizeBreakdown();
  private final ByteSink group = new ByteSink(BlockLayout.GROUP_BYTES);
  private final ValueColumn values = new ValueColumn();
  private final HistogramColumn histograms = new HistogramColumn();
  private final IntColumn ints = new IntColumn();
  private final SummaryColumns summaries = new SummaryColumns();

  // A series: uvarint chunks, chunks * { uvarint time set, uvarint length and flags }.
  private final ByteSink refs = new ByteSink();
  private final ByteSink mine = new ByteSink(16);
  private double[] slice = new double[0];
  private long[] longs = new long[0];

  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;
  private long floats;
  private long histogramSamples;
  private long chunks;

  /** Observer of each written chunk of samples. */
  @FunctionalInterface
  interface Observer {
    /** Observes a chunk of a number of samples over a span of milliseconds. */
    void chunk(long millis, int samples, int bytes);
  }

  private Observer observer = (millis, samples, bytes) -> {};

  /** Reports each chunk to an observer from now on. */
  void observer(Observer o) {
    observer = o;
  }

  ChunkWriter(GroupStream stream, TimeSetWriter times) {
    this.stream = stream;
    this.times = times;
  }

  /** Writes the samples of the next series, or its summaries and its histograms. */
  void series(SampleBuffer b) throws IOException {
    mine.clear();
    Summaries s = b.summaries;
    int n = s == null ? samples(b, 0, b.size) : mixed(b, s);
    chunks += n;
    refs.uvarint(n);
    refs.put(mine.buf, 0, mine.size);
  }

  /** Chunks of either kind in order of time. */
  private int mixed(SampleBuffer b, Summaries s) throws IOException {
    int n = 0;
    int from = 0;
    int row = 0;
    while (from < b.size || row < s.size) {
      int to = from;
      while (to < b.size && (row == s.size || b.timestamps[to] < s.firstTimes[row])) {
        to++;
      }
      n += samples(b, from, to);
      from = to;
      int next = row;
      while (next < s.size
          && next - row < BlockLayout.CHUNK_SAMPLES
          && (from == b.size || s.firstTimes[next] <= b.timestamps[from])) {
        next++;
      }
      if (next > row) {
        summaries(s, row, next);
        n++;
      }
      row = next;
    }
    return n;
  }

  private void summaries(Summaries s, int from, int to) throws IOException {
    if (group.size >= BlockLayout.GROUP_BYTES) {
      flush();
    }
    boolean first = group.size == 0;
    int start = group.size;
    group.putByte(BlockLayout.CHUNK_SUMMARIES);
    summaries.encode(s, from, to, times.set(s.firstTimes, from, to), group);
    mine.uvarint(times.set(s.lastTimes, from, to));
    mine.uvarint((long) (group.size - start) << 2 | 2 | (first ? 1 : 0));
    account.chunk(SizeShare.SUMMARIES, to - from);
    account.raw(SizeShare.SUMMARIES, group.size - start);
    minTime = Math.min(minTime, s.firstTimes[from]);
    maxTime = Math.max(maxTime, s.lastTimes[to - 1]);
    floats += to - from;
  }

  private int samples(SampleBuffer b, int begin, int end) throws IOException {
    int n = 0;
    int from = begin;
    while (from < end) {
      boolean histogram = b.histograms != null && b.histograms[from] != null;
      int to = Math.min(end, from + BlockLayout.CHUNK_SAMPLES);
      if (b.histograms != null) {
        to = sameKind(b.histograms, from, to);
      }
      if (group.size >= BlockLayout.GROUP_BYTES) {
        flush();
      }
      boolean first = group.size == 0;
      int start = group.size;
      boolean special = chunk(b, from, to, histogram);
      observer.chunk(b.timestamps[to - 1] - b.timestamps[from], to - from, group.size - start);
      mine.uvarint(times.set(b.timestamps, from, to));
      mine.uvarint((long) (group.size - start) << 2 | (special ? 2 : 0) | (first ? 1 : 0));
      minTime = Math.min(minTime, b.timestamps[from]);
      maxTime = Math.max(maxTime, b.timestamps[to - 1]);
      n++;
      from = to;
    }
    return n;
  }

  /** The end of the histograms, or floats, that start at an index. */
  private static int sameKind(@Nullable Histogram[] histograms, int from, int end) {
    boolean histogram = histograms[from] != null;
    int to = from + 1;
    while (to < end && (histograms[to] != null) == histogram) {
      to++;
    }
    return to;
  }

  /** Encodes a chunk; returns whether it may hold a stale marker. */
  private boolean chunk(SampleBuffer b, int from, int to, boolean histogram) {
    int n = to - from;
    boolean starts = false;
    long[] st = b.startTimestamps;
    for (int i = from; st != null && i < to; i++) {
      starts |= st[i] != 0;
    }
    group.putByte(
        (histogram ? BlockLayout.CHUNK_HISTOGRAM : 0) | (starts ? BlockLayout.CHUNK_STARTS : 0));
    if (starts && st != null) {
      if (longs.length < n) {
        longs = new long[BlockLayout.CHUNK_SAMPLES];
      }
      System.arraycopy(st, from, longs, 0, n);
      int at = group.size;
      ints.encode(longs, n, group);
      account.raw(SizeShare.STARTS, group.size - at);
    }
    int at = group.size;
    boolean special = histogram ? histograms(b, from, n) : floats(b, from, n);
    String part = histogram ? SizeShare.HISTOGRAMS : values.lastForm().text();
    account.chunk(part, n);
    account.raw(part, group.size - at + 1);
    return special;
  }

  private boolean histograms(SampleBuffer b, int from, int n) {
    Histogram[] h = new Histogram[n];
    for (int i = 0; i < n; i++) {
      Histogram x = b.histograms == null ? null : b.histograms[from + i];
      if (x == null) {
        throw new IllegalStateException("a float among histograms");
      }
      h[i] = x;
    }
    histograms.encode(h, n, group);
    histogramSamples += n;
    return true;
  }

  private boolean floats(SampleBuffer b, int from, int n) {
    double[] v = b.values;
    if (from > 0) {
      if (slice.length < n) {
        slice = new double[BlockLayout.CHUNK_SAMPLES];
      }
      System.arraycopy(b.values, from, slice, 0, n);
      v = slice;
    }
    floats += n;
    values.encode(v, n, group);
    return !areFinite(v, n);
  }

  private static boolean areFinite(double[] v, int n) {
    double zero = 0;
    for (int i = 0; i < n; i++) {
      zero += v[i] * 0; // what is not finite makes it NaN
    }
    return zero == 0;
  }

  /** Writes pending data. */
  void flush() throws IOException {
    if (group.size > 0) {
      stream.write(group, false, account);
    }
  }

  /** Returns the size breakdown of the chunks. */
  BlockSizeBreakdown account() {
    return account;
  }

  /** Positions of the chunks, series after series. */
  ByteSource refs() {
    return new ByteSource(refs.buf, 0, refs.size);
  }

  long minTime() {
    return minTime;
  }

  long maxTime() {
    return maxTime;
  }

  long floats() {
    return floats;
  }

  long histograms() {
    return histogramSamples;
  }

  long chunks() {
    return chunks;
  }
}
