package dev.tethys.tools;

import dev.tethys.model.GoDurationText;
import dev.tethys.model.Labels;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code query analyze}: reports how many buckets histograms use. */
final class AnalyzeHistograms {
  private static final String HEADER =
      """
      Bucket stats for each histogram series over time
      ------------------------------------------------
      First the min, avg, and max number of populated buckets, followed by the total
      number of buckets (only if different from the max number of populated buckets
      which is typical for classic but not native histograms).
      """;
  private static final String FOOTER =
      """

      Aggregated bucket stats
      -----------------------
      Each line shows min/avg/max over the series above.
      """;

  private AnalyzeHistograms() {}

  static Command command() {
    return new Command(
        "query analyze",
        "",
        "Run queries against a server to analyze how histograms use their buckets.",
        List.of(
            Flag.of("server", Flag.Kind.STRING, "", "The server to query."),
            Flag.of("type", Flag.Kind.STRING, "", "Type of metric: histogram."),
            Flag.of("duration", Flag.Kind.STRING, "1h", "Time frame to analyze."),
            Flag.of(
                "time",
                Flag.Kind.STRING,
                "",
                "Query time (RFC3339 or Unix timestamp), defaults to now."),
            Flag.of(
                "match", Flag.Kind.LIST, "", "Series selector. Can be specified multiple times."),
            QueryServer.FORMAT,
            HttpAccess.CONFIG),
        0,
        0,
        AnalyzeHistograms::run);
  }

  /** Populated buckets of one series over time. */
  private record Use(int min, double average, int max, int total) {
    @Override
    public String toString() {
      String s = String.format(Locale.ROOT, "%d/%.3f/%d", min, average, max);
      return max == total ? s : s + "/" + total;
    }
  }

  private static final class Spread {
    private int min = Integer.MAX_VALUE;
    private int max;
    private int n;
    private double average;

    void add(int v) {
      min = Math.min(min, v);
      max = Math.max(max, v);
      n++;
      average += (double) v / n - average / n;
    }

    boolean same(Spread o) {
      return min == o.min && max == o.max && n == o.n && average == o.average;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%d/%.3f/%d", min, average, max);
    }
  }

  private static final class Totals {
    private final Spread min = new Spread();
    private final Spread average = new Spread();
    private final Spread max = new Spread();
    private final Spread total = new Spread();

    void add(Use u) {
      min.add(u.min());
      average.add((int) u.average());
      max.add(u.max());
      total.add(u.total());
    }

    void print(PrintStream to, String kind) {
      if (min.n > 0) {
        to.printf(Locale.ROOT, "%n%s histogram series (%d in total):%n", kind, min.n);
        to.println("- min populated: " + min);
        to.println("- avg populated: " + average);
        to.println("- max populated: " + max);
        if (!max.same(total)) {
          to.println("- total: " + total);
        }
      }
    }
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    a.require("match", "server", "type");
    if (!a.flags().get("type").equals("histogram")) {
      console.err().println("analyze type is " + a.flags().get("type") + ", must be 'histogram'");
      return 1;
    }
    Instant end = QueryServer.time(a, "time", "time", Instant.now());
    String range =
        "[" + GoDurationText.of(DurationFlags.parse(a.flags().get("duration")).toNanos()) + "]";
    Totals natives = new Totals();
    Totals classics = new Totals();
    try (ServerApi api = QueryServer.open(a, a.flags().get("server"))) {
      console.out().println(HEADER);
      for (String selector : a.flags().list("match")) {
        Map<String, @Nullable Object> data = api.query(selector + range, end);
        if (!Json.text(data, "resultType").equals("matrix")) {
          throw new IOException("query of buckets resulted in non-Matrix");
        }
        series(data, console.out(), natives, classics);
      }
    }
    console.out().print(FOOTER);
    natives.print(console.out(), "Native");
    classics.print(console.out(), "Classic");
    return 0;
  }

  private static void series(
      Map<String, @Nullable Object> data, PrintStream out, Totals natives, Totals classics)
      throws IOException {
    Map<String, List<Map<String, @Nullable Object>>> classic = new TreeMap<>();
    for (Object s : ApiText.values(data, "result")) {
      Map<String, @Nullable Object> o = Json.asObject(s);
      Labels labels = ApiText.labels(o.get("metric"));
      if (ApiText.values(o, "values").isEmpty()) {
        Use u = ofNative(ApiText.values(o, "histograms"));
        if (u != null) {
          out.println("- " + labels.toSeriesString() + " (native): " + u);
          natives.add(u);
        }
      } else if (labels.has("le") && labels.metricName().endsWith("_bucket")) {
        String key = labels.metricName() + labels.drop(List.of(Labels.METRIC_NAME, "le"));
        classic.computeIfAbsent(key, k -> new ArrayList<>()).add(o);
      }
    }
    for (Map.Entry<String, List<Map<String, @Nullable Object>>> e : classic.entrySet()) {
      Use u = ofClassic(e.getValue());
      if (u != null) {
        out.println("- " + e.getKey() + " (classic): " + u);
        classics.add(u);
      }
    }
  }

  private static @Nullable Use ofNative(List<?> points) {
    if (points.size() < 2) {
      return null;
    }
    Set<List<Object>> all = new HashSet<>();
    List<Integer> populated = new ArrayList<>();
    for (Object p : points) {
      List<?> buckets = ApiText.values(Json.asObject(ApiText.list(p).get(1)), "buckets");
      for (Object b : buckets) {
        all.add(new ArrayList<>(ApiText.list(b).subList(0, 3)));
      }
      populated.add(buckets.size());
    }
    return use(populated, all.size());
  }

  private static Use use(List<Integer> populated, int total) {
    return new Use(
        populated.stream().mapToInt(Integer::intValue).min().orElse(0),
        populated.stream().mapToInt(Integer::intValue).average().orElse(0),
        populated.stream().mapToInt(Integer::intValue).max().orElse(0),
        total);
  }

  private static @Nullable Use ofClassic(List<Map<String, @Nullable Object>> buckets)
      throws IOException {
    buckets.sort(
        Comparator.comparing(b -> ApiText.parsed(Json.asObject(b.get("metric")).get("le"))));
    int samples = ApiText.values(buckets.getFirst(), "values").size();
    if (samples < 2) {
      return null;
    }
    List<Integer> populated = new ArrayList<>();
    for (int t = 0; t < samples; t++) {
      int n = 0;
      double before = 0;
      Object time = null;
      for (Map<String, @Nullable Object> b : buckets) {
        List<?> values = ApiText.values(b, "values");
        if (t >= values.size()) {
          break; // the data so far still counts
        }
        List<?> point = ApiText.list(values.get(t));
        if (time != null && !time.equals(point.get(0))) {
          throw new IOException("matrix result is not time aligned");
        }
        time = point.get(0);
        double v = ApiText.parsed(point.get(1));
        n += (long) (v - before) == 0 ? 0 : 1;
        before = v;
      }
      populated.add(n);
    }
    return use(populated, buckets.size());
  }
}
