package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import org.jspecify.annotations.Nullable;

/** Series of the head as they were when it was made. Immutable, safe for several threads. */
final class HeadSelection implements SourceSelection {
  private final Labels[] labels;
  private final Series[] series;

  /** What is needed to read one series without the head. */
  record Series(
      int k,
      Stripe.@Nullable View rows,
      @Nullable StartTimes starts,
      HistogramLog.@Nullable View histograms,
      @Nullable SampleBuffer late) {}

  HeadSelection(Labels[] labels, Series[] series) {
    this.labels = labels;
    this.series = series;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Labels labels(int i) {
    return labels[i];
  }

  /** The late samples of a series; null when it has none. */
  @Nullable SampleBuffer late(int i) {
    return series[i].late;
  }

  @Override
  public void read(int i, long minTime, long maxTime, SampleBuffer into) {
    Series s = series[i];
    if (s.histograms == null && s.late == null) {
      floats(s, minTime, maxTime, into);
      return;
    }
    SampleBuffer merged = new SampleBuffer();
    floats(s, minTime, maxTime, merged);
    if (s.histograms != null) {
      SampleBuffer h = new SampleBuffer();
      s.histograms.read(minTime, maxTime, h);
      h.mayBeStale = true;
      SampleBuffer both = new SampleBuffer();
      Merge.merge(merged, h, both);
      merged = both;
    }
    if (s.late != null) {
      SampleBuffer l = new SampleBuffer();
      for (int j = 0; j < s.late.size; j++) {
        long t = s.late.timestamps[j];
        if (t >= minTime && t <= maxTime) {
          long start = s.late.startTimestamps == null ? 0 : s.late.startTimestamps[j];
          var h = s.late.histograms == null ? null : s.late.histograms[j];
          if (h != null) {
            l.add(start, t, h);
          } else {
            l.add(start, t, s.late.values[j]);
          }
        }
      }
      l.mayBeStale = true;
      Merge.merge(merged, l, into);
    } else {
      Merge.append(merged, into);
    }
  }

  private static void floats(Series s, long minTime, long maxTime, SampleBuffer into) {
    if (s.rows == null) {
      return;
    }
    s.rows.read(s.k, minTime, maxTime, into);
    if (s.starts != null) {
      s.starts.fill(into);
    }
  }

  @Override
  public void close() {}
}
