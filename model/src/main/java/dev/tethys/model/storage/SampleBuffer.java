package dev.tethys.model.storage;

import dev.tethys.model.Histogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one series as columns, reused from series to series. Arrays are longer than {@link
 * #size} and belong to the buffer; a reader that keeps them copies them.
 *
 * <p>Series scraped together share their timestamps. A store marks this with {@link #timestampsId}:
 * two reads with the same id (not 0) returned the same timestamps, so that windows over them are
 * computed once.
 */
public final class SampleBuffer {
  /** Number of samples. */
  public int size;

  /** Unix milliseconds, ascending, distinct. */
  public long[] timestamps = new long[256];

  /** Values; undefined where {@link #histograms} holds a sample. Stale markers are kept. */
  public double[] values = new double[256];

  /**
   * Histogram samples by position, null entries for floats; null if the series has none here. A
   * store that knows the previous sample sets the reset hint: see {@link
   * dev.tethys.model.histogram.CounterReset#hint}.
   */
  public @Nullable Histogram @Nullable [] histograms;

  /** Start timestamps by position, 0 if unknown; null if no sample has one. */
  public long @Nullable [] startTimestamps;

  /** Equal ids mean equal timestamps; 0 means unknown. */
  public long timestampsId;

  /** Whether a value here may be a stale marker; false is a promise. */
  public boolean mayBeStale;

  /**
   * Summaries of all floats, if the reader requested them ({@link Resolution#summaries}) and the
   * store has them; then there are no histograms, and {@link #size} is 0. Null otherwise.
   */
  public @Nullable Summaries summaries;

  private @Nullable Summaries spareSummaries;
  private @Nullable SampleBuffer spare;

  /** An empty buffer for code that fills this one from several; the same each time. */
  public SampleBuffer spare() {
    SampleBuffer s = spare;
    if (s == null) {
      s = new SampleBuffer();
      spare = s;
    }
    s.clear();
    return s;
  }

  /** Starts to hold summaries. */
  public Summaries startSummaries() {
    Summaries s = spareSummaries;
    if (s == null) {
      s = new Summaries();
      spareSummaries = s;
    }
    s.clear();
    summaries = s;
    return s;
  }

  /** Empties the buffer. */
  public void clear() {
    size = 0;
    summaries = null;
    histograms = null;
    startTimestamps = null;
    timestampsId = 0;
    mayBeStale = false;
  }

  /** Ensures a capacity in samples; content up to {@link #size} is kept. */
  public void ensure(int capacity) {
    if (timestamps.length < capacity) {
      int n = Math.max(capacity, timestamps.length * 2);
      timestamps = Arrays.copyOf(timestamps, n);
      values = Arrays.copyOf(values, n);
      if (histograms != null) {
        histograms = Arrays.copyOf(histograms, n);
      }
      if (startTimestamps != null) {
        startTimestamps = Arrays.copyOf(startTimestamps, n);
      }
    }
  }

  /** Appends a float sample. */
  public void add(long startTimestamp, long timestamp, double value) {
    ensure(size + 1);
    timestamps[size] = timestamp;
    values[size] = value;
    if (histograms != null) {
      histograms[size] = null; // a removed one may still be referenced
    }
    if (startTimestamp != 0 || startTimestamps != null) {
      starts()[size] = startTimestamp;
    }
    size++;
  }

  /** Appends a histogram sample. */
  public void add(long startTimestamp, long timestamp, Histogram histogram) {
    ensure(size + 1);
    timestamps[size] = timestamp;
    values[size] = histogram.sum();
    if (histograms == null) {
      histograms = new Histogram[timestamps.length];
    }
    histograms[size] = histogram;
    if (startTimestamp != 0 || startTimestamps != null) {
      starts()[size] = startTimestamp;
    }
    size++;
  }

  /** Appends one sample of another buffer; {@link #mayBeStale} is the caller's. */
  public void add(SampleBuffer from, int i) {
    long start = from.startTimestamps == null ? 0 : from.startTimestamps[i];
    Histogram h = from.histograms == null ? null : from.histograms[i];
    if (h == null) {
      add(start, from.timestamps[i], from.values[i]);
    } else {
      add(start, from.timestamps[i], h);
    }
  }

  private long[] starts() {
    long[] s = startTimestamps;
    if (s == null) {
      s = new long[timestamps.length];
      startTimestamps = s;
    }
    return s;
  }
}
