package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.Recording;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Bytes per sample. Fills a database with a recording as many hosts and prints the disk usage by
 * content, once after a clean stop and once after all data was merged into blocks.
 */
final class Disk {
  private static final DatabaseOptions UNATTENDED =
      DatabaseOptions.DEFAULTS.withBackground(false).withRetention(Duration.ofDays(3650), 0);

  private Disk() {}

  /** Options are {@code REC hosts=40 steps=720 interval=15 scaled=1}; 0 if all was well. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("hosts", 40)
            .with("steps", 720)
            .with("interval", 15)
            .with("scaled", 1)
            .withWords("REC", w -> true)
            .read(args);
    if (o.words().size() != 1) {
      throw new Options.WrongException("one recording is to be named; " + o.there());
    }
    Recording rec = new Recording(Path.of(o.words().getFirst()), o.number("scaled") != 0);
    Path folder = Files.createTempDirectory("tethys-disk");
    try {
      fill(rec, folder, o.count("hosts"), o.count("steps"), o.count("interval") * 1000L);
    } finally {
      Fuzz.delete(folder);
    }
    return 0;
  }

  private static void fill(Recording rec, Path folder, int hosts, int steps, long interval)
      throws IOException {
    long end = 1_700_000_000_000L / interval * interval;
    long begin = end - steps * interval;
    DatabaseOptions options = UNATTENDED;
    long samples = (long) hosts * rec.series() * steps;
    long closing;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      long[] ids = new long[hosts * rec.series()];
      for (int s = 0; s < steps; s++) {
        try (Appender a = db.appender()) {
          for (int h = 0; h < hosts; h++) {
            for (int i = 0; i < rec.series(); i++) {
              int n = h * rec.series() + i;
              if (s == 0) {
                ids[n] = a.series(rec.labels(h, i));
              }
              a.append(ids[n], 0, begin + s * interval, rec.value(h, s, i));
            }
          }
          a.commit();
        }
        if (s % 60 == 59) {
          db.maintain();
        }
      }
      closing = -cpu();
    }
    closing += cpu();
    System.out.printf(
        Locale.ROOT,
        "%d samples; after a clean stop %.3f B/sample: %s%n",
        samples,
        (double) size(folder) / samples,
        listing(folder, samples));
    long opening = -cpu();
    try (MetricsDatabase db = MetricsDatabase.open(folder, options)) {
      opening += cpu();
      System.out.printf(
          Locale.ROOT,
          "the stop took %.2f s, the start %.2f s of CPU%n",
          closing / 1e9,
          opening / 1e9);
      long cpu = -cpu();
      merge(db, end);
      cpu += cpu();
      System.out.printf(
          Locale.ROOT, "flushing and merging the rest took %.2f s of CPU%n", cpu / 1e9);
      table(db.blockList(), samples);
    }
  }

  /** Completes all earlier data with a sample of the next day, so that it is written to blocks. */
  private static void merge(MetricsDatabase db, long end) throws IOException {
    try (Appender a = db.appender()) {
      a.append(a.series(Labels.of("__name__", "end")), 0, end + 86_400_000L, 1);
      a.commit();
    }
    db.maintain();
  }

  /**
   * Bytes of merged blocks with everything that a server has stored in a folder.
   *
   * @param end time of the newest sample
   * @param samples minimum number of samples
   * @throws IOException also when there are others than that
   */
  static long merged(Path folder, long end, long samples) throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder, UNATTENDED)) {
      merge(db, end);
      long there = db.blockList().stream().mapToLong(BlockInfo::samples).sum();
      if (there != samples) {
        throw new IOException("blocks have " + there + " samples of " + samples);
      }
      return db.blockList().stream().mapToLong(BlockInfo::bytes).sum();
    }
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void table(List<BlockInfo> blocks, long samples) {
    Map<String, long[]> parts = new TreeMap<>();
    long bytes = 0;
    for (BlockInfo b : blocks) {
      bytes += b.bytes();
      System.out.printf(
          Locale.ROOT,
          "block %s level %d: %d samples, %d series, %d chunks, %.3f B/sample%n",
          b.ulid(),
          b.level(),
          b.samples(),
          b.series(),
          b.chunks(),
          (double) b.bytes() / b.samples());
      for (BlockInfo.Part p : b.parts()) {
        long[] sum = parts.computeIfAbsent(p.name(), k -> new long[3]);
        sum[0] += p.chunks();
        sum[1] += p.samples();
        sum[2] += p.bytes();
      }
    }
    System.out.println("part\tchunks\tsamples\tbytes\tof all samples\tof its samples");
    parts.forEach(
        (name, p) ->
            System.out.printf(
                Locale.ROOT,
                "%s\t%d\t%d\t%d\t%.4f\t%s%n",
                name,
                p[0],
                p[1],
                p[2],
                (double) p[2] / samples,
                p[1] == 0 ? "-" : String.format(Locale.ROOT, "%.3f", (double) p[2] / p[1])));
    System.out.printf(Locale.ROOT, "merged blocks: %.4f B/sample%n", (double) bytes / samples);
  }

  private static String listing(Path folder, long samples) throws IOException {
    Map<String, Long> out = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path p : all.toList()) {
        String name = p.getFileName().toString();
        out.merge(name.length() == 26 ? "blocks" : name, size(p), Long::sum);
      }
    }
    StringBuilder sb = new StringBuilder();
    out.forEach(
        (k, v) -> sb.append(String.format(Locale.ROOT, "%s %.3f  ", k, (double) v / samples)));
    return sb.toString().trim();
  }

  /** Bytes of all files in a folder. */
  static long size(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).mapToLong(p -> p.toFile().length()).sum();
    }
  }
}
