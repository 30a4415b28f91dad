package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The in-order histograms of one series: encoded chunks of {@link #CHUNK}, and the newest as
 * objects. Chunks are immutable; the objects are copied for a reader.
 */
final class HistogramLog {
  static final int CHUNK = 32;

  /** Encoded histograms: times, start times, then the histograms. */
  record Chunk(long minTime, long maxTime, int count, byte[] data) {}

  private List<Chunk> chunks = List.of(); // replaced, never changed
  private final long[] times = new long[CHUNK];
  private final long[] starts = new long[CHUNK];
  private final Histogram[] tail = new Histogram[CHUNK];
  private int count;

  /** Times ascend from call to call. */
  void add(long startTime, long time, Histogram h) {
    if (count == CHUNK) {
      List<Chunk> more = new ArrayList<>(chunks);
      more.add(encode(times, starts, tail, count));
      chunks = more;
      Arrays.fill(tail, null);
      count = 0;
    }
    times[count] = time;
    starts[count] = startTime;
    tail[count++] = h;
  }

  static Chunk encode(long[] times, long[] starts, Histogram[] h, int n) {
    ByteSink out = new ByteSink(512);
    IntColumn ints = new IntColumn();
    ints.encode(times, n, out);
    ints.encode(starts, n, out);
    new HistogramColumn().encode(h, n, out);
    return new Chunk(times[0], times[n - 1], n, out.toArray());
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
  void addAll(Chunk c, long minTime) {
    SampleBuffer b = new SampleBuffer();
    decode(c, minTime, Long.MAX_VALUE, b);
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      if (h != null) {
        add(b.startTimestamps == null ? 0 : b.startTimestamps[i], b.timestamps[i], h);
      }
    }
  }

  /** The newest histogram; null when the log is empty. */
  @Nullable Histogram newest() {
    return count == 0 ? null : tail[count - 1];
  }

  long newestTime() {
    return count == 0 ? Long.MIN_VALUE : times[count - 1];
  }

  boolean isEmpty() {
    return count == 0 && chunks.isEmpty();
  }

  long bytes() {
    long b = CHUNK * 24L + 96 + count * 400L;
    for (Chunk c : chunks) {
      b += c.data.length + 64L;
    }
    return b;
  }

  /** What a reader may keep: immutable. */
  record View(List<Chunk> chunks, long[] times, long[] starts, Histogram[] tail) {
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
      for (long t : times) {
        into.add(0, t, 0);
      }
    }

    void read(long minTime, long maxTime, SampleBuffer into) {
      for (Chunk c : chunks) {
        if (c.maxTime >= minTime && c.minTime <= maxTime) {
          decode(c, minTime, maxTime, into);
        }
      }
      for (int i = 0; i < times.length; i++) {
        if (times[i] >= minTime && times[i] <= maxTime) {
          into.add(starts[i], times[i], tail[i]);
        }
      }
    }
  }

  View view() {
    return new View(
        chunks,
        Arrays.copyOf(times, count),
        Arrays.copyOf(starts, count),
        Arrays.copyOf(tail, count));
  }

  /** Forgets the samples in a closed range. */
  void remove(long minTime, long maxTime) {
    SampleBuffer all = new SampleBuffer();
    view().read(Long.MIN_VALUE, Long.MAX_VALUE, all);
    chunks = List.of();
    Arrays.fill(tail, null);
    count = 0;
    @Nullable Histogram[] h = all.histograms;
    for (int i = 0; i < all.size && h != null; i++) {
      long t = all.timestamps[i];
      Histogram x = h[i];
      if ((t < minTime || t > maxTime) && x != null) {
        add(all.startTimestamps == null ? 0 : all.startTimestamps[i], t, x);
      }
    }
  }

  /** Forgets samples before a time. */
  void truncate(long minTime) {
    if (!isEmpty() && oldest() < minTime) {
      remove(Long.MIN_VALUE, minTime - 1);
    }
  }

  long oldest() {
    return chunks.isEmpty() ? times[0] : chunks.getFirst().minTime;
  }
}
