package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The machine's clock jumps, both ways and by years, while samples of its time are written, blocks
 * are made and merged and the database is opened again: what was taken is there.
 */
@Tag("slow")
class ClockJumpTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final long HOUR = 3_600_000;
  private static final long YEAR = 365 * 24 * HOUR;
  private static final Labels SERIES = Labels.of("__name__", "m");

  @TempDir Path folder;
  private long now = T0;

  private MetricsDatabase open() {
    InstantSource clock = () -> Instant.ofEpochMilli(now);
    return MetricsDatabase.open(
        folder,
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withClock(clock)
            .withRetention(Duration.ofDays(36_500), 0)
            .withOutOfOrderWindow(DatabaseOptions.ANY_AGE));
  }

  private static TreeMap<Long, Double> read(MetricsDatabase db) {
    TreeMap<Long, Double> out = new TreeMap<>();
    long end = T0 + 100 * YEAR;
    try (Selection s =
        db.select(SelectHints.range(0, end), List.of(Matcher.equal("__name__", "m")))) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          assertThat(out.put(b.timestamps[k], b.values[k])).as("once").isNull();
        }
        long[] times = Arrays.copyOf(b.timestamps, b.size);
        assertThat(times).isSorted();
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void nothingIsLost(long seed) {
    Random random = new Random(seed);
    TreeMap<Long, Double> taken = new TreeMap<>();
    MetricsDatabase db = open();
    try {
      for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 50; i++) {
          now += 15_000;
          double value = random.nextInt(1_000);
          try (Appender a = db.appender()) {
            Appender.Outcome o = a.append(a.series(SERIES), 0, now, value);
            a.commit();
            if (o == Appender.Outcome.OK) {
              taken.putIfAbsent(now, value);
            }
          }
        }
        long by = random.nextBoolean() ? random.nextLong(20 * HOUR) : random.nextLong(2 * YEAR);
        now = Math.max(HOUR, now + (random.nextBoolean() ? by : -by));
        if (random.nextBoolean()) {
          db.maintain();
        }
        if (random.nextInt(10) == 0) {
          db.close();
          db = open();
        }
      }
      assertThat(taken).as("most were taken").hasSizeGreaterThan(2_900);
      assertThat(read(db)).isEqualTo(taken);
      db.maintain();
      db.close();
      db = open();
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(read(db)).isEqualTo(taken);
    } finally {
      db.close();
    }
  }

  /** A server with Prometheus's settings refuses late samples, and reports them. */
  @ParameterizedTest
  @ValueSource(longs = {-1, -50, 1, 50})
  void aJumpRemovesNothing(long days) {
    MetricsDatabase db =
        MetricsDatabase.open(
            folder,
            DatabaseOptions.DEFAULTS
                .withBackground(false)
                .withClock(() -> Instant.ofEpochMilli(now)));
    try (db) {
      for (int i = 0; i < 1_000; i++) {
        now += 15_000;
        try (Appender a = db.appender()) {
          assertThat(a.append(a.series(SERIES), 0, now, i)).isEqualTo(Appender.Outcome.OK);
          a.commit();
        }
      }
      now += days * 24 * HOUR;
      db.maintain();
      assertThat(read(db)).hasSize(1_000);
      now -= days * 24 * HOUR;
      db.maintain();
      assertThat(read(db)).hasSize(1_000);
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(SERIES), 0, now + 15_000, 1)).isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
      assertThat(read(db)).hasSize(1_001);
    }
  }

  /** The clock was ahead, samples of that time were written, and it is right again. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void samplesOfATimeToComeTakeNoneWithThem(boolean rules) {
    List<RetentionPolicy.Rule> kept =
        rules
            ? List.of(
                new RetentionPolicy.Rule(
                    List.of(Matcher.equal("__name__", "m")), Duration.ofDays(10)))
            : List.of();
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(new RetentionPolicy(Duration.ofDays(15), 0, 0, kept))
            .withClock(() -> Instant.ofEpochMilli(now));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      append(db, 2_000);
      long right = now;
      now += YEAR;
      append(db, 2_000);
      now = right;
      db.maintain();
      assertThat(db.blockList()).isNotEmpty();
      assertThat(read(db)).hasSize(4_000);
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      db.maintain();
      assertThat(read(db)).hasSize(4_000);
      now += YEAR;
      db.maintain();
      assertThat(read(db).firstKey()).as("what is past its time goes").isGreaterThan(T0 + YEAR);
    }
  }

  /** The clock was a day ahead for one sample, or for hours, which became blocks. */
  @ParameterizedTest
  @CsvSource({"1,false,0", "1,true,0", "2000,false,0", "2000,true,0", "1,true,20", "2000,true,20"})
  void acceptsPresentSamplesAfterwards(int ahead, boolean restarts, int windowMinutes) {
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withOutOfOrderWindow(Duration.ofMinutes(windowMinutes))
            .withClock(() -> Instant.ofEpochMilli(now));
    MetricsDatabase db = MetricsDatabase.open(folder, options);
    try {
      append(db, 2_000);
      now += 24 * HOUR + 7; // no time comes twice
      append(db, ahead);
      now -= 24 * HOUR + 7 + ahead * 15_000L;
      for (int round = 0; round < 30; round++) { // 31 hours: until the clock has caught up
        db.maintain();
        if (restarts) {
          db.close();
          db = MetricsDatabase.open(folder, options);
        }
        append(db, 250);
      }
      db.maintain();
      assertThat(read(db)).hasSize(2_000 + ahead + 30 * 250);
    } finally {
      db.close();
    }
  }

  /** A block of a time to come, as a backfill leaves it, with a series that has no other sample. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void acceptsOtherSeriesAndHistogramsAfterwards(boolean blocks) {
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS.withBackground(false).withClock(() -> Instant.ofEpochMilli(now));
    now += 24 * HOUR;
    Histogram h =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            0,
            0.001,
            0,
            3,
            1,
            new int[] {0, 1},
            new double[] {3},
            new int[0],
            new double[0],
            null);
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      append(db, blocks ? 2_000 : 1);
      try (Appender a = db.appender()) {
        long ref = a.series(Labels.of("__name__", "h"));
        assertThat(a.append(ref, 0, now, h)).isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
      db.maintain();
    }
    now = T0;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      for (int i = 0; i < 10; i++) {
        now += 15_000;
        try (Appender a = db.appender()) {
          assertThat(a.append(a.series(Labels.of("__name__", "other")), 0, now, i))
              .isEqualTo(Appender.Outcome.OK);
          assertThat(a.append(a.series(Labels.of("__name__", "h")), 0, now, h))
              .isEqualTo(Appender.Outcome.OK);
          a.commit();
        }
      }
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(SERIES), 0, now + 24 * HOUR, 1))
            .as("ahead of the clock")
            .isEqualTo(Appender.Outcome.OUT_OF_BOUNDS);
        assertThat(a.append(a.series(SERIES), 0, now - 2 * HOUR, 1))
            .as("too old without a window")
            .isNotEqualTo(Appender.Outcome.OK);
      }
      try (Selection s =
          db.select(
              SelectHints.range(T0, now),
              List.of(Matcher.of(Matcher.Type.NOT_EQUAL, "__name__", "m")))) {
        assertThat(s.size()).isEqualTo(2);
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < 2; i++) {
          s.read(i, b);
          assertThat(b.size).isEqualTo(10);
        }
      }
    }
  }

  private void append(MetricsDatabase db, int samples) {
    for (int i = 0; i < samples; i++) {
      now += 15_000;
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(SERIES), 0, now, i)).isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
    }
  }
}
