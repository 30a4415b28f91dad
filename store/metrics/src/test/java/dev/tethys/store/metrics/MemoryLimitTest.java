package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.testkit.SimulatedFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens near the limit of memory, up to an explosion of series in a small heap. */
@Tag("slow")
class MemoryLimitTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int BASE = 300;

  @TempDir Path folder;

  private final AtomicLong now = new AtomicLong(T0);

  private DatabaseOptions options(long limit) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withRetention(Duration.ofDays(1000), 0)
        .withBlockDuration(Duration.ofMinutes(80))
        .withClock(() -> Instant.ofEpochMilli(now.get()))
        .withMemoryLimit(limit);
  }

  private static Labels base(int i) {
    return Labels.of("__name__", "base", "i", "" + i, "job", "good", "instance", "a:1");
  }

  private static Labels bad(long i) {
    return Labels.of(
        "__name__", "exploding", "uid", "u-" + i + "-0123456789", "job", "bad", "instance", "b:2");
  }

  /** One step of the known series; each is taken. */
  private static void step(MetricsDatabase db, long t, int value) {
    try (Appender a = db.appender()) {
      for (int i = 0; i < BASE; i++) {
        assertThat(a.append(a.series(base(i)), 0, t, value + i)).isEqualTo(Outcome.OK);
      }
      a.commit();
    }
  }

  private static int count(MetricsDatabase db, String metric, int most) {
    SampleBuffer b = new SampleBuffer();
    int samples = 0;
    try (Selection s =
        db.select(
            SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", metric)))) {
      for (int i = 0; i < Math.min(most, s.size()); i++) {
        s.read(i, b);
        samples += b.size;
      }
    }
    return samples;
  }

  @Test
  void rejectsSeriesExplosionAndFreesItsMemory() {
    long limit = 12 << 20;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(limit))) {
      String refusal = "";
      long made = 0;
      int steps = 0;
      for (; steps < 20; steps++) {
        now.addAndGet(60_000);
        step(db, now.get(), steps);
        try (Appender a = db.appender()) {
          for (int i = 0; i < 10_000; i++) {
            try {
              a.append(a.series(bad(made)), 0, now.get(), 1);
              made++;
            } catch (StorageException e) {
              assertThat(e.reason()).isEqualTo(Reason.LIMIT);
              refusal = String.valueOf(e.getMessage());
              break;
            }
          }
          a.commit();
        }
        db.maintain();
        assertThat(db.status().memory().used()).isLessThan(limit * 6 / 5);
      }
      assertThat(refusal)
          .contains("series {__name__=\"exploding\"")
          .contains(" MiB of the 12 MiB that --storage.memory-limit allows")
          .contains("new series 1024 are of metric exploding")
          .contains("of target {job=\"bad\", instance=\"b:2\"}")
          .contains("label uid has 1024 different values")
          .contains("Existing series are not affected");
      StorageStatus s = db.status();
      assertThat(s.memory().refused()).isPositive();
      assertThat(s.memory().delayedMillis()).isPositive();
      assertThat(s.work().earlyFlushes()).as("it was flushed first").isPositive();
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * steps);
      // The explosion ends: its series leave, and new ones have space again.
      for (int i = 0; i < 30; i++, steps++) {
        now.addAndGet(60_000);
        step(db, now.get(), steps);
        db.maintain();
      }
      assertThat(db.status().memory().state()).isEqualTo("normal");
      assertThat(db.status().head().series()).isLessThan(2 * BASE);
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(bad(made)), 0, now.get(), 1)).isEqualTo(Outcome.OK);
        a.commit();
      }
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * steps);
    }
  }

  @Test
  void rejectsCommitsIfNothingCanBeFlushed() {
    SimulatedFiles disk = new SimulatedFiles(1);
    try (MetricsDatabase db = MetricsDatabase.open(Path.of("/data"), options(1 << 20), disk)) {
      List<Integer> stored = new ArrayList<>();
      StorageException refused = null;
      disk.setFree(Long.MAX_VALUE);
      for (int i = 0; i < 4000 && refused == null; i++) {
        now.addAndGet(1000); // never old enough for a block
        try (Appender a = db.appender()) {
          for (int k = 0; k < BASE; k++) {
            a.append(a.series(base(k)), 0, now.get(), Math.sqrt(i * 31.0 + k));
          }
          a.commit();
          stored.add(i);
        } catch (StorageException e) {
          refused = e;
        }
      }
      if (refused == null) {
        throw new AssertionError("no commit was refused");
      }
      assertThat(refused).hasMessageContaining("--storage.memory-limit");
      assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(count(db, "base", 1)).isEqualTo(stored.size());
      // Time passes until a block can be cut; commits continue, too.
      db.reconfigure(options(64 << 20));
      step(db, now.addAndGet(80 * 60_000), 0);
      db.reconfigure(options(1 << 20));
      db.maintain();
      step(db, now.addAndGet(1000), 0);
      assertThat(count(db, "base", 1)).isEqualTo(stored.size() + 2);
    }
  }

  @Test
  void earlyCutRejectsNoAcceptableSamples() {
    DatabaseOptions o = options(1 << 30);
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      long start = now.get();
      for (int i = 0; i < 20; i++) {
        now.addAndGet(60_000);
        step(db, now.get(), i);
      }
      db.reconfigure(options(200_000)); // short of memory
      db.maintain();
      assertThat(db.blockList()).hasSize(1);
      assertThat(db.blockList().getFirst().maxTime())
          .isEqualTo(now.get() - Duration.ofMinutes(5).toMillis());
      db.reconfigure(o);
      long old = start + 30_000; // older than the cut, its own series
      Labels lagging = Labels.of("__name__", "lagging");
      for (int i = 0; i < 3; i++) {
        try (Appender a = db.appender()) {
          long ref = a.series(lagging);
          assertThat(a.append(ref, 0, old + i * 1000, i)).isEqualTo(Outcome.OK);
          a.commit();
        }
        try (Appender a = db.appender()) {
          long ref = a.series(lagging);
          assertThat(a.append(ref, 0, old + i * 1000, i)).isEqualTo(Outcome.OK);
          assertThat(a.append(ref, 0, old + i * 1000, 77)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
          assertThat(a.append(a.series(base(0)), 0, old, 1)).isEqualTo(Outcome.OUT_OF_ORDER);
          // Half a range behind the newest sample is too old, cut or not.
          assertThat(a.append(ref, 0, now.get() - Duration.ofMinutes(41).toMillis(), 1))
              .isEqualTo(Outcome.OUT_OF_BOUNDS);
        }
      }
      assertThat(count(db, "lagging", 1)).isEqualTo(3);
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * 20);
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      assertThat(count(db, "lagging", 1)).isEqualTo(3);
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * 20);
      for (int i = 20; i < 300; i++) {
        now.addAndGet(60_000);
        step(db, now.get(), i);
        db.maintain();
      }
      assertThat(count(db, "lagging", 1)).isEqualTo(3);
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * 300);
    }
  }

  @Test
  void failedFlushLosesNothingAtCleanStop() {
    SimulatedFiles disk = new SimulatedFiles(3);
    DatabaseOptions o = options(1 << 30);
    MetricsDatabase db = MetricsDatabase.open(Path.of("/data"), o, disk);
    int steps = 0;
    for (; steps < 200; steps++) {
      now.addAndGet(60_000);
      step(db, now.get(), steps);
    }
    disk.failNames(".tmp-for-creation");
    assertThatThrownBy(db::maintain).isInstanceOf(StorageException.class);
    now.addAndGet(60_000);
    step(db, now.get(), steps++);
    db.close(); // writes a snapshot of memory
    disk.failNames("");
    try (MetricsDatabase again = MetricsDatabase.open(Path.of("/data"), o, disk)) {
      assertThat(count(again, "base", BASE)).isEqualTo(BASE * steps);
      again.maintain();
      assertThat(again.blockList()).isNotEmpty();
      assertThat(count(again, "base", BASE)).isEqualTo(BASE * steps);
    }
  }

  /** A process with a heap of 96 MB that is fed a label without end. */
  static final class Exploding {
    @SuppressWarnings("SystemOut")
    public static void main(String[] args) {
      long refused = 0;
      long made = 0;
      try (MetricsDatabase db =
          MetricsDatabase.open(
              Path.of(args[0]), DatabaseOptions.DEFAULTS.withRetention(Duration.ofDays(1000), 0))) {
        for (int steps = 0; steps < Integer.parseInt(args[1]); steps++) {
          long t = System.currentTimeMillis() - 1_000_000 + steps * 1000L;
          step(db, t, steps);
          try (Appender a = db.appender()) {
            for (int i = 0; i < 10_000; i++) {
              try {
                a.append(a.series(bad(made + refused)), 0, t, i);
                made++;
              } catch (StorageException e) {
                refused++;
              }
            }
            a.commit();
          }
          if (count(db, "base", 3) != 3 * (steps + 1)) {
            throw new AssertionError("at step " + steps);
          }
        }
        System.out.println(made + " " + refused + " " + db.status().memory().state());
      }
    }
  }

  @Test
  void smallHeapSurvivesSeriesExplosion() throws IOException, InterruptedException {
    ProcessBuilder b =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-Xmx96m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Exploding.class.getName(),
            folder.toString(),
            "60");
    b.redirectErrorStream(true);
    Process p = b.start();
    String last = "";
    StringBuilder all = new StringBuilder();
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        last = line;
        all.append(line).append('\n');
      }
    } finally {
      p.destroyForcibly();
      assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(last).as(all.toString()).matches("\\d+ \\d+ (slowing|refusing)");
    assertThat(Long.parseLong(last.split(" ")[1])).isPositive();
    try (MetricsDatabase db =
        MetricsDatabase.open(folder, options(1 << 30).withBlockDuration(Duration.ofHours(2)))) {
      assertThat(count(db, "base", BASE)).isEqualTo(BASE * 60);
    }
  }
}
