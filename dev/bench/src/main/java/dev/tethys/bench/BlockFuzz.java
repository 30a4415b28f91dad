package dev.tethys.bench;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.StoredBlock;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Damaged blocks, one in each round. Half of the rounds leave the checksums as they were: then all
 * that is read must be what was written. The other half overwrite bytes and repair the checksums of
 * groups, sections and footer, so that the damage reaches the code after them; the result may be
 * anything but an unexpected end.
 */
final class BlockFuzz implements Fuzz.Target {
  private static final long T0 = 1_699_999_200_000L;
  private static final int TEMPLATES = 4;
  private static final int STEPS = 300;
  private static final int GROUP_HEADER = 12;
  private static final int SECTIONS = 7;
  private static final int SECTION_ENTRY = 20;
  private static final int FOOTER = SECTIONS * SECTION_ENTRY + 12;

  private record Block(byte[] chunks, byte[] index, Map<Labels, List<Object>> content) {}

  private final Path dir;
  private final List<Block> blocks = new ArrayList<>();
  private long damaged;
  private long refused;
  private long samples;

  BlockFuzz(Path dir) {
    this.dir = dir;
    try {
      for (int i = 0; i < TEMPLATES; i++) {
        blocks.add(block(dir.resolve("template" + i), new Random(i)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Block block(Path folder, Random r) throws IOException {
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS.withBackground(false).withRetention(Duration.ofDays(1000), 0);
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      double[] x = new double[40];
      for (int step = 0; step < STEPS; step++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < x.length; i++) {
            long ref = a.series(Labels.of("__name__", "m" + i % 10, "n", "" + i));
            long t = T0 + step * 15_000L;
            if (i % 10 == 9) {
              a.append(ref, 0, t, histogram(step, r));
            } else {
              x[i] = next(i % 10, x[i], step, r);
              a.append(ref, i % 10 == 1 ? T0 - 1 : 0, t, x[i]);
            }
          }
          a.commit();
        }
      }
      try (Appender a = db.appender()) {
        a.append(a.series(Labels.of("__name__", "end")), 0, T0 + 86_400_000L, 1);
        a.commit();
      }
      db.maintain();
    }
    Path at;
    try (Stream<Path> all = Files.list(folder)) {
      at = all.filter(p -> p.getFileName().toString().length() == 26).findFirst().orElseThrow();
    }
    Map<Labels, List<Object>> content = new HashMap<>();
    try (StoredBlock b = StoredBlock.open(at)) {
      SampleBuffer s = new SampleBuffer();
      for (int i = 0; i < b.size(); i++) {
        b.read(i, s);
        content.put(b.labels(i), content(s));
      }
    }
    Block out =
        new Block(
            Files.readAllBytes(at.resolve("chunks")),
            Files.readAllBytes(at.resolve("index")),
            content);
    Fuzz.delete(folder);
    return out;
  }

  private static double next(int kind, double x, int step, Random r) {
    return switch (kind) {
      case 0 -> 42.5;
      case 1 -> x + r.nextInt(1000);
      case 2 -> r.nextInt(60) == 0 ? x + 1 : x;
      case 3 -> r.nextInt(50) * 4096.0;
      case 4 -> r.nextInt(1_000_000) / 1e3;
      case 5 -> x + 0.1 * r.nextInt(30);
      case 6 -> r.nextDouble();
      case 7 -> x + step;
      default -> r.nextInt(70) == 0 ? Samples.STALE : r.nextInt(16);
    };
  }

  private static Histogram histogram(int step, Random r) {
    double[] buckets = {step, step * 2.0, r.nextInt(3)};
    return new Histogram(
        true,
        Histogram.ResetHint.GAUGE,
        1,
        0,
        0,
        buckets[0] + buckets[1] + buckets[2],
        step * 0.5,
        new int[] {r.nextInt(2), 3},
        buckets,
        new int[0],
        new double[0],
        null);
  }

  private static List<Object> content(SampleBuffer b) {
    List<Object> out = new ArrayList<>(2 * b.size);
    for (int i = 0; i < b.size; i++) {
      out.add(b.timestamps[i]);
      Histogram h = b.histograms == null ? null : b.histograms[i];
      out.add(h == null ? (Object) Double.doubleToRawLongBits(b.values[i]) : h);
    }
    return out;
  }

  @Override
  public long round(Random r) throws IOException {
    Block sound = blocks.get(r.nextInt(TEMPLATES));
    boolean sealed = r.nextBoolean();
    boolean first = r.nextInt(3) > 0;
    byte[] chunks = sound.chunks;
    byte[] index = sound.index;
    if (!sealed) {
      chunks = first ? FileCorruption.of(chunks, r) : chunks;
      index = first ? index : FileCorruption.of(index, r);
    } else if (first) {
      chunks = overwritten(chunks, r);
      sealGroups(chunks, sound.chunks, chunks.length);
    } else {
      index = overwritten(index, r);
      sealIndex(index, sound.index);
    }
    Path folder = dir.resolve("block");
    Files.createDirectories(folder);
    Files.write(folder.resolve("chunks"), chunks);
    Files.write(folder.resolve("index"), index);
    damaged++;
    try (StoredBlock b = StoredBlock.open(folder)) {
      SampleBuffer s = new SampleBuffer();
      for (int i = 0; i < b.size(); i++) {
        b.read(i, s);
        samples += s.size;
        if (!sealed && !content(s).equals(sound.content.get(b.labels(i)))) {
          throw new AssertionError("another answer for " + b.labels(i));
        }
      }
    } catch (StorageException e) {
      refused++;
    }
    return 1;
  }

  /** Corrupts a file while leaving every byte at its position. */
  private static byte[] overwritten(byte[] sound, Random r) {
    byte[] b = sound.clone();
    for (int n = 1 + r.nextInt(4); n > 0; n--) {
      int at = 8 + r.nextInt(b.length - 8);
      switch (r.nextInt(4)) {
        case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
        case 1 -> b[at] = (byte) r.nextInt();
        case 2 -> Arrays.fill(b, at, Math.min(b.length, at + 1 + r.nextInt(9)), (byte) 0xff);
        default -> {
          int from = r.nextInt(b.length);
          int length = Math.min(1 + r.nextInt(64), b.length - Math.max(from, at));
          System.arraycopy(b, from, b, at, length);
        }
      }
    }
    return b;
  }

  private static int crc(byte[] b, int from, int length) {
    CRC32C c = new CRC32C();
    c.update(b, from, length);
    return (int) c.getValue();
  }

  private static void sealGroups(byte[] b, byte[] sound, int end) {
    ByteBuffer in = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    for (int p = 8; p + GROUP_HEADER <= end; ) {
      int stored = in.getInt(p + 4);
      System.arraycopy(sound, p + 4, b, p + 4, 8);
      out.putInt(p, crc(b, p + 4, stored + 8));
      p += GROUP_HEADER + stored;
    }
  }

  private static void sealIndex(byte[] b, byte[] sound) {
    int footer = sound.length - FOOTER;
    System.arraycopy(sound, footer, b, footer, FOOTER);
    ByteBuffer in = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    sealGroups(b, sound, (int) in.getLong(footer)); // the first section follows the pages
    for (int s = 0; s < SECTIONS; s++) {
      int at = footer + s * SECTION_ENTRY;
      out.putInt(at + 16, crc(b, (int) in.getLong(at), (int) in.getLong(at + 8)));
    }
    out.putInt(footer + SECTIONS * SECTION_ENTRY, crc(b, footer, SECTIONS * SECTION_ENTRY));
  }

  @Override
  public String summary() {
    return damaged + " blocks, " + refused + " refused, " + samples + " samples read";
  }
}
