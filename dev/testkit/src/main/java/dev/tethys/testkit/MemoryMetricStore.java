package dev.tethys.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A metric store as simple as a correct one can be: sorted maps under one lock. For tests of
 * everything that reads or writes metrics, and as the oracle of real stores.
 *
 * <p>Rules: a sample of any age is accepted unless an out-of-order window was set; the same value
 * at the same time is accepted silently, another value is {@code DUPLICATE_TIMESTAMP}; with a
 * window of w, a sample older than its series' newest is {@code OUT_OF_ORDER} if w is 0 and {@code
 * TOO_OLD} if it is more than w older than the store's newest.
 *
 * <p>Invariant: {@link #series} holds only committed data; everything is guarded by {@code this}.
 */
public final class MemoryMetricStore implements MetricStore, MetricSource {
  private record Sample(long start, long time, double value, @Nullable Histogram histogram) {
    boolean sameAs(Sample o) {
      return histogram == null
          ? o.histogram == null
              && Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(o.value)
          : histogram.equals(o.histogram);
    }
  }

  private static final class Series {
    final Labels labels;
    final TreeMap<Long, Sample> samples = new TreeMap<>();
    final List<Exemplar> exemplars = new ArrayList<>();

    Series(Labels labels) {
      this.labels = labels;
    }

    boolean within(long minTime, long maxTime) {
      Long t = samples.ceilingKey(minTime);
      return t != null && t <= maxTime;
    }
  }

  private final long outOfOrderWindow;

  @GuardedBy("this")
  private final List<Series> byReference = new ArrayList<>();

  @GuardedBy("this")
  private final Map<Labels, Integer> references = new HashMap<>();

  @GuardedBy("this")
  private final TreeMap<Labels, Series> series = new TreeMap<>();

  @GuardedBy("this")
  private final TreeMap<String, MetricMetadata> metadata = new TreeMap<>();

  private final ChangeLog changes = new ChangeLog();

  @GuardedBy("this")
  private long maxTime = Long.MIN_VALUE;

  @GuardedBy("this")
  private long maxSeries = Long.MAX_VALUE;

  @GuardedBy("this")
  private @Nullable StorageException failCommit;

  @GuardedBy("this")
  private @Nullable Error failCommitBadly;

  @GuardedBy("this")
  private @Nullable String missing;

  @GuardedBy("this")
  private int commits;

  /** Creates a store that accepts samples of any age. */
  public MemoryMetricStore() {
    this(Long.MAX_VALUE);
  }

  /**
   * Creates a store with an out-of-order window in milliseconds; 0 rejects all out-of-order
   * samples.
   */
  public MemoryMetricStore(long outOfOrderWindow) {
    this.outOfOrderWindow = outOfOrderWindow;
  }

  /** Series beyond this number are {@code LIMIT} errors. */
  public synchronized MemoryMetricStore limitSeries(long max) {
    maxSeries = max;
    return this;
  }

  /** Makes the next commit fail with an error, such as running out of memory. */
  public synchronized void failNextCommit(Error e) {
    failCommitBadly = e;
  }

  /** Makes the next commit fail with this. */
  public synchronized void failNextCommit(StorageException e) {
    failCommit = e;
  }

  /** Returns the number of committed batches. */
  public synchronized int commits() {
    return commits;
  }

  /** Returns the metadata of metric families by name. */
  public synchronized Map<String, MetricMetadata> metadata() {
    return new TreeMap<>(metadata);
  }

  /** Returns all samples, one per line: {@code labels start@time value}. For assertions. */
  public synchronized List<String> dump() {
    List<String> out = new ArrayList<>();
    for (Series s : series.values()) {
      for (Sample x : s.samples.values()) {
        out.add(
            s.labels.toSeriesString()
                + " "
                + (x.start == 0 ? "" : x.start)
                + "@"
                + x.time
                + " "
                + (x.histogram != null
                    ? x.histogram.isStale() ? "stale histogram" : text(x.histogram)
                    : Samples.isStale(x.value) ? "stale" : Double.toString(x.value)));
      }
    }
    return out;
  }

  private static String text(Histogram h) {
    return "{schema:"
        + h.schema()
        + " count:"
        + h.count()
        + " sum:"
        + h.sum()
        + " z:"
        + h.zeroCount()
        + " pos:"
        + java.util.Arrays.toString(h.positiveSpans())
        + java.util.Arrays.toString(h.positive())
        + " neg:"
        + java.util.Arrays.toString(h.negativeSpans())
        + java.util.Arrays.toString(h.negative())
        + (h.customBounds() == null ? "" : " bounds:" + java.util.Arrays.toString(h.customBounds()))
        + (h.resetHint() == Histogram.ResetHint.UNKNOWN ? "" : " " + h.resetHint())
        + "}";
  }

  @Override
  public Appender appender() {
    return new Batch();
  }

  private final class Batch implements Appender {
    private final TreeMap<Long, TreeMap<Long, Sample>> samples = new TreeMap<>();
    private final TreeMap<Long, List<Exemplar>> exemplars = new TreeMap<>();
    private final Map<String, MetricMetadata> families = new HashMap<>();
    private boolean done;

    @Override
    public long series(Labels labels) {
      if (labels.isEmpty()) {
        throw new StorageException(
            StorageException.Reason.INVALID, "a series must have at least one label");
      }
      synchronized (MemoryMetricStore.this) {
        Integer known = references.get(labels);
        if (known != null) {
          return known;
        }
        if (byReference.size() >= maxSeries) {
          throw new StorageException(
              StorageException.Reason.LIMIT, "the limit of " + maxSeries + " series is reached");
        }
        byReference.add(new Series(labels));
        references.put(labels, byReference.size());
        return byReference.size();
      }
    }

    @Override
    public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
      return series(decoder.decode(buf, offset, length));
    }

    @Override
    public @Nullable Labels labels(long series) {
      synchronized (MemoryMetricStore.this) {
        Series s = find(series);
        return s == null ? null : s.labels;
      }
    }

    @Override
    public Outcome append(long series, long startTimestamp, long timestamp, double value) {
      return append(series, new Sample(startTimestamp, timestamp, value, null));
    }

    @Override
    public Outcome append(long series, long startTimestamp, long timestamp, Histogram histogram) {
      if (HistogramCheck.problem(histogram) != null) {
        return Outcome.INVALID_HISTOGRAM;
      }
      return append(series, new Sample(startTimestamp, timestamp, histogram.sum(), histogram));
    }

    private Outcome append(long ref, Sample x) {
      synchronized (MemoryMetricStore.this) {
        Series s = find(ref);
        if (s == null) {
          return Outcome.UNKNOWN_SERIES;
        }
        TreeMap<Long, Sample> mine = samples.computeIfAbsent(ref, k -> new TreeMap<>());
        Sample there = mine.get(x.time);
        if (there == null) {
          there = s.samples.get(x.time);
        }
        if (there != null) {
          return there.sameAs(x) ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
        }
        long newest =
            Math.max(
                mine.isEmpty() ? Long.MIN_VALUE : mine.lastKey(),
                s.samples.isEmpty() ? Long.MIN_VALUE : s.samples.lastKey());
        if (x.time < newest && outOfOrderWindow != Long.MAX_VALUE) {
          if (outOfOrderWindow == 0) {
            return Outcome.OUT_OF_ORDER;
          }
          if (x.time < Math.max(maxTime, newest) - outOfOrderWindow) {
            return Outcome.TOO_OLD;
          }
        }
        mine.put(x.time, x);
        return Outcome.OK;
      }
    }

    @GuardedBy("MemoryMetricStore.this")
    private @Nullable Series find(long ref) {
      return ref <= 0 || ref > byReference.size() ? null : byReference.get((int) ref - 1);
    }

    @Override
    public Outcome append(long series, Exemplar exemplar) {
      synchronized (MemoryMetricStore.this) {
        Series s = find(series);
        if (s == null) {
          return Outcome.UNKNOWN_SERIES;
        }
        List<Exemplar> mine = exemplars.computeIfAbsent(series, k -> new ArrayList<>());
        Exemplar newest =
            !mine.isEmpty() ? mine.getLast() : s.exemplars.isEmpty() ? null : s.exemplars.getLast();
        if (newest != null) {
          if (newest.equals(exemplar)) {
            return Outcome.OK;
          }
          if (exemplar.timestamp() < newest.timestamp()) {
            return Outcome.OUT_OF_ORDER;
          }
          if (exemplar.timestamp() == newest.timestamp() && exemplar.value() <= newest.value()) {
            return Outcome.DUPLICATE_TIMESTAMP;
          }
        }
        mine.add(exemplar);
        return Outcome.OK;
      }
    }

    @Override
    public void metadata(String metricName, MetricMetadata m) {
      families.put(metricName, m);
    }

    @Override
    public void commit() {
      synchronized (MemoryMetricStore.this) {
        if (done) {
          throw new IllegalStateException("the batch is finished");
        }
        Error bad = failCommitBadly;
        failCommitBadly = null;
        if (bad != null) {
          throw bad;
        }
        StorageException e = failCommit;
        failCommit = null;
        if (e != null) {
          throw e;
        }
        done = true;
        commits++;
        samples.forEach(
            (ref, added) -> {
              if (!added.isEmpty()) {
                Series s = byReference.get((int) (ref - 1));
                series.putIfAbsent(s.labels, s);
                added.forEach(s.samples::putIfAbsent);
                added.keySet().forEach(changes::note);
                maxTime = Math.max(maxTime, added.lastKey());
              }
            });
        exemplars.forEach((ref, added) -> byReference.get((int) (ref - 1)).exemplars.addAll(added));
        metadata.putAll(families);
      }
    }

    @Override
    public void close() {
      samples.clear();
      exemplars.clear();
      families.clear();
      done = true;
    }
  }

  @GuardedBy("this")
  private List<Series> matching(long minTime, long maxTime, List<Matcher> matchers) {
    return series.values().stream()
        .filter(s -> Matcher.matchAll(matchers, s.labels))
        .filter(s -> s.within(minTime, maxTime))
        .toList();
  }

  @Override
  public MetricSource within(Scope scope) {
    return RestrictedSource.of(this, scope);
  }

  @Override
  public synchronized Selection select(SelectHints hints, List<Matcher> matchers) {
    record Column(Labels labels, List<Sample> samples, @Nullable Histogram before) {}
    List<Column> columns =
        matching(hints.minTime(), hints.maxTime(), matchers).stream()
            .map(
                s ->
                    new Column(
                        s.labels,
                        List.copyOf(
                            s.samples
                                .subMap(hints.minTime(), true, hints.maxTime(), true)
                                .values()),
                        before(s, hints.minTime())))
            .toList();
    return new Selection() {
      @Override
      public int size() {
        return columns.size();
      }

      @Override
      public Labels labels(int i) {
        return columns.get(i).labels;
      }

      @Override
      public void read(int i, SampleBuffer into) {
        into.clear();
        Histogram previous = columns.get(i).before;
        for (Sample s : columns.get(i).samples) {
          if (s.histogram == null) {
            previous = null;
            into.add(s.start, s.time, s.value);
            into.mayBeStale |= Samples.isStale(s.value);
          } else {
            into.add(
                s.start,
                s.time,
                s.histogram.withResetHint(CounterReset.hint(previous, s.histogram)));
            previous = s.histogram;
            into.mayBeStale |= s.histogram.isStale();
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  private static @Nullable Histogram before(Series s, long time) {
    Map.Entry<Long, Sample> e = s.samples.lowerEntry(time);
    return e == null ? null : e.getValue().histogram;
  }

  @Override
  public long changeMark() {
    return changes.mark();
  }

  @Override
  public TimeRanges changedSince(long mark) {
    return changes.since(mark);
  }

  @Override
  public synchronized LabelResult labelNames(
      long minTime, long maxTime, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>();
    matching(minTime, maxTime, matchers).forEach(s -> out.addAll(s.labels.toMap().keySet()));
    return limited(out, limit);
  }

  @Override
  public synchronized LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>();
    matching(minTime, maxTime, matchers)
        .forEach(s -> Optional.ofNullable(s.labels.getOrNull(name)).ifPresent(out::add));
    return limited(out, limit);
  }

  private static LabelResult limited(TreeSet<String> all, int limit) {
    return limit > 0 && all.size() > limit
        ? new LabelResult(
            all.stream().limit(limit).toList(), List.of("results truncated due to limit"))
        : new LabelResult(List.copyOf(all), List.of());
  }

  @GuardedBy("this")
  private List<Series> matchingAny(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, boolean evenWithoutSamples) {
    return series.values().stream()
        .filter(s -> matcherSets.stream().anyMatch(set -> Matcher.matchAll(set, s.labels)))
        .filter(s -> evenWithoutSamples || s.within(minTime, maxTime))
        .toList();
  }

  /** Sets a warning for readers of series and exemplars; returns null if none. */
  public synchronized void missing(@Nullable String warning) {
    missing = warning;
  }

  @Override
  public synchronized List<Labels> series(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      int limit,
      Consumer<String> warnings) {
    if (missing != null) {
      warnings.accept(missing);
    }
    return series(minTime, maxTime, matcherSets, limit);
  }

  @Override
  public synchronized List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
    if (missing != null) {
      warnings.accept(missing);
    }
    return exemplars(minTime, maxTime, matcherSets);
  }

  @Override
  public synchronized List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    return matchingAny(minTime, maxTime, matcherSets, false).stream()
        .map(s -> s.labels)
        .limit(limit == 0 ? Long.MAX_VALUE : limit)
        .toList();
  }

  @Override
  public synchronized List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    List<SeriesExemplars> out = new ArrayList<>();
    for (Series s : matchingAny(minTime, maxTime, matcherSets, true)) {
      List<Exemplar> in =
          s.exemplars.stream()
              .filter(e -> e.timestamp() >= minTime && e.timestamp() <= maxTime)
              .toList();
      if (!in.isEmpty()) {
        out.add(new SeriesExemplars(s.labels, in));
      }
    }
    return out;
  }

  @Override
  public synchronized void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    for (Series s : matchingAny(minTime, maxTime, matcherSets, false)) {
      s.samples.subMap(minTime, true, maxTime, true).clear();
    }
    changes.note(minTime, maxTime);
  }

  @Override
  public void close() {}
}
