package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.head.Merge;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The series of several parts, one after another, ascending by labels: how blocks are written,
 * however many series there are. Joins samples as {@link MergedSelection} does.
 */
final class SeriesStream {
  private final List<SourceSelection> sources;
  private final long minTime;
  private final long maxTime;
  private final RetentionCutoff horizon;
  private final int[] at;
  private final @Nullable Labels[] heads;
  private final boolean[] current;
  private Labels labels = Labels.EMPTY;
  private SampleBuffer part = new SampleBuffer();
  private final @Nullable Summarizer summarizer;
  private final Summaries rows = new Summaries();
  private final Summaries joined = new Summaries();

  SeriesStream(List<SourceSelection> sources, long minTime, long maxTime) {
    this(sources, minTime, maxTime, RetentionCutoff.NONE);
  }

  /** Creates a stream without samples before the retention cutoff. */
  SeriesStream(List<SourceSelection> sources, long minTime, long maxTime, RetentionCutoff horizon) {
    this(sources, minTime, maxTime, horizon, null);
  }

  /**
   * Creates a stream of summaries.
   *
   * @param summarizer null for samples
   */
  SeriesStream(
      List<SourceSelection> sources,
      long minTime,
      long maxTime,
      RetentionCutoff horizon,
      @Nullable Summarizer summarizer) {
    this.summarizer = summarizer;
    this.horizon = horizon;
    this.sources = sources;
    this.minTime = minTime;
    this.maxTime = maxTime;
    at = new int[sources.size()];
    heads = new Labels[sources.size()];
    current = new boolean[sources.size()];
    for (int k = 0; k < at.length; k++) {
      at[k] = -1;
      advance(k);
    }
  }

  private void advance(int k) {
    at[k]++;
    heads[k] = at[k] < sources.get(k).size() ? sources.get(k).labels(at[k]) : null;
  }

  /** Advances to the next series; false at the end. */
  boolean next() {
    for (int k = 0; k < at.length; k++) {
      if (current[k]) {
        current[k] = false;
        advance(k);
      }
    }
    Labels least = null;
    for (Labels l : heads) {
      if (l != null && (least == null || l.compareTo(least) < 0)) {
        least = l;
      }
    }
    if (least == null) {
      return false;
    }
    for (int k = 0; k < at.length; k++) {
      current[k] = least.equals(heads[k]);
    }
    labels = least;
    return true;
  }

  Labels labels() {
    return labels;
  }

  /** Replaces the content of a buffer by the samples of this series. */
  void read(SampleBuffer into) {
    into.clear();
    long min = horizon.hidesFrom(minTime) ? Math.max(minTime, horizon.floor(labels)) : minTime;
    if (summarizer != null) {
      summarize(summarizer, min, into);
      return;
    }
    for (int k = 0; k < at.length && min <= maxTime; k++) {
      if (current[k]) {
        part.clear();
        sources.get(k).read(at[k], min, maxTime, part);
        join(into, part);
      }
    }
  }

  private void summarize(Summarizer s, long min, SampleBuffer into) {
    joined.clear();
    for (int k = 0; k < at.length && min <= maxTime; k++) {
      if (current[k]) {
        part.clear();
        rows.clear();
        sources.get(k).readSummaries(at[k], min, maxTime, rows, part);
        if (min > minTime) {
          Summarizer.dropBefore(min, rows);
        }
        Summarizer.join(joined, rows);
        join(into, part);
      }
    }
    s.append(joined, into.startSummaries());
  }

  /**
   * Adds the samples of a further part; where both have one at a time, the earlier part's stays.
   */
  static void join(SampleBuffer into, SampleBuffer next) {
    if (next.size == 0) {
      return;
    }
    if (into.size == 0 || into.timestamps[into.size - 1] < next.timestamps[0]) {
      Merge.append(next, into);
    } else {
      SampleBuffer both = new SampleBuffer();
      Merge.merge(into, next, both);
      into.clear();
      Merge.append(both, into);
    }
  }

  /**
   * Variant for a neighbour that follows: from a place on.
   *
   * @param b points, of which those before the position are floats
   */
  static void join(SampleBuffer b, int place) {
    if (place == 0 || b.size == place || b.timestamps[place - 1] < b.timestamps[place]) {
      return;
    }
    SampleBuffer before = new SampleBuffer();
    SampleBuffer behind = new SampleBuffer();
    for (int i = 0; i < b.size; i++) {
      (i < place ? before : behind).add(b, i);
    }
    before.mayBeStale = b.mayBeStale;
    b.clear();
    Merge.merge(before, behind, b);
  }
}
