package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Kills a writing process by SIGKILL, a thousand times on one folder, while it flushes, merges and
 * takes snapshots. It prints the number of each batch once its commit returned: all printed batches
 * must be readable after the next start, each complete.
 */
final class Kills {
  private static final long T0 = 1_699_999_200_000L;
  private static final int SERIES = 150;
  private static final int KEPT = 20_000; // steps of a second that retention keeps, and more

  private Kills() {}

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withRetention(Duration.ofSeconds(KEPT), 0)
        .withBlockDuration(Duration.ofMinutes(10))
        .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 18, 1 << 18);
  }

  /** The process that is killed: arguments folder, number of the first batch. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) {
      MetricsDatabase db = MetricsDatabase.open(Path.of(args[0]), options());
      for (int step = Integer.parseInt(args[1]); ; step++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < SERIES; i++) {
            long ref = a.series(Labels.of("__name__", "m", "i", "" + i));
            a.append(ref, 0, T0 + step * 1000L, step * 0.5 + i);
          }
          // One that comes and goes, perhaps before it has its sample.
          Labels l = Labels.of("__name__", "short", "step", "" + step);
          while (a.append(a.series(l), 0, T0 + step * 1000L, step)
              == Appender.Outcome.UNKNOWN_SERIES) {}
          a.commit();
        }
        System.out.println(step);
        if (System.out.checkError()) {
          return; // who reads it is gone
        }
      }
    }
  }

  /** Options are {@code count=1000 seed=1}; 0 if nothing was lost. */
  static int run(String[] args) throws Exception {
    Options options = new Options().with("count", 1000).with("seed", 1).read(args);
    int count = options.count("count");
    Logger.getLogger("dev.tethys.store").setLevel(Level.OFF);
    Path dir = Files.createTempDirectory("tethys-kills");
    Random r = new Random(options.number("seed"));
    long began = System.nanoTime();
    int next = 0;
    try {
      for (int kill = 1; kill <= count; kill++) {
        int last = life(dir, next, next + 20 + r.nextInt(800));
        next = check(dir, last) + 1;
        if (kill % 20 == 0 || kill == count) {
          System.out.printf(
              Locale.ROOT,
              "%d kills, %d batches acknowledged, all there, %.1f s%n",
              kill,
              last + 1,
              (System.nanoTime() - began) / 1e9);
        }
      }
      return 0;
    } finally {
      Fuzz.delete(dir);
      Files.deleteIfExists(errors(dir));
    }
  }

  /** Returns the path of the writer's error output. */
  private static Path errors(Path dir) {
    return dir.resolveSibling(dir.getFileName() + ".errors");
  }

  /** Runs the writer until it acknowledged a batch, and kills it; the last one acknowledged. */
  private static int life(Path dir, int from, int until) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                dir.toString(),
                Integer.toString(from))
            .redirectError(errors(dir).toFile())
            .start();
    int last = from - 1;
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while (last < until && (line = in.readLine()) != null) {
        last = Integer.parseInt(line);
      }
      p.toHandle().destroyForcibly(); // unlike the process's own, it leaves the pipe open
      // What it printed until it ended was acknowledged, too; a line cut short was not.
      while ((line = in.readLine()) != null) {
        if (line.equals(Integer.toString(last + 1))) {
          last++;
        }
      }
    } finally {
      p.destroyForcibly();
      if (!p.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the process does not end");
      }
    }
    if (last < until) {
      throw new AssertionError(
          "the process ended by itself after batch "
              + last
              + ", exit "
              + p.exitValue()
              + ": "
              + Files.readString(errors(dir)));
    }
    return last;
  }

  /**
   * Returns the newest batch after checking that it is at least the last acknowledged one and that
   * there is no gap from the oldest one kept.
   */
  private static int check(Path dir, int last) {
    try (MetricsDatabase db = MetricsDatabase.open(dir, options().withBackground(false))) {
      if (!db.recovery().problems().isEmpty()) {
        throw new AssertionError(String.join("; ", db.recovery().problems()));
      }
      int newest = -1;
      SampleBuffer b = new SampleBuffer();
      try (Selection s = select(db, "m")) {
        equal(s.size(), SERIES, "series");
        for (int i = 0; i < SERIES; i++) {
          s.read(i, b);
          int number = Integer.parseInt(s.labels(i).get("i"));
          int first = (int) ((b.timestamps[0] - T0) / 1000);
          newest = newest < 0 ? first + b.size - 1 : newest;
          equal(first + b.size - 1, newest, "the last batch of series " + number);
          if (first > 0 && first > last - KEPT) {
            throw new AssertionError("batches before " + first + " are missing");
          }
          for (int k = 0; k < b.size; k++) {
            int step = first + k;
            equal(b.timestamps[k], T0 + step * 1000L, "time of batch " + step);
            if (b.values[k] != step * 0.5 + number) {
              throw new AssertionError(
                  "batch " + step + " of series " + number + " is " + b.values[k]);
            }
          }
        }
      }
      if (newest < last) {
        throw new AssertionError("batch " + last + " was acknowledged, the newest is " + newest);
      }
      try (Selection s = select(db, "short")) {
        boolean[] seen = new boolean[newest + 1];
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          int step = Integer.parseInt(s.labels(i).get("step"));
          equal(b.size, 1, "samples of the series of batch " + step);
          equal((long) b.values[0], step, "its value");
          seen[step] = true;
        }
        for (int step = Math.max(0, last - KEPT); step <= last; step++) {
          if (!seen[step]) {
            throw new AssertionError("the series of batch " + step + " is missing");
          }
        }
      }
      return newest;
    }
  }

  private static Selection select(MetricsDatabase db, String metric) {
    return db.select(
        SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", metric)));
  }

  private static void equal(long got, long wanted, String what) {
    if (got != wanted) {
      throw new AssertionError(what + ": " + got + ", not " + wanted);
    }
  }
}
