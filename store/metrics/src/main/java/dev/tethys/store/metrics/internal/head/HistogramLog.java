package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The in-order histograms of one series: encoded chunks, and the newest as rows. Chunks are
 * immutable; rows are copied for a reader.
 */
final class HistogramLog {
  private List<HistogramChunk> chunks = List.of(); // replaced, never changed
  private final HistogramRows rows = new HistogramRows();

  /**
   * Times ascend from call to call.
   *
   * @return bytes of the chunk that the rows before it became; 0 if they did not
   */
  int add(long startTime, long time, Histogram h, HistogramChunk.Encoder encoder) {
    int waiting = 0;
    if (rows.count() == HistogramChunk.MOST) {
      HistogramChunk c = encoder.encode(rows.rows().decode());
      waiting = c.length();
      append(c);
      rows.clear();
    }
    rows.add(startTime, time, h, encoder.column, encoder.out);
    return waiting;
  }

  private void append(HistogramChunk c) {
    List<HistogramChunk> more = new ArrayList<>(chunks.size() + 1);
    more.addAll(chunks);
    more.add(c);
    chunks = more;
  }

  /** Adds a chunk of a snapshot, without data older than a time. Before any {@link #add}. */
  void addAll(HistogramChunk c, long minTime, HistogramChunk.Encoder encoder) {
    HistogramChunk rest =
        c.minTime() >= minTime ? c : encoder.without(c, Long.MIN_VALUE, minTime - 1);
    if (rest != null) {
      append(rest);
    }
  }

  /** Returns the newest histogram; null if there is none. */
  @Nullable Histogram newest() {
    if (rows.count() > 0 || chunks.isEmpty()) {
      return rows.newest();
    }
    HistogramRows.Decoded d = chunks.getLast().decode();
    return d == null ? null : d.histograms()[d.histograms().length - 1];
  }

  long newestTime() {
    if (rows.count() > 0) {
      return rows.newestTime();
    }
    return chunks.isEmpty() ? Long.MIN_VALUE : chunks.getLast().maxTime();
  }

  boolean isEmpty() {
    return rows.count() == 0 && chunks.isEmpty();
  }

  /** Returns the memory used, in bytes. */
  long bytes() {
    long b = 64 + rows.memory();
    for (HistogramChunk c : chunks) {
      b += c.memory();
    }
    return b;
  }

  /** Bytes in files. */
  long fileBytes() {
    long b = 0;
    for (HistogramChunk c : chunks) {
      b += c.isFile() ? c.length() : 0;
    }
    return b;
  }

  /** The chunks that could leave memory. */
  List<HistogramChunk> inMemory() {
    return chunks.stream().filter(c -> !c.isFile()).toList();
  }

  /** Replaces a chunk by another, if it is still there. */
  void replace(HistogramChunk old, HistogramChunk by) {
    List<HistogramChunk> all = new ArrayList<>(chunks);
    all.replaceAll(c -> c == old ? by : c);
    chunks = all;
  }

  /** Immutable snapshot for a reader. */
  record View(List<HistogramChunk> chunks, HistogramRows.Copy rows) {
    /** Only when, and as floats: at least one time of each block range that has any. */
    void times(long range, SampleBuffer into) {
      long[] of = new long[HistogramChunk.MOST];
      for (HistogramChunk c : chunks) {
        if (Math.floorDiv(c.minTime(), range) == Math.floorDiv(c.maxTime(), range)) {
          into.add(0, c.minTime(), 0);
        } else {
          c.times(of, into);
        }
      }
      rows.times(range, into);
    }

    void read(long minTime, long maxTime, SampleBuffer into) {
      for (HistogramChunk c : chunks) {
        c.read(minTime, maxTime, into);
      }
      rows.read(minTime, maxTime, into);
    }
  }

  View view() {
    return new View(chunks, rows.copy());
  }

  /**
   * Removes the samples in a closed range.
   *
   * @return bytes of chunks that the remaining samples became, which are in memory
   */
  int remove(long minTime, long maxTime, HistogramChunk.Encoder encoder) {
    List<HistogramChunk> left = new ArrayList<>();
    int waiting = 0;
    for (HistogramChunk c : chunks) {
      boolean outside = c.maxTime() < minTime || c.minTime() > maxTime;
      boolean inside = c.minTime() >= minTime && c.maxTime() <= maxTime;
      HistogramChunk rest = outside ? c : inside ? null : encoder.without(c, minTime, maxTime);
      if (rest != null) {
        left.add(rest);
        waiting += outside ? 0 : rest.length();
      }
    }
    chunks = left;
    if (rows.count() > 0 && rows.newestTime() >= minTime && rows.firstTime() <= maxTime) {
      HistogramRows.Decoded d = rows.rows().decode();
      rows.clear();
      for (int i = 0; i < d.times().length; i++) {
        long t = d.times()[i];
        if (t < minTime || t > maxTime) {
          add(d.starts()[i], t, d.histograms()[i], encoder);
        }
      }
    }
    return waiting;
  }

  /** Forgets samples before a time, as {@link #remove} does. */
  int truncate(long minTime, HistogramChunk.Encoder encoder) {
    return isEmpty() || oldest() >= minTime ? 0 : remove(Long.MIN_VALUE, minTime - 1, encoder);
  }

  long oldest() {
    return chunks.isEmpty() ? rows.firstTime() : chunks.getFirst().minTime();
  }
}
