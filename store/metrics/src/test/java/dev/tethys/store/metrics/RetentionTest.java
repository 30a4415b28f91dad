package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept, by time, size, share of the disk and rule, and what a full disk does to merges. */
@Tag("slow")
class RetentionTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (18 * HOUR) * (18 * HOUR);
  private static final Path FOLDER = Path.of("/data");

  @TempDir Path folder;

  private static DatabaseOptions options(RetentionPolicy policy) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withRetention(policy);
  }

  private static RetentionPolicy policy(Duration time, RetentionPolicy.Rule... rules) {
    return new RetentionPolicy(time, 0, 0, List.of(rules));
  }

  private static RetentionPolicy.Rule rule(String job, Duration time) {
    return new RetentionPolicy.Rule(List.of(Matcher.equal("job", job)), time);
  }

  /** Ten series of each job, a sample each two minutes, upkeep each hour. */
  private static void fill(MetricsDatabase db, int fromHour, int toHour, String... jobs) {
    for (int h = fromHour; h < toHour; h++) {
      for (int m = 0; m < 60; m += 2) {
        long t = T0 + h * HOUR + m * 60_000L;
        try (Appender a = db.appender()) {
          for (String job : jobs) {
            for (int i = 0; i < 10; i++) {
              a.append(
                  a.series(Labels.of("__name__", "m", "i", "" + i, "job", job)), 0, t, h * 60 + m);
            }
          }
          a.commit();
        }
      }
      db.maintain();
    }
  }

  /** The oldest hour (from T0) that a query responds with, by job. */
  private static TreeMap<String, Long> oldest(MetricsDatabase db) {
    TreeMap<String, Long> out = new TreeMap<>();
    SampleBuffer b = new SampleBuffer();
    SampleBuffer times = new SampleBuffer();
    try (Selection s =
        db.select(
            SelectHints.range(0, Long.MAX_VALUE - 1), List.of(Matcher.equal("__name__", "m")))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        s.readTimes(i, times);
        assertThat(times.size).isEqualTo(b.size);
        if (b.size > 0) {
          out.merge(
              String.valueOf(s.labels(i).get("job")), (b.timestamps[0] - T0) / HOUR, Math::min);
        }
      }
    }
    return out;
  }

  private static long samples(MetricsDatabase db) {
    return db.blockList().stream().mapToLong(BlockInfo::samples).sum();
  }

  @Test
  void shorterRuleHidesImmediatelyAndFreesSpaceOnRewrite() {
    RetentionPolicy p = policy(Duration.ofDays(300), rule("debug", Duration.ofHours(5)));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(p))) {
      fill(db, 0, 40, "debug", "api");
      // The newest sample is that of 39:58.
      assertThat(oldest(db)).containsEntry("api", 0L).containsEntry("debug", 34L);
      long debug = 0;
      for (BlockInfo b : db.blockList()) {
        if (b.maxTime() <= T0 + 34 * HOUR) {
          assertThat(b.series()).as("series of %s", b).isEqualTo(10);
        }
        debug += b.samples() - 10 * (b.maxTime() - b.minTime()) / 120_000;
      }
      assertThat(debug).isLessThan(10 * 30 * 12);
      // A range in which a rule shows nothing has none of its series.
      assertThat(db.series(T0, T0 + HOUR, List.of(List.of(Matcher.equal("job", "debug"))), 0))
          .isEmpty();
      // Those that are hidden from now on stand between the others, and take no place of a limit.
      db.reconfigure(options(policy(Duration.ofDays(300), rule("debug", Duration.ofHours(1)))));
      List<List<Matcher>> all = List.of(List.of(Matcher.equal("__name__", "m")));
      long hidden = T0 + 37 * HOUR;
      assertThat(db.series(hidden, hidden + HOUR, all, 10)).hasSize(10);
    }
  }

  @Test
  void longerRuleKeepsItsSeriesWhenOthersExpire() {
    RetentionPolicy p = policy(Duration.ofHours(10), rule("slo", Duration.ZERO));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(p))) {
      fill(db, 0, 40, "api", "slo");
      assertThat(oldest(db)).containsEntry("slo", 0L).containsEntry("api", 29L);
      assertThat(db.blockList().getFirst().series()).isEqualTo(10);
      long before = samples(db);
      db.maintain();
      assertThat(samples(db)).isEqualTo(before); // nothing is rewritten again and again
    }
  }

  @Test
  void firstRuleHolds() {
    RetentionPolicy p =
        policy(
            Duration.ofHours(8),
            rule("api", Duration.ofHours(20)),
            new RetentionPolicy.Rule(
                List.of(Matcher.of(Matcher.Type.REGEX, "job", ".+")), Duration.ofHours(4)));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(p))) {
      fill(db, 0, 30, "api", "web");
      assertThat(oldest(db)).containsEntry("api", 9L).containsEntry("web", 25L);
    }
  }

  @Test
  void removesCompletelyExpiredBlocks() {
    RetentionPolicy p =
        policy(Duration.ofHours(6), rule("debug", Duration.ofHours(3)), rule("x", Duration.ZERO));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(p))) {
      fill(db, 0, 40, "debug", "api");
      assertThat(db.blockList().getFirst().minTime()).isGreaterThanOrEqualTo(T0 + 24 * HOUR);
    }
  }

  @Test
  void diskShareTakesPrecedenceOverTheSize() {
    SimulatedFiles disk = new SimulatedFiles(1);
    disk.totalBytes = 1_000_000;
    RetentionPolicy all = new RetentionPolicy(Duration.ZERO, 1, 90, List.of());
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(all), disk)) {
      fill(db, 0, 30, "api");
      long bytes = db.stats(0).blockBytes() + db.stats(0).logBytes();
      assertThat(db.blockList()).hasSizeGreaterThan(1);
      disk.totalBytes = 2 * (bytes - 1);
      db.reconfigure(options(new RetentionPolicy(Duration.ZERO, 1, 50, List.of())));
      int before = db.blockList().size();
      db.maintain();
      assertThat(db.blockList()).hasSize(before - 1);
      assertThat(db.stats(0).blockBytes() + db.stats(0).logBytes()).isLessThan(bytes);
    }
  }

  @Test
  void fullDiskStopsMergesOnly() {
    SimulatedFiles disk = new SimulatedFiles(1);
    RetentionPolicy p = policy(Duration.ofDays(30));
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(p), disk)) {
      disk.setFree(Compaction.RESERVE);
      fill(db, 0, 20, "api");
      assertThat(db.blockList()).hasSize(9).allMatch(b -> b.level() == 1);
      assertThat(oldest(db)).containsEntry("api", 0L);
      disk.setFree(Long.MAX_VALUE);
      db.maintain();
      assertThat(db.blockList()).anyMatch(b -> b.level() > 1);
      assertThat(oldest(db)).containsEntry("api", 0L);
    }
  }
}
