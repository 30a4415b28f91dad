package dev.tethys.query.promql.speed;

import com.sun.management.ThreadMXBean;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Prints CPU milliseconds and megabytes allocated of each query of a file, one thread, warmed up:
 * {@code EngineSpeed RECORDING QUERIES [hosts=40] [steps=2880]}; 201 steps over the entire range.
 */
final class EngineSpeed {
  private EngineSpeed() {}

  public static void main(String[] args) throws Exception {
    int hosts = args.length > 2 ? Integer.parseInt(args[2]) : 40;
    int steps = args.length > 3 ? Integer.parseInt(args[3]) : 2880;
    int runs = args.length > 4 ? Integer.parseInt(args[4]) : 15;
    long start = 1_700_000_000_000L;
    RecordedSource source = new RecordedSource(Path.of(args[0]), hosts, steps, start, 15_000);
    long end = start + steps * 15_000L;
    long step = (end - start) / 200;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().threadId();
    System.out.printf("%d series, %d steps of %d s%n", source.size(), 201, step / 1000);
    double sum = 0;
    try (PromqlEngine engine =
        new PromqlEngine(EngineOptions.builder().threads(1).timeoutMillis(600_000).build())) {
      List<String> queries =
          Files.readAllLines(Path.of(args[1])).stream()
              .filter(q -> !q.isBlank() && !q.startsWith("#"))
              .toList();
      for (int round = 0; round < 2; round++) {
        for (String q : queries) {
          double[] ms = new double[runs];
          long bytes = 0;
          QueryResult r = null;
          for (int i = 0; i < runs; i++) {
            long cpu = threads.getCurrentThreadCpuTime();
            long allocated = threads.getThreadAllocatedBytes(self);
            r = engine.range(source, q, start, end, step, QueryOptions.DEFAULT).execute();
            ms[i] = (threads.getCurrentThreadCpuTime() - cpu) / 1e6;
            bytes = threads.getThreadAllocatedBytes(self) - allocated;
          }
          Arrays.sort(ms);
          if (round == 1 && r != null) {
            int series = r.value() instanceof Value.Matrix m ? m.series().size() : 1;
            sum += ms[runs / 2];
            System.out.printf(
                "%8.2f ms %8.1f MB %7d series %9d samples read  %s%n",
                ms[runs / 2], bytes / 1e6, series, r.statistics().samplesRead(), q);
          }
        }
      }
    }
    System.out.printf("%8.2f ms in all%n", sum);
  }
}
