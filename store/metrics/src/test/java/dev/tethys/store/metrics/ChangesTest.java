package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.TimeRanges;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every change that makes a time read otherwise is reported since marks taken before. */
@Tag("slow")
class ChangesTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (18 * HOUR) * (18 * HOUR);

  @TempDir Path folder;

  private static DatabaseOptions options(RetentionPolicy policy) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(policy);
  }

  private static RetentionPolicy policy(int hours, RetentionPolicy.Rule... rules) {
    return new RetentionPolicy(Duration.ofHours(hours), 0, 0, List.of(rules));
  }

  private static final RetentionPolicy.Rule DEBUG =
      new RetentionPolicy.Rule(List.of(Matcher.equal("job", "debug")), Duration.ofHours(5));

  private record At(Labels series, long time) {}

  private static Map<At, Double> read(MetricsDatabase db) {
    Map<At, Double> out = new HashMap<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE - 1), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          out.put(new At(s.labels(i), b.timestamps[k]), b.values[k]);
        }
      }
    }
    return out;
  }

  private static void put(MetricsDatabase db, long time, double value) {
    try (Appender a = db.appender()) {
      for (String job : List.of("debug", "api")) {
        a.append(a.series(Labels.of("__name__", "m", "job", job)), 0, time, value);
      }
      a.commit();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void whateverHappens(int seed) {
    Random r = new Random(seed);
    RetentionPolicy[] policies = {policy(9), policy(30, DEBUG), policy(0)};
    long now = T0;
    int differences = 0;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(policies[seed % 3]))) {
      Map<At, Double> before = read(db);
      for (int i = 0; i < 400; i++) {
        long mark = db.changeMark();
        switch (r.nextInt(12)) {
          case 0 -> put(db, now - r.nextInt((int) (12 * HOUR)), i);
          case 1 -> {
            long from = now - r.nextInt((int) (12 * HOUR));
            List<Matcher> matchers =
                r.nextBoolean() ? List.of() : List.of(Matcher.equal("job", "api"));
            db.delete(from, from + r.nextInt((int) HOUR), List.of(matchers));
          }
          case 2 -> db.maintain();
          case 3 -> db.cleanTombstones();
          case 4 -> {
            if (r.nextInt(10) == 0) {
              db.reconfigure(options(policies[r.nextInt(3)]));
            }
          }
          default -> {
            now += r.nextInt(900_000);
            put(db, now, i);
          }
        }
        Map<At, Double> after = read(db);
        TimeRanges told = db.changedSince(mark);
        for (At x : before.keySet()) {
          if (!before.get(x).equals(after.get(x))) {
            differences++;
            assertThat(told.overlaps(x.time, x.time)).as("%s of step %d", x, i).isTrue();
          }
        }
        for (At x : after.keySet()) {
          if (!before.containsKey(x)) {
            assertThat(told.overlaps(x.time, x.time)).as("%s of step %d", x, i).isTrue();
          }
        }
        before = after;
      }
      assertThat(differences).isPositive();
    }
  }

  @Test
  void importedBlock() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(policy(0)))) {
      put(db, T0 + 10 * HOUR, 1);
      long mark = db.changeMark();
      SampleBuffer b = new SampleBuffer();
      b.add(0, T0 + 60_000, 7);
      try (BlockImport in = db.blockImport();
          BlockImport.Draft d = in.begin(null, T0, T0 + 2 * HOUR, List.of(), 1)) {
        d.add(Labels.of("__name__", "m", "job", "old"), b);
        d.finish();
      }
      assertThat(db.changedSince(mark).overlaps(T0 + 60_000, T0 + 60_000)).isTrue();
      assertThat(db.changedSince(mark).overlaps(T0 + 3 * HOUR, Long.MAX_VALUE)).isFalse();
    }
  }

  @Test
  void orderedSamplesDoNotChangeThePast() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(policy(0)))) {
      put(db, T0, 1);
      long mark = db.changeMark();
      for (int i = 1; i < 100; i++) {
        put(db, T0 + i * 60_000, i);
      }
      assertThat(db.changedSince(mark).overlaps(Long.MIN_VALUE, T0 + 50_000)).isFalse();
      assertThat(db.changedSince(mark).overlaps(T0 + 60_000, T0 + 60_000)).isTrue();
    }
  }
}
