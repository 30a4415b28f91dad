package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.model.storage.TimeRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Contract of every {@link MetricStore}: appending samples, finding and reading series, deletion,
 * and statistics. A store's test extends this class and creates an empty store.
 */
public abstract class MetricStoreContract extends MetricStoreWritingContract {
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
    assertThat(store.within(Scope.DEFAULT).labelNames(T0, T0, List.of(), 0).values())
        .containsExactly("__name__", "env", "instance", "job");
    assertThat(
            store
                .within(Scope.DEFAULT)
                .labelNames(T0, T0, List.of(Matcher.equal("__name__", "down")), 0)
                .values())
        .containsExactly("__name__", "job");
    assertThat(store.within(Scope.DEFAULT).labelValues("__name__", T0, T0, List.of(), 0).values())
        .containsExactly("Zulu", "down", "up");
    assertThat(
            store
                .within(Scope.DEFAULT)
                .labelValues("instance", T0, T0, List.of(Matcher.equal("job", "node")), 0)
                .values())
        .containsExactly("a:1", "b:1");
    assertThat(store.within(Scope.DEFAULT).labelValues("nothing", T0, T0, List.of(), 0).values())
        .isEmpty();
    var cut = store.within(Scope.DEFAULT).labelValues("__name__", T0, T0, List.of(), 2);
    assertThat(cut.values()).containsExactly("Zulu", "down");
    assertThat(cut.warnings()).isNotEmpty();
    assertThat(store.within(Scope.DEFAULT).labelValues("__name__", T0, T0, List.of(), 3).warnings())
        .isEmpty();
    assertThat(store.within(Scope.DEFAULT).labelNames(T0, T0, List.of(), 1).values())
        .containsExactly("__name__");
  }

  @Test
  void seriesByAnyOfSeveralMatcherLists() {
    someSeries();
    List<Labels> got =
        store
            .within(Scope.DEFAULT)
            .series(
                T0,
                T0,
                List.of(
                    List.of(Matcher.equal("job", "node")),
                    List.of(Matcher.equal("__name__", "up"))),
                0);
    assertThat(got).isSorted().hasSize(4).doesNotHaveDuplicates();
    assertThat(
            store
                .within(Scope.DEFAULT)
                .series(T0, T0, List.of(List.of(Matcher.equal("job", "node"))), 2))
        .hasSize(2);
  }

  // ---- selections

  @Test
  void aSelectionDoesNotChange() {
    Labels m = series();
    put(store, m, T0, 1);
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        store.within(Scope.DEFAULT).select(SelectHints.range(T0, T0 + 100_000), List.of())) {
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
    try (Selection s =
        store.within(Scope.DEFAULT).select(SelectHints.range(T0, T0 + 100_000), List.of())) {
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

  /**
   * Checks that the times of a selection without values equal those read, and that a reader of
   * windows misses none.
   */
  protected static void checkTimes(MetricStore store, long min, long max) {
    checkTimes(store, SelectHints.range(min, max));
    for (long interval : new long[] {600_000, 7_200_000, 40_000_000}) {
      for (long before : new long[] {0, interval / 7}) {
        StepWindows windows = new StepWindows(min + before, interval, before, before / 3);
        SelectHints hints =
            new SelectHints(min, max, interval, before, "", Resolution.FINEST, windows);
        checkTimes(store, hints);
        checkWindows(store, hints, windows);
      }
    }
  }

  private static void checkWindows(MetricStore store, SelectHints hints, StepWindows windows) {
    SampleBuffer all = new SampleBuffer();
    SampleBuffer some = new SampleBuffer();
    SelectHints range = SelectHints.range(hints.minTime(), hints.maxTime());
    try (Selection s = store.within(Scope.DEFAULT).select(range, List.of());
        Selection t = store.within(Scope.DEFAULT).select(hints, List.of())) {
      assertThat(t.size()).isEqualTo(s.size());
      for (int i = 0; i < s.size(); i++) {
        assertThat(t.labels(i)).isEqualTo(s.labels(i));
        s.read(i, all);
        t.read(i, some);
        List<Sample> left = samples(some);
        assertThat(inWindows(left, windows)).isEqualTo(inWindows(samples(all), windows));
        assertThat(left.stream().filter(x -> x.histogram() != null).toList())
            .isEqualTo(samples(all).stream().filter(x -> x.histogram() != null).toList());
      }
    }
  }

  private static List<Sample> inWindows(List<Sample> samples, StepWindows w) {
    return samples.stream()
        .filter(
            s -> {
              long behind = s.time() + w.before() - w.first();
              return behind >= 0 && behind % w.interval() <= w.before() + w.after();
            })
        .toList();
  }

  private static void checkTimes(MetricStore store, SelectHints hints) {
    SampleBuffer full = new SampleBuffer();
    SampleBuffer times = new SampleBuffer();
    try (Selection s = store.within(Scope.DEFAULT).select(hints, List.of())) {
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
    try (Selection s = store.within(Scope.DEFAULT).select(SelectHints.range(T0, T0), List.of())) {
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
    try (Selection s = store.within(Scope.DEFAULT).select(SelectHints.range(T0, T0), List.of())) {
      store.delete(ALL_FROM, ALL_TO, List.of(List.of(Matcher.equal("__name__", "m"))));
      s.read(0, b);
      assertThat(samples(b)).containsExactly(Sample.of(T0, 1));
    }
  }

  // ---- changes

  @Test
  void changesAreTold() throws Exception {
    put(store, series("a", "1"), T0, 1);
    long mark = store.within(Scope.DEFAULT).changeMark();
    assertThat(mark).isNotEqualTo(MetricSource.NO_MARK);
    assertThat(store.within(Scope.DEFAULT).changedSince(mark).isEmpty()).isTrue();
    assertThat(store.within(Scope.DEFAULT).changedSince(MetricSource.NO_MARK).overlaps(T0, T0))
        .isTrue();
    put(store, series("a", "1"), T0 + 60_000, 2);
    long second = store.within(Scope.DEFAULT).changeMark();
    try (Appender a = store.appender()) {
      a.append(a.series(series("a", "2")), 0, T0 + 120_000, histogram(1, 2));
      a.commit();
    }
    TimeRanges since = store.within(Scope.DEFAULT).changedSince(mark);
    assertThat(since.overlaps(T0, T0)).isFalse();
    assertThat(since.overlaps(T0 + 60_000, T0 + 60_000)).isTrue();
    assertThat(since.overlaps(T0 + 120_000, T0 + 120_000)).isTrue();
    assertThat(store.within(Scope.DEFAULT).changedSince(second).overlaps(T0, T0 + 60_000))
        .isFalse();
    assertThat(
            store.within(Scope.DEFAULT).changedSince(second).overlaps(T0 + 120_000, T0 + 120_000))
        .isTrue();
    long third = store.within(Scope.DEFAULT).changeMark();
    store.delete(T0, T0, List.of(List.of(Matcher.equal("a", "1"))));
    assertThat(store.within(Scope.DEFAULT).changedSince(third).overlaps(T0, T0)).isTrue();
    assertThat(store.within(Scope.DEFAULT).changedSince(third).overlaps(T0 + 60_000, T0 + 120_000))
        .isFalse();
  }

  @Test
  void lateChangesAreTold() throws Exception {
    MetricStore late = createTakingLateSamples();
    if (late == null) {
      return;
    }
    try (late) {
      put(late, series("a", "1"), T0, 1);
      long mark = late.within(Scope.DEFAULT).changeMark();
      put(late, series("a", "1"), T0 - 600_000, 2);
      assertThat(late.within(Scope.DEFAULT).changedSince(mark).overlaps(T0 - 600_000, T0 - 600_000))
          .isTrue();
      assertThat(late.within(Scope.DEFAULT).changedSince(mark).overlaps(T0 - 500_000, T0))
          .isFalse();
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
        long mark = store.within(Scope.DEFAULT).changeMark();
        List<Series> before = readAll(store);
        List<Series> after = readAll(store);
        TimeRanges told = store.within(Scope.DEFAULT).changedSince(mark);
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

  /** Samples of a series that are not among others. */
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

  // ---- scope

  private void putWithExemplar(Labels labels) {
    try (Appender a = store.appender()) {
      long series = a.series(labels);
      a.append(series, 0, T0, 1);
      a.append(series, new Exemplar(Labels.of("trace_id", labels.get("team")), 1, T0));
      a.commit();
    }
  }

  @Test
  void labelPolicyHidesOtherSeries() {
    Labels visible = Labels.of("__name__", "m", "team", "a");
    putWithExemplar(visible);
    putWithExemplar(Labels.of("__name__", "hidden", "team", "b", "zone", "z"));
    Scope scope = new Scope(Scope.DEFAULT_TENANT, List.of(Matcher.equal("team", "a")), "jane");
    MetricSource source = store.within(scope);
    List<Matcher> any = List.of(Matcher.of(Matcher.Type.REGEX, "__name__", ".+"));

    try (Selection s = source.select(SelectHints.range(T0, T0), any)) {
      assertThat(s.size()).isEqualTo(1);
      assertThat(s.labels(0)).isEqualTo(visible);
    }
    assertThat(source.series(T0, T0, List.of(any), 0)).containsExactly(visible);
    assertThat(source.series(T0, T0, List.of(any), 0, w -> {})).containsExactly(visible);
    assertThat(source.labelNames(T0, T0, List.of(), 0).values())
        .containsExactly("__name__", "team");
    assertThat(source.labelValues("team", T0, T0, List.of(), 0).values()).containsExactly("a");
    assertThat(source.labelValues("__name__", T0, T0, any, 0).values()).containsExactly("m");
    assertThat(source.exemplars(T0, T0, List.of(any)))
        .extracting(MetricSource.SeriesExemplars::series)
        .containsExactly(visible);
    assertThat(source.exemplars(T0, T0, List.of(any), w -> {}))
        .extracting(MetricSource.SeriesExemplars::series)
        .containsExactly(visible);
  }
}
