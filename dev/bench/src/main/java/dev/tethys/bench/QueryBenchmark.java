package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Range queries over 640 series of 2,000 samples, 200 steps, from the store to the result. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class QueryBenchmark {
  private static final int HOSTS = 40;
  private static final int SERIES = 16;
  private static final int SAMPLES = 2000;
  private static final long INTERVAL = 15_000;

  @Param({
    "rate(bench_seconds_total[5m])",
    "sum(rate(bench_seconds_total[5m]))",
    "max_over_time(bench_seconds_total[1h])",
    "count(bench_seconds_total)"
  })
  public String query = "";

  private Path folder = Path.of("");
  private MetricsDatabase database;
  private PromqlEngine engine;
  private long start;

  @Setup
  public void fill() throws IOException {
    folder = Files.createTempDirectory("tethys-jmh");
    database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS);
    engine = new PromqlEngine(EngineOptions.defaults());
    start = System.currentTimeMillis() - SAMPLES * INTERVAL;
    long[] refs = new long[HOSTS * SERIES];
    for (int t = 0; t < SAMPLES; t++) {
      try (Appender a = database.appender()) {
        for (int s = 0; s < refs.length; s++) {
          if (t == 0) {
            refs[s] =
                a.series(
                    Labels.of(
                        Labels.METRIC_NAME,
                        "bench_seconds_total",
                        "instance",
                        "host-" + s / SERIES,
                        "mode",
                        "m" + s % SERIES));
          }
          a.append(refs[s], 0, start + t * INTERVAL, t * (s % 7 + 0.25));
        }
        a.commit();
      }
    }
  }

  @Benchmark
  public QueryResult range() {
    long end = start + SAMPLES * INTERVAL;
    return engine
        .range(database, query, start, end, (end - start) / 200, QueryOptions.DEFAULT)
        .execute();
  }

  @TearDown
  public void close() throws IOException {
    engine.close();
    database.close();
    try (Stream<Path> s = Files.walk(folder)) {
      s.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    }
  }
}
