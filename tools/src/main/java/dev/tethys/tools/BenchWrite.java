package dev.tethys.tools;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.storage.Appender;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** {@code tsdb bench write}: how fast this machine writes scrapes to a store. */
final class BenchWrite {
  /** Between scrapes, as promtool's bench has it. */
  private static final long STEP_MILLIS = 30_000;

  /** Series of a scrape that are committed together. */
  private static final int BATCH = 1000;

  private static final double STEP_VALUE = 1000;
  private static final double NANOS = 1e9;

  private BenchWrite() {}

  static Command command() {
    return new Command(
        "tsdb bench write",
        "[<file>]",
        "Run a write performance benchmark: scrapes of counters, 30 s apart, into a new store. The"
            + " file has the labels of a series in each line, as promtool's 20kseries.json; without"
            + " one labels are made up.",
        List.of(
            Flag.of("out", Flag.Kind.STRING, "benchout", "Set the output path; it is emptied."),
            Flag.of("metrics", Flag.Kind.INTEGER, "10000", "Number of metrics to read."),
            Flag.of("scrapes", Flag.Kind.INTEGER, "3000", "Number of scrapes to simulate.")),
        0,
        1,
        BenchWrite::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    long metrics = a.flags().integer("metrics");
    long scrapes = a.flags().integer("scrapes");
    if (metrics < 1 || metrics > 100_000_000 || scrapes < 1) {
      throw new UsageException(
          "tethys tool tsdb bench write: --metrics must be 1 to 100000000, --scrapes at least 1");
    }
    Path out = Path.of(a.flags().get("out"));
    Path storage = out.resolve("storage");
    if (Files.exists(out) && !Files.exists(storage) && Files.list(out).findAny().isPresent()) {
      throw new UsageException(out + " contains data other than an earlier benchmark");
    }
    BackupData.delete(storage);
    List<Labels> series = stage(console, "readData", () -> labels(a.operand(0, ""), (int) metrics));
    long end = InstantSource.system().millis();
    long start = end - scrapes * STEP_MILLIS;
    DatabaseOptions options =
        DataFolder.OFFLINE.withBackground(true).withRetention(Duration.ofDays(15), 0);
    MetricsDatabase db = MetricsDatabase.open(storage, options);
    long began = System.nanoTime();
    long cpu = cpuNanos();
    long total;
    try {
      total = stage(console, "ingestScrapes", () -> ingest(db, series, scrapes, start, console));
      double seconds = (System.nanoTime() - began) / NANOS;
      double cpuSeconds = (cpuNanos() - cpu) / NANOS;
      console.out().println(" > total samples: " + total);
      console.out().printf(Locale.ROOT, " > samples/sec: %.0f%n", total / seconds);
      console.out().printf(Locale.ROOT, " > samples/CPU sec: %.0f%n", total / cpuSeconds);
    } finally {
      stage(
          console,
          "stopStorage",
          () -> {
            db.close();
            return 0;
          });
    }
    long bytes;
    try (Stream<Path> s = Files.walk(storage)) {
      bytes = s.filter(Files::isRegularFile).mapToLong(p -> p.toFile().length()).sum();
    }
    console.out().printf(Locale.ROOT, " > bytes/sample on disk: %.3f%n", (double) bytes / total);
    return 0;
  }

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean b
        ? b.getProcessCpuTime()
        : 0;
  }

  /** Timed part of the work. */
  private interface Stage<T> {
    T run() throws IOException;
  }

  private static <T> T stage(Console console, String name, Stage<T> work) throws IOException {
    console.out().println(">> start stage=" + name);
    console.out().flush();
    long began = System.nanoTime();
    T made = work.run();
    console
        .out()
        .println(
            ">> completed stage="
                + name
                + " duration="
                + GoText.duration((System.nanoTime() - began) / 1_000_000));
    return made;
  }

  private static List<Labels> labels(String file, int n) throws IOException {
    if (file.isEmpty()) {
      List<Labels> out = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        out.add(
            Labels.of(
                "__name__",
                "bench_metric_" + i % 100,
                "instance",
                "host-" + i / 1000 + ":9100",
                "series",
                String.valueOf(i)));
      }
      return out;
    }
    Set<Labels> out = new LinkedHashSet<>();
    try (BufferedReader in = Files.newBufferedReader(Path.of(file))) {
      String line = in.readLine();
      for (long at = 1; line != null && out.size() < n; at++, line = in.readLine()) {
        out.add(labels(file, at, line));
      }
    }
    return List.copyOf(out);
  }

  /** Parses {@code {"__name__":"up","job":"x"}} like promtool: by commas and colons. */
  private static Labels labels(String file, long at, String line) {
    LabelsBuilder b = new LabelsBuilder();
    for (String pair : line.replaceAll("[\"{}]", "").split(",")) {
      int colon = pair.indexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException(
            file + ": line " + at + ": expected {\"name\":\"value\",...}");
      }
      b.set(pair.substring(0, colon), pair.substring(colon + 1));
    }
    return b.build();
  }

  private static long ingest(
      MetricsDatabase db, List<Labels> series, long scrapes, long start, Console console) {
    long[] refs = new long[series.size()];
    long total = 0;
    ProgressLine line = console.progress("written");
    line.step("scrapes", scrapes);
    for (long s = 0; s < scrapes; s++) {
      long t = start + s * STEP_MILLIS;
      for (int from = 0; from < refs.length; from += BATCH) {
        try (Appender app = db.appender()) {
          for (int i = from; i < Math.min(refs.length, from + BATCH); i++) {
            double v = STEP_VALUE * (s + 1);
            if (refs[i] == Appender.NO_SERIES
                || app.append(refs[i], 0, t, v) == Appender.Outcome.UNKNOWN_SERIES) {
              refs[i] = app.series(series.get(i));
              app.append(refs[i], 0, t, v);
            }
            total++;
          }
          app.commit();
        }
      }
      line.advance(1);
    }
    line.clear();
    return total;
  }
}
