package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.runtime.HeapController;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.StorageStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Store of which a tenth of the series is replaced each ten minutes, for hours. Prints resident
 * memory, series in memory and the log, a line each ten minutes of the store's time. The clock of
 * the store may run faster than the wall's.
 */
final class Churn {
  private static final long TEN_MINUTES = 600_000;

  private static final ProcessStatistics SELF =
      new ProcessStatistics(ProcessHandle.current().pid());

  private Churn() {}

  private record Reading(long rss, long series, long memory, long log) {}

  /** Options are minutes of the store's time, series, interval (s) and speed; 0 if all was well. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("minutes", 120)
            .with("series", 20_000)
            .with("interval", 15)
            .with("speed", 1)
            .read(args);
    HeapController.keep(); // as the server does
    Path dir = Files.createTempDirectory("tethys-churn");
    try {
      return run(
          dir,
          o.count("minutes"),
          o.count("series"),
          o.count("interval") * 1000L,
          o.count("speed"));
    } finally {
      Fuzz.delete(dir);
    }
  }

  private static int run(Path dir, int minutes, int series, long interval, int speed)
      throws Exception {
    long wall = System.nanoTime();
    long begin = Instant.now().toEpochMilli();
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS.withClock(
            () -> Instant.ofEpochMilli(begin + (System.nanoTime() - wall) / 1_000_000 * speed));
    int[] generation = new int[series];
    long[] references = new long[series];
    List<Reading> readings = new ArrayList<>();
    System.out.printf(
        "%d series, a sample each %d ms, %d times the wall's clock%n", series, interval, speed);
    System.out.println("minute\trss_MB\tseries\tmemory_MB\tlog_MB\tblocks\tearly_cuts");
    try (MetricsDatabase db = MetricsDatabase.open(dir, options)) {
      long replaced = 0;
      for (long at = 0; at < minutes * 60_000L; at += interval) {
        long due = wall + TimeUnit.MILLISECONDS.toNanos(at / speed);
        TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
        try (Appender a = db.appender()) {
          if (at > 0 && at / TEN_MINUTES != (at - interval) / TEN_MINUTES) {
            for (int i = 0; i < series / 10; i++) {
              int k = (int) (replaced++ % series);
              a.append(references[k], 0, begin + at, Samples.STALE);
              generation[k]++;
              references[k] = 0;
            }
          }
          for (int i = 0; i < series; i++) {
            double v = i % 3 == 0 ? i : at / 1000.0 * (i % 7) + i;
            if (references[i] == 0
                || a.append(references[i], 0, begin + at, v) == Outcome.UNKNOWN_SERIES) {
              references[i] = a.series(labels(i, generation[i]));
              a.append(references[i], 0, begin + at, v);
            }
          }
          a.commit();
        }
        if ((at + interval) / TEN_MINUTES != at / TEN_MINUTES) {
          readings.add(printReading(db, (at + interval) / 60_000));
        }
      }
    }
    return judge(readings);
  }

  private static Reading printReading(MetricsDatabase db, long minute) throws IOException {
    StorageStatus s = db.status();
    Reading r = new Reading(SELF.resident(), s.head().series(), s.memory().used(), s.logBytes());
    System.out.printf(
        Locale.ROOT,
        "%d\t%d\t%d\t%.1f\t%.1f\t%d\t%d%n",
        minute,
        r.rss >> 10,
        r.series,
        r.memory / 1048576.0,
        r.log / 1048576.0,
        s.blocks().count(),
        s.work().earlyFlushes());
    return r;
  }

  /** Checks that the last third uses little more than the previous third at most. */
  private static int judge(List<Reading> all) {
    int third = all.size() / 3;
    if (third == 0) {
      System.out.println("too short for a verdict: it compares thirds of an hour and more");
      return 0;
    }
    List<Reading> before = all.subList(third, 2 * third);
    List<Reading> last = all.subList(2 * third, all.size());
    boolean ok = true;
    String[] names = {"rss", "series", "memory", "log"};
    for (int i = 0; i < names.length; i++) {
      int what = i;
      long a = before.stream().mapToLong(r -> figure(r, what)).max().orElse(0);
      long b = last.stream().mapToLong(r -> figure(r, what)).max().orElse(0);
      boolean flat = b <= a * 1.15;
      ok &= flat;
      System.out.printf("%s: at most %d, then %d: %s%n", names[i], a, b, flat ? "flat" : "GROWS");
    }
    return ok ? 0 : 1;
  }

  private static long figure(Reading r, int what) {
    return switch (what) {
      case 0 -> r.rss;
      case 1 -> r.series;
      case 2 -> r.memory;
      default -> r.log;
    };
  }

  private static Labels labels(int i, int generation) {
    return Labels.of(
        "__name__", "churn_" + i % 200, "job", "churn", "pod", "pod-" + i / 200 + "-" + generation);
  }
}
