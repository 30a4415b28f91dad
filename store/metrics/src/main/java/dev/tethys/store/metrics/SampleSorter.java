package dev.tethys.store.metrics;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockMeta;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.BlockWriter;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Sorts samples of any order into the order of blocks, with bounded memory. Samples beyond it are
 * written to disk as runs, each a separate block in a temporary folder, and merged when they are
 * read. Of several samples at one time the first that was added is kept.
 *
 * <p>First everything is added, then it is read, any number of times. Not thread-safe. The folder
 * is removed by {@link #close}, or when the database is opened next.
 */
public final class SampleSorter implements AutoCloseable {
  /** Requested ranges start and end at multiples of it: two hours. */
  public static final long GRANULE_MILLIS = 7_200_000;

  private static final String RUN_ID = "00000000000000000000000000";

  /** Overhead of a series without its samples: map entry, arrays, labels' header. */
  private static final int SERIES_BYTES = 400;

  private final FileAccess files;
  private final Path folder;
  private final long maxHeldBytes;
  private final Map<Labels, Column> held = new HashMap<>();
  private final List<BlockReader> runs = new ArrayList<>();
  private final TreeSet<Long> granules = new TreeSet<>();
  private long granule = Long.MIN_VALUE;
  private Labels lastLabels = Labels.EMPTY;
  private @Nullable Column last;
  private long heldBytes;
  private long samples;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;

  SampleSorter(FileAccess files, Path folder, long maxHeldBytes) {
    this.files = files;
    this.folder = folder;
    this.maxHeldBytes = maxHeldBytes;
  }

  /** Takes the series of a range one after another. */
  @FunctionalInterface
  public interface Sink {
    /** Adds samples; the buffer is reused after the call. */
    void series(Labels labels, SampleBuffer samples);
  }

  /** The samples of one series as they came. */
  private static final class Column {
    private long[] times = new long[8];
    private double[] values = new double[8];
    private long @Nullable [] starts;
    private @Nullable Histogram @Nullable [] histograms;
    private int size;
    private boolean ascending = true;

    void add(long start, long t, double v, @Nullable Histogram h) {
      if (size == times.length) {
        int n = size * 2;
        times = Arrays.copyOf(times, n);
        values = Arrays.copyOf(values, n);
        starts = starts == null ? null : Arrays.copyOf(starts, n);
        histograms = histograms == null ? null : Arrays.copyOf(histograms, n);
      }
      if (start != 0 && starts == null) {
        starts = new long[times.length];
      }
      if (h != null && histograms == null) {
        histograms = new Histogram[times.length];
      }
      ascending &= size == 0 || times[size - 1] < t;
      times[size] = t;
      values[size] = v;
      if (starts != null) {
        starts[size] = start;
      }
      if (histograms != null) {
        histograms[size] = h;
      }
      size++;
    }

    void copyTo(SampleBuffer into) {
      into.clear();
      if (ascending) {
        for (int i = 0; i < size; i++) {
          copy(i, into);
        }
        return;
      }
      int[] order = order();
      for (int i = 0; i < size; i++) {
        if (i == 0 || times[order[i]] != times[order[i - 1]]) {
          copy(order[i], into);
        }
      }
    }

    /** Positions by time; of equal times the first to come is first. */
    private int[] order() {
      long min = Long.MAX_VALUE;
      long max = Long.MIN_VALUE;
      for (int i = 0; i < size; i++) {
        min = Math.min(min, times[i]);
        max = Math.max(max, times[i]);
      }
      int[] out = new int[size];
      int bits = Integer.SIZE - Integer.numberOfLeadingZeros(size);
      if (max - min >= 0 && max - min < Long.MAX_VALUE >>> bits) {
        // Time and position in one number: sorted without objects.
        long[] keys = new long[size];
        for (int i = 0; i < size; i++) {
          keys[i] = times[i] - min << bits | i;
        }
        Arrays.sort(keys);
        for (int i = 0; i < size; i++) {
          out[i] = (int) keys[i] & (1 << bits) - 1;
        }
        return out;
      }
      Integer[] boxed = new Integer[size];
      Arrays.setAll(boxed, i -> i);
      Arrays.sort(boxed, Comparator.comparing((Integer i) -> times[i]).thenComparing(i -> i));
      Arrays.setAll(out, i -> boxed[i]);
      return out;
    }

    private void copy(int i, SampleBuffer into) {
      long start = starts == null ? 0 : starts[i];
      Histogram h = histograms == null ? null : histograms[i];
      if (h != null) {
        into.add(start, times[i], h);
      } else {
        into.add(start, times[i], values[i]);
      }
    }
  }

  /** Adds a float sample; {@code startTimestamp} 0 if unknown. */
  public void add(Labels labels, long startTimestamp, long timestamp, double value) {
    column(labels).add(startTimestamp, timestamp, value, null);
    added(timestamp, startTimestamp == 0 ? 16 : 24);
  }

  /** Adds a histogram sample; {@code startTimestamp} 0 if unknown. */
  public void add(Labels labels, long startTimestamp, long timestamp, Histogram histogram) {
    column(labels).add(startTimestamp, timestamp, histogram.sum(), histogram);
    added(timestamp, 160 + 8L * (histogram.positive().length + histogram.negative().length) + 64);
  }

  /** Adds samples of one series, in any order. */
  public void add(Labels labels, SampleBuffer b) {
    if (b.size == 0) {
      return;
    }
    for (int i = 0; i < b.size; i++) {
      long start = b.startTimestamps == null ? 0 : b.startTimestamps[i];
      Histogram h = b.histograms == null ? null : b.histograms[i];
      if (h != null) {
        add(labels, start, b.timestamps[i], h);
      } else {
        add(labels, start, b.timestamps[i], b.values[i]);
      }
    }
  }

  private Column column(Labels labels) {
    // Most sources give several samples of a series one after another.
    if (labels == lastLabels && last != null) {
      return last;
    }
    Column c = held.get(labels);
    if (c == null) {
      if (heldBytes >= maxHeldBytes) {
        spill();
      }
      c = new Column();
      held.put(labels, c);
      heldBytes += SERIES_BYTES + labels.canonicalBytes().length;
    }
    lastLabels = labels;
    last = c;
    return c;
  }

  private void added(long t, long bytes) {
    samples++;
    minTime = Math.min(minTime, t);
    maxTime = Math.max(maxTime, t);
    long g = Math.floorDiv(t, GRANULE_MILLIS);
    if (g != granule) {
      granule = g;
      granules.add(g);
    }
    // Arrays double in size: up to twice the used memory is held.
    heldBytes += bytes * 3 / 2;
    if (heldBytes >= 2 * maxHeldBytes) {
      spill();
    }
  }

  /** Returns the number of samples added. */
  public long samples() {
    return samples;
  }

  /** Returns the oldest time; {@link Long#MAX_VALUE} if there is none. */
  public long minTime() {
    return minTime;
  }

  /** Returns the newest time; {@link Long#MIN_VALUE} if there is none. */
  public long maxTime() {
    return maxTime;
  }

  /**
   * Beginnings of the ranges that hold samples, ascending.
   *
   * @param millis their length, a multiple of {@link #GRANULE_MILLIS}
   */
  public List<Long> ranges(long millis) {
    TreeSet<Long> out = new TreeSet<>();
    for (long g : granules) {
      out.add(Math.floorDiv(g * GRANULE_MILLIS, millis) * millis);
    }
    return List.copyOf(out);
  }

  private void spill() {
    if (held.isEmpty()) {
      return;
    }
    last = null;
    List<Labels> order = new ArrayList<>(held.keySet());
    order.sort(null);
    Path run = folder.resolve("run-" + runs.size());
    try {
      files.createDirectories(folder);
      try (BlockWriter w = new BlockWriter(files, run)) {
        SampleBuffer b = new SampleBuffer();
        for (Labels l : order) {
          Column c = held.remove(l);
          if (c != null) {
            c.copyTo(b);
            w.add(l, b);
          }
        }
        w.finish(BlockMeta.draft(RUN_ID, minTime, maxTime + 1, 1, false, List.of(), List.of()));
      }
      runs.add(new BlockReader(files, run));
    } catch (IOException e) {
      throw unavailable(e);
    }
    heldBytes = 0;
  }

  private StorageException unavailable(IOException e) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "cannot sort samples in " + folder + ": " + e.getMessage(),
        e);
  }

  /**
   * Gives the series that have samples in a closed time range, ascending by labels, with these
   * samples, ascending by time.
   */
  public void read(long from, long to, Sink sink) {
    spill();
    List<SourceSelection> sources = new ArrayList<>();
    try {
      for (BlockReader r : runs) {
        sources.add(r.everything());
      }
      SeriesStream s = new SeriesStream(sources, from, to);
      SampleBuffer b = new SampleBuffer();
      while (s.next()) {
        s.read(b);
        if (b.size > 0) {
          sink.series(s.labels(), b);
        }
      }
    } finally {
      sources.forEach(SourceSelection::close);
    }
  }

  @Override
  public void close() {
    held.clear();
    runs.forEach(r -> r.retire(() -> {}));
    runs.clear();
    try {
      files.delete(folder);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }
}
