package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link MetricStore} holds to. A store's test extends this and says how to make an
 * empty one; times of its samples lie around {@link #T0}, in the past of the system clock.
 */
public abstract class MetricStoreContract {
  /** Start of the tests' time: 2023-11-14T22:00:00Z, on a border of two hours. */
  protected static final long T0 = 1_699_999_200_000L;

  private static final long ALL_FROM = T0 - 1_000_000_000L;
  private static final long ALL_TO = T0 + 1_000_000_000L;

  /** The store under test. */
  @SuppressWarnings("NullAway.Init")
  protected MetricStore store;

  /** Makes an empty store that refuses late samples, as Prometheus does by default. */
  protected abstract MetricStore create() throws Exception;

  /** Makes an empty store that takes late samples of any age; null when there is no such store. */
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

  // ---- helpers for tests here and in subclasses

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

  /** Appends one float in a batch of its own. */
  protected static Outcome put(MetricStore store, Labels labels, long time, double value) {
    try (Appender a = store.appender()) {
      Outcome o = a.append(a.series(labels), 0, time, value);
      a.commit();
      return o;
    }
  }

  /** Everything that matches, in a closed range. */
  protected static List<Series> read(MetricStore store, long min, long max, Matcher... matchers) {
    List<Series> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(min, max), List.of(matchers))) {
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

  /** The samples of a buffer. */
  protected static List<Sample> samples(SampleBuffer b) {
    List<Sample> out = new ArrayList<>();
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      long start = b.startTimestamps == null ? 0 : b.startTimestamps[i];
      out.add(new Sample(start, b.timestamps[i], h == null ? b.values[i] : 0, h));
    }
    return out;
  }

  /** Everything in the store. */
  protected static List<Series> readAll(MetricStore store) {
    return read(store, ALL_FROM, ALL_TO, Matcher.of(Matcher.Type.REGEX, "__name__", ".*"));
  }

  /** A small native histogram. */
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

  private static Labels series(String... more) {
    String[] all = new String[more.length + 2];
    all[0] = "__name__";
    all[1] = "m";
    System.arraycopy(more, 0, all, 2, more.length);
    return Labels.of(all);
  }

  // ---- floats

  @Test
  void whatIsCommittedIsRead() {
    Labels m = series("a", "1");
    for (int i = 0; i < 1000; i++) {
      assertThat(put(store, m, T0 + i * 15_000L, i * 0.1)).isEqualTo(Outcome.OK);
    }
    List<Series> all = readAll(store);
    assertThat(all).hasSize(1);
    assertThat(all.getFirst().labels()).isEqualTo(m);
    List<Sample> samples = all.getFirst().samples();
    assertThat(samples).hasSize(1000);
    for (int i = 0; i < 1000; i++) {
      assertThat(samples.get(i)).isEqualTo(Sample.of(T0 + i * 15_000L, i * 0.1));
    }
  }

  @Test
  void nothingIsSeenBeforeItsCommit() {
    try (Appender a = store.appender()) {
      a.append(a.series(series()), 0, T0, 1);
      assertThat(readAll(store)).isEmpty();
      a.commit();
    }
    assertThat(readAll(store)).hasSize(1);
  }

  @Test
  void whatIsNotCommittedIsForgotten() {
    try (Appender a = store.appender()) {
      a.append(a.series(series()), 0, T0, 1);
    }
    assertThat(readAll(store)).isEmpty();
    assertThat(put(store, series(), T0, 2)).isEqualTo(Outcome.OK);
  }

  @Test
  void valuesComeBackToTheBit() {
    double[] values = {
      0.0,
      -0.0,
      1,
      -1,
      0.1,
      1e300,
      -1e-300,
      Double.MIN_VALUE,
      Double.MAX_VALUE,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Samples.STALE,
      Samples.NORMAL_NAN,
      Double.longBitsToDouble(0x7ff8000000000123L),
      Double.longBitsToDouble(0xfff0000000000007L),
      9007199254740993.0,
      9.2e18,
      -9.223372036854775808e18,
      123456789.123456789,
      1.0 / 3
    };
    Labels m = series();
    for (int i = 0; i < values.length; i++) {
      put(store, m, T0 + i, values[i]);
    }
    List<Sample> got = readAll(store).getFirst().samples();
    assertThat(got).hasSize(values.length);
    for (int i = 0; i < values.length; i++) {
      assertThat(Double.doubleToRawLongBits(got.get(i).value()))
          .as("value %d", i)
          .isEqualTo(Double.doubleToRawLongBits(values[i]));
    }
  }

  @Test
  void staleMarkersAreToldBeforehand() {
    put(store, series("a", "1"), T0, 1);
    put(store, series("a", "1"), T0 + 1, Samples.STALE);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(T0, T0 + 9), List.of())) {
      s.read(0, b);
      assertThat(b.mayBeStale).isTrue();
      assertThat(Samples.isStale(b.values[1])).isTrue();
    }
  }

  @Test
  void rangesAreClosedOnBothSides() {
    for (int i = 0; i < 10; i++) {
      put(store, series(), T0 + i * 10, i);
    }
    assertThat(read(store, T0 + 20, T0 + 40).getFirst().samples())
        .containsExactly(Sample.of(T0 + 20, 2), Sample.of(T0 + 30, 3), Sample.of(T0 + 40, 4));
    assertThat(read(store, T0 + 21, T0 + 29)).isEmpty();
    assertThat(read(store, T0 + 91, T0 + 99)).isEmpty();
  }

  @Test
  void manySamplesOfOneSeriesInOneBatch() {
    try (Appender a = store.appender()) {
      long ref = a.series(series());
      for (int i = 0; i < 5000; i++) {
        assertThat(a.append(ref, 0, T0 + i, i)).isEqualTo(Outcome.OK);
      }
      a.commit();
    }
    assertThat(readAll(store).getFirst().samples()).hasSize(5000);
  }

  @Test
  void seriesOfABatchInAnyOrder() {
    List<Labels> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(series("i", String.format(Locale.ROOT, "%03d", i * 7919 % 500)));
    }
    for (int step = 0; step < 5; step++) {
      try (Appender a = store.appender()) {
        for (int i = 0; i < all.size(); i++) {
          int at = (i * 263 + step * 31) % all.size();
          assertThat(a.append(a.series(all.get(at)), 0, T0 + step * 1000L, at + step))
              .isEqualTo(Outcome.OK);
        }
        a.commit();
      }
    }
    List<Series> got = readAll(store);
    assertThat(got).hasSize(500);
    for (Series s : got) {
      int at = all.indexOf(s.labels());
      for (int step = 0; step < 5; step++) {
        assertThat(s.samples().get(step)).isEqualTo(Sample.of(T0 + step * 1000L, at + step));
      }
    }
  }

  @Test
  void startTimestampsAreKept() {
    Labels m = series();
    try (Appender a = store.appender()) {
      long ref = a.series(m);
      a.append(ref, T0 - 100, T0, 1);
      a.append(ref, T0 - 100, T0 + 10, 2);
      a.append(ref, T0 + 15, T0 + 20, 1);
      a.append(ref, 0, T0 + 30, 2);
      a.commit();
    }
    assertThat(readAll(store).getFirst().samples())
        .containsExactly(
            new Sample(T0 - 100, T0, 1, null),
            new Sample(T0 - 100, T0 + 10, 2, null),
            new Sample(T0 + 15, T0 + 20, 1, null),
            new Sample(0, T0 + 30, 2, null));
  }

  // ---- order and duplicates

  @Test
  void theSameSampleAgainIsTakenSilently() {
    put(store, series(), T0, 1.5);
    assertThat(put(store, series(), T0, 1.5)).isEqualTo(Outcome.OK);
    assertThat(readAll(store).getFirst().samples()).containsExactly(Sample.of(T0, 1.5));
  }

  @Test
  void anotherValueAtTheSameTimeIsRefused() {
    put(store, series(), T0, 1.5);
    assertThat(put(store, series(), T0, 2.5)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
    assertThat(readAll(store).getFirst().samples()).containsExactly(Sample.of(T0, 1.5));
  }

  @Test
  void anOlderSampleIsRefused() {
    put(store, series(), T0 + 1000, 1);
    assertThat(put(store, series(), T0, 2)).isEqualTo(Outcome.OUT_OF_ORDER);
    assertThat(readAll(store).getFirst().samples()).containsExactly(Sample.of(T0 + 1000, 1));
  }

  @Test
  void orderIsASeriesOwn() {
    put(store, series("a", "1"), T0 + 1000, 1);
    assertThat(put(store, series("a", "2"), T0, 2)).isEqualTo(Outcome.OK);
    assertThat(readAll(store)).hasSize(2);
  }

  @Test
  void aRefusedSampleDoesNotBreakItsBatch() {
    put(store, series("a", "1"), T0 + 1000, 1);
    try (Appender a = store.appender()) {
      assertThat(a.append(a.series(series("a", "1")), 0, T0, 9)).isEqualTo(Outcome.OUT_OF_ORDER);
      assertThat(a.append(a.series(series("a", "2")), 0, T0 + 1000, 9)).isEqualTo(Outcome.OK);
      a.commit();
    }
    assertThat(readAll(store)).hasSize(2);
  }

  @Test
  void unknownReferencesAreTold() {
    try (Appender a = store.appender()) {
      assertThat(a.append(Appender.NO_SERIES, 0, T0, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
      assertThat(a.append(1L << 40 | 77, 0, T0, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
      assertThat(a.labels(Appender.NO_SERIES)).isNull();
      assertThat(a.labels(1L << 40 | 77)).isNull();
      a.commit();
    }
    assertThat(readAll(store)).isEmpty();
  }

  @Test
  void referencesHoldForOtherAppenders() {
    long ref;
    try (Appender a = store.appender()) {
      ref = a.series(series());
      a.append(ref, 0, T0, 1);
      a.commit();
    }
    try (Appender a = store.appender()) {
      assertThat(a.series(series())).isEqualTo(ref);
      assertThat(a.labels(ref)).isEqualTo(series());
      assertThat(a.append(ref, 0, T0 + 1, 2)).isEqualTo(Outcome.OK);
      a.commit();
    }
    assertThat(readAll(store).getFirst().samples()).hasSize(2);
  }

  @Test
  void lateSamplesAreOrdinaryWhereTheyAreTaken() throws Exception {
    MetricStore late = createTakingLateSamples();
    if (late == null) {
      return;
    }
    try (late) {
      Labels m = series();
      long[] order = {50, 10, 30, 20, 90, 70, 80, 0, 60, 40};
      for (long t : order) {
        assertThat(put(late, m, T0 + t * 100_000, t)).isEqualTo(Outcome.OK);
      }
      assertThat(put(late, m, T0 + 20 * 100_000, 20)).isEqualTo(Outcome.OK);
      assertThat(put(late, m, T0 + 20 * 100_000, 21)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      assertThat(put(late, m, T0 + 50 * 100_000, 51)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      List<Sample> expected = new ArrayList<>();
      for (int t = 0; t < 100; t += 10) {
        expected.add(Sample.of(T0 + t * 100_000L, t));
      }
      assertThat(readAll(late).getFirst().samples()).isEqualTo(expected);
    }
  }

  // ---- encodings of labels

  @Test
  void labelBytesOfTheCallersOwnEncoding() {
    Appender.LabelDecoder upper =
        (buf, off, len) -> {
          String s = new String(buf, off, len, StandardCharsets.UTF_8);
          return series("v", s.toUpperCase(Locale.ROOT));
        };
    for (int step = 0; step < 3; step++) {
      try (Appender a = store.appender()) {
        for (int i = 0; i < 100; i++) {
          byte[] raw = ("..value" + i + "..").getBytes(StandardCharsets.UTF_8);
          long ref = a.series(raw, 2, raw.length - 4, upper);
          assertThat(a.append(ref, 0, T0 + step, i)).isEqualTo(Outcome.OK);
          assertThat(ref).isEqualTo(a.series(series("v", "VALUE" + i)));
        }
        a.commit();
      }
    }
    assertThat(readAll(store)).hasSize(100).allSatisfy(s -> assertThat(s.samples()).hasSize(3));
  }

  @Test
  void decodersAreToldApart() {
    Appender.LabelDecoder one = (b, o, n) -> series("d", "one");
    Appender.LabelDecoder two = (b, o, n) -> series("d", "two");
    byte[] raw = {1, 2, 3, 4};
    try (Appender a = store.appender()) {
      assertThat(a.series(raw, 0, 4, one)).isNotEqualTo(a.series(raw, 0, 4, two));
      assertThat(a.series(raw, 0, 4, one)).isEqualTo(a.series(series("d", "one")));
      assertThat(a.series(raw, 0, 4, two)).isEqualTo(a.series(series("d", "two")));
    }
  }

  @Test
  void aSeriesNeedsLabels() {
    try (Appender a = store.appender()) {
      assertThatThrownBy(() -> a.series(Labels.EMPTY))
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.INVALID));
    }
  }

  // ---- histograms

  @Test
  void histogramsComeBackAsTheyWere() {
    Labels m = series("h", "1");
    List<Sample> expected = new ArrayList<>();
    Histogram before = null;
    for (int i = 0; i < 200; i++) {
      Histogram h = i % 50 == 49 ? Histogram.stale() : histogram(i, i * 2, 3);
      if (i >= 100 && i % 50 != 49) {
        h = histogram(i, i * 2, 3, i % 7).withResetHint(Histogram.ResetHint.NOT_RESET);
      }
      long start = i < 20 ? 0 : T0 - 5;
      try (Appender a = store.appender()) {
        assertThat(a.append(a.series(m), start, T0 + i * 1000, h)).isEqualTo(Outcome.OK);
        a.commit();
      }
      // As it was, but for the hint, which a store may know better.
      expected.add(
          new Sample(start, T0 + i * 1000, 0, h.withResetHint(CounterReset.hint(before, h))));
      before = h;
    }
    assertThat(readAll(store).getFirst().samples()).isEqualTo(expected);
  }

  @Test
  void floatsAndHistogramsMayAlternate() {
    Labels m = series();
    List<Sample> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      long t = T0 + i * 1000;
      if (i / 3 % 2 == 0) {
        put(store, m, t, i);
        expected.add(Sample.of(t, i));
      } else {
        Histogram h = histogram(i, 1).withResetHint(Histogram.ResetHint.GAUGE);
        try (Appender a = store.appender()) {
          a.append(a.series(m), 0, t, h);
          a.commit();
        }
        expected.add(new Sample(0, t, 0, h));
      }
    }
    assertThat(readAll(store).getFirst().samples()).isEqualTo(expected);
  }

  @Test
  void contradictoryHistogramsAreRefused() {
    Histogram bad =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            1,
            0,
            0,
            3,
            1,
            new int[] {0, 2},
            new double[] {1, 1},
            new int[0],
            new double[0],
            null);
    Histogram spans =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            1,
            0,
            0,
            2,
            1,
            new int[] {0, 3},
            new double[] {1, 1},
            new int[0],
            new double[0],
            null);
    try (Appender a = store.appender()) {
      assertThat(a.append(a.series(series()), 0, T0, bad)).isEqualTo(Outcome.INVALID_HISTOGRAM);
      assertThat(a.append(a.series(series()), 0, T0, spans)).isEqualTo(Outcome.INVALID_HISTOGRAM);
      a.commit();
    }
    assertThat(readAll(store)).isEmpty();
  }

  // ---- exemplars and metadata

  @Test
  void exemplarsAreFoundBySeriesAndTime() {
    Exemplar first = new Exemplar(Labels.of("trace_id", "abc"), 0.5, T0);
    Exemplar second = new Exemplar(Labels.of("trace_id", "def"), 0.7, T0 + 1000);
    try (Appender a = store.appender()) {
      long one = a.series(series("a", "1"));
      long two = a.series(series("a", "2"));
      a.append(one, 0, T0, 1);
      a.append(two, 0, T0, 1);
      assertThat(a.append(one, first)).isEqualTo(Outcome.OK);
      assertThat(a.append(two, second)).isEqualTo(Outcome.OK);
      a.metadata("m", new MetricMetadata(MetricType.COUNTER, "help", ""));
      a.commit();
    }
    try (Appender a = store.appender()) {
      assertThat(a.append(a.series(series("a", "1")), first)).isEqualTo(Outcome.OK);
      assertThat(a.append(a.series(series("a", "1")), second)).isEqualTo(Outcome.OK);
      a.commit();
    }
    var all = store.exemplars(T0, T0 + 1000, List.of(List.of(Matcher.equal("__name__", "m"))));
    assertThat(all).hasSize(2);
    assertThat(all.getFirst().series()).isEqualTo(series("a", "1"));
    assertThat(all.getFirst().exemplars()).containsExactly(first, second);
    assertThat(all.get(1).exemplars()).containsExactly(second);
    assertThat(store.exemplars(T0, T0 + 1, List.of(List.of(Matcher.equal("a", "2"))))).isEmpty();
  }

  // ---- finding series

  private void someSeries() {
    put(store, Labels.of("__name__", "up", "job", "node", "instance", "a:1"), T0, 1);
    put(store, Labels.of("__name__", "up", "job", "node", "instance", "b:1"), T0, 1);
    put(store, Labels.of("__name__", "up", "job", "api", "instance", "c:1", "env", "x\ny"), T0, 1);
    put(store, Labels.of("__name__", "down", "job", "node"), T0, 1);
    put(store, Labels.of("__name__", "Zulu", "job", "né"), T0, 1);
  }

  private List<String> found(Matcher... m) {
    return read(store, T0, T0, m).stream()
        .map(
            s ->
                s.labels().get("__name__")
                    + "/"
                    + s.labels().get("job")
                    + "/"
                    + s.labels().get("instance"))
        .toList();
  }

  private static Matcher re(String name, String value) {
    return Matcher.of(Matcher.Type.REGEX, name, value);
  }

  private static Matcher notRe(String name, String value) {
    return Matcher.of(Matcher.Type.NOT_REGEX, name, value);
  }

  private static Matcher not(String name, String value) {
    return Matcher.of(Matcher.Type.NOT_EQUAL, name, value);
  }

  @Test
  void matchersOfAllKinds() {
    someSeries();
    assertThat(found(Matcher.equal("__name__", "up")))
        .containsExactlyInAnyOrder("up/node/a:1", "up/node/b:1", "up/api/c:1");
    assertThat(found(Matcher.equal("job", "node"), not("__name__", "down")))
        .containsExactlyInAnyOrder("up/node/a:1", "up/node/b:1");
    assertThat(found(re("instance", "a:1|c:1")))
        .containsExactlyInAnyOrder("up/node/a:1", "up/api/c:1");
    assertThat(found(re("instance", "(b|c):.*")))
        .containsExactlyInAnyOrder("up/node/b:1", "up/api/c:1");
    assertThat(found(re("instance", "a.+"))).containsExactlyInAnyOrder("up/node/a:1");
    assertThat(found(notRe("instance", "a.*|b.*"), Matcher.equal("__name__", "up")))
        .containsExactlyInAnyOrder("up/api/c:1");
    assertThat(found(Matcher.equal("instance", "")))
        .containsExactlyInAnyOrder("Zulu/né/", "down/node/");
    assertThat(found(not("instance", "")))
        .containsExactlyInAnyOrder("up/node/a:1", "up/node/b:1", "up/api/c:1");
    assertThat(found(re("instance", ".*"))).hasSize(5);
    assertThat(found(re("instance", ".+"))).hasSize(3);
    assertThat(found(re("instance", "|a:1")))
        .containsExactlyInAnyOrder("Zulu/né/", "down/node/", "up/node/a:1");
    assertThat(found(re("env", "x.y"))).containsExactlyInAnyOrder("up/api/c:1");
    assertThat(found(re("job", "n."))).containsExactlyInAnyOrder("Zulu/né/");
    assertThat(found(re("job", "no+de"))).hasSize(3);
    assertThat(found(re("job", "node?"))).hasSize(3);
    assertThat(found(notRe("job", "node|api"))).containsExactlyInAnyOrder("Zulu/né/");
    assertThat(found(Matcher.equal("nothing", "x"))).isEmpty();
    assertThat(found(not("nothing", "x"))).hasSize(5);
    assertThat(found(Matcher.equal("job", "node"), Matcher.equal("job", "api"))).isEmpty();
  }

  @Test
  void selectionsAreSortedByLabels() {
    someSeries();
    List<Labels> got = readAll(store).stream().map(Series::labels).toList();
    assertThat(got).isSorted().hasSize(5);
  }

  @Test
  void labelNamesAndValues() {
    someSeries();
    assertThat(store.labelNames(T0, T0, List.of(), 0).values())
        .containsExactly("__name__", "env", "instance", "job");
    assertThat(store.labelNames(T0, T0, List.of(Matcher.equal("__name__", "down")), 0).values())
        .containsExactly("__name__", "job");
    assertThat(store.labelValues("__name__", T0, T0, List.of(), 0).values())
        .containsExactly("Zulu", "down", "up");
    assertThat(
            store
                .labelValues("instance", T0, T0, List.of(Matcher.equal("job", "node")), 0)
                .values())
        .containsExactly("a:1", "b:1");
    assertThat(store.labelValues("nothing", T0, T0, List.of(), 0).values()).isEmpty();
    var cut = store.labelValues("__name__", T0, T0, List.of(), 2);
    assertThat(cut.values()).containsExactly("Zulu", "down");
    assertThat(cut.warnings()).isNotEmpty();
    assertThat(store.labelValues("__name__", T0, T0, List.of(), 3).warnings()).isEmpty();
    assertThat(store.labelNames(T0, T0, List.of(), 1).values()).containsExactly("__name__");
  }

  @Test
  void seriesByAnyOfSeveralMatcherLists() {
    someSeries();
    List<Labels> got =
        store.series(
            T0,
            T0,
            List.of(
                List.of(Matcher.equal("job", "node")), List.of(Matcher.equal("__name__", "up"))),
            0);
    assertThat(got).isSorted().hasSize(4).doesNotHaveDuplicates();
    assertThat(store.series(T0, T0, List.of(List.of(Matcher.equal("job", "node"))), 2)).hasSize(2);
  }

  // ---- selections

  @Test
  void aSelectionDoesNotChange() {
    Labels m = series();
    put(store, m, T0, 1);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(T0, T0 + 100_000), List.of())) {
      s.read(0, b);
      List<Sample> before = samples(b);
      for (int i = 1; i < 300; i++) {
        put(store, m, T0 + i, i);
      }
      put(store, series("new", "1"), T0, 1);
      assertThat(s.size()).isEqualTo(1);
      s.read(0, b);
      assertThat(samples(b)).isEqualTo(before);
    }
  }

  @Test
  void equalTimestampIdsMeanEqualTimestamps() {
    for (int step = 0; step < 50; step++) {
      try (Appender a = store.appender()) {
        for (int i = 0; i < 20; i++) {
          if (i % 5 != 0 || step % 3 != 0) {
            a.append(a.series(series("i", "" + i)), 0, T0 + step * 1000 + i % 2, step);
          }
        }
        a.commit();
      }
    }
    SampleBuffer x = new SampleBuffer();
    SampleBuffer y = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(T0, T0 + 100_000), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        for (int k = 0; k < s.size(); k++) {
          s.read(i, x);
          s.read(k, y);
          if (x.timestampsId != 0 && x.timestampsId == y.timestampsId) {
            assertThat(Arrays.copyOf(x.timestamps, x.size))
                .isEqualTo(Arrays.copyOf(y.timestamps, y.size));
          }
        }
      }
    }
  }

  @Test
  void timesAloneAgreeWithSamples() {
    for (int step = 0; step < 400; step++) {
      try (Appender a = store.appender()) {
        for (int i = 0; i < 150; i++) {
          if (i % 11 == 3 && step % 7 == 0 || i == 77 && step < 200) {
            continue;
          }
          double v = i % 13 == 5 && step == 399 - i ? Samples.STALE : step * i;
          a.append(a.series(series("i", "" + i)), 0, T0 + step * 60_000L + (i < 70 ? 0 : 7), v);
        }
        a.commit();
      }
    }
    checkTimes(store, T0, T0 + 500 * 60_000L);
    checkTimes(store, T0 + 100 * 60_000L, T0 + 300 * 60_000L);
  }

  /** What a selection says of times without values is what reading tells. */
  protected static void checkTimes(MetricStore store, long min, long max) {
    SampleBuffer full = new SampleBuffer();
    SampleBuffer times = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(min, max), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        long id = s.timesIdIfNeverStale(i);
        s.readTimes(i, times);
        s.read(i, full);
        assertThat(times.size).isEqualTo(full.size);
        assertThat(Arrays.copyOf(times.timestamps, times.size))
            .isEqualTo(Arrays.copyOf(full.timestamps, full.size));
        assertThat(times.timestampsId).isEqualTo(full.timestampsId);
        boolean stale = false;
        for (int k = 0; k < full.size; k++) {
          boolean h = full.histograms != null && full.histograms[k] != null;
          stale |= !h && Samples.isStale(full.values[k]);
          if (times.mayBeStale && !h) {
            assertThat(Double.doubleToRawLongBits(times.values[k]))
                .isEqualTo(Double.doubleToRawLongBits(full.values[k]));
          }
        }
        assertThat(stale && !times.mayBeStale).as("%s is stale", s.labels(i)).isFalse();
        if (id != 0) {
          assertThat(stale).isFalse();
          assertThat(full.timestampsId).isEqualTo(id);
        }
        long later = s.timesIdIfNeverStale(i);
        assertThat(later == 0 || later == full.timestampsId && !stale).isTrue();
      }
    }
  }

  @Test
  void aBufferIsReused() {
    put(store, series("a", "1"), T0, 1);
    try (Appender a = store.appender()) {
      a.append(a.series(series("a", "2")), T0 - 9, T0, histogram(1, 2));
      a.commit();
    }
    put(store, series("a", "3"), T0, 3);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(T0, T0), List.of())) {
      s.read(1, b);
      assertThat(samples(b)).containsExactly(new Sample(T0 - 9, T0, 0, histogram(1, 2)));
      s.read(2, b);
      assertThat(samples(b)).containsExactly(Sample.of(T0, 3));
      s.read(0, b);
      assertThat(samples(b)).containsExactly(Sample.of(T0, 1));
    }
  }

  // ---- deletion

  @Test
  void whatIsDeletedIsNotAnswered() {
    for (int i = 0; i < 100; i++) {
      put(store, series("a", "1"), T0 + i * 1000, i);
      put(store, series("a", "2"), T0 + i * 1000, i);
    }
    store.delete(T0 + 20_000, T0 + 79_000, List.of(List.of(Matcher.equal("a", "1"))));
    List<Series> got = readAll(store);
    assertThat(got.getFirst().samples()).hasSize(40);
    assertThat(got.getFirst().samples().get(20)).isEqualTo(Sample.of(T0 + 80_000, 80));
    assertThat(got.get(1).samples()).hasSize(100);
    assertThat(put(store, series("a", "1"), T0 + 100_000, 100)).isEqualTo(Outcome.OK);
    store.delete(ALL_FROM, ALL_TO, List.of(List.of(Matcher.equal("__name__", "m"))));
    assertThat(readAll(store)).isEmpty();
    assertThat(put(store, series("a", "1"), T0 + 200_000, 7)).isEqualTo(Outcome.OK);
    assertThat(readAll(store)).hasSize(1);
  }

  @Test
  void aSelectionKeepsWhatIsDeletedAfterIt() {
    put(store, series(), T0, 1);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = store.select(SelectHints.range(T0, T0), List.of())) {
      store.delete(ALL_FROM, ALL_TO, List.of(List.of(Matcher.equal("__name__", "m"))));
      s.read(0, b);
      assertThat(samples(b)).containsExactly(Sample.of(T0, 1));
    }
  }

  // ---- changes

  @Test
  void changesAreTold() throws Exception {
    put(store, series("a", "1"), T0, 1);
    long mark = store.changeMark();
    assertThat(mark).isNotEqualTo(MetricSource.NO_MARK);
    assertThat(store.changedSince(mark).isEmpty()).isTrue();
    assertThat(store.changedSince(MetricSource.NO_MARK).overlaps(T0, T0)).isTrue();
    put(store, series("a", "1"), T0 + 60_000, 2);
    long second = store.changeMark();
    try (Appender a = store.appender()) {
      a.append(a.series(series("a", "2")), 0, T0 + 120_000, histogram(1, 2));
      a.commit();
    }
    TimeRanges since = store.changedSince(mark);
    assertThat(since.overlaps(T0, T0)).isFalse();
    assertThat(since.overlaps(T0 + 60_000, T0 + 60_000)).isTrue();
    assertThat(since.overlaps(T0 + 120_000, T0 + 120_000)).isTrue();
    assertThat(store.changedSince(second).overlaps(T0, T0 + 60_000)).isFalse();
    assertThat(store.changedSince(second).overlaps(T0 + 120_000, T0 + 120_000)).isTrue();
    long third = store.changeMark();
    store.delete(T0, T0, List.of(List.of(Matcher.equal("a", "1"))));
    assertThat(store.changedSince(third).overlaps(T0, T0)).isTrue();
    assertThat(store.changedSince(third).overlaps(T0 + 60_000, T0 + 120_000)).isFalse();
  }

  @Test
  void lateChangesAreTold() throws Exception {
    MetricStore late = createTakingLateSamples();
    if (late == null) {
      return;
    }
    try (late) {
      put(late, series("a", "1"), T0, 1);
      long mark = late.changeMark();
      put(late, series("a", "1"), T0 - 600_000, 2);
      assertThat(late.changedSince(mark).overlaps(T0 - 600_000, T0 - 600_000)).isTrue();
      assertThat(late.changedSince(mark).overlaps(T0 - 500_000, T0)).isFalse();
    }
  }

  @Test
  void whatReadsOtherwiseThanAtAMarkIsTold() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
      Future<?> writer =
          pool.submit(
              () -> {
                for (int i = 0; i < 2000 && !stop.get(); i++) {
                  put(store, series("a", String.valueOf(i % 3)), T0 + i * 10_000L, i);
                  if (i % 50 == 0) {
                    store.delete(
                        T0 + i * 5_000L, T0 + i * 5_000L + 20_000, List.of(List.of(name())));
                  }
                }
                return null;
              });
      for (int round = 0; round < 50; round++) {
        long mark = store.changeMark();
        List<Series> before = readAll(store);
        List<Series> after = readAll(store);
        TimeRanges told = store.changedSince(mark);
        List<Sample> differing = new ArrayList<>();
        for (Series s : before) {
          differing.addAll(missing(s, after));
        }
        for (Series s : after) {
          differing.addAll(missing(s, before));
        }
        assertThat(differing).allMatch(x -> told.overlaps(x.time(), x.time()));
      }
      stop.set(true);
      writer.get(30, TimeUnit.SECONDS);
    }
  }

  private static Matcher name() {
    return Matcher.equal("__name__", "m");
  }

  /** The samples of a series that do not stand among others. */
  private static List<Sample> missing(Series s, List<Series> others) {
    List<Sample> out = new ArrayList<>(s.samples());
    for (Series o : others) {
      if (o.labels().equals(s.labels())) {
        out.removeAll(new HashSet<>(o.samples()));
      }
    }
    return out;
  }

  // ---- several threads

  @Test
  void batchesAreSeenWholeByReadersBesideWriters() throws Exception {
    int series = 200;
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 2; w++) {
        int writer = w;
        writers.add(
            pool.submit(
                () -> {
                  for (int step = 0; step < 150; step++) {
                    try (Appender a = store.appender()) {
                      for (int i = 0; i < series; i++) {
                        Labels l = series("w", "" + writer, "i", "" + i);
                        assertThat(a.append(a.series(l), 0, T0 + step, step)).isEqualTo(Outcome.OK);
                      }
                      a.commit();
                    }
                    started.countDown();
                  }
                }));
      }
      Future<?> reader =
          pool.submit(
              () -> {
                try {
                  started.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                while (!stop.get()) {
                  for (int w = 0; w < 2; w++) {
                    List<Series> got = read(store, T0, T0 + 1000, Matcher.equal("w", "" + w));
                    if (!got.isEmpty()) {
                      int n = got.getFirst().samples().size();
                      assertThat(got).hasSize(series);
                      assertThat(got).allSatisfy(s -> assertThat(s.samples()).hasSize(n));
                    }
                  }
                }
              });
      for (Future<?> f : writers) {
        f.get(60, TimeUnit.SECONDS);
      }
      stop.set(true);
      reader.get(60, TimeUnit.SECONDS);
    } finally {
      stop.set(true);
      pool.shutdownNow();
    }
    assertThat(readAll(store))
        .hasSize(2 * series)
        .allSatisfy(s -> assertThat(s.samples()).hasSize(150));
  }

  @Test
  void closingTwiceIsFine() {
    put(store, series(), T0, 1);
    store.close();
    store.close();
  }
}
