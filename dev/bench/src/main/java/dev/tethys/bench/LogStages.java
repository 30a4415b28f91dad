package dev.tethys.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.Locale;

/**
 * {@code stages entries=N streams=N}: entries that a usual chain of stages takes through in a
 * second of CPU, on one thread.
 */
final class LogStages {
  private static final String CHAIN =
      """
      - cri: {}
      - json: {expressions: {level: , msg: , ts: time, user: request.user}}
      - labels: {level: }
      - timestamp: {source: ts, format: RFC3339Nano}
      - output: {source: msg}
      """;

  private LogStages() {}

  static int run(String[] args) throws Options.WrongException {
    Options o = new Options().with("entries", 3_000_000).with("streams", 50).read(args);
    int streams = (int) o.number("streams");
    Labels[] labels = new Labels[streams];
    for (int i = 0; i < streams; i++) {
      labels[i] =
          Labels.of(
              "job",
              "pods",
              "namespace",
              "prod",
              "pod",
              "web-" + i,
              "container",
              "app",
              "filename",
              "/var/log/pods/prod_web-" + i + "/app/0.log");
    }
    String[] lines = new String[1000];
    String[] levels = {"info", "info", "info", "warn", "error"};
    long bytes = 0;
    for (int i = 0; i < lines.length; i++) {
      Instant t = Instant.ofEpochSecond(1_700_000_000L + i, i * 997_331L % 1_000_000_000);
      lines[i] =
          t
              + " stdout F {\"time\":\""
              + t
              + "\",\"level\":\""
              + levels[i % levels.length]
              + "\",\"logger\":\"http\",\"request\":{\"method\":\"GET\",\"path\":\"/api/items/"
              + i
              + "\",\"user\":\"u"
              + i % 37
              + "\"},\"status\":200,\"took_ms\":"
              + i % 250
              + ".5,\"msg\":\"request served from cache\"}";
      bytes += lines[i].length();
    }
    Stages stages =
        Stages.parse(
            YamlDocument.parse("bench", null, CHAIN).root(),
            new StageContext("bench", new StageMetrics(new Registry())));
    long entries = o.number("entries");
    pass(stages, labels, lines, entries / 3); // warm
    OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = os.getProcessCpuTime();
    long out = pass(stages, labels, lines, entries);
    double seconds = (os.getProcessCpuTime() - cpu) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%d entries of %d bytes in, %d out: %.2f CPU s, %.0f entries and %.0f MB a CPU second%n",
        entries,
        bytes / lines.length,
        out,
        seconds,
        entries / seconds,
        entries / seconds * bytes / lines.length / 1e6);
    return 0;
  }

  private static long pass(Stages stages, Labels[] labels, String[] lines, long entries) {
    long[] out = new long[1];
    for (long i = 0; i < entries; i++) {
      stages.run(
          new LogEntry(labels[(int) (i / 20 % labels.length)], 0, lines[(int) (i % lines.length)]),
          e -> out[0] += e.line().isEmpty() ? 0 : 1);
    }
    return out[0];
  }
}
