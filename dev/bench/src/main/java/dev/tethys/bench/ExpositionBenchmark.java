package dev.tethys.bench;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParsers;
import dev.tethys.codec.exposition.ParserOptions;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A scrape in steady state: each series is identified by a hash of its bytes. Nanoseconds per
 * sample.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ExpositionBenchmark {
  private static final int SERIES = 500;

  private byte[] text = {};

  @Setup
  public void write() {
    StringBuilder sb = new StringBuilder("# TYPE bench_requests_total counter\n");
    for (int i = 0; i < SERIES; i++) {
      sb.append("bench_requests_total{handler=\"/api/v1/things/")
          .append(i)
          .append("\",method=\"GET\",code=\"200\"} ")
          .append(i * 1.25)
          .append('\n');
    }
    text = sb.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  @OperationsPerInvocation(SERIES)
  public double parseAndHash() {
    ExpositionParser p = ExpositionParsers.text(text, 0, text.length, ParserOptions.DEFAULT);
    double sum = 0;
    for (ExpositionParser.Event e = p.next(); e != ExpositionParser.Event.END; e = p.next()) {
      if (e == ExpositionParser.Event.SERIES) {
        sum += p.value() + Labels.hash64(p.buffer(), p.keyOffset(), p.keyLength());
      }
    }
    return sum;
  }
}
