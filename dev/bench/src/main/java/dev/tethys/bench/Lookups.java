package dev.tethys.bench;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Times of requests for label names, label values and series, and of instant queries, over many
 * series in memory, next to Prometheus and VictoriaMetrics. Servers are queried in turn, in varying
 * order, over one connection each; with gzip if requested, as Go clients and browsers do.
 */
final class Lookups {
  private static final int SERIES_OF_A_REQUEST = 5_000;
  private static final int STEPS = 20;
  private static final long INTERVAL = 15_000;

  private static final String ALL = "series of all";
  private static final String NAME_KEY = "\"__name__\"";

  /** Maximum time for which written series may be missing from results. */
  private static final long SHOWN_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** Hosts, each with 16 series of processor time. */
  private static final int NODES = 270;

  private final int series;
  private final int runs;
  private final boolean gzip;
  private final long end = System.currentTimeMillis() / INTERVAL * INTERVAL;

  private Lookups(Options o) throws Options.WrongException {
    series = o.count("series");
    runs = o.count("runs");
    gzip = o.number("gzip") != 0;
  }

  /** Options are servers, series, runs and gzip; 0 if every server answered everything. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("series", 100_000)
            .with("runs", 30)
            .with("gzip", 0)
            .withWords(String.join("|", Contender.names()), Contender.names()::contains)
            .read(args);
    List<Contender> servers =
        o.words().isEmpty()
            ? Arrays.asList(Contender.values())
            : o.words().stream().map(Contender::of).toList();
    return new Lookups(o).run(servers);
  }

  private int run(List<Contender> contenders) throws Exception {
    Map<Contender, ServerUnderTest> servers = new LinkedHashMap<>();
    List<Path> folders = new ArrayList<>();
    try {
      for (Contender c : contenders) {
        Path dir = Files.createTempDirectory("tethys-lookups-" + c);
        folders.add(dir);
        ServerUnderTest s = c.start(dir, "global: {scrape_interval: 15s}\n", flags(c));
        servers.put(c, s);
        write(s);
      }
      for (Map.Entry<Contender, ServerUnderTest> e : servers.entrySet()) {
        awaitSeries(e.getKey(), e.getValue());
      }
      System.out.println("request\t" + String.join("_ms\t", names(contenders)) + "_ms\tratio");
      double product = 0;
      int rows = 0;
      for (Map.Entry<String, String> r : requests().entrySet()) {
        double ratio = measure(r.getKey(), r.getValue(), servers);
        product += Math.log(ratio);
        rows++;
      }
      System.out.printf(Locale.ROOT, "geometric mean\t%.2f%n", Math.exp(product / rows));
      return 0;
    } finally {
      for (ServerUnderTest s : servers.values()) {
        s.close();
      }
      for (Path p : folders) {
        Fuzz.delete(p);
      }
    }
  }

  /** Results must not come from a cache, and must include all written data. */
  private static String[] flags(Contender c) {
    return c == Contender.VICTORIA
        ? new String[] {
          "-search.disableCache", "-search.latencyOffset=0s", "-search.maxSeries=10000000"
        }
        : new String[0];
  }

  private static List<String> names(List<Contender> contenders) {
    return contenders.stream().map(Contender::toString).toList();
  }

  private Map<String, String> requests() {
    String time = "start=" + (end - STEPS * INTERVAL) / 1000 + "&end=" + end / 1000;
    String node = "match[]=" + escaped("node_cpu_seconds_total") + "&" + time;
    String pods = "match[]=" + escaped("container_cpu_usage_seconds_total") + "&" + time;
    String all = "match[]=" + escaped("{job=~\".+\"}") + "&" + time;
    String namespace = "match[]=" + escaped("{namespace=\"ns-7\"}") + "&" + time;
    Map<String, String> out = new LinkedHashMap<>();
    out.put("series of a metric", "series?" + node);
    out.put(ALL, "series?" + all);
    out.put("series of all limit=100", "series?" + all + "&limit=100");
    out.put("series of pods limit=100", "series?" + pods + "&limit=100");
    out.put("values of pod", "label/pod/values?" + time);
    out.put("values of pod limit=100", "label/pod/values?" + time + "&limit=100");
    out.put("values of pod in a namespace", "label/pod/values?" + namespace);
    out.put("values of namespace", "label/namespace/values?" + time);
    out.put("values of namespace of a metric", "label/namespace/values?" + pods);
    out.put("names", "labels?" + time);
    out.put("names of a metric", "labels?" + node);
    out.put("names in a namespace", "labels?" + namespace);
    for (String q :
        List.of(
            "sum by (namespace) (rate(container_cpu_usage_seconds_total[2m]))",
            "topk(10, rate(container_cpu_usage_seconds_total[2m]))",
            "count by (namespace) (container_cpu_usage_seconds_total > 5)",
            "sum by (mode) (rate(node_cpu_seconds_total[5m]))")) {
      out.put(q, "query?time=" + end / 1000 + "&query=" + escaped(q));
    }
    return out;
  }

  private static String escaped(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  private record TimedLookup(Contender contender, ServerUnderTest server, double[] times) {}

  /**
   * Queries each server in each run; the ratio of Tethys's median to the best of the others. The
   * order changes from run to run: the one that follows a long response finds the caches of the
   * processor and of the client empty, which costs some tenths of a millisecond.
   */
  private double measure(String name, String request, Map<Contender, ServerUnderTest> servers)
      throws IOException, InterruptedException {
    String path = "/api/v1/" + request.replace("match[]", "match%5B%5D");
    List<TimedLookup> all = new ArrayList<>();
    servers.forEach((c, server) -> all.add(new TimedLookup(c, server, new double[runs])));
    List<TimedLookup> turns = new ArrayList<>(all);
    Random order = new Random(1);
    for (int run = -2 * runs; run < runs; run++) { // the first ones count for nothing: code is cold
      Collections.shuffle(turns, order);
      for (TimedLookup a : turns) {
        double took = ask(a.contender, a.server, path);
        if (run >= 0) {
          a.times[run] = took;
        }
      }
    }
    StringBuilder row = new StringBuilder(name);
    double own = Double.NaN;
    double best = Double.POSITIVE_INFINITY;
    for (TimedLookup a : all) {
      Arrays.sort(a.times);
      double median = a.times[runs / 2];
      row.append(String.format(Locale.ROOT, "\t%.2f", median));
      if (a.contender == Contender.TETHYS) {
        own = median;
      } else {
        best = Math.min(best, median);
      }
    }
    double ratio = own / best;
    System.out.println(row + String.format(Locale.ROOT, "\t%.2f", ratio));
    return Double.isFinite(ratio) && ratio > 0 ? ratio : 1;
  }

  /** Milliseconds until the last byte of a response, which is not decompressed. */
  private double ask(Contender c, ServerUnderTest s, String path)
      throws IOException, InterruptedException {
    HttpRequest.Builder b = s.request(path);
    if (gzip) {
      b.header("Accept-Encoding", "gzip");
    }
    long begin = System.nanoTime();
    HttpResponse<InputStream> r = s.send(b, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream in = r.body()) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    if (r.statusCode() != 200) {
      throw new IOException(c + " answered " + r.statusCode() + " to " + path);
    }
    return (System.nanoTime() - begin) / 1e6;
  }

  /** Waits until a server finds all series: VictoriaMetrics shows the newest after some seconds. */
  private void awaitSeries(Contender c, ServerUnderTest s)
      throws IOException, InterruptedException {
    String path =
        "/api/v1/" + Objects.requireNonNull(requests().get(ALL)).replace("match[]", "match%5B%5D");
    int all = series + NODES * 16;
    long begin = System.nanoTime();
    while (true) {
      String body = s.send(s.request(path), HttpResponse.BodyHandlers.ofString()).body();
      int found = 0;
      for (int i = body.indexOf(NAME_KEY); i >= 0; i = body.indexOf(NAME_KEY, i + 1)) {
        found++;
      }
      if (found == all) {
        return;
      }
      if (System.nanoTime() - begin > SHOWN_NANOS) {
        throw new IOException(c + " shows " + found + " of " + all + " series");
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  private void write(ServerUnderTest server) throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    int all = series + NODES * 16;
    for (int from = 0; from < all; from += SERIES_OF_A_REQUEST) {
      w.clear();
      for (int i = from; i < Math.min(all, from + SERIES_OF_A_REQUEST); i++) {
        w.beginSeries(labels(i));
        for (int step = 0; step < STEPS; step++) {
          w.sample(end - (STEPS - 1L - step) * INTERVAL, step * (1.0 + i % 13));
        }
        w.endSeries();
      }
      byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
      HttpResponse<String> r =
          server.send(
              server
                  .request("/api/v1/write")
                  .header("Content-Encoding", "snappy")
                  .header("Content-Type", "application/x-protobuf")
                  .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
              HttpResponse.BodyHandlers.ofString());
      if (r.statusCode() / 100 != 2) {
        throw new IOException("refused: " + r.statusCode() + " " + r.body().strip());
      }
    }
  }

  private Labels labels(int i) {
    if (i >= series) {
      int n = i - series;
      return Labels.of(
          "__name__",
          "node_cpu_seconds_total",
          "cpu",
          String.valueOf(n / 8 % 2),
          "instance",
          "host-" + n / 16 + ":9100",
          "job",
          "node",
          "mode",
          "mode-" + n % 8);
    }
    return Labels.of(
        "__name__",
        "container_cpu_usage_seconds_total",
        "instance",
        "kubelet-" + i % NODES,
        "job",
        "kubelet",
        "namespace",
        "ns-" + i % 50,
        "node",
        "node-" + i % NODES,
        "pod",
        "app-" + i % 100 + "-" + Integer.toHexString(i * 0x9E3779B9));
  }
}
