package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A long log brings back what was written, late samples and new series between the others. */
class LongLogTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final int SERIES = 400;
  private static final int STEPS = 200;

  @TempDir Path folder;
  private Path killed;

  /** New series come all the time, and every fifth sample is late. */
  @BeforeEach
  void write() throws IOException {
    killed = folder.resolve("killed");
    Path live = folder.resolve("live");
    try (MetricsDatabase db = MetricsDatabase.open(live, options())) {
      for (int step = 0; step < STEPS; step++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < SERIES; i++) {
            if (i < 2 * step || i < 100) {
              a.append(a.series(labels(i)), 0, time(i, step), value(i, step));
            }
          }
          a.commit();
        }
      }
      copy(live, killed);
    }
    assertThat(Files.size(segment())).isGreaterThan(500_000);
  }

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE);
  }

  private Path segment() throws IOException {
    try (Stream<Path> s = Files.list(killed.resolve("wal"))) {
      return s.sorted().toList().getLast();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path there = to.resolve(from.relativize(p));
        if (Files.isDirectory(p)) {
          Files.createDirectories(there);
        } else {
          Files.copy(p, there);
        }
      }
    }
  }

  private static Labels labels(int i) {
    return Labels.of("__name__", "m", "n", String.format("%03d", i));
  }

  /** Each series has every time once; those of a step that ends in 4 come after the step behind. */
  private static long time(int i, int step) {
    int place = step % 5 == 3 ? step + 1 : step % 5 == 4 ? step - 1 : step;
    return T0 + place * 15_000L + i;
  }

  private static double value(int i, int step) {
    return (i * 7919L + step * 104_729L) % 1_000_003 / 1e3;
  }

  private static int holds(MetricsDatabase db) {
    int samples = 0;
    try (Selection s =
        db.select(
            SelectHints.range(T0, T0 + STEPS * 15_000L),
            List.of(Matcher.of(Matcher.Type.REGEX, "n", ".+")))) {
      SampleBuffer b = new SampleBuffer();
      for (int k = 0; k < s.size(); k++) {
        int i = Integer.parseInt(Objects.requireNonNull(s.labels(k).get("n")));
        s.read(k, b);
        for (int at = 0; at < b.size; at++) {
          int place = (int) ((b.timestamps[at] - T0 - i) / 15_000);
          int step = place % 5 == 3 ? place + 1 : place % 5 == 4 ? place - 1 : place;
          assertThat(b.timestamps[at]).isEqualTo(time(i, step));
          assertThat(b.values[at]).isEqualTo(value(i, step));
        }
        samples += b.size;
      }
    }
    return samples;
  }

  private static int written() {
    int n = 0;
    for (int step = 0; step < STEPS; step++) {
      n += Math.min(SERIES, Math.max(100, 2 * step));
    }
    return n;
  }

  @Test
  void isWhole() {
    try (MetricsDatabase db = MetricsDatabase.open(killed, options())) {
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(db.recovery().records()).isGreaterThanOrEqualTo(STEPS);
      assertThat(holds(db)).isEqualTo(written());
    }
  }

  @Test
  void damageInTheMiddleLosesOneRecord() throws IOException {
    byte[] log = Files.readAllBytes(segment());
    log[log.length / 2] ^= 0x5a;
    Files.write(segment(), log);
    try (MetricsDatabase db = MetricsDatabase.open(killed, options())) {
      assertThat(db.recovery().damagedBytes()).isPositive();
      int lost = written() - holds(db);
      // Those of one step, and of the two series that it would have named for the first time.
      assertThat(lost).isPositive().isLessThanOrEqualTo(SERIES + 2 * STEPS);
    }
  }
}
