package dev.tethys.testkit;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A test of a store: creates an empty store per test, writes to it and reads it. Its samples have
 * times around {@link #T0}, in the past of the system clock.
 */
public abstract class MetricStoreCase {
  /** Start of the tests' time: 2023-11-14T22:00:00Z, on a border of two hours. */
  protected static final long T0 = 1_699_999_200_000L;

  static final long ALL_FROM = T0 - 1_000_000_000L;
  static final long ALL_TO = T0 + 1_000_000_000L;

  /** The store under test. */
  @SuppressWarnings("NullAway.Init")
  protected MetricStore store;

  /** Creates an empty store that rejects late samples, as Prometheus does by default. */
  protected abstract MetricStore create() throws Exception;

  /** Creates an empty store that accepts late samples of any age; returns null if unsupported. */
  protected @Nullable MetricStore createTakingLateSamples() throws Exception {
    return null;
  }

  @BeforeEach
  void createStore() throws Exception {
    store = create();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  /** One sample, with {@code histogram} or without. */
  protected record Sample(long start, long time, double value, @Nullable Histogram histogram) {
    static Sample of(long time, double value) {
      return new Sample(0, time, value, null);
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Sample s
          && start == s.start
          && time == s.time
          && (histogram == null
              ? s.histogram == null
                  && Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(s.value)
              : histogram.equals(s.histogram));
    }

    @Override
    public int hashCode() {
      return Long.hashCode(time);
    }
  }

  /** A series with its samples. */
  protected record Series(Labels labels, List<Sample> samples) {}

  /** Appends one float in its own batch. */
  protected static Outcome put(MetricStore store, Labels labels, long time, double value) {
    try (Appender a = store.appender()) {
      Outcome o = a.append(a.series(labels), 0, time, value);
      a.commit();
      return o;
    }
  }

  /** Returns all matching series in a closed range. */
  protected static List<Series> read(MetricStore store, long min, long max, Matcher... matchers) {
    List<Series> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        store.within(Scope.DEFAULT).select(SelectHints.range(min, max), List.of(matchers))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        List<Sample> samples = samples(b);
        if (!samples.isEmpty()) {
          out.add(new Series(s.labels(i), samples));
        }
      }
    }
    return out;
  }

  /** Returns the samples in a buffer. */
  protected static List<Sample> samples(SampleBuffer b) {
    List<Sample> out = new ArrayList<>();
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      long start = b.startTimestamps == null ? 0 : b.startTimestamps[i];
      out.add(new Sample(start, b.timestamps[i], h == null ? b.values[i] : 0, h));
    }
    return out;
  }

  /** Returns all series in the store. */
  protected static List<Series> readAll(MetricStore store) {
    return read(store, ALL_FROM, ALL_TO, Matcher.of(Matcher.Type.REGEX, "__name__", ".*"));
  }

  /** Creates a small native histogram. */
  protected static Histogram histogram(double... buckets) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        2,
        0.001,
        1,
        1 + Arrays.stream(buckets).sum(),
        42.5,
        new int[] {-3, buckets.length},
        buckets,
        new int[0],
        new double[0],
        null);
  }

  static Labels series(String... more) {
    String[] all = new String[more.length + 2];
    all[0] = "__name__";
    all[1] = "m";
    System.arraycopy(more, 0, all, 2, more.length);
    return Labels.of(all);
  }
}
