package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StorageException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the result of a foreign store, within the limits of one query: samples in any order, of
 * series in any order and in any number of pieces. Data that does not match, or is outside the
 * range, is omitted, so that a store may return more than requested. Not thread-safe.
 */
public final class SeriesCollector {
  /** Approximate overhead of a series in memory, counted in samples. */
  private static final int SERIES_SAMPLES = 16;

  private final String store;
  private final StoreLimits limits;
  private final SelectHints hints;
  private final List<Matcher> matchers;
  private final Map<Labels, SampleBuffer> found = new HashMap<>();
  private @Nullable Labels last;
  private @Nullable SampleBuffer lastBuffer;
  private long taken;

  /**
   * @param store store name used in error messages
   * @param matchers matchers that series must satisfy
   */
  public SeriesCollector(
      String store, StoreLimits limits, SelectHints hints, List<Matcher> matchers) {
    this.store = store;
    this.limits = limits;
    this.hints = hints;
    this.matchers = List.copyOf(matchers);
  }

  /**
   * Returns the buffer for the samples of a series, or null if it does not meet the matchers.
   * Callers count samples before they add them ({@link #count}).
   *
   * @throws StorageException if the limit of series is exceeded
   */
  public @Nullable SampleBuffer series(Labels labels) {
    return series(labels, SERIES_SAMPLES);
  }

  /** Returns the buffer for the samples of a series that was counted before. */
  @Nullable SampleBuffer counted(Labels labels) {
    return series(labels, 0);
  }

  private @Nullable SampleBuffer series(Labels labels, int samples) {
    if (labels.equals(last)) {
      return lastBuffer;
    }
    last = labels;
    lastBuffer = found.get(labels);
    if (lastBuffer == null) {
      if (!Matcher.matchAll(matchers, labels)) {
        return null;
      }
      count(samples);
      lastBuffer = new SampleBuffer();
      found.put(labels, lastBuffer);
    }
    return lastBuffer;
  }

  /**
   * Adds a float.
   *
   * @param time Unix milliseconds
   * @throws StorageException if there are too many
   */
  public void sample(Labels labels, long time, double value) {
    SampleBuffer b = series(labels);
    if (b != null && time >= hints.minTime() && time <= hints.maxTime()) {
      b.add(0, time, value);
      count(1);
    }
  }

  /**
   * Counts a found series whose buffer is created later ({@link #counted}).
   *
   * @throws StorageException if there are too many
   */
  void countSeries() {
    count(SERIES_SAMPLES);
  }

  /** Counts samples added to a buffer. */
  public void count(long samples) {
    taken += samples;
    if (taken > limits.maxSamples()) {
      throw new StorageException(
          StorageException.Reason.LIMIT,
          "reading from "
              + store
              + ": the answer holds more than "
              + limits.maxSamples()
              + " samples (a series counts as "
              + SERIES_SAMPLES
              + "). Narrow the selector or the range, or raise --query.max-samples");
    }
  }

  /** Returns the collected series, sorted by labels; includes series without samples. */
  public List<StoredSeries> finish() {
    List<StoredSeries> out = new ArrayList<>(found.size());
    found.forEach(
        (labels, buffer) ->
            out.add(StoredSeries.of(labels, buffer, hints.minTime(), hints.maxTime())));
    out.sort((a, b) -> a.labels().compareTo(b.labels()));
    return out;
  }
}
