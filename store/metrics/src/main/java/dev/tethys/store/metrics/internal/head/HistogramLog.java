package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The in-order histograms of one series: encoded chunks of {@link #CHUNK}, and the newest as rows.
 * Chunks are immutable; rows are copied for a reader.
 */
final class HistogramLog {
  static final int CHUNK = 32;

  /** Encoded histograms: times, start times, then the histograms. */
  record Chunk(long minTime, long maxTime, int count, byte[] data) {}

  /** What encoding takes beside the histograms; one for all of a head, under its locks. */
  static final class Encoder {
    private final ByteSink out = new ByteSink(4096);
    private final IntColumn ints = new IntColumn();
    private final HistogramColumn column = new HistogramColumn();

    Chunk encode(long[] times, long[] starts, Histogram[] h, int n) {
      out.clear();
      ints.encode(times, n, out);
      ints.encode(starts, n, out);
      column.encode(h, n, out);
      return new Chunk(times[0], times[n - 1], n, out.toArray());
    }

    Chunk encode(HistogramRows.Decoded d) {
      return encode(d.times(), d.starts(), d.histograms(), d.times().length);
    }
  }

  private List<Chunk> chunks = List.of(); // replaced, never changed
  private final HistogramRows rows = new HistogramRows();

  /** Times ascend from call to call. */
  void add(long startTime, long time, Histogram h, Encoder encoder) {
    if (rows.count() == CHUNK) {
      List<Chunk> more = new ArrayList<>(chunks.size() + 1);
      more.addAll(chunks);
      more.add(encoder.encode(rows.rows().decode()));
      chunks = more;
      rows.clear();
    }
    rows.add(startTime, time, h, encoder.column, encoder.out);
  }

  static void decode(Chunk c, long minTime, long maxTime, SampleBuffer into) {
    ByteSource in = new ByteSource(c.data);
    long[] t = new long[c.count];
    long[] s = new long[c.count];
    IntColumn.decode(in, t, c.count);
    IntColumn.decode(in, s, c.count);
    Histogram[] h = HistogramColumn.decode(in, c.count);
    for (int i = 0; i < c.count; i++) {
      if (t[i] >= minTime && t[i] <= maxTime) {
        into.add(s[i], t[i], h[i]);
      }
    }
  }

  /** Adds a chunk of a snapshot, less what is older than a time. */
  void addAll(Chunk c, long minTime, Encoder encoder) {
    SampleBuffer b = new SampleBuffer();
    decode(c, minTime, Long.MAX_VALUE, b);
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      if (h != null) {
        add(b.startTimestamps == null ? 0 : b.startTimestamps[i], b.timestamps[i], h, encoder);
      }
    }
  }

  /** The newest histogram; null when there is none in the rows. */
  @Nullable Histogram newest() {
    return rows.newest();
  }

  long newestTime() {
    return rows.count() == 0 ? Long.MIN_VALUE : rows.newestTime();
  }

  boolean isEmpty() {
    return rows.count() == 0 && chunks.isEmpty();
  }

  long bytes() {
    long b = 64 + rows.memory();
    for (Chunk c : chunks) {
      b += c.data.length + 64L;
    }
    return b;
  }

  /** What a reader may keep: immutable. */
  record View(List<Chunk> chunks, HistogramRows.Copy rows) {
    /** Only when, and as floats: at least one time of each block range that has any. */
    void times(long range, SampleBuffer into) {
      long[] of = new long[CHUNK];
      for (Chunk c : chunks) {
        if (Math.floorDiv(c.minTime, range) == Math.floorDiv(c.maxTime, range)) {
          into.add(0, c.minTime, 0);
          continue;
        }
        IntColumn.decode(new ByteSource(c.data), of, c.count);
        for (int i = 0; i < c.count; i++) {
          into.add(0, of[i], 0);
        }
      }
      for (long t : rows.decode().times()) {
        into.add(0, t, 0);
      }
    }

    void read(long minTime, long maxTime, SampleBuffer into) {
      for (Chunk c : chunks) {
        if (c.maxTime >= minTime && c.minTime <= maxTime) {
          decode(c, minTime, maxTime, into);
        }
      }
      HistogramRows.Decoded d = rows.decode();
      for (int i = 0; i < d.times().length; i++) {
        long t = d.times()[i];
        if (t >= minTime && t <= maxTime) {
          into.add(d.starts()[i], t, d.histograms()[i]);
        }
      }
    }
  }

  View view() {
    return new View(chunks, rows.copy());
  }

  /** Forgets the samples in a closed range. */
  void remove(long minTime, long maxTime, Encoder encoder) {
    SampleBuffer all = new SampleBuffer();
    view().read(Long.MIN_VALUE, Long.MAX_VALUE, all);
    chunks = List.of();
    rows.clear();
    @Nullable Histogram[] h = all.histograms;
    for (int i = 0; i < all.size && h != null; i++) {
      long t = all.timestamps[i];
      Histogram x = h[i];
      if ((t < minTime || t > maxTime) && x != null) {
        add(all.startTimestamps == null ? 0 : all.startTimestamps[i], t, x, encoder);
      }
    }
  }

  /** Forgets samples before a time. */
  void truncate(long minTime, Encoder encoder) {
    if (isEmpty() || oldest() >= minTime) {
      return;
    }
    chunks = chunks.stream().filter(c -> c.maxTime >= minTime).toList();
    if (!isEmpty() && oldest() < minTime) {
      remove(Long.MIN_VALUE, minTime - 1, encoder);
    }
  }

  long oldest() {
    return chunks.isEmpty() ? rows.firstTime() : chunks.getFirst().minTime;
  }
}
