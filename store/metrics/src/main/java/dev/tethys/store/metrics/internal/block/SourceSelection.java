package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Summaries;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Series from part of the store, in ascending label order, unchanged while open. Thread-safe. */
public interface SourceSelection extends AutoCloseable {
  int size();

  Labels labels(int i);

  /** Same as {@link Selection#groups}. */
  default Selection.@Nullable Groups groups(byte[][] sortedNames, boolean keep) {
    return null;
  }

  /** All labels; they remain valid after this selection is closed. */
  default List<Labels> labels() {
    List<Labels> out = new ArrayList<>(size());
    for (int i = 0; i < size(); i++) {
      out.add(labels(i));
    }
    return out;
  }

  /** Passes an equal label set, so that two parts of the store share one object. */
  default void adopt(int i, Labels same) {}

  /** Whether this is of a downsampled block. */
  default boolean isDownsampled() {
    return false;
  }

  /**
   * Appends the samples of a series in a closed time range to a buffer: an empty one, or where
   * {@link #readsBehind} one of floats without start times.
   */
  void read(int i, long minTime, long maxTime, SampleBuffer into);

  /** Whether samples of a series can be appended after others without inspecting these. */
  default boolean readsBehind(int i) {
    return false;
  }

  /**
   * Variant for callers that only need times: if {@link SampleBuffer#mayBeStale} is not set
   * afterwards, values may be missing.
   */
  default void readTimes(int i, long minTime, long maxTime, SampleBuffer into) {
    read(i, minTime, maxTime, into);
  }

  /**
   * Appends the known summaries of a series' floats in a closed time range and in the buckets at
   * its ends, and its histograms. Samples are summaries, too.
   */
  default void readSummaries(
      int i, long minTime, long maxTime, Summaries into, SampleBuffer histograms) {
    SampleBuffer b = new SampleBuffer();
    read(i, minTime, maxTime, b);
    for (int k = 0; k < b.size; k++) {
      if (b.histograms != null && b.histograms[k] != null) {
        histograms.add(b, k);
        histograms.mayBeStale = true;
      } else if (!Samples.isStale(b.values[k])) {
        into.add(b.timestamps[k], b.values[k]);
      }
    }
  }

  /**
   * A number that two series of this selection share only if they have the same timestamps in the
   * selected range, floats all of them and none a stale marker; 0 if that is unknown.
   */
  default long timesKey(int i) {
    return 0;
  }

  @Override
  void close();
}
