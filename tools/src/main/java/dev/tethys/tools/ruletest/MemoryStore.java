package dev.tethys.tools.ruletest;

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
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * In-memory metric store for one test or one replay: columns that only grow.
 *
 * <p>Invariants: samples of a series ascend by time, so others are rejected as by a server without
 * an out-of-order window; a batch is visible immediately, because its writer is also its reader; at
 * most {@link #MAX_SAMPLES} samples are held; everything is guarded by {@code this}.
 */
public final class MemoryStore implements MetricStore, MetricSource {
  /** Maximum number of samples: several gigabytes, more than any test has. */
  static final long MAX_SAMPLES = 200_000_000;

  private static final class Series {
    final Labels labels;
    int size;
    long[] times = new long[8];
    double[] values = new double[8];
    @Nullable Histogram @Nullable [] histograms;

    Series(Labels labels) {
      this.labels = labels;
    }

    void add(long time, double value, @Nullable Histogram h) {
      if (size == times.length) {
        int n = size * 2;
        times = Arrays.copyOf(times, n);
        values = Arrays.copyOf(values, n);
        if (histograms != null) {
          histograms = Arrays.copyOf(histograms, n);
        }
      }
      if (h != null && histograms == null) {
        histograms = new Histogram[times.length];
      }
      times[size] = time;
      values[size] = value;
      if (histograms != null) {
        histograms[size] = h;
      }
      size++;
    }

    @Nullable Histogram histogram(int i) {
      return histograms == null ? null : histograms[i];
    }

    /** The first position at or after a time. */
    int at(long time) {
      int i = Arrays.binarySearch(times, 0, size, time);
      return i >= 0 ? i : -i - 1;
    }

    boolean within(long minTime, long maxTime) {
      int i = at(minTime);
      return i < size && times[i] <= maxTime;
    }
  }

  @GuardedBy("this")
  private final List<Series> byReference = new ArrayList<>();

  @GuardedBy("this")
  private final Map<Labels, Integer> references = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, List<Series>> byName = new HashMap<>();

  @GuardedBy("this")
  private long samples;

  @Override
  public Appender appender() {
    return new Batch();
  }

  private final class Batch implements Appender {
    @Override
    public long series(Labels labels) {
      if (labels.isEmpty()) {
        throw new StorageException(
            StorageException.Reason.INVALID, "a series must have at least one label");
      }
      synchronized (MemoryStore.this) {
        Integer known = references.get(labels);
        if (known != null) {
          return known;
        }
        Series s = new Series(labels);
        byReference.add(s);
        byName.computeIfAbsent(labels.metricName(), k -> new ArrayList<>()).add(s);
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
      synchronized (MemoryStore.this) {
        return series <= 0 || series > byReference.size()
            ? null
            : byReference.get((int) series - 1).labels;
      }
    }

    @Override
    public Outcome append(long series, long startTimestamp, long timestamp, double value) {
      return add(series, timestamp, value, null);
    }

    @Override
    public Outcome append(long series, long startTimestamp, long timestamp, Histogram h) {
      return HistogramCheck.problem(h) == null
          ? add(series, timestamp, h.sum(), h)
          : Outcome.INVALID_HISTOGRAM;
    }

    private Outcome add(long reference, long time, double value, @Nullable Histogram h) {
      synchronized (MemoryStore.this) {
        if (reference <= 0 || reference > byReference.size()) {
          return Outcome.UNKNOWN_SERIES;
        }
        Series s = byReference.get((int) reference - 1);
        if (s.size > 0 && time <= s.times[s.size - 1]) {
          return repeated(s, time, value, h);
        }
        if (samples == MAX_SAMPLES) {
          throw new StorageException(
              StorageException.Reason.LIMIT, "more than " + MAX_SAMPLES + " samples");
        }
        s.add(time, value, h);
        samples++;
        return Outcome.OK;
      }
    }

    private static Outcome repeated(Series s, long time, double value, @Nullable Histogram h) {
      int last = s.size - 1;
      if (time < s.times[last]) {
        return Outcome.OUT_OF_ORDER;
      }
      Histogram there = s.histogram(last);
      boolean same =
          h == null
              ? there == null
                  && Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(s.values[last])
              : h.equals(there);
      return same ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
    }

    @Override
    public Outcome append(long series, Exemplar exemplar) {
      return Outcome.OK; // exemplars are never read here
    }

    @Override
    public void metadata(String metricName, MetricMetadata metadata) {
      // never read here
    }

    @Override
    public void commit() {
      // seen already
    }

    @Override
    public void close() {
      // nothing is delayed
    }
  }

  @GuardedBy("this")
  private List<Series> matching(long minTime, long maxTime, List<Matcher> matchers) {
    List<Series> from = byReference;
    for (Matcher m : matchers) {
      if (m.name().equals(Labels.METRIC_NAME)
          && m.type() == Matcher.Type.EQUAL
          && !m.value().isEmpty()) {
        from = byName.getOrDefault(m.value(), List.of());
      }
    }
    return from.stream()
        .filter(s -> s.within(minTime, maxTime))
        .filter(s -> Matcher.matchAll(matchers, s.labels))
        .sorted(Comparator.comparing(s -> s.labels))
        .toList();
  }

  @Override
  public MetricSource within(Scope scope) {
    return RestrictedSource.of(this, scope);
  }

  @Override
  public synchronized Selection select(SelectHints hints, List<Matcher> matchers) {
    List<Series> found = matching(hints.minTime(), hints.maxTime(), matchers);
    return new Selection() {
      @Override
      public int size() {
        return found.size();
      }

      @Override
      public Labels labels(int series) {
        return found.get(series).labels;
      }

      @Override
      public void read(int series, SampleBuffer into) {
        synchronized (MemoryStore.this) {
          MemoryStore.read(found.get(series), hints, into);
        }
      }

      @Override
      public void close() {
        // nothing is held
      }
    };
  }

  private static void read(Series s, SelectHints hints, SampleBuffer into) {
    into.clear();
    int i = s.at(hints.minTime());
    Histogram before = i == 0 ? null : s.histogram(i - 1);
    for (; i < s.size && s.times[i] <= hints.maxTime(); i++) {
      Histogram h = s.histogram(i);
      if (h == null) {
        into.add(0, s.times[i], s.values[i]);
        into.mayBeStale |= Samples.isStale(s.values[i]);
      } else {
        into.add(0, s.times[i], h.withResetHint(CounterReset.hint(before, h)));
        into.mayBeStale |= h.isStale();
      }
      before = h;
    }
  }

  @Override
  public synchronized LabelResult labelNames(
      long minTime, long maxTime, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>();
    matching(minTime, maxTime, matchers).forEach(s -> out.addAll(s.labels.toMap().keySet()));
    return new LabelResult(limited(List.copyOf(out), limit), List.of());
  }

  @Override
  public synchronized LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>();
    for (Series s : matching(minTime, maxTime, matchers)) {
      String v = s.labels.getOrNull(name);
      if (v != null) {
        out.add(v);
      }
    }
    return new LabelResult(limited(List.copyOf(out), limit), List.of());
  }

  @Override
  public synchronized List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    TreeSet<Labels> out = new TreeSet<>();
    for (List<Matcher> set : matcherSets) {
      matching(minTime, maxTime, set).forEach(s -> out.add(s.labels));
    }
    return limited(List.copyOf(out), limit);
  }

  private static <T> List<T> limited(List<T> all, int limit) {
    return limit > 0 && all.size() > limit ? all.subList(0, limit) : all;
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return List.of();
  }

  @Override
  public void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    throw new UnsupportedOperationException("in-memory data is discarded with its test");
  }

  @Override
  public void close() {
    // memory only
  }
}
