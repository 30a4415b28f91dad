package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Series that change between floats and histograms of all kinds and schemas, come late, leave and
 * come back, are deleted and written again, over flushes, merges, clean stops, ends of the process
 * and snapshots: at each station the store answers as a plain one does. The seed replays it.
 */
@Tag("slow")
class MixedLivesTest {
  private static final Path FOLDER = Path.of("/data");
  private static final long T0 = 1_699_999_200_000L;
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private final MemoryMetricStore plain = new MemoryMetricStore();
  private final DatabaseOptions options =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ofDays(100_000), 0)
          .withClock(() -> Instant.ofEpochMilli(this.now))
          .withBlockDuration(Duration.ofMinutes(30))
          .withLog(DatabaseOptions.Fsync.EACH_SECOND, 64 << 10, 256 << 10)
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE);
  private long now = T0;
  private int generation;
  private boolean failing;

  private Labels labels(Random r) {
    int i = r.nextInt(60);
    LabelsBuilder b = new LabelsBuilder().set("__name__", "m" + i % 6).set("host", "h" + i / 6);
    if (i % 3 == 0) {
      b.set("zone", i % 2 == 0 ? "" : "z" + i % 5);
    }
    if (i % 10 == 9) {
      b.set("pod", "p" + (generation + r.nextInt(3)));
    }
    return b.build();
  }

  private static int[] spans(Random r, int buckets) {
    if (buckets == 0) {
      return new int[0];
    }
    int first = 1 + r.nextInt(buckets);
    return first == buckets
        ? new int[] {r.nextInt(20) - 10, first}
        : new int[] {r.nextInt(20) - 10, first, 1 + r.nextInt(4), buckets - first};
  }

  private static Histogram histogram(Random r, long step) {
    boolean integer = r.nextInt(3) > 0;
    boolean custom = r.nextInt(5) == 0;
    Histogram.ResetHint hint =
        r.nextInt(4) == 0 ? Histogram.ResetHint.GAUGE : Histogram.ResetHint.UNKNOWN;
    if (r.nextInt(12) == 0) {
      return Histogram.stale();
    }
    double[] positive = new double[r.nextInt(6)];
    double[] negative = new double[custom ? 0 : r.nextInt(3)];
    double count = 0;
    for (double[] side : List.of(positive, negative)) {
      for (int i = 0; i < side.length; i++) {
        side[i] = integer ? step / 3 + r.nextInt(5) : step / 3.0 + r.nextInt(100) / 7.0;
        count += side[i];
      }
    }
    double zero = custom ? 0 : integer ? r.nextInt(4) : r.nextInt(4) / 3.0;
    double[] bounds = null;
    int[] positiveSpans = spans(r, positive.length);
    if (custom) {
      bounds = new double[r.nextInt(3) + 12];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = i * 0.1 * (1 + r.nextInt(2)) + i;
      }
      if (positiveSpans.length > 0) {
        positiveSpans[0] = r.nextInt(3);
      }
    }
    return new Histogram(
        integer,
        hint,
        custom ? Histogram.CUSTOM_BUCKETS : r.nextInt(3) == 0 ? r.nextInt(13) - 4 : 3,
        custom ? 0 : r.nextInt(5) == 0 ? 0.001 : 1e-128,
        zero,
        count + zero,
        r.nextInt(20) == 0 ? Double.NaN : step * 0.25,
        positiveSpans,
        positive,
        custom ? new int[0] : spans(r, negative.length),
        negative,
        bounds);
  }

  private void fill(Random r, MetricStore a, int steps) {
    for (int n = 0; n < steps; n++) {
      now += 15_000;
      long step = (now - T0) / 15_000;
      if (r.nextInt(200) == 0) {
        generation++;
      }
      if (r.nextInt(300) == 0) {
        now += r.nextInt(20) * HOUR;
      }
      try (Appender x = a.appender();
          Appender y = plain.appender()) {
        Set<String> seen = new HashSet<>();
        int rows = r.nextInt(80);
        for (int i = 0; i < rows; i++) {
          Labels l = labels(r);
          long t = now + (r.nextInt(3) == 0 ? r.nextInt(5) : 0);
          int late = r.nextInt(60);
          if (late == 0) {
            t -= r.nextInt(40 * 3600) * 1000L;
          } else if (late == 1) {
            t -= r.nextInt(20) * 15_000L; // mostly a duplicate
          } else if (late == 2) {
            t = r.nextLong(T0);
          }
          long start = r.nextInt(6) == 0 ? t - r.nextInt(100_000) : 0;
          int kind = Math.floorMod(l.hashCode() + (int) (now / (3 * HOUR)), 4);
          boolean histogram = kind == 0 || (kind == 1 && r.nextInt(4) == 0);
          Outcome o;
          Outcome p;
          Object sent;
          if (histogram) {
            Histogram h = histogram(r, step);
            sent = h;
            o = x.append(x.series(l), start, t, h);
            p = y.append(y.series(l), start, t, h);
          } else {
            double v =
                switch (r.nextInt(12)) {
                  case 0 -> Samples.STALE;
                  case 1 -> Double.NaN;
                  case 2 -> Double.longBitsToDouble(r.nextLong());
                  default -> step * 0.1;
                };
            sent = v;
            o = x.append(x.series(l), start, t, v);
            p = y.append(y.series(l), start, t, v);
          }
          // Of two at one time in a batch the first stays, regardless of the answer to the second.
          if (seen.add(l + "@" + t) && (o != Outcome.OK || p != Outcome.DUPLICATE_TIMESTAMP)) {
            assertThat(o)
                .as("%s at %d, now %d: %s, there %s", l, t, now, sent, read(a, t, t, of(l)))
                .isEqualTo(p);
          }
        }
        try {
          x.commit();
          y.commit();
        } catch (StorageException e) {
          assertThat(failing).as(e.getMessage()).isTrue();
          assertThat(e).hasMessageContaining("nothing of");
        }
      }
    }
  }

  private static Map<String, List<String>> read(
      MetricStore db, long min, long max, List<Matcher> matchers) {
    Map<String, List<String>> out = new TreeMap<>();
    SampleBuffer b = new SampleBuffer();
    Labels before = null;
    try (Selection s = db.within(Scope.DEFAULT).select(SelectHints.range(min, max), matchers)) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        Labels l = s.labels(i);
        assertThat(before == null || before.compareTo(l) < 0).as("sorted").isTrue();
        before = l;
        List<String> lines = new ArrayList<>();
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          long start = b.startTimestamps == null ? 0 : b.startTimestamps[k];
          lines.add(
              b.timestamps[k]
                  + " from "
                  + start
                  + " "
                  + (h == null
                      ? Long.toHexString(Double.doubleToRawLongBits(b.values[k]))
                      : of(h)));
        }
        if (!lines.isEmpty()) {
          out.put(l.toString(), lines);
        }
      }
    }
    return out;
  }

  private static String of(Histogram h) {
    return h.isStale()
        ? "stale histogram"
        : (h.resetHint() == Histogram.ResetHint.GAUGE ? "gauge " : "")
            + h.integer()
            + " "
            + h.schema()
            + " "
            + h.zeroThreshold()
            + " "
            + h.zeroCount()
            + " "
            + h.count()
            + " "
            + h.sum()
            + Arrays.toString(h.positiveSpans())
            + Arrays.toString(h.positive())
            + Arrays.toString(h.negativeSpans())
            + Arrays.toString(h.negative())
            + Arrays.toString(h.customBounds());
  }

  private static Matcher matcher(Random r) {
    return switch (r.nextInt(12)) {
      case 0 -> Matcher.equal("zone", "");
      case 1 -> Matcher.of(Matcher.Type.NOT_EQUAL, "zone", "");
      case 2 -> Matcher.of(Matcher.Type.REGEX, "zone", ".*");
      case 3 -> Matcher.of(Matcher.Type.REGEX, "zone", ".+");
      case 4 -> Matcher.of(Matcher.Type.NOT_REGEX, "zone", "z1|z3");
      case 5 -> Matcher.of(Matcher.Type.NOT_EQUAL, "missing", "x");
      case 6 -> Matcher.of(Matcher.Type.NOT_REGEX, "pod", "p[0-3]");
      case 7 -> Matcher.of(Matcher.Type.REGEX, "pod", "p1.*|");
      case 8 -> Matcher.of(Matcher.Type.REGEX, "host", "h[2-5]");
      case 9 -> Matcher.equal("__name__", "m" + r.nextInt(7));
      case 10 -> Matcher.equal("missing", "x");
      default -> Matcher.of(Matcher.Type.NOT_EQUAL, "host", "h3");
    };
  }

  private void same(MetricStore db, Random r, String where) {
    check(db, 0, T0 * 2, List.of(), where);
    for (int i = 0; i < 12; i++) {
      long min = T0 - 40 * HOUR + r.nextLong(now - T0 + 40 * HOUR);
      long max = min + r.nextLong(i % 2 == 0 ? 4 * HOUR : 100 * HOUR);
      List<Matcher> ms = new ArrayList<>();
      for (int k = r.nextInt(4); k > 0; k--) {
        ms.add(matcher(r));
      }
      check(db, min, max, ms, where + " " + ms + " " + min + ".." + max);
      assertThat(
              db.within(Scope.DEFAULT).series(min, max, List.of(ms, List.of(matcher(r))), 0).size())
          .as(where)
          .isGreaterThanOrEqualTo(0);
      assertThat(db.within(Scope.DEFAULT).labelValues("pod", 0, T0 * 2, ms, 0).values())
          .as(where + ms)
          .containsAll(plain.labelValues("pod", 0, T0 * 2, ms, 0).values());
    }
  }

  private static List<Matcher> of(Labels l) {
    return l.toList().stream().map(x -> Matcher.equal(x.name(), x.value())).toList();
  }

  private void check(MetricStore db, long min, long max, List<Matcher> ms, String where) {
    Map<String, List<String>> got = read(db, min, max, ms);
    Map<String, List<String>> want = read(plain, min, max, ms);
    assertThat(got.keySet()).as(where).isEqualTo(want.keySet());
    got.forEach(
        (l, lines) -> {
          List<String> left = want.getOrDefault(l, List.of());
          for (int i = 0; i < Math.min(lines.size(), left.size()); i++) {
            assertThat(lines.get(i)).as(where + " " + l + " sample " + i).isEqualTo(left.get(i));
          }
          assertThat(lines.size()).as(where + " " + l).isEqualTo(left.size());
        });
  }

  private void delete(MetricsDatabase db, Random r) {
    long min = r.nextInt(3) == 0 ? Long.MIN_VALUE : T0 + r.nextLong(now - T0 + 1);
    long max = r.nextInt(3) == 0 ? Long.MAX_VALUE : Math.max(min, T0) + r.nextLong(5 * HOUR);
    List<List<Matcher>> sets = List.of(List.of(matcher(r), matcher(r), matcher(r)));
    db.delete(min, max, sets);
    plain.delete(min, max, sets);
  }

  private Histogram one() {
    return histogram(new Random(4), 30);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 15_000})
  void ofTwoKindsAtOneTimeInABatchTheFirstStays(long newerBy) {
    Labels l = Labels.of("__name__", "both");
    Labels k = Labels.of("__name__", "other");
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options, new SimulatedFiles(1))) {
      for (MetricStore store : List.of(db, plain)) {
        try (Appender a = store.appender()) {
          a.append(a.series(k), 0, T0, 1);
          a.append(a.series(l), 0, T0, one());
          a.append(a.series(l), 0, T0, 2);
          a.append(a.series(l), 0, T0 + newerBy, 2);
          a.append(a.series(k), 0, T0, one());
          a.commit();
        }
      }
      check(db, 0, T0 * 2, List.of(), "at once");
      check(db, T0, T0, List.of(Matcher.equal("__name__", "both")), "the histogram");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSampleAfterADeletedOneDoesNotGetItsStart(boolean again) {
    Labels l = Labels.of("__name__", "restarted_total");
    SimulatedFiles disk = new SimulatedFiles(1);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options, disk);
    for (MetricStore store : List.of(db, plain)) {
      long[] starts = {T0 - 3, T0 - 2, again ? T0 - 2 : 0};
      long[] times = {T0, T0 + 20_000, T0 + 10_000};
      for (int i = 0; i < times.length; i++) {
        if (i == 2) {
          store.delete(T0 + 20_000, T0 + 20_000, List.of(of(l)));
        }
        try (Appender a = store.appender()) {
          a.append(a.series(l), starts[i], times[i], i);
          a.commit();
        }
      }
    }
    check(db, 0, T0 * 2, List.of(), "at once");
    try (MetricsDatabase next = MetricsDatabase.open(FOLDER, options, disk.afterKill())) {
      check(next, 0, T0 * 2, List.of(), "after the end of the process");
    }
    db.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void areAnsweredAsByAPlainStore(long seed) {
    lives(seed);
  }

  /** How a disk fails for a while. */
  private void fail(SimulatedFiles disk, Random r) {
    int how = r.nextInt(5);
    failing = how > 0;
    switch (how) {
      case 1, 2 -> disk.setFree(r.nextInt(1 << r.nextInt(18)));
      case 3 -> disk.failForce(true);
      case 4 ->
          disk.failNames(List.of("wal", "head", "01", "tombstones", "chunks").get(r.nextInt(5)));
      default -> {}
    }
  }

  private void work(SimulatedFiles disk) {
    disk.setFree(Long.MAX_VALUE);
    disk.failForce(false);
    disk.failNames("");
    failing = false;
  }

  /** Whether something that a failing disk may refuse was done. */
  private boolean tried(Runnable what, String where) {
    try {
      what.run();
      return true;
    } catch (StorageException e) {
      assertThat(failing).as(where + " " + e.getMessage()).isTrue();
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void onADiskThatFailsNowAndThen(long seed) {
    Random r = new Random(seed);
    SimulatedFiles disk = new SimulatedFiles(seed);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options, disk);
    for (int round = 0; round < Integer.getInteger("rounds", 4) * 4; round++) {
      String where = "seed " + seed + " round " + round;
      MetricsDatabase open = db;
      fail(disk, r);
      fill(r, open, r.nextInt(100));
      if (r.nextBoolean()) {
        tried(open::maintain, where);
      }
      List<List<Matcher>> sets = List.of(List.of(matcher(r), matcher(r)));
      long min = T0 + r.nextLong(now - T0 + 1);
      long max = min + r.nextLong(5 * HOUR);
      boolean deletes = r.nextInt(3) == 0;
      boolean deleted = !deletes || tried(() -> open.delete(min, max, sets), where);
      if (deletes) {
        plain.delete(min, max, sets);
      }
      if (r.nextInt(4) == 0) {
        tried(open::cleanTombstones, where);
      }
      Path copy = Path.of("/copy" + round);
      if (r.nextInt(4) == 0 && tried(() -> open.snapshot(copy, false), where) && deleted) {
        work(disk);
        try (MetricsDatabase other = MetricsDatabase.open(copy, options, disk)) {
          same(other, r, where + " copy");
        }
      }
      if (deleted) {
        same(db, r, where + " while it fails");
      }
      int life = r.nextInt(6);
      if (life == 0) {
        disk = disk.afterKill();
      } else if (life == 1) {
        tried(open::close, where);
      }
      work(disk);
      if (life < 2) {
        db = MetricsDatabase.open(FOLDER, options, disk);
      }
      if (!deleted) {
        db.delete(min, max, sets);
      }
      same(db, r, where);
    }
    db.maintain();
    db.close();
    db = MetricsDatabase.open(FOLDER, options, disk);
    same(db, r, "seed " + seed + " at the end");
    db.close();
  }

  private void lives(long first) {
    Random r = new Random(first);
    SimulatedFiles disk = new SimulatedFiles(first);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options, disk);
    for (int round = 0; round < Integer.getInteger("rounds", 4); round++) {
      int action = r.nextInt(8);
      String where = "seed " + first + " round " + round + " action " + action;
      fill(r, db, 20 + r.nextInt(150));
      switch (action) {
        case 0, 1 -> db.maintain();
        case 2 -> {
          db.close();
          db = MetricsDatabase.open(FOLDER, options, disk);
          assertThat(db.recovery().problems()).as(where).isEmpty();
        }
        case 3 -> {
          disk = disk.afterKill();
          db = MetricsDatabase.open(FOLDER, options, disk);
          assertThat(db.recovery().problems()).as(where).isEmpty();
        }
        case 4 -> delete(db, r);
        case 5 -> {
          delete(db, r);
          db.cleanTombstones();
        }
        case 6 -> {
          Path copy = Path.of("/copy" + round);
          db.snapshot(copy, false);
          try (MetricsDatabase other = MetricsDatabase.open(copy, options, disk)) {
            same(other, r, where + " copy");
          }
        }
        default -> {}
      }
      same(db, r, where);
    }
    db.maintain();
    db.close();
    db = MetricsDatabase.open(FOLDER, options, disk);
    same(db, r, "seed " + first + " at the end");
    db.close();
  }
}
