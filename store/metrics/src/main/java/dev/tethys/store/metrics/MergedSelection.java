package dev.tethys.store.metrics;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Merge of the selections of several parts. Series of equal labels are one series; their samples
 * are joined in the order of the parts, and for equal times the first part wins.
 */
final class MergedSelection implements Selection {
  private final List<SourceSelection> sources;
  private final long minTime;
  private final long maxTime;
  private final boolean summaries; // whether the reader understands them
  private final Supplier<Selection> samples; // the same for samples, for series without summaries
  private @Nullable Selection exact;
  private final List<String> warnings;
  private final List<Long> resolutions;
  private final long @Nullable [][] floors; // by source, of each series; null: nothing is hidden

  /** The most sets of timestamps known by their parts. */
  private static final int MAX_KEYS = 1 << 16;

  private final SharedTimes times = new SharedTimes();
  private final Map<TimesKey, Long> idByKey = new ConcurrentHashMap<>();

  /** Some of them by their hash, for lookup without allocation; races only lose some. */
  private @Nullable NumberedTimes @Nullable [] recent;

  /** A power of two. */
  private static final int RECENT = 1024;

  private final int size;
  private final Labels @Nullable [] labels; // null: the only source tells them
  private final int[] starts; // of each series in parts; one more entry: the end
  private final long[] parts; // source << 32 | series there

  /**
   * @param sources the parts
   * @param horizons retention cutoff of each source
   * @param summaries whether the reader understands these
   * @param samples the same as samples; requested at most once, and closed with this
   */
  MergedSelection(
      List<SourceSelection> sources,
      List<RetentionCutoff> horizons,
      long minTime,
      long maxTime,
      boolean summaries,
      Supplier<Selection> samples,
      List<String> warnings,
      List<Long> resolutions) {
    this.sources = sources;
    this.minTime = minTime;
    this.maxTime = maxTime;
    this.summaries = summaries && sources.stream().anyMatch(SourceSelection::isDownsampled);
    this.samples = samples;
    this.warnings = warnings;
    this.resolutions = resolutions;
    if (sources.size() == 1) {
      SourceSelection s = sources.getFirst();
      size = s.size();
      labels = null;
      starts = new int[size + 1];
      parts = new long[size];
      for (int i = 0; i < size; i++) {
        starts[i + 1] = i + 1;
        parts[i] = i;
      }
      floors = floors(horizons);
      return;
    }
    Joining all = new Joining(sources);
    boolean more = true;
    while (more) {
      more = all.one();
    }
    size = all.series;
    labels = size == all.labels.length ? all.labels : Arrays.copyOf(all.labels, size);
    starts = size + 1 == all.starts.length ? all.starts : Arrays.copyOf(all.starts, size + 1);
    parts = all.parts;
    floors = floors(horizons);
  }

  /** Joins the series of sources, which each has in the order of their labels. */
  private static final class Joining {
    Labels[] labels;
    int[] starts;
    final long[] parts;
    int series;
    private final SourceSelection[] sources;
    private final int[] at; // by source: its next series
    private final @Nullable Labels[] next; // their labels; null at the end
    private final int[] least; // the sources that have the least of these
    private int taken;

    Joining(List<SourceSelection> all) {
      sources = all.toArray(SourceSelection[]::new);
      at = new int[sources.length];
      next = new Labels[sources.length];
      least = new int[sources.length];
      int n = 0;
      int most = 0;
      for (int k = 0; k < sources.length; k++) {
        n += sources[k].size();
        most = Math.max(most, sources[k].size());
        step(k, 0);
      }
      labels = new Labels[most]; // mostly all sources have the same series
      parts = new long[n];
      starts = new int[most + 1];
    }

    private void grow() {
      int n = series + (series >>> 1) + 1;
      labels = Arrays.copyOf(labels, n);
      starts = Arrays.copyOf(starts, n + 1);
    }

    private void step(int k, int to) {
      at[k] = to;
      next[k] = to < sources[k].size() ? sources[k].labels(to) : null;
    }

    /** Reads the next series of all sources that contain it; returns false if there is none. */
    boolean one() {
      Labels l = null;
      int n = 0;
      for (int k = 0; k < next.length; k++) {
        Labels mine = next[k];
        if (mine == null) {
          continue;
        }
        int c = l == null ? -1 : mine.compareTo(l);
        if (c < 0) {
          l = mine;
          n = 0;
        }
        if (c <= 0) {
          least[n++] = k;
        }
      }
      if (l == null) {
        return false;
      }
      for (int i = 0; i < n; i++) {
        take(least[i], l);
      }
      if (series == labels.length) {
        grow();
      }
      labels[series++] = l;
      starts[series] = taken;
      return true;
    }

    private void take(int k, Labels l) {
      sources[k].adopt(at[k], l);
      parts[taken++] = (long) k << 32 | at[k];
      step(k, at[k] + 1);
    }
  }

  private long @Nullable [][] floors(List<RetentionCutoff> horizons) {
    long[][] out = new long[horizons.size()][];
    Map<RetentionCutoff, long[]> made = new IdentityHashMap<>();
    for (int k = 0; k < out.length; k++) {
      RetentionCutoff h = horizons.get(k);
      if (h.hidesFrom(minTime)) {
        out[k] = made.computeIfAbsent(h, this::floors);
      }
    }
    return made.isEmpty() ? null : out;
  }

  private long[] floors(RetentionCutoff horizon) {
    long[] out = new long[size];
    for (int i = 0; i < out.length; i++) {
      out[i] = horizon.floor(labels(i));
    }
    return out;
  }

  /** Labels of all series that may be shown; also valid after this was closed. */
  List<Labels> shownLabels() {
    if (floors == null) {
      return labels == null ? sources.getFirst().labels() : List.of(labels);
    }
    List<Labels> out = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      if (shows(i)) {
        out.add(labels(i));
      }
    }
    return out;
  }

  /** Whether part of a series may be shown. */
  boolean shows(int series) {
    for (int p = starts[series]; p < starts[series + 1]; p++) {
      if (from(p, series) <= maxTime) {
        return true;
      }
    }
    return false;
  }

  /** Returns the first millisecond of a series that is shown of one of its parts. */
  private long from(int part, int series) {
    long[] f = floors == null ? null : floors[(int) (parts[part] >>> 32)];
    return f == null ? minTime : Math.max(minTime, f[series]);
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public List<Long> resolutions() {
    return resolutions;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
    return labels == null ? sources.getFirst().groups(sortedNames, keep) : null;
  }

  @Override
  public Labels labels(int series) {
    return labels == null ? sources.getFirst().labels(series) : labels[series];
  }

  @Override
  public void read(int series, SampleBuffer into) {
    into.clear();
    int from = starts[series];
    int to = starts[series + 1];
    if (summaries && isDownsampled(from, to)) {
      readSummaries(series, into);
      return;
    }
    part(from, series, into);
    for (int p = from + 1; p < to; p++) {
      if (into.histograms == null && into.startTimestamps == null && readsBehind(p)) {
        int end = into.size;
        part(p, series, into);
        SeriesStream.join(into, end);
      } else {
        SampleBuffer next = into.spare();
        part(p, series, next);
        SeriesStream.join(into, next);
      }
    }
    if (into.histograms != null) {
      hints(into);
    }
    into.timestampsId = times.id(into);
  }

  /** Sets the reset hint of each histogram from its neighbour before. */
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
    if (summaries && isDownsampled(from, to)) {
      read(series, into);
      return;
    }
    for (int p = from; p < to; p++) {
      SampleBuffer next = p == from ? into : into.spare();
      long min = from(p, series);
      if (min <= maxTime) {
        sources.get((int) (parts[p] >>> 32)).readTimes((int) parts[p], min, maxTime, next);
      }
      if (next.mayBeStale) {
        read(series, into); // a part whose values are there would be joined with one without
        return;
      }
      if (p > from) {
        SeriesStream.join(into, next);
      }
    }
    into.timestampsId = times.id(into);
    if (into.timestampsId != 0 && hasTimesKey(series)) {
      TimesKey key = timesKey(from, to, hash(from, to));
      if (key != null && idByKey.size() < MAX_KEYS) {
        idByKey.put(key, into.timestampsId);
      }
    }
  }

  @Override
  public long timesIdIfNeverStale(int series) {
    if (!hasTimesKey(series)) {
      return 0;
    }
    int from = starts[series];
    int to = starts[series + 1];
    int hash = hash(from, to);
    int place = hash & RECENT - 1;
    @Nullable NumberedTimes[] some = recent;
    NumberedTimes known = some == null ? null : some[place];
    if (known != null && isOf(known.key, from, to)) {
      return known.id;
    }
    TimesKey key = timesKey(from, to, hash);
    Long id = key == null ? null : idByKey.get(key);
    if (key == null || id == null) {
      return 0;
    }
    if (some == null) {
      some = new @Nullable NumberedTimes[RECENT];
      recent = some;
    }
    some[place] = new NumberedTimes(key, id);
    return id;
  }

  /** Whether its parts determine the timestamps of a series by themselves, as far as known. */
  private boolean hasTimesKey(int series) {
    for (int p = starts[series]; p < starts[series + 1]; p++) {
      if (from(p, series) > minTime) {
        return false; // its parts speak of the whole selected range
      }
    }
    return true;
  }

  /**
   * Returns the key of the timestamps of some parts, from the number of each; null if a part has no
   * number.
   */
  private @Nullable TimesKey timesKey(int from, int to, int hash) {
    long[] numbers = new long[2 * (to - from)];
    for (int p = from; p < to; p++) {
      long k = timesKeyOf(p);
      if (k == 0) {
        return null;
      }
      numbers[2 * (p - from)] = parts[p] >>> 32;
      numbers[2 * (p - from) + 1] = k;
    }
    return new TimesKey(numbers, hash);
  }

  private long timesKeyOf(int part) {
    return sources.get((int) (parts[part] >>> 32)).timesKey((int) parts[part]);
  }

  private int hash(int from, int to) {
    long h = 0;
    for (int p = from; p < to; p++) {
      h = (h + timesKeyOf(p) + (parts[p] >>> 32)) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 32;
    }
    return (int) h;
  }

  private boolean isOf(TimesKey key, int from, int to) {
    if (key.numbers.length != 2 * (to - from)) {
      return false;
    }
    for (int p = from; p < to; p++) {
      int i = 2 * (p - from);
      if (key.numbers[i] != parts[p] >>> 32 || key.numbers[i + 1] != timesKeyOf(p)) {
        return false;
      }
    }
    return true;
  }

  /** Numbers of all parts, each preceded by the number of its source; none is 0. */
  private static final class TimesKey {
    private final long[] numbers;
    private final int hash;

    TimesKey(long[] numbers, int hash) {
      this.numbers = numbers;
      this.hash = hash;
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof TimesKey k && Arrays.equals(k.numbers, numbers);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  private record NumberedTimes(TimesKey key, long id) {}

  private boolean readsBehind(int part) {
    return sources.get((int) (parts[part] >>> 32)).readsBehind((int) parts[part]);
  }

  private void part(int p, int series, SampleBuffer into) {
    long min = from(p, series);
    if (min <= maxTime) {
      sources.get((int) (parts[p] >>> 32)).read((int) parts[p], min, maxTime, into);
    }
  }

  private boolean isDownsampled(int from, int to) {
    for (int p = from; p < to; p++) {
      if (sources.get((int) (parts[p] >>> 32)).isDownsampled()) {
        return true;
      }
    }
    return false;
  }

  /** Summaries of all parts; histograms if there are no floats; samples if both exist. */
  private void readSummaries(int series, SampleBuffer into) {
    Summaries all = into.startSummaries();
    Summaries rows = new Summaries();
    for (int p = starts[series]; p < starts[series + 1]; p++) {
      long min = from(p, series);
      if (min > maxTime) {
        continue;
      }
      rows.clear();
      SampleBuffer histograms = into.spare();
      sources
          .get((int) (parts[p] >>> 32))
          .readSummaries((int) parts[p], min, maxTime, rows, histograms);
      if (min > minTime) {
        Summarizer.dropBefore(min, rows);
      }
      Summarizer.join(all, rows);
      SeriesStream.join(into, histograms);
    }
    if (into.size == 0) {
      return;
    }
    boolean both = all.size > 0;
    into.summaries = null;
    if (!both) {
      hints(into);
      into.timestampsId = times.id(into);
      return;
    }
    Selection s = exact();
    int low = 0;
    int high = s.size() - 1;
    while (low <= high) {
      int mid = (low + high) >>> 1;
      int c = s.labels(mid).compareTo(labels(series));
      if (c == 0) {
        s.read(mid, into);
        return;
      }
      if (c < 0) {
        low = mid + 1;
      } else {
        high = mid - 1;
      }
    }
    into.clear();
  }

  private synchronized Selection exact() {
    Selection s = exact;
    if (s == null) {
      s = samples.get();
      exact = s;
    }
    return s;
  }

  @Override
  public synchronized void close() {
    sources.forEach(SourceSelection::close);
    if (exact != null) {
      exact.close();
    }
  }
}
