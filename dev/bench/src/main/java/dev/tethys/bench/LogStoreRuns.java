package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.regex.Regex;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The log store in one process: cost of an entry, latency of queries with and without load, kill -9
 * at full load, start after a kill. Exit status 1 if an acknowledged entry is lost or stored twice.
 */
final class LogStoreRuns {
  private static final int BATCH = 1000;
  private static final int THREADS = 4;
  private static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));

  private static final KilledWriter WRITER =
      new KilledWriter(Writer.class, BATCH, "rows", LogStoreRuns::batches);

  private LogStoreRuns() {}

  /** Options are {@code rows=1000000 kills=50 start-rows=10000000 seed=1}; 0 skips a part. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("rows", 1_000_000)
            .with("kills", 50)
            .with("start-rows", 10_000_000)
            .with("seed", 1)
            .read(args);
    Path dir = Files.createTempDirectory("tethys-log-store");
    boolean sound = true;
    try {
      if (o.number("rows") > 0) {
        cost(dir.resolve("cost"), o.number("rows"), o.number("seed"));
      }
      if (o.count("kills") > 0) {
        sound = WRITER.kills(dir.resolve("kills"), o.count("kills"), o.number("seed"));
      }
      if (o.number("start-rows") > 0) {
        start(dir.resolve("start"), o.number("start-rows"), o.number("seed"));
      }
    } finally {
      Fuzz.delete(dir);
    }
    return sound ? 0 : 1;
  }

  private static LogDatabase open(Path dir) throws IOException {
    return LogDatabase.open(
        new RealFiles(),
        dir,
        new LogOptions(
            EngineOptions.defaults().withAppendWait(Duration.ofMinutes(5)), LogLimits.DEFAULTS));
  }

  private static double cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  // ---- cost and latency

  private static void cost(Path dir, long rows, long seed) throws Exception {
    LogStoreLines lines = new LogStoreLines(seed);
    LogBatch batch = new LogBatch();
    try (LogDatabase db = open(dir)) {
      double own = 0;
      long bytes = 0;
      double begin = cpu();
      long wall = System.nanoTime();
      for (long n = 0; n * BATCH < rows; n++) {
        double before = threadCpu();
        lines.fill(n, BATCH, batch);
        own += threadCpu() - before;
        bytes += batch.size;
        db.append(Scope.DEFAULT, batch);
      }
      double seconds = (System.nanoTime() - wall) / 1e9;
      db.flush();
      db.housekeep();
      double used = cpu() - begin - own;
      System.out.printf(
          Locale.ROOT,
          "%d rows of %d bytes: %.2f µs of CPU a row, %.1f bytes a row on disk, %.0f rows/s%n",
          rows,
          bytes / rows,
          used * 1e6 / rows,
          (double) db.partBytes() / rows,
          rows / seconds);
      double[] idle = latencies(db, rows, 60);
      AtomicBoolean over = new AtomicBoolean();
      Thread load = load(db, lines, rows / BATCH, rows / seconds / 2, over);
      double[] busy = latencies(db, rows, 60);
      over.set(true);
      load.join();
      System.out.printf(
          Locale.ROOT,
          "queries: idle median %.1f ms, p99 %.1f ms; at half load median %.1f ms, p99 %.1f ms"
              + " (× %.1f)%n",
          idle[idle.length / 2],
          idle[idle.length * 99 / 100],
          busy[busy.length / 2],
          busy[busy.length * 99 / 100],
          busy[busy.length * 99 / 100] / idle[idle.length * 99 / 100]);
    }
  }

  private static double threadCpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  /** Appends at a rate until it has ended. */
  private static Thread load(
      LogDatabase db, LogStoreLines lines, long from, double rowsPerSecond, AtomicBoolean over) {
    return Thread.ofPlatform()
        .start(
            () -> {
              LogBatch batch = new LogBatch();
              long begin = System.nanoTime();
              for (long n = 0; !over.get(); n++) {
                long due = begin + (long) (n * BATCH / rowsPerSecond * 1e9);
                while (System.nanoTime() < due && !over.get()) {
                  java.util.concurrent.locks.LockSupport.parkNanos(due - System.nanoTime());
                }
                lines.fill(from + n, BATCH, batch);
                db.append(Scope.DEFAULT, batch);
              }
            });
  }

  private static double[] latencies(LogDatabase db, long rows, int rounds) {
    long end = LogStoreLines.BEGIN + rows / BATCH * LogStoreLines.BATCH_NANOS;
    List<LogFilter> filters =
        List.of(
            LogFilter.NONE,
            new LogFilter(List.of(LogFilter.Contains.of("status\":500")), List.of()),
            new LogFilter(
                List.of(new LogFilter.Matches(Regex.compile("took=4[0-9]{3} "), false)), List.of()),
            new LogFilter(List.of(), List.of(Matcher.equal("level", "error"))));
    double[] out = new double[rounds * filters.size()];
    int n = 0;
    for (int round = 0; round < rounds + 3; round++) {
      for (LogFilter f : filters) {
        long t = System.nanoTime();
        List<Matcher> app = List.of(Matcher.equal("app", "app" + round % 16));
        count(db, app, f, LogStoreLines.BEGIN, end);
        if (round >= 3) { // the first rounds compile
          out[n++] = (System.nanoTime() - t) / 1e6;
        }
      }
    }
    Arrays.sort(out);
    return out;
  }

  private static long count(
      LogDatabase db, List<Matcher> matchers, LogFilter filter, long from, long to) {
    long[] n = {0};
    try (LogSelection s = db.select(Scope.DEFAULT, matchers, from, to)) {
      for (LogSegment g : s.segments()) {
        g.scan(
            filter,
            new LogNeeds(true, false, false, List.of()),
            rows -> {
              n[0] += rows.size();
              return true;
            });
      }
    }
    return n[0];
  }

  // ---- kills

  /**
   * The process that is killed: folder, first batch; it prints the number of each acknowledged one.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      LogStoreLines lines = new LogStoreLines(Long.parseLong(args[2]));
      AtomicLong next = new AtomicLong(Long.parseLong(args[1]));
      LogDatabase db = open(Path.of(args[0]));
      List<Thread> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        all.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      LogBatch batch = new LogBatch();
                      while (!System.out.checkError()) {
                        long n = next.getAndIncrement();
                        lines.fill(n, BATCH, batch);
                        db.append(Scope.DEFAULT, batch);
                        System.out.println(n);
                      }
                    }));
      }
      for (Thread t : all) {
        t.join();
      }
    }
  }

  /** Rows by batch, from a batch on. */
  private static Map<Long, Integer> batches(Path dir, long from) throws IOException {
    Map<Long, Integer> out = new HashMap<>();
    long begin = LogStoreLines.BEGIN + from * LogStoreLines.BATCH_NANOS;
    try (LogDatabase db = open(dir);
        LogSelection s = db.select(Scope.DEFAULT, ALL, begin, Long.MAX_VALUE)) {
      for (LogSegment g : s.segments()) {
        g.scan(
            LogFilter.NONE,
            new LogNeeds(true, false, false, List.of()),
            rows -> {
              for (int i = 0; i < rows.size(); i++) {
                long n = (rows.time(i) - LogStoreLines.BEGIN) / LogStoreLines.BATCH_NANOS;
                out.merge(n, 1, Integer::sum);
              }
              return true;
            });
      }
    }
    return out;
  }

  // ---- start

  private static void start(Path dir, long rows, long seed) throws Exception {
    long next = 0;
    while (next * BATCH < rows) {
      int batches = (int) Math.min(Integer.MAX_VALUE, rows / BATCH - next + 1);
      next += WRITER.life(dir, next, seed, batches).size();
    }
    long wall = System.nanoTime();
    try (LogDatabase db = open(dir)) {
      double opened = (System.nanoTime() - wall) / 1e6;
      List<Labels> series = db.series(Scope.DEFAULT, ALL, LogStoreLines.BEGIN, Long.MAX_VALUE);
      long n = count(db, ALL, LogFilter.NONE, LogStoreLines.BEGIN, LogStoreLines.BEGIN + 1_000_000);
      System.out.printf(
          Locale.ROOT,
          "start after a kill at %d rows: open %.0f ms, first answer after %.0f ms (%d streams, %d"
              + " rows)%n",
          next * BATCH,
          opened,
          (System.nanoTime() - wall) / 1e6,
          series.size(),
          n);
    }
  }
}
