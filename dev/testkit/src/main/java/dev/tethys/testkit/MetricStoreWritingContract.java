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
import dev.tethys.model.access.Scope;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Contract of every writable {@link MetricStore}: samples are appended one by one and in batches.
 */
public abstract class MetricStoreWritingContract extends MetricStoreCase {
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
    try (Selection s =
        store.within(Scope.DEFAULT).select(SelectHints.range(T0, T0 + 9), List.of())) {
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
      // Unchanged, except for the hint, which a store may know better.
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
    var all =
        store
            .within(Scope.DEFAULT)
            .exemplars(T0, T0 + 1000, List.of(List.of(Matcher.equal("__name__", "m"))));
    assertThat(all).hasSize(2);
    assertThat(all.getFirst().series()).isEqualTo(series("a", "1"));
    assertThat(all.getFirst().exemplars()).containsExactly(first, second);
    assertThat(all.get(1).exemplars()).containsExactly(second);
    assertThat(
            store
                .within(Scope.DEFAULT)
                .exemplars(T0, T0 + 1, List.of(List.of(Matcher.equal("a", "2")))))
        .isEmpty();
  }
}
