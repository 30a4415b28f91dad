package dev.tethys.bench;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
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
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The path of a pushed sample without the network: decompress, walk, append, log. Nanoseconds per
 * sample.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class RemoteWriteBenchmark {
  private static final int SERIES = 2000;

  private byte[] body = {};
  private final byte[] decoded = new byte[1 << 20];
  private final WriteRequestReader reader = new WriteRequestReader();
  private Path folder = Path.of("");
  private MetricsDatabase database;
  private long step;

  @Setup(Level.Iteration)
  public void open() throws IOException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < SERIES; i++) {
      w.beginSeries(
              Labels.of(
                  Labels.METRIC_NAME,
                  "bench_requests_total",
                  "instance",
                  "host-" + i / 500 + ":9100",
                  "job",
                  "bench",
                  "path",
                  "/api/v1/things/" + i % 500))
          .sample(1_700_000_000_000L, i * 1.25)
          .endSeries();
    }
    body = SnappyBlock.encode(w.buffer(), 0, w.size());
    folder = Files.createTempDirectory("tethys-jmh");
    database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS);
  }

  @TearDown(Level.Iteration)
  public void close() throws IOException {
    database.close();
    try (Stream<Path> s = Files.walk(folder)) {
      s.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    }
  }

  @Benchmark
  @OperationsPerInvocation(SERIES)
  public long store() {
    int n = SnappyBlock.decode(body, 0, body.length, decoded);
    reader.reset(decoded, 0, n);
    long time = System.currentTimeMillis() - 86_400_000 + 15_000 * step++;
    try (Appender a = database.appender()) {
      while (reader.nextSeries()) {
        long ref =
            a.series(
                reader.labelBuffer(),
                reader.labelOffset(),
                reader.labelLength(),
                WriteRequestReader.LABELS);
        while (reader.next() != SeriesEvent.END) {
          a.append(ref, 0, time, reader.value() + step);
        }
      }
      a.commit();
    }
    return step;
  }
}
