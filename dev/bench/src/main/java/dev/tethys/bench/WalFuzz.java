package dev.tethys.bench;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.FileCorruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Damaged segments of the write-ahead log, a whole log in each round. Half of the rounds leave the
 * checksums as they were: then every sample that is read must be one that was sent. The other half
 * damage the payload of one record and recompute its checksum, so that the damage reaches the
 * reader of records; its result may be anything but an unexpected end.
 */
final class WalFuzz implements Fuzz.Target {
  private static final long T0 = 1_699_999_200_000L;
  private static final int TEMPLATES = 8;
  private static final int STEPS = 60;
  private static final int SEGMENT_BYTES = 1024;
  private static final int SEGMENT_HEADER = 16;
  private static final int FRAME_HEADER = 12;

  private final Path dir;
  private final List<List<byte[]>> logs = new ArrayList<>();
  private final Set<Object> sent = new HashSet<>();
  private long samples;
  private long damaged;
  private long untouched;

  private record Sample(String labels, long time, Object value) {}

  WalFuzz(Path dir) {
    this.dir = dir;
    try {
      for (int i = 0; i < TEMPLATES; i++) {
        logs.add(log(dir.resolve("template" + i), new Random(i)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withRetention(Duration.ofDays(1000), 0)
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withLog(DatabaseOptions.Fsync.EACH_SECOND, SEGMENT_BYTES, 64L << 20);
  }

  /** Writes the log of a store that has seen every kind of record. */
  private List<byte[]> log(Path folder, Random r) throws IOException {
    List<byte[]> log = new ArrayList<>();
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      for (int step = 0; step < STEPS; step++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < 12; i++) {
            Labels l = Labels.of("__name__", "m" + i, "host", "h" + r.nextInt(2));
            long t = T0 + step * 15_000L - (r.nextInt(9) == 0 ? r.nextInt(100_000) : 0);
            long ref = a.series(l);
            if (i % 6 == 5) {
              Histogram h = histogram(step * 3 + i);
              a.append(ref, r.nextInt(3) == 0 ? T0 : 0, t, h);
              sent.add(new Sample(l.toString(), t, h));
            } else {
              double v = r.nextInt(3) == 0 ? r.nextDouble() : r.nextInt(100);
              a.append(ref, r.nextInt(5) == 0 ? T0 : 0, t, v);
              sent.add(new Sample(l.toString(), t, v));
            }
            if (r.nextInt(10) == 0) {
              a.append(ref, new Exemplar(Labels.of("trace_id", "x" + step), 1, t));
            }
          }
          a.metadata("m" + step % 3, new MetricMetadata(MetricType.COUNTER, "help " + step, ""));
          a.commit();
        }
        if (step % 20 == 6) {
          db.delete(T0, T0 + 30_000, List.of(List.of(Matcher.equal("__name__", "m1"))));
        }
      }
      for (int n = 1; Files.exists(path(folder, n)); n++) {
        log.add(Files.readAllBytes(path(folder, n)));
      }
    }
    Fuzz.delete(folder);
    return log;
  }

  private static Path path(Path folder, int segment) {
    return folder.resolve("wal").resolve(String.format(Locale.ROOT, "%08d", segment));
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

  @Override
  public long round(Random r) throws IOException {
    List<byte[]> sound = logs.get(r.nextInt(TEMPLATES));
    boolean sealed = r.nextBoolean();
    Path folder = dir.resolve("db");
    Files.createDirectories(folder.resolve("wal"));
    for (int n = 0; n < sound.size(); n++) {
      byte[] before = sound.get(n);
      byte[] after = sealed ? resealed(before, r) : FileCorruption.of(before, r);
      untouched += Arrays.equals(before, after) ? 1 : 0;
      damaged++;
      Files.write(path(folder, n + 1), after);
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, options());
        Selection s = db.select(SelectHints.range(Long.MIN_VALUE, Long.MAX_VALUE), List.of())) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        String labels = s.labels(i).toString();
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          Sample x = new Sample(labels, b.timestamps[k], h == null ? (Object) b.values[k] : h);
          if (!sealed && !sent.contains(x)) {
            throw new AssertionError("nobody sent " + x);
          }
          samples++;
        }
      }
      db.exemplars(Long.MIN_VALUE, Long.MAX_VALUE, List.of(List.of()));
      db.stats(3);
      // It still works.
      try (Appender a = db.appender()) {
        a.append(a.series(Labels.of("__name__", "after")), 0, T0 + 3_600_000, 1);
        a.commit();
      }
    } finally {
      Fuzz.delete(folder);
    }
    return sound.size();
  }

  /** Damages the payload of one record and makes its header agree with it. */
  private static byte[] resealed(byte[] sound, Random r) {
    ByteBuffer in = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
    int frames = 0;
    for (int p = SEGMENT_HEADER; p < sound.length; p += FRAME_HEADER + in.getInt(p + 4)) {
      frames++;
    }
    int p = SEGMENT_HEADER;
    for (int n = r.nextInt(frames); n > 0; n--) {
      p += FRAME_HEADER + in.getInt(p + 4);
    }
    int end = p + FRAME_HEADER + in.getInt(p + 4);
    byte[] payload = FileCorruption.of(Arrays.copyOfRange(sound, p + FRAME_HEADER, end), r);
    CRC32C crc = new CRC32C();
    crc.update(payload);
    ByteBuffer out =
        ByteBuffer.allocate(sound.length - (end - p) + FRAME_HEADER + payload.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.put(sound, 0, p).putInt(in.getInt(p)).putInt(payload.length);
    out.putInt((int) crc.getValue() ^ payload.length).put(payload);
    out.put(sound, end, sound.length - end);
    return out.array();
  }

  @Override
  public String summary() {
    return damaged
        + " segments, "
        + samples
        + " samples read, "
        + untouched
        + " not changed at all";
  }
}
