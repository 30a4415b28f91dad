package dev.tethys.store.metrics;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The selections of several parts as one: series of equal labels are one series, their samples are
 * joined in the order of the parts, of which the first wins where two have a sample at one time.
 */
final class MergedSelection implements Selection {
  private final List<SourceSelection> sources;
  private final long minTime;
  private final long maxTime;
  private final List<String> warnings;

  /** The most sets of timestamps known by their parts. */
  private static final int MAX_KEYS = 1 << 16;

  private final SharedTimes times = new SharedTimes();
  private final Map<Object, Long> idByKey = new ConcurrentHashMap<>();
  private final Labels[] labels;
  private final int[] starts; // of each series in parts; one more entry: the end
  private final long[] parts; // source << 32 | series there

  MergedSelection(
      List<SourceSelection> sources, long minTime, long maxTime, List<String> warnings) {
    this.sources = sources;
    this.minTime = minTime;
    this.maxTime = maxTime;
    this.warnings = warnings;
    if (sources.size() == 1) {
      SourceSelection s = sources.getFirst();
      int n = s.size();
      labels = new Labels[n];
      starts = new int[n + 1];
      parts = new long[n];
      for (int i = 0; i < n; i++) {
        labels[i] = s.labels(i);
        starts[i + 1] = i + 1;
        parts[i] = i;
      }
      return;
    }
    int total = 0;
    for (SourceSelection s : sources) {
      total += s.size();
    }
    parts = new long[total];
    int[] at = new int[sources.size()];
    List<Labels> found = new ArrayList<>();
    int[] begin = new int[total + 1];
    int n = 0;
    while (n < total) {
      Labels least = null;
      for (int k = 0; k < at.length; k++) {
        if (at[k] < sources.get(k).size()) {
          Labels l = sources.get(k).labels(at[k]);
          if (least == null || l.compareTo(least) < 0) {
            least = l;
          }
        }
      }
      if (least == null) {
        break;
      }
      for (int k = 0; k < at.length; k++) {
        if (at[k] < sources.get(k).size() && sources.get(k).labels(at[k]).equals(least)) {
          parts[n++] = (long) k << 32 | at[k]++;
        }
      }
      found.add(least);
      begin[found.size()] = n;
    }
    labels = found.toArray(Labels[]::new);
    starts = Arrays.copyOf(begin, labels.length + 1);
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Labels labels(int series) {
    return labels[series];
  }

  @Override
  public void read(int series, SampleBuffer into) {
    into.clear();
    int from = starts[series];
    int to = starts[series + 1];
    part(from, into);
    for (int p = from + 1; p < to; p++) {
      SampleBuffer next = new SampleBuffer();
      part(p, next);
      SeriesStream.join(into, next);
    }
    if (into.histograms != null) {
      hints(into);
    }
    into.timestampsId = times.id(into);
  }

  /** Says of each histogram what its neighbour before tells about a reset. */
  private static void hints(SampleBuffer b) {
    @Nullable Histogram[] all = b.histograms;
    Histogram before = null;
    for (int i = 0; all != null && i < b.size; i++) {
      Histogram h = all[i];
      if (h != null) {
        all[i] = h.withResetHint(CounterReset.hint(before, h));
        before = h;
      }
    }
  }

  @Override
  public void readTimes(int series, SampleBuffer into) {
    into.clear();
    int from = starts[series];
    int to = starts[series + 1];
    for (int p = from; p < to; p++) {
      SampleBuffer next = p == from ? into : new SampleBuffer();
      sources.get((int) (parts[p] >>> 32)).readTimes((int) parts[p], minTime, maxTime, next);
      if (next.mayBeStale) {
        read(series, into); // a part whose values are there would be joined with one without
        return;
      }
      if (p > from) {
        SeriesStream.join(into, next);
      }
    }
    into.timestampsId = times.id(into);
    if (into.timestampsId != 0) {
      Object key = timesKey(series);
      if (key != null && idByKey.size() < MAX_KEYS) {
        idByKey.put(key, into.timestampsId);
      }
    }
  }

  @Override
  public long timesIdIfNeverStale(int series) {
    Object key = timesKey(series);
    Long id = key == null ? null : idByKey.get(key);
    return id == null ? 0 : id;
  }

  /** What tells the timestamps of a series from its parts' own numbers; null when one has none. */
  private @Nullable Object timesKey(int series) {
    int from = starts[series];
    int to = starts[series + 1];
    if (to - from == 1) {
      int source = (int) (parts[from] >>> 32);
      long k = sources.get(source).timesKey((int) parts[from]);
      return k == 0 ? null : new TimesKey(source, k);
    }
    List<TimesKey> all = new ArrayList<>(to - from);
    for (int p = from; p < to; p++) {
      int source = (int) (parts[p] >>> 32);
      long k = sources.get(source).timesKey((int) parts[p]);
      if (k == 0) {
        return null;
      }
      all.add(new TimesKey(source, k));
    }
    return all;
  }

  private record TimesKey(int source, long key) {}

  private void part(int p, SampleBuffer into) {
    sources.get((int) (parts[p] >>> 32)).read((int) parts[p], minTime, maxTime, into);
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    sources.forEach(SourceSelection::close);
  }
}
