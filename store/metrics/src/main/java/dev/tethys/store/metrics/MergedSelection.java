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
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The selections of several parts as one: series of equal labels are one series, their samples are
 * joined in the order of the parts, of which the first wins where two have a sample at one time.
 */
final class MergedSelection implements Selection {
  private final List<SourceSelection> sources;
  private final long minTime;
  private final long maxTime;
  private final long @Nullable [] floors; // of each series; null when nothing is hidden

  /** The most sets of timestamps known by their parts. */
  private static final int MAX_KEYS = 1 << 16;

  private final SharedTimes times = new SharedTimes();
  private final Map<Object, Long> idByKey = new ConcurrentHashMap<>();

  /** Buffers for second parts; there are never more than threads that read. */
  private final Queue<SampleBuffer> spare = new ConcurrentLinkedQueue<>();

  private final Labels[] labels;
  private final int[] starts; // of each series in parts; one more entry: the end
  private final long[] parts; // source << 32 | series there

  MergedSelection(List<SourceSelection> sources, long minTime, long maxTime, Horizon horizon) {
    this.sources = sources;
    this.minTime = minTime;
    this.maxTime = maxTime;
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
      floors = floors(horizon);
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
          sources.get(k).adopt(at[k], least);
          parts[n++] = (long) k << 32 | at[k]++;
        }
      }
      found.add(least);
      begin[found.size()] = n;
    }
    labels = found.toArray(Labels[]::new);
    starts = Arrays.copyOf(begin, labels.length + 1);
    floors = floors(horizon);
  }

  private long @Nullable [] floors(Horizon horizon) {
    if (!horizon.hidesFrom(minTime)) {
      return null;
    }
    long[] out = new long[labels.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = horizon.floor(labels[i]);
    }
    return out;
  }

  /** Whether something of a series may be shown. */
  boolean shows(int series) {
    return from(series) <= maxTime;
  }

  /** The first millisecond of a series that is shown. */
  private long from(int series) {
    return floors == null ? minTime : Math.max(minTime, floors[series]);
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
    long min = from(series);
    if (min > maxTime) {
      return;
    }
    part(from, min, into);
    if (to - from > 1) {
      SampleBuffer next = take();
      for (int p = from + 1; p < to; p++) {
        next.clear();
        part(p, min, next);
        SeriesStream.join(into, next);
      }
      spare.offer(next);
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
    long min = from(series);
    if (min > maxTime) {
      return;
    }
    SampleBuffer spareOne = to - from > 1 ? take() : into;
    for (int p = from; p < to; p++) {
      SampleBuffer next = p == from ? into : spareOne;
      next.clear();
      sources.get((int) (parts[p] >>> 32)).readTimes((int) parts[p], min, maxTime, next);
      if (next.mayBeStale) {
        read(series, into); // a part whose values are there would be joined with one without
        return;
      }
      if (p > from) {
        SeriesStream.join(into, next);
      }
    }
    if (to - from > 1) {
      spare.offer(spareOne);
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
    if (from(series) > minTime) {
      return null; // its parts speak of the whole selected range
    }
    int from = starts[series];
    int to = starts[series + 1];
    if (to - from > 2) {
      return manyKeys(from, to);
    }
    long first = timesKeyOf(from);
    if (first == 0) {
      return null;
    }
    int source = (int) (parts[from] >>> 32);
    if (to - from == 1) {
      return new TimesKey(source, first, -1, 0);
    }
    long second = timesKeyOf(from + 1);
    return second == 0 ? null : new TimesKey(source, first, (int) (parts[from + 1] >>> 32), second);
  }

  private long timesKeyOf(int part) {
    return sources.get((int) (parts[part] >>> 32)).timesKey((int) parts[part]);
  }

  private @Nullable Object manyKeys(int from, int to) {
    List<TimesKey> all = new ArrayList<>(to - from);
    for (int p = from; p < to; p++) {
      long k = timesKeyOf(p);
      if (k == 0) {
        return null;
      }
      all.add(new TimesKey((int) (parts[p] >>> 32), k, -1, 0));
    }
    return all;
  }

  /** The numbers of one part, or of two. */
  private record TimesKey(int source, long key, int other, long otherKey) {
    @Override
    public int hashCode() {
      long h = (key * 31 + otherKey) * 0x9E3779B97F4A7C15L + source;
      return (int) (h ^ h >>> 32);
    }
  }

  private SampleBuffer take() {
    SampleBuffer b = spare.poll();
    return b == null ? new SampleBuffer() : b;
  }

  private void part(int p, long min, SampleBuffer into) {
    sources.get((int) (parts[p] >>> 32)).read((int) parts[p], min, maxTime, into);
  }

  @Override
  public void close() {
    sources.forEach(SourceSelection::close);
  }
}
