package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Summaries;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Buckets beside samples and beyond them: made, found, kept, deleted, and never wrong. */
@Tag("slow")
class DownsamplingTest {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long T0 = 1_699_999_200_000L / (54 * HOUR) * (54 * HOUR);
  private static final Path FOLDER = Path.of("/data");

  private static final Downsampling FIVE =
      new Downsampling(Duration.ofMinutes(5), Duration.ofHours(4), Duration.ofDays(100));
  private static final Downsampling SIXTY =
      new Downsampling(Duration.ofHours(1), Duration.ofHours(12), Duration.ZERO);

  private static final Path COPY = Path.of("/copy");

  private final SimulatedFiles disk = new SimulatedFiles(5);

  private static DatabaseOptions options(Duration keep, Downsampling... levels) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(new RetentionPolicy(keep, 0, 0, List.of()))
        .withDownsampling(List.of(levels));
  }

  /** What was written: series to time to value. */
  private final Map<String, TreeMap<Long, Double>> written = new HashMap<>();

  private TreeMap<Long, Double> of(String name) {
    return Objects.requireNonNull(written.get(name));
  }

  private static Labels labels(String name) {
    return Labels.of("__name__", name, "job", "down");
  }

  private static Histogram histogram(int n) {
    return new Histogram(
        true,
        Histogram.ResetHint.GAUGE,
        1,
        0,
        0,
        n,
        n * 0.5,
        new int[] {0, 1},
        new double[] {n},
        new int[0],
        new double[0],
        null);
  }

  /** A sample each 29 s; on even hours one at the full hour to the millisecond. */
  private void fill(MetricsDatabase db, int fromHour, int toHour) {
    for (int h = fromHour; h < toHour; h++) {
      List<Long> times = new ArrayList<>();
      if (h % 2 == 0) {
        times.add(T0 + h * HOUR);
      }
      for (long t = T0 + h * HOUR + 3000 + h % 7; t < T0 + (h + 1) * HOUR; t += 29_000) {
        times.add(t);
      }
      for (long t : times) {
        Random r = new Random(t);
        try (Appender a = db.appender()) {
          add(a, "constant", t, 42.5);
          add(a, "counter_total", t, (t - T0) / 1000 % 7777 + r.nextInt(5));
          add(a, "gauge", t, r.nextInt(1000) / 10.0 - 50);
          add(a, "wild", t, wild(r));
          if (r.nextInt(9) == 0) {
            add(a, "sparse", t, r.nextInt(3));
          }
          if (h >= 3) {
            a.append(a.series(labels("histogram")), 0, t, histogram(r.nextInt(9) + 1));
          }
          if (h % 5 == 2) {
            a.append(a.series(labels("changing")), 0, t, histogram(3));
          } else {
            a.append(a.series(labels("changing")), 0, t, 5);
          }
          a.commit();
        }
      }
      db.maintain();
    }
  }

  private static double wild(Random r) {
    return switch (r.nextInt(12)) {
      case 0 -> Double.NaN;
      case 1 -> Samples.STALE;
      case 2 -> r.nextInt(40) == 0 ? Double.POSITIVE_INFINITY : -0.0;
      case 3 -> Double.MAX_VALUE;
      default -> r.nextGaussian() * StrictMath.pow(10, r.nextInt(30) - 15);
    };
  }

  private void add(Appender a, String name, long t, double v) {
    a.append(a.series(labels(name)), 0, t, v);
    written.computeIfAbsent(name, k -> new TreeMap<>()).putIfAbsent(t, v);
  }

  private static SelectHints hints(long min, long max, Resolution r) {
    return new SelectHints(min, max, 0, HOUR, "sum_over_time", r);
  }

  private static Resolution same(long millis) {
    return new Resolution(millis, 0, 0, true, false);
  }

  /** Whether all rows of a selection are what samples give, and together are all samples. */
  private void check(MetricsDatabase db, String name, long min, long max, Resolution how) {
    TreeMap<Long, Double> want = new TreeMap<>(of(name).subMap(min, true, max, true));
    want.values().removeIf(Samples::isStale);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(hints(min, max, how), List.of(Matcher.equal("__name__", name)))) {
      assertThat(s.size()).isEqualTo(1);
      s.read(0, b);
      Summaries rows = b.summaries;
      assertThat(rows).as(name).isNotNull();
      assertThat(b.size).isZero();
      long seen = 0;
      long before = Long.MIN_VALUE;
      for (int i = 0; rows != null && i < rows.size; i++) {
        String where = name + " row " + i;
        assertThat(rows.firstTimes[i]).as(where).isGreaterThan(before);
        before = rows.lastTimes[i];
        List<Double> in = List.copyOf(want.subMap(rows.firstTimes[i], true, before, true).values());
        assertThat(rows.counts[i]).as(where).isEqualTo(in.size());
        assertThat(rows.from[i]).as(where).isLessThan(rows.firstTimes[i]);
        assertThat(rows.to[i]).as(where).isGreaterThanOrEqualTo(before);
        seen += in.size();
        checkRow(where, rows, i, in);
      }
      assertThat(seen).as(name).isEqualTo(want.size());
    }
  }

  private static void checkRow(String where, Summaries rows, int i, List<Double> in) {
    assertThat((Double) rows.first[i]).as(where).isEqualTo(in.getFirst());
    assertThat((Double) rows.last[i]).as(where).isEqualTo(in.getLast());
    double least = Double.NaN;
    double largest = Double.NaN;
    double sum = 0;
    double size = 0;
    double lost = 0;
    long resets = 0;
    for (int k = 0; k < in.size(); k++) {
      double v = in.get(k);
      least = v < least || Double.isNaN(least) ? v : least;
      largest = v > largest || Double.isNaN(largest) ? v : largest;
      sum += v;
      size += Math.abs(v);
      if (k > 0 && v < in.get(k - 1)) {
        resets++;
        lost += in.get(k - 1);
      }
    }
    assertThat((Double) rows.min[i]).as(where).isEqualTo((Double) least);
    assertThat((Double) rows.max[i]).as(where).isEqualTo((Double) largest);
    assertThat(rows.resets[i]).as(where).isEqualTo(resets);
    if (Double.isFinite(size)) {
      assertThat(rows.sums[i]).as(where).isCloseTo(sum, within(size));
      assertThat(rows.lost[i]).as(where).isCloseTo(lost, within(size));
    } else if (Double.isNaN(sum)) {
      assertThat(rows.sums[i]).as(where).isNaN();
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double size) {
    return org.assertj.core.api.Assertions.within(1e-12 * size + 1e-300);
  }

  /** The samples that a plain reader is given. */
  private static TreeMap<Long, Double> samples(MetricsDatabase db, String name, Resolution how) {
    TreeMap<Long, Double> out = new TreeMap<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(hints(0, Long.MAX_VALUE - 1, how), List.of(Matcher.equal("__name__", name)))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        assertThat(b.summaries).isNull();
        for (int k = 0; k < b.size; k++) {
          assertThat(out.put(b.timestamps[k], b.values[k])).as("one a millisecond").isNull();
        }
      }
    }
    return out;
  }

  private static List<String> warnings(MetricsDatabase db, long min, long max, Resolution how) {
    try (Selection s = db.select(hints(min, max, how), List.of())) {
      return s.warnings();
    }
  }

  private static List<Long> resolutions(MetricsDatabase db, long min, long max, Resolution how) {
    try (Selection s = db.select(hints(min, max, how), List.of())) {
      return s.resolutions();
    }
  }

  @Test
  void bucketsMatchTheSamplesTheyReplace() {
    try (MetricsDatabase db =
        MetricsDatabase.open(FOLDER, options(Duration.ofDays(99), FIVE, SIXTY), disk)) {
      fill(db, 0, 40);
      assertThat(db.status().downsampled()).hasSize(2);
      assertThat(db.status().downsampled()).allMatch(l -> l.blocks() > 0 && l.buckets() > 0);
      for (String name : written.keySet()) {
        check(db, name, T0 + 1, T0 + 40 * HOUR, same(HOUR));
        check(db, name, T0 + 5 * MINUTE + 1, T0 + 39 * HOUR, same(5 * MINUTE));
      }
      assertThat(resolutions(db, T0, T0 + 40 * HOUR, same(HOUR)))
          .contains(0L, HOUR)
          .hasSizeBetween(2, 3);
      assertThat(resolutions(db, T0, T0 + 40 * HOUR, same(5 * MINUTE)))
          .containsExactly(0L, 5 * MINUTE);
      // Not where windows would cut buckets, and not for callers that does not understand them.
      assertThat(resolutions(db, T0, T0 + 40 * HOUR, same(MINUTE))).containsExactly(0L);
      assertThat(resolutions(db, T0, T0 + 40 * HOUR, Resolution.FINEST)).containsExactly(0L);
      assertThat(warnings(db, T0, T0 + 40 * HOUR, same(HOUR))).isEmpty();
      for (String name : written.keySet()) {
        assertThat(samples(db, name, Resolution.FINEST)).isEqualTo(of(name));
      }
      assertThat(db.blockList()).anyMatch(b -> b.resolution() == HOUR);
    }
  }

  @Test
  void prefersSamplesOverBuckets() {
    try (MetricsDatabase db =
        MetricsDatabase.open(FOLDER, options(Duration.ofDays(99), FIVE), disk)) {
      fill(db, 0, 20);
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          db.select(
              hints(T0, T0 + 20 * HOUR, same(5 * MINUTE)),
              List.of(Matcher.equal("__name__", "changing")))) {
        s.read(0, b);
        assertThat(b.summaries).isNull();
        assertThat(b.size).isEqualTo(of("constant").size());
      }
      try (Selection s =
          db.select(
              hints(T0, T0 + 20 * HOUR, same(5 * MINUTE)),
              List.of(Matcher.equal("__name__", "histogram")))) {
        s.read(0, b);
        assertThat(b.summaries).isNull();
        assertThat(b.histograms).isNotNull();
        assertThat(b.size).isEqualTo(of("constant").tailMap(T0 + 3 * HOUR, true).size());
      }
    }
  }

  @Test
  void samplesGoAndBucketsStay() {
    DatabaseOptions o = options(Duration.ofHours(16), FIVE, SIXTY);
    long gone;
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      fill(db, 0, 60);
      TreeMap<Long, Double> left = samples(db, "gauge", Resolution.SAMPLES);
      gone = left.firstKey();
      assertThat(gone).isGreaterThan(T0 + 30 * HOUR);
      assertThat(left).isEqualTo(of("gauge").tailMap(gone, true));
      // Whole buckets of all that was ever there still are what samples would be, without a word.
      for (String name : written.keySet()) {
        check(db, name, T0 + 1, T0 + 60 * HOUR, same(HOUR));
        check(db, name, T0 + 1, T0 + 60 * HOUR, same(5 * MINUTE));
      }
      assertThat(warnings(db, T0 + 1, T0 + 60 * HOUR, same(HOUR))).isEmpty();
      // Others are given samples that were there, and told.
      TreeMap<Long, Double> kept = samples(db, "gauge", Resolution.FINEST);
      assertThat(of("gauge").entrySet()).containsAll(kept.entrySet());
      assertThat(kept.size()).isLessThan(of("gauge").size() / 2);
      assertThat(kept.firstKey()).isEqualTo(of("gauge").firstKey());
      long apart = 0;
      for (long t : kept.keySet()) {
        Long next = kept.higherKey(t);
        apart = next == null ? apart : Math.max(apart, next - t);
      }
      assertThat(apart).isLessThanOrEqualTo(5 * MINUTE);
      assertThat(warnings(db, T0, T0 + 60 * HOUR, Resolution.FINEST))
          .singleElement()
          .asString()
          .contains("buckets of 5m");
      assertThat(warnings(db, gone + HOUR, T0 + 60 * HOUR, Resolution.FINEST)).isEmpty();
      assertThat(warnings(db, T0, T0 + 60 * HOUR, Resolution.SAMPLES)).isEmpty();
      assertThat(samples(db, "histogram", Resolution.FINEST))
          .hasSize(of("constant").tailMap(T0 + 3 * HOUR, true).size());
      assertThat(db.labelValues("__name__", T0, T0 + HOUR, List.of(), 0).values())
          .contains("gauge", "sparse");
    }
    // The same after a restart, from a snapshot.
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      db.snapshot(COPY, false);
    }
    try (MetricsDatabase db = MetricsDatabase.open(COPY, o, disk)) {
      for (String name : written.keySet()) {
        check(db, name, T0 + 1, T0 + 60 * HOUR, same(HOUR));
      }
      assertThat(samples(db, "gauge", Resolution.SAMPLES).firstKey()).isEqualTo(gone);
    }
  }

  @Test
  void bucketsHaveTheirOwnTimes() {
    Downsampling five =
        new Downsampling(Duration.ofMinutes(5), Duration.ofHours(4), Duration.ofHours(20));
    try (MetricsDatabase db =
        MetricsDatabase.open(FOLDER, options(Duration.ofHours(10), five, SIXTY), disk)) {
      fill(db, 0, 72);
      List<StorageStatus.Level> levels = db.status().downsampled();
      assertThat(levels.getFirst().minTime()).isGreaterThanOrEqualTo(T0 + 30 * HOUR);
      assertThat(levels.getLast().minTime()).isEqualTo(T0);
      for (String name : written.keySet()) {
        check(db, name, T0 + 1, T0 + 72 * HOUR, same(HOUR));
      }
      assertThat(warnings(db, T0, T0 + 72 * HOUR, Resolution.FINEST))
          .anyMatch(w -> w.contains("buckets of 1h"))
          .anyMatch(w -> w.contains("buckets of 5m"));
      // Who asks for the newest within five minutes finds something at every moment.
      Resolution lookback = new Resolution(0, 0, 5 * MINUTE, false, false);
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          db.select(
              new SelectHints(T0, T0 + 20 * HOUR, MINUTE, 0, "", lookback),
              List.of(Matcher.equal("__name__", "gauge")))) {
        s.read(0, b);
        for (int i = 1; i < b.size; i++) {
          assertThat(b.timestamps[i] - b.timestamps[i - 1]).isBetween(1L, 5 * MINUTE);
        }
      }
    }
  }

  @Test
  void lateSamplesAndDeletionsReachBuckets() {
    DatabaseOptions o = options(Duration.ofDays(99), FIVE, SIXTY);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      fill(db, 0, 30);
      try (Appender a = db.appender()) {
        for (int i = 0; i < 500; i++) {
          add(a, "gauge", T0 + HOUR + i * 1009L, 1e6 + i);
        }
        a.commit();
      }
      // In memory already: buckets do not have them, so samples answer.
      for (String name : written.keySet()) {
        if (!name.equals("gauge")) {
          continue;
        }
        checkEither(db, name);
      }
      db.delete(
          T0 + 2 * HOUR + 7,
          T0 + 3 * HOUR + 99_999,
          List.of(List.of(Matcher.equal("__name__", "counter_total"))));
      of("counter_total").subMap(T0 + 2 * HOUR + 7, true, T0 + 3 * HOUR + 99_999, true).clear();
      checkEither(db, "counter_total");
      db.cleanTombstones();
      for (int h = 30; h < 34; h++) {
        fill(db, h, h + 1);
        checkEither(db, "gauge");
        checkEither(db, "counter_total");
      }
      assertThat(db.blockList()).allMatch(b -> b.tombstones() == 0);
      for (String name : written.keySet()) {
        check(db, name, T0 + 1, T0 + 34 * HOUR, same(HOUR));
      }
    }
  }

  /** Rows or samples, whichever it is: they must be of all that was written. */
  private void checkEither(MetricsDatabase db, String name) {
    Resolution how = same(HOUR);
    boolean rows;
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(hints(T0 + 1, T0 + 100 * HOUR, how), List.of(Matcher.equal("__name__", name)))) {
      s.read(0, b);
      rows = b.summaries != null;
    }
    if (rows) {
      check(db, name, T0 + 1, T0 + 100 * HOUR, how);
    } else {
      assertThat(samples(db, name, how)).isEqualTo(of(name));
    }
  }

  @Test
  void remainingBucketsDoNotShowDeletedSamples() {
    DatabaseOptions o = options(Duration.ofHours(10), FIVE, SIXTY);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      fill(db, 0, 40);
      long from = T0 + 2 * HOUR + 7;
      long to = T0 + 5 * HOUR + 99_999;
      assertThat(samples(db, "gauge", Resolution.FINEST).subMap(from, true, to, true)).isNotEmpty();
      db.delete(from, to, List.of(List.of(Matcher.equal("__name__", "gauge"))));
      LongPredicate dead = t -> t >= from && t <= to;
      for (int round = 0; round < 2; round++) {
        assertThat(samples(db, "gauge", Resolution.FINEST).keySet()).noneMatch(dead::test);
        SampleBuffer b = new SampleBuffer();
        try (Selection s =
            db.select(
                hints(T0 + 1, T0 + 40 * HOUR, same(HOUR)),
                List.of(Matcher.equal("__name__", "gauge")))) {
          s.read(0, b);
          Summaries rows = b.summaries;
          for (int i = 0; rows != null && i < rows.size; i++) {
            assertThat(rows.lastTimes[i] < from || rows.firstTimes[i] > to).isTrue();
          }
        }
        db.cleanTombstones();
      }
      assertThat(samples(db, "counter_total", Resolution.FINEST).subMap(from, true, to, true))
          .isNotEmpty();
    }
  }

  @Test
  void addsSamplesThatArriveAfterOthersWereRetired() {
    DatabaseOptions o = options(Duration.ofHours(10), FIVE);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      fill(db, 0, 40);
      long t = T0 + 3 * HOUR;
      try (Appender a = db.appender()) {
        a.append(a.series(labels("late")), 0, t + 5, 7);
        a.append(a.series(labels("gauge")), 0, t + 5, 1e9);
        a.commit();
      }
      fill(db, 40, 48);
      assertThat(samples(db, "late", Resolution.FINEST)).containsOnly(Map.entry(t + 5, 7.0));
      long count = 0;
      double most = 0;
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          db.select(
              hints(T0 + 1, T0 + 6 * HOUR, same(5 * MINUTE)),
              List.of(Matcher.equal("__name__", "gauge")))) {
        s.read(0, b);
        Summaries rows = b.summaries;
        for (int i = 0; rows != null && i < rows.size; i++) {
          count += rows.counts[i];
          most = Math.max(most, rows.max[i]);
        }
      }
      assertThat(count).isEqualTo(of("gauge").subMap(T0 + 1, true, T0 + 6 * HOUR, true).size() + 1);
      assertThat(most).isEqualTo(1e9);
    }
  }

  @Test
  void rulesHoldForBuckets() {
    RetentionPolicy p =
        new RetentionPolicy(
            Duration.ofHours(10),
            0,
            0,
            List.of(
                new RetentionPolicy.Rule(
                    List.of(Matcher.equal("__name__", "gauge")), Duration.ofHours(6)),
                new RetentionPolicy.Rule(
                    List.of(Matcher.equal("__name__", "sparse")), Duration.ZERO)));
    DatabaseOptions o = options(Duration.ofHours(10), FIVE).withRetention(p);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      fill(db, 0, 40);
      assertThat(samples(db, "gauge", Resolution.FINEST).firstKey())
          .isGreaterThan(T0 + 33 * HOUR)
          .isLessThan(T0 + 35 * HOUR);
      assertThat(samples(db, "sparse", Resolution.FINEST)).isEqualTo(of("sparse"));
      assertThat(samples(db, "constant", Resolution.FINEST).firstKey())
          .isEqualTo(of("constant").firstKey());
      check(db, "constant", T0 + 1, T0 + 40 * HOUR, same(5 * MINUTE));
    }
  }

  @Test
  void rejectsIncompatibleLevels() {
    assertThatThrownBy(() -> options(Duration.ofHours(3), FIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only after its retention");
    assertThatThrownBy(() -> options(Duration.ofDays(9), SIXTY, FIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("multiple");
    assertThatThrownBy(
            () -> new Downsampling(Duration.ofSeconds(1), Duration.ofDays(1), Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new Downsampling(Duration.ofMinutes(5), Duration.ofDays(2), Duration.ofDays(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * MaintenanceScheduler that downsamples and retires is killed or loses power at an operation on
   * files.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void survivesEndingAnywhere(boolean power) {
    DatabaseOptions before = options(Duration.ofHours(31)).withBlockDuration(Duration.ofHours(1));
    DatabaseOptions after =
        options(Duration.ofHours(10), FIVE, SIXTY).withBlockDuration(Duration.ofHours(1));
    for (int cut = 0; ; cut++) {
      written.clear();
      SimulatedFiles cutDisk = new SimulatedFiles(cut);
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, before, cutDisk)) {
        fillSome(db);
      }
      int all;
      boolean ended = false;
      {
        MetricsDatabase db = MetricsDatabase.open(FOLDER, after, cutDisk);
        int start = cutDisk.operations();
        cutDisk.cutAfter(cut * 11 + 1 + cut % 11);
        try {
          db.maintain();
          db.maintain();
          ended = true;
        } catch (SimulatedFiles.PowerCut e) {
          ended = false;
        }
        all = cutDisk.operations() - start;
      }
      SimulatedFiles next = power ? cutDisk.afterPowerCut() : cutDisk.afterKill();
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, after, next)) {
        String where = "cut " + cut + " of " + all;
        assertThat(db.recovery().problems()).as(where).isEmpty();
        for (String name : written.keySet()) {
          try {
            checkEither(db, name);
          } catch (AssertionError e) {
            throw new AssertionError(where, e);
          }
        }
        db.maintain();
        db.maintain();
        for (String name : written.keySet()) {
          check(db, name, T0 + 1, T0 + 40 * HOUR, same(HOUR));
        }
        assertThat(samples(db, "gauge", Resolution.SAMPLES).firstKey()).isGreaterThan(T0 + HOUR);
      }
      if (ended) {
        assertThat(cut).isGreaterThan(5);
        return;
      }
    }
  }

  private void fillSome(MetricsDatabase db) {
    for (int h = 0; h < 30; h++) {
      for (int m = 0; m < 60; m += 10) {
        long t = T0 + h * HOUR + m * MINUTE;
        try (Appender a = db.appender()) {
          add(a, "gauge", t, (h * 37 + m) % 11);
          add(a, "counter_total", t, h * 60 + m);
          a.commit();
        }
      }
      db.maintain();
    }
  }
}
