package dev.tethys.bench;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Many rules over many series, next to Prometheus and vmalert with VictoriaMetrics: processor
 * seconds and memory of each, one after another, on the same data.
 *
 * <p>All series get a sample at each interval by remote write. A server is measured for some time
 * without rules, then for as long with them; the difference is what the rules cost. Data is {@code
 * series} spread over 100 metrics and {@code rules}/100 jobs, so that each rule reads as many
 * series as any other and all rules together read each series once: of ten rules four compare with
 * a threshold, three record a sum of rates, two compare rates, and one records an average. One
 * alert in a hundred fires.
 */
final class RuleRace {
  private static final int METRICS = 100;
  private static final int RULES_IN_GROUP = 50;
  private static final int BATCH = 2_000;
  private static final List<String> SERVERS = Contender.names();

  private final int series;
  private final int rules;
  private final int interval;
  private final int seconds;
  private final int jobs;
  private final int instances;

  private RuleRace(Options o) throws Options.WrongException {
    series = o.count("series");
    rules = o.count("rules");
    interval = o.count("interval");
    seconds = o.count("seconds");
    jobs = rules / METRICS;
    if (jobs < 1 || series < METRICS * jobs || interval < 1 || seconds < interval) {
      throw new Options.WrongException(
          "at least 100 rules, as many series as rules, and seconds of at least one interval are"
              + " wanted");
    }
    instances = series / METRICS / jobs;
  }

  /** Runs with the servers by name, and {@code series=… rules=… interval=… seconds=…}. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("series", 1_000_000)
            .with("rules", 10_000)
            .with("interval", 15)
            .with("seconds", 240)
            .withWords("SERVER (" + String.join(", ", SERVERS) + ")", SERVERS::contains)
            .read(args);
    RuleRace race = new RuleRace(o);
    List<String> servers = o.words().isEmpty() ? SERVERS : o.words();
    System.out.printf(
        Locale.ROOT,
        "%d rules over %d series, every %d s; %d s without rules, %d s with them%n",
        race.jobs * METRICS,
        race.jobs * METRICS * race.instances,
        race.interval,
        race.seconds,
        race.seconds);
    for (String s : servers) {
      race.measure(s);
    }
    return 0;
  }

  private String config(boolean withRules) {
    return "global: {scrape_interval: 1h, evaluation_interval: "
        + interval
        + "s}\n"
        + (withRules ? "rule_files: [rules.yml]\n" : "");
  }

  /** Returns the rules as a Prometheus rule file. */
  private String rules() {
    StringBuilder sb = new StringBuilder("groups:\n");
    int n = 0;
    for (int j = 0; j < jobs; j++) {
      for (int m = 0; m < METRICS; m++, n++) {
        if (n % RULES_IN_GROUP == 0) {
          sb.append("- name: g").append(n / RULES_IN_GROUP).append('\n');
          sb.append("  interval: ").append(interval).append("s\n  rules:\n");
        }
        String s = "bench_m" + m + "{job=\"job-" + j + "\"}";
        String w = "[" + 4 * interval + "s]";
        switch (n % 10) {
          case 0, 1, 2, 3 -> alert(sb, n, s + " > " + (n % 100 == 0 ? "-1" : "1e15"));
          case 4, 5, 6 ->
              record(sb, "job:bench_m" + m + ":rate", "sum by (job) (rate(" + s + w + "))");
          case 7, 8 -> alert(sb, n, "rate(" + s + w + ") > 1e12");
          default -> record(sb, "job:bench_m" + m + ":avg", "avg by (job, zone) (" + s + ")");
        }
      }
    }
    return sb.toString();
  }

  private static void alert(StringBuilder sb, int n, String expr) {
    sb.append("  - alert: A").append(n).append("\n    expr: '").append(expr).append("'\n");
    sb.append("    for: 1m\n    labels: {severity: page}\n");
    sb.append("    annotations: {summary: '{{ $labels.instance }} is at {{ $value }}'}\n");
  }

  private static void record(StringBuilder sb, String name, String expr) {
    sb.append("  - record: ").append(name).append("\n    expr: '").append(expr).append("'\n");
  }

  /** Processes that together act as one server; the first receives the samples. */
  private record Started(List<ServerUnderTest> processes) implements AutoCloseable {
    ServerUnderTest store() {
      return processes.getFirst();
    }

    double cpu() throws IOException {
      double sum = 0;
      for (ServerUnderTest p : processes) {
        sum += p.figures().cpuSeconds();
      }
      return sum;
    }

    long resident() throws IOException {
      long sum = 0;
      for (ServerUnderTest p : processes) {
        sum += p.figures().resident();
      }
      return sum;
    }

    @Override
    public void close() throws InterruptedException {
      for (ServerUnderTest p : processes.reversed()) {
        p.close();
      }
    }
  }

  private static List<String> withPort(String[] command, int port) {
    List<String> out = new ArrayList<>();
    for (String c : command) {
      out.add(c.replace("{port}", String.valueOf(port)));
    }
    return out;
  }

  private void measure(String what) throws IOException, InterruptedException {
    Path dir = Files.createTempDirectory("tethys-rules-" + what);
    Files.writeString(dir.resolve("rules.yml"), rules());
    List<ServerUnderTest> started = new ArrayList<>();
    started.add(Contender.of(what).start(dir, config(false)));
    try (Started s = new Started(started)) {
      Feed feed = new Feed(s.store());
      feed.once(); // makes the series
      feed.during(TimeUnit.SECONDS.toNanos(5L * interval));
      double before = s.cpu();
      feed.during(TimeUnit.SECONDS.toNanos(seconds));
      double without = s.cpu() - before;
      long residentBefore = s.resident();
      addRules(what, s, dir);
      feed.during(TimeUnit.SECONDS.toNanos(2L * interval)); // plans and compiles for the first time
      before = s.cpu();
      feed.during(TimeUnit.SECONDS.toNanos(seconds));
      double with = s.cpu() - before;
      System.out.printf(
          Locale.ROOT,
          "%-10s  cpu s/min: without %6.2f  with %6.2f  rules %6.2f   MB: without %5d  with %5d"
              + " %s%n",
          what,
          without * 60 / seconds,
          with * 60 / seconds,
          (with - without) * 60 / seconds,
          residentBefore >> 10,
          s.resident() >> 10,
          evaluated(what, s));
      if (feed.refused > 0) {
        System.out.println(
            "  " + feed.refused + " requests were rejected: the figures mean little");
      }
    }
  }

  private void addRules(String what, Started s, Path dir) throws IOException, InterruptedException {
    if (what.equals("victoria")) {
      String vmalert = Contender.peer("vmalert");
      String store = s.store().request("").build().uri().toString();
      s.processes.add(
          ServerUnderTest.start(
              Files.createDirectories(dir.resolve("vmalert")),
              port ->
                  withPort(
                      new String[] {
                        vmalert,
                        "-rule=" + dir.resolve("rules.yml"),
                        "-datasource.url=" + store,
                        "-remoteWrite.url=" + store,
                        "-notifier.blackhole",
                        "-evaluationInterval=" + interval + "s",
                        "-httpListenAddr=127.0.0.1:{port}"
                      },
                      port),
              Map.of()));
      Contender.awaitReady(s.processes.getLast());
      return;
    }
    Files.writeString(dir.resolve("prometheus.yml"), config(true));
    HttpResponse<String> r =
        s.store()
            .send(
                s.store().request("/-/reload").POST(HttpRequest.BodyPublishers.noBody()),
                HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() != 200) {
      throw new IOException(what + ": the rules were rejected: " + r.body());
    }
  }

  /** Returns the evaluation counts reported by the server, as proof of its work. */
  private static String evaluated(String what, Started s) throws IOException, InterruptedException {
    ServerUnderTest p = s.processes.getLast();
    String body = p.send(p.request("/metrics"), HttpResponse.BodyHandlers.ofString()).body();
    Map<String, Double> sums = new LinkedHashMap<>();
    List<String> names =
        what.equals("victoria")
            ? List.of(
                "vmalert_iteration_total",
                "vmalert_iteration_missed_total",
                "vmalert_execution_errors_total")
            : List.of(
                "prometheus_rule_group_iterations_total",
                "prometheus_rule_group_iterations_missed_total",
                "prometheus_rule_evaluation_failures_total");
    body.lines()
        .filter(l -> names.stream().anyMatch(n -> l.startsWith(n + "{") || l.startsWith(n + " ")))
        .forEach(
            l ->
                sums.merge(
                    l.replaceAll("[{ ].*", ""),
                    Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)),
                    Double::sum));
    StringBuilder sb = new StringBuilder();
    sums.forEach(
        (k, v) ->
            sb.append("  ")
                .append(k.replaceAll("^(prometheus_rule_|vmalert_)|_total$", ""))
                .append(' ')
                .append(v.longValue()));
    return sb.toString();
  }

  /** Writes a sample of every series at each interval. */
  private final class Feed {
    private final ServerUnderTest server;
    private final List<Labels> labels = new ArrayList<>();
    private final WriteRequestWriter writer = new WriteRequestWriter();
    private long step;
    private int refused;

    Feed(ServerUnderTest server) {
      this.server = server;
      for (int j = 0; j < jobs; j++) {
        for (int i = 0; i < instances; i++) {
          for (int m = 0; m < METRICS; m++) {
            labels.add(
                Labels.of(
                    Labels.METRIC_NAME,
                    "bench_m" + m,
                    "instance",
                    "host-" + j + "-" + i + ":9100",
                    "job",
                    "job-" + j,
                    "zone",
                    "z" + i % 3));
          }
        }
      }
    }

    void once() throws IOException, InterruptedException {
      long now = System.currentTimeMillis();
      step++;
      for (int from = 0; from < labels.size(); from += BATCH) {
        writer.clear();
        int to = Math.min(from + BATCH, labels.size());
        for (int i = from; i < to; i++) {
          writer.beginSeries(labels.get(i)).sample(now, step * (i % 97 + 1)).endSeries();
        }
        byte[] body = SnappyBlock.encode(writer.buffer(), 0, writer.size());
        HttpResponse<String> r =
            server.send(
                server
                    .request("/api/v1/write")
                    .header("Content-Encoding", "snappy")
                    .header("Content-Type", "application/x-protobuf")
                    .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
                HttpResponse.BodyHandlers.ofString());
        if (r.statusCode() / 100 != 2 && refused++ == 0) {
          System.err.println("a batch was rejected: " + r.statusCode() + " " + r.body().strip());
        }
      }
    }

    void during(long nanos) throws IOException, InterruptedException {
      long end = System.nanoTime() + nanos;
      long next = System.nanoTime();
      while (next < end) {
        long wait = next - System.nanoTime();
        if (wait > 0) {
          LockSupport.parkNanos(wait);
          continue;
        }
        once();
        next += TimeUnit.SECONDS.toNanos(interval);
      }
      long remaining;
      while ((remaining = end - System.nanoTime()) > 0) {
        LockSupport.parkNanos(remaining);
      }
    }
  }
}
