package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.runtime.HeapController;
import dev.tethys.store.metrics.CardinalityQuery;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.StorageStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Store with many series in its index and few active ones. Generations of pods follow one another,
 * each for some hours of the store's time, so that blocks contain all of them and memory the last.
 * Prints resident memory after each generation, then the cost of queries over the last hour and
 * over everything, then the duration of opening.
 */
final class Cardinality {
  private static final ProcessStatistics SELF =
      new ProcessStatistics(ProcessHandle.current().pid());
  private static final long GENERATION = Duration.ofHours(3).toMillis();
  private static final int METRICS = 200;
  private static final int BATCH = 5_000;

  private final int active;
  private final int generations;
  private final int samples;
  private final long begin = 1_700_006_400_000L; // at a block's boundary
  private final AtomicLong now = new AtomicLong(begin);
  private long most;

  private Cardinality(Options o) throws Options.WrongException {
    active = o.count("active");
    generations = o.count("generations");
    samples = o.count("samples");
  }

  /**
   * Options are active (series at a time), generations, samples (of a series), and MB: the most
   * resident memory; 0 if all was answered within that.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("active", 1_000_000)
            .with("generations", 10)
            .with("samples", 4)
            .with("MB", 1_500)
            .read(args);
    HeapController.keepStore(); // as the server does
    Path dir = Files.createTempDirectory("tethys-cardinality");
    try {
      return new Cardinality(o).run(dir, o.count("MB"));
    } finally {
      Fuzz.delete(dir);
    }
  }

  private DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withClock(() -> Instant.ofEpochMilli(now.get()))
        .withRetention(Duration.ZERO, 0)
        .withBackground(false);
  }

  private int run(Path dir, int bound) throws Exception {
    boolean right = true;
    try (MetricsDatabase db = MetricsDatabase.open(dir, options())) {
      System.out.println(
          "generation\trss_MB\tactive\tin_blocks\tblocks\tblock_MB\tmemory_MB\tcpu_s");
      for (int g = 0; g < generations; g++) {
        write(db, g);
        db.maintain();
        printStatus(db, g);
      }
      right &= questions(db);
    }
    long t = System.nanoTime();
    try (MetricsDatabase db = MetricsDatabase.open(dir, options())) {
      System.out.printf(
          Locale.ROOT, "opened in %.2f s, rss %d MB%n", seconds(t), SELF.resident() >> 10);
      right &= last(db) == active / METRICS;
    }
    note();
    System.out.printf("at most %d MB resident, %d are allowed%n", most >> 10, bound);
    if (!right) {
      System.out.println("an answer was not whole, see above");
    }
    return right && most >> 10 <= bound ? 0 : 1;
  }

  /** Writes the samples of a generation over three hours, in requests of some thousand series. */
  private void write(MetricsDatabase db, int generation) throws IOException {
    long[] references = new long[active];
    for (int s = 0; s < samples; s++) {
      long t = begin + generation * GENERATION + s * (GENERATION / samples);
      now.set(t);
      for (int from = 0; from < active; from += BATCH) {
        try (Appender a = db.appender()) {
          for (int i = from; i < Math.min(active, from + BATCH); i++) {
            if (references[i] == 0
                || a.append(references[i], 0, t, (double) i + s) == Outcome.UNKNOWN_SERIES) {
              references[i] = a.series(labels(i, generation));
              a.append(references[i], 0, t, (double) i + s);
            }
          }
          a.commit();
        }
      }
      db.maintain();
      note();
    }
  }

  private void note() throws IOException {
    most = Math.max(most, SELF.resident());
  }

  private void printStatus(MetricsDatabase db, int generation) throws IOException {
    StorageStatus s = db.status();
    System.out.printf(
        Locale.ROOT,
        "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f%n",
        generation + 1,
        SELF.resident() >> 10,
        s.head().series(),
        s.blocks().series(),
        s.blocks().count(),
        s.blocks().bytes() >> 20,
        s.memory().used() >> 20,
        SELF.cpuSeconds());
  }

  private interface Question {
    long ask() throws Exception;
  }

  private boolean answered(String what, long wanted, Question q) throws Exception {
    long t = System.nanoTime();
    long first = q.ask();
    double cold = seconds(t);
    t = System.nanoTime();
    long n = q.ask();
    note();
    System.out.printf(
        Locale.ROOT,
        "%s: %d, %.0f ms, then %.1f; rss %d MB%s%n",
        what,
        n,
        cold * 1000,
        seconds(t) * 1000,
        SELF.resident() >> 10,
        n == wanted && first == wanted ? "" : ", but " + wanted + " was wanted");
    return n == wanted && first == wanted;
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static long read(MetricsDatabase db, long min, long max, String metric) throws Exception {
    try (Selection s =
        db.select(SelectHints.range(min, max), List.of(Matcher.equal("__name__", metric)))) {
      SampleBuffer b = new SampleBuffer();
      long n = 0;
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        n += b.size > 0 ? 1 : 0;
      }
      return n;
    }
  }

  private long last(MetricsDatabase db) throws Exception {
    return read(db, now.get() - 3_600_000, now.get(), "churn_1");
  }

  private boolean questions(MetricsDatabase db) throws Exception {
    long max = now.get();
    long hour = max - 3_600_000;
    int each = active / METRICS;
    boolean right = answered("series of a metric, last hour", each, () -> last(db));
    right &=
        answered(
            "the same, all time", (long) each * generations, () -> read(db, begin, max, "churn_1"));
    right &=
        answered(
            "values of pod, last hour",
            each,
            () -> db.labelValues("pod", hour, max, List.of(), 0).values().size());
    right &=
        answered(
            "values of pod, all time",
            (long) each * generations,
            () -> db.labelValues("pod", begin, max, List.of(), 0).values().size());
    right &=
        answered(
            "metric names, all time",
            METRICS,
            () -> db.labelValues("__name__", begin, max, List.of(), 0).values().size());
    right &=
        answered(
            "series of a pod, all time",
            METRICS,
            () ->
                db.series(begin, max, List.of(List.of(Matcher.equal("pod", "pod-7-0"))), 0).size());
    CardinalityQuery all = new CardinalityQuery(begin, max, List.of(), Labels.METRIC_NAME, "", 10);
    double series = (double) active * generations;
    right &=
        answered(
            "cardinality, all time, within 5 %",
            1, () -> Math.abs(db.cardinality(all).series() - series) < series / 20 ? 1 : 0);
    return right;
  }

  private static Labels labels(int i, int generation) {
    return Labels.of(
        "__name__",
        "churn_" + i % METRICS,
        "job",
        "churn",
        "pod",
        "pod-" + i / METRICS + "-" + generation);
  }
}
