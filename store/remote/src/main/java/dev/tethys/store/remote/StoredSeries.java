package dev.tethys.store.remote;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A series of another store with its samples of one range, in memory.
 *
 * <p>Invariant: {@code timestamps} ascend, each once.
 */
public final class StoredSeries {
  final Labels labels;
  private final long[] timestamps;
  private final double[] values;
  private final @Nullable Histogram @Nullable [] histograms;

  private StoredSeries(
      Labels labels,
      long[] timestamps,
      double[] values,
      @Nullable Histogram @Nullable [] histograms) {
    this.labels = labels;
    this.timestamps = timestamps;
    this.values = values;
    this.histograms = histograms;
  }

  /** Creates a series from the samples of a buffer within a range, ordered, each time once. */
  public static StoredSeries of(Labels labels, SampleBuffer b, long minTime, long maxTime) {
    SampleBuffer own = inOrder(b) ? b : sorted(b);
    int from = 0;
    while (from < own.size && own.timestamps[from] < minTime) {
      from++;
    }
    int to = own.size;
    while (to > from && own.timestamps[to - 1] > maxTime) {
      to--;
    }
    return new StoredSeries(
        labels,
        Arrays.copyOfRange(own.timestamps, from, to),
        Arrays.copyOfRange(own.values, from, to),
        own.histograms == null ? null : Arrays.copyOfRange(own.histograms, from, to));
  }

  private static boolean inOrder(SampleBuffer b) {
    for (int i = 1; i < b.size; i++) {
      if (b.timestamps[i] <= b.timestamps[i - 1]) {
        return false;
      }
    }
    return true;
  }

  /** Chunks may overlap if samples arrived late: the first sample of two at one time wins. */
  private static SampleBuffer sorted(SampleBuffer b) {
    Integer[] order = new Integer[b.size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (x, y) -> Long.compare(b.timestamps[x], b.timestamps[y]));
    SampleBuffer out = new SampleBuffer();
    for (int i : order) {
      if (out.size == 0 || out.timestamps[out.size - 1] != b.timestamps[i]) {
        Histogram h = b.histograms == null ? null : b.histograms[i];
        if (h == null) {
          out.add(0, b.timestamps[i], b.values[i]);
        } else {
          out.add(0, b.timestamps[i], h.withResetHint(Histogram.ResetHint.UNKNOWN));
        }
      }
    }
    return out;
  }

  /** Copy of the series with other labels. */
  StoredSeries named(Labels other) {
    return new StoredSeries(other, timestamps, values, histograms);
  }

  /** Labels of the series, including the name. */
  public Labels labels() {
    return labels;
  }

  /** Number of samples. */
  public int size() {
    return timestamps.length;
  }

  /** Unix milliseconds of a sample. */
  public long time(int i) {
    return timestamps[i];
  }

  /** The float of a sample; undefined for a histogram. */
  public double value(int i) {
    return values[i];
  }

  /** Appends a sample to a buffer. */
  void copy(int i, SampleBuffer to, boolean alone) {
    Histogram h = histograms == null ? null : histograms[i];
    if (h == null) {
      to.add(0, timestamps[i], values[i]);
      to.mayBeStale |= Samples.isStale(values[i]);
    } else {
      // Between samples of two stores it is unknown whether there was a reset.
      to.add(0, timestamps[i], alone ? h : h.withResetHint(Histogram.ResetHint.UNKNOWN));
      to.mayBeStale |= Samples.isStale(h.sum());
    }
  }
}
