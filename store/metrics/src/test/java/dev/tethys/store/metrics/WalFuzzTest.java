package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.Frames;
import dev.tethys.testkit.FileCorruption;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged logs, some thousand segments of them: no response has samples that were never sent, and
 * the store always opens. {@code tethys bench fuzz wal} does the same a million times.
 */
@Tag("slow")
class WalFuzzTest {
  private static final Path FOLDER = Path.of("/data");
  private static final Path WAL = FOLDER.resolve("wal");
  private static final long T0 = 1_699_999_200_000L;
  private static final DatabaseOptions OPTIONS =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ofDays(1000), 0)
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
          .withLog(DatabaseOptions.Fsync.EACH_SECOND, 2048, 64 << 20);
  private static final Logger LOG = Logger.getLogger("dev.tethys.store.metrics");

  private record Sample(Labels labels, long time, Object value) {}

  private final Set<Sample> sent = new HashSet<>();

  @BeforeEach
  void quiet() {
    LOG.setLevel(Level.OFF); // each round would log its damage
  }

  @AfterEach
  void loud() {
    LOG.setLevel(null);
  }

  private void work(MetricsDatabase db, Random r) {
    for (int step = 0; step < 60; step++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < 12; i++) {
          Labels l = Labels.of("__name__", "m" + i, "host", "h" + r.nextInt(3));
          long t = T0 + step * 15_000L - (r.nextInt(9) == 0 ? r.nextInt(100_000) : 0);
          long ref = a.series(l);
          if (i % 6 == 5) {
            Histogram h = histogram(step * 3 + i);
            a.append(ref, 0, t, h);
            sent.add(new Sample(l, t, h));
          } else {
            double v = r.nextInt(3) == 0 ? r.nextDouble() : r.nextInt(100);
            a.append(ref, r.nextInt(5) == 0 ? T0 : 0, t, v);
            sent.add(new Sample(l, t, v));
          }
        }
        a.metadata("m" + step % 3, new MetricMetadata(MetricType.COUNTER, "help " + step, ""));
        a.commit();
      }
      if (step % 20 == 6) {
        db.delete(T0, T0 + 30_000, List.of(List.of(Matcher.equal("__name__", "m1"))));
      }
    }
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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anyBytesMayStandThere(boolean sealed) throws IOException {
    SimulatedFiles disk = new SimulatedFiles(1);
    MetricsDatabase writer = MetricsDatabase.open(FOLDER, OPTIONS, disk);
    work(writer, new Random(2));
    int damaged = 0;
    int lost = 0;
    int told = 0;
    for (int round = 0; damaged < Integer.getInteger("segments", 1200); round++) {
      Random r = new Random(round);
      SimulatedFiles copy = disk.afterKill();
      for (Path p : copy.list(WAL)) {
        copy.damage(p, b -> sealed ? resealed(b, r) : FileCorruption.of(b, r));
        damaged++;
      }
      int found = 0;
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, OPTIONS, copy);
          Selection s = db.select(SelectHints.range(Long.MIN_VALUE, Long.MAX_VALUE), List.of())) {
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          for (int k = 0; k < b.size; k++) {
            Histogram h = b.histograms == null ? null : b.histograms[k];
            Sample x = new Sample(s.labels(i), b.timestamps[k], h == null ? b.values[k] : h);
            assertThat(sealed || sent.contains(x)).as("round %d: %s", round, x).isTrue();
            found++;
          }
        }
        told += db.recovery().damagedBytes() > 0 ? 1 : 0;
        assertThat(db.stats(3).series()).isNotNegative();
        if (found < sent.size() / 2) {
          RecoveryReport report = db.recovery();
          assertThat(report.problems().size() + report.tornBytes()).isPositive();
        }
        try (Appender a = db.appender()) {
          a.append(a.series(Labels.of("__name__", "after")), 0, T0 + 3_600_000, 1);
          a.commit();
        }
      }
      lost += found < sent.size() / 2 ? 1 : 0;
    }
    assertThat(sealed ? told : lost).isPositive();
    writer.close();
  }

  /** Damages the payload of one record, whose checksum then agrees again. */
  private static byte[] resealed(byte[] sound, Random r) {
    int header = 16;
    ByteSink out = new ByteSink(sound.length + 64);
    out.put(sound, 0, Math.min(header, sound.length));
    int victim = r.nextInt(4);
    int n = 0;
    for (int p = header; p + Frames.HEADER <= sound.length; n++) {
      int length = (sound[p + 4] & 0xff) | (sound[p + 5] & 0xff) << 8 | (sound[p + 6] & 0xff) << 16;
      byte[] payload = Arrays.copyOfRange(sound, p + Frames.HEADER, p + Frames.HEADER + length);
      if (n == victim) {
        payload = FileCorruption.of(payload, r);
      }
      int at = Frames.begin(out);
      out.put(payload, 0, payload.length);
      Frames.end(out, at);
      p += Frames.HEADER + length;
    }
    return out.toArray();
  }
}
