package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random work, ended by a power cut or a kill at a random operation on files; then the store is
 * opened again and must hold all that was acknowledged and nothing that was never sent. The seed in
 * the message of a failure replays it.
 */
@Tag("slow")
class CrashTest {
  private static final Path FOLDER = Path.of("/data");
  private static final long T0 = 1_699_999_200_000L;

  private static DatabaseOptions options(DatabaseOptions.Fsync fsync) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withRetention(Duration.ofDays(1000), 0)
        .withBlockDuration(Duration.ofMinutes(1))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withLog(fsync, 4096, 8192);
  }

  /** What was sent and what of it was acknowledged: series to time to value. */
  private static final class Expected {
    final Map<String, TreeMap<Long, Object>> acknowledged = new HashMap<>();
    final Map<String, TreeMap<Long, Object>> inFlight = new HashMap<>();

    /** Series whose samples in a range a deletion, cut short, may or may not have taken. */
    String deleting = "";

    long deletingFrom;
    long deletingTo;

    boolean maybeDeleted(String series, long t) {
      return series.equals(deleting) && t >= deletingFrom && t <= deletingTo;
    }
  }

  private static Labels labels(String name) {
    return Labels.of("__name__", name, "job", "crash");
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

  /** Works until the power goes or the steps are done. */
  private static void work(MetricsDatabase db, Random r, Expected e, int[] step, int steps) {
    for (; step[0] < steps; step[0]++) {
      long now = T0 + step[0] * 5_000L;
      int action = r.nextInt(40);
      if (action == 0) {
        db.maintain();
      } else if (action == 1) {
        e.deleting = "m" + r.nextInt(12);
        e.deletingFrom = T0 + r.nextInt(Math.max(1, step[0])) * 5_000L;
        e.deletingTo = e.deletingFrom + r.nextInt(200_000);
        db.delete(
            e.deletingFrom, e.deletingTo, List.of(List.of(Matcher.equal("__name__", e.deleting))));
        TreeMap<Long, Object> m = e.acknowledged.get(e.deleting);
        if (m != null) {
          m.subMap(e.deletingFrom, true, e.deletingTo, true).clear();
        }
        e.deleting = "";
      } else if (action == 2) {
        db.cleanTombstones();
      } else {
        e.inFlight.clear();
        try (Appender a = db.appender()) {
          for (int i = 0; i < 12; i++) {
            if (r.nextInt(4) == 0) {
              continue;
            }
            String name = "m" + (i == 11 ? 11 + r.nextInt(200) : i);
            long t = r.nextInt(30) == 0 ? now - r.nextInt(300_000) : now + i / 6;
            Object v = i % 5 == 4 ? histogram(step[0] + 1) : (Object) (double) r.nextInt(1000);
            long ref = a.series(labels(name));
            Outcome o =
                v instanceof Histogram h ? a.append(ref, 0, t, h) : a.append(ref, 0, t, (double) v);
            TreeMap<Long, Object> known = e.acknowledged.get(name);
            if (o == Outcome.OK && (known == null || !known.containsKey(t))) {
              e.inFlight.computeIfAbsent(name, k -> new TreeMap<>()).put(t, v);
            }
          }
          a.commit();
        }
        e.inFlight.forEach(
            (name, m) -> e.acknowledged.computeIfAbsent(name, k -> new TreeMap<>()).putAll(m));
        e.inFlight.clear();
      }
    }
  }

  private static Map<String, TreeMap<Long, Object>> read(MetricsDatabase db) {
    Map<String, TreeMap<Long, Object>> out = new HashMap<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        TreeMap<Long, Object> m = new TreeMap<>();
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          m.put(b.timestamps[k], h != null ? h : (Object) b.values[k]);
        }
        if (!m.isEmpty()) {
          out.put(s.labels(i).metricName(), m);
        }
      }
    }
    return out;
  }

  private static void check(Map<String, TreeMap<Long, Object>> got, Expected e, String what) {
    e.acknowledged.forEach(
        (name, m) ->
            m.forEach(
                (t, v) -> {
                  Object g = got.getOrDefault(name, new TreeMap<>()).get(t);
                  if (!v.equals(g) && !(g == null && e.maybeDeleted(name, t))) {
                    fail("%s: %s at %d was acknowledged as %s and is %s", what, name, t, v, g);
                  }
                }));
    got.forEach(
        (name, m) ->
            m.forEach(
                (t, v) -> {
                  Object a = e.acknowledged.getOrDefault(name, new TreeMap<>()).get(t);
                  Object f = e.inFlight.getOrDefault(name, new TreeMap<>()).get(t);
                  if (!v.equals(a) && !v.equals(f)) {
                    fail("%s: %s at %d is %s and was sent as %s, %s", what, name, t, v, a, f);
                  }
                }));
  }

  /** One life after the other on one disk, each cut at a random operation. */
  private static void lives(long seed, boolean power) {
    Random r = new Random(seed);
    SimulatedFiles disk = new SimulatedFiles(seed);
    DatabaseOptions o =
        options(power ? DatabaseOptions.Fsync.ALWAYS : DatabaseOptions.Fsync.EACH_SECOND);
    Expected e = new Expected();
    int[] step = {0};
    for (int life = 0; life < 6; life++) {
      String what = "seed " + seed + " life " + life + (power ? " power" : " kill");
      disk.cutAfter(1 + r.nextInt(life == 0 ? 400 : 600));
      try {
        MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk);
        check(read(db), e, what + " at its start");
        // What came of the batch and of the deletion that were cut short is certain now.
        e.acknowledged.clear();
        e.acknowledged.putAll(read(db));
        e.inFlight.clear();
        e.deleting = "";
        work(db, r, e, step, step[0] + 400);
      } catch (SimulatedFiles.PowerCut cut) {
        // The next life begins.
      } catch (StorageException e2) {
        if (!(e2.getCause() instanceof SimulatedFiles.PowerCut)) {
          throw e2; // the cause that cuts a commit short is the reason of its failure
        }
      }
      disk = power ? disk.afterPowerCut() : disk.afterKill();
    }
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      check(read(db), e, "seed " + seed + " at the end");
      assertThat(db.recovery().orphans()).as("seed %d", seed).isZero();
      Map<String, TreeMap<Long, Object>> before = read(db);
      db.maintain();
      assertThat(read(db)).as("seed %d after upkeep", seed).isEqualTo(before);
    }
  }

  @Test
  void powerCutLosesNothingAcknowledged() {
    for (long seed = 0; seed < Integer.getInteger("crash.seeds", 150); seed++) {
      lives(seed, true);
    }
  }

  @Test
  void processCrashLosesNothingAcknowledged() {
    for (long seed = 0; seed < Integer.getInteger("crash.seeds", 150); seed++) {
      lives(seed, false);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 300, 2000, 5000, 12000})
  void aFullDiskRefusesAndRecovers(int free) {
    SimulatedFiles disk = new SimulatedFiles(7);
    DatabaseOptions o = options(DatabaseOptions.Fsync.EACH_SECOND);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk);
    disk.setFree(free);
    List<Long> stored = new ArrayList<>();
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      try (Appender a = db.appender()) {
        a.append(a.series(labels("m")), 0, T0 + i * 5000L, i);
        a.append(a.series(labels("m" + i)), 0, T0 + i * 5000L, i);
        a.commit();
        stored.add(T0 + i * 5000L);
      } catch (StorageException e) {
        assertThat(e.reason()).isEqualTo(StorageException.Reason.UNAVAILABLE);
        assertThat(e).hasMessageContaining("No space left").hasMessageContaining("nothing of");
        refused++;
      }
      if (i % 20 == 0) {
        try {
          db.maintain();
        } catch (StorageException e) {
          assertThat(e).hasMessageContaining("No space left");
        }
      }
      if (i == 250) {
        disk.setFree(Long.MAX_VALUE);
      }
      assertThat(read(db).getOrDefault("m", new TreeMap<>()).keySet())
          .containsExactlyElementsOf(stored);
    }
    assertThat(refused).isPositive();
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, o, disk.afterKill())) {
      assertThat(read(again).getOrDefault("m", new TreeMap<>()).keySet())
          .containsExactlyElementsOf(stored);
    }
    db.close();
  }

  @Test
  void failedForceRejectsTheCommit() {
    SimulatedFiles disk = new SimulatedFiles(8);
    DatabaseOptions o = options(DatabaseOptions.Fsync.ALWAYS);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      try (Appender a = db.appender()) {
        a.append(a.series(labels("m")), 0, T0, 1);
        a.commit();
      }
      disk.failForce(true);
      try (Appender a = db.appender()) {
        a.append(a.series(labels("m")), 0, T0 + 1, 2);
        assertThatThrownBy(a::commit)
            .isInstanceOf(StorageException.class)
            .hasMessageContaining("Input/output error");
      }
      disk.failForce(false);
      try (Appender a = db.appender()) {
        a.append(a.series(labels("m")), 0, T0 + 2, 3);
        a.commit();
      }
      assertThat(read(db).getOrDefault("m", new TreeMap<>())).containsOnlyKeys(T0, T0 + 2);
      try (MetricsDatabase again = MetricsDatabase.open(FOLDER, o, disk.afterPowerCut())) {
        assertThat(read(again).getOrDefault("m", new TreeMap<>())).containsOnlyKeys(T0, T0 + 2);
      }
    }
  }

  @Test
  void damageLosesOnlyDamagedDataAndIsReported() throws IOException {
    Random r = new Random(11);
    int lost = 0;
    for (int round = 0; round < Integer.getInteger("rounds", 60); round++) {
      SimulatedFiles disk = new SimulatedFiles(round);
      DatabaseOptions o = options(DatabaseOptions.Fsync.ALWAYS);
      Expected e = new Expected();
      MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk);
      work(db, new Random(round), e, new int[] {0}, 150);
      disk = disk.afterKill();
      List<Path> files = new ArrayList<>();
      collect(disk, FOLDER, files);
      Path victim = files.get(r.nextInt(files.size()));
      int kind = r.nextInt(3);
      disk.damage(
          victim,
          b -> {
            if (b.length == 0) {
              return b;
            }
            int at = r.nextInt(b.length);
            return switch (kind) {
              case 0 -> java.util.Arrays.copyOf(b, at);
              case 1 -> {
                b[at] ^= (byte) (1 << r.nextInt(8));
                yield b;
              }
              default -> {
                for (int i = at; i < Math.min(b.length, at + 40); i++) {
                  b[i] = (byte) r.nextInt();
                }
                yield b;
              }
            };
          });
      try (MetricsDatabase again = MetricsDatabase.open(FOLDER, o, disk)) {
        Map<String, TreeMap<Long, Object>> got;
        try {
          got = read(again);
        } catch (StorageException damaged) {
          assertThat(damaged.reason()).isEqualTo(StorageException.Reason.CORRUPT);
          assertThat(damaged).hasMessageContaining("damaged");
          lost++;
          continue;
        }
        boolean whole = true;
        for (var s : e.acknowledged.entrySet()) {
          for (var x : s.getValue().entrySet()) {
            Object g = got.getOrDefault(s.getKey(), new TreeMap<>()).get(x.getKey());
            whole &= x.getValue().equals(g);
            assertThat(g == null || g.equals(x.getValue()))
                .as("round %d %s: %s at %d", round, victim, s.getKey(), x.getKey())
                .isTrue();
          }
        }
        if (!whole) {
          lost++;
          RecoveryReport report = again.recovery();
          assertThat(report.problems().size() + report.tornBytes() + again.damage().size())
              .as("round %d %s kind %d: what is lost is told", round, victim, kind)
              .isPositive();
        }
      }
    }
    assertThat(lost).isPositive();
  }

  private static void collect(SimulatedFiles disk, Path p, List<Path> out) {
    for (Path x : disk.list(p)) {
      if (disk.isDirectory(x)) {
        collect(disk, x, out);
      } else if (!x.endsWith("lock")) {
        out.add(x);
      }
    }
  }
}
