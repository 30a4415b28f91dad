import dev.tethys.codec.exposition.Families;
import dev.tethys.model.Histogram;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Requests and latencies that the node agent has counted between two pages of its metrics.
 *
 * <p>Usage: java Observed.java BEFORE AFTER COUNTER CONTAINER [HISTOGRAM CONTAINER]. The pages are
 * in protobuf. Prints the number of requests of a container and p50 and p99 in microseconds, or "-".
 */
final class Observed {
  private Observed() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 4 && args.length != 6) {
      System.err.println("usage: Observed BEFORE AFTER COUNTER CONTAINER [HISTOGRAM CONTAINER]");
      System.exit(2);
    }
    Path before = Path.of(args[0]);
    Path after = Path.of(args[1]);
    double n = count(after, args[2], args[3]) - count(before, args[2], args[3]);
    String latency = "- -";
    if (args.length == 6) {
      TreeMap<Integer, Double> buckets = new TreeMap<>();
      add(buckets, after, args[4], args[5], 1);
      add(buckets, before, args[4], args[5], -1);
      latency = quantile(buckets, 0.5) + " " + quantile(buckets, 0.99);
    }
    System.out.printf(Locale.ROOT, "%.0f %s%n", n, latency);
  }

  private static double count(Path page, String counter, String container) throws IOException {
    double n = 0;
    for (MetricFamily f : Families.protobuf(Files.readAllBytes(page))) {
      for (Metric m : f.metrics()) {
        if (f.name().equals(counter) && is(m, container) && m.point() instanceof Value v) {
          n += v.value();
        }
      }
    }
    return n;
  }

  private static boolean is(Metric m, String container) {
    return m.labels().get("container_id").equals(container);
  }

  private static void add(
      TreeMap<Integer, Double> buckets, Path page, String histogram, String container, int sign)
      throws IOException {
    for (MetricFamily f : Families.protobuf(Files.readAllBytes(page))) {
      if (!f.name().equals(histogram)) {
        continue;
      }
      for (Metric m : f.metrics()) {
        if (is(m, container) && m.point() instanceof Native n) {
          add(buckets, n.histogram(), sign);
        }
      }
    }
  }

  private static void add(TreeMap<Integer, Double> buckets, Histogram h, int sign) {
    buckets.merge(Integer.MIN_VALUE, sign * h.zeroCount(), Double::sum);
    int index = 0;
    int at = 0;
    int[] spans = h.positiveSpans();
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      for (int i = 0; i < spans[s + 1]; i++) {
        // All in schema 4, which is the one that the agent writes.
        buckets.merge(index++, sign * h.positive()[at++], Double::sum);
      }
    }
  }

  /** Interpolates exponentially within the bucket, as PromQL does. */
  private static String quantile(TreeMap<Integer, Double> buckets, double q) {
    double total = buckets.values().stream().mapToDouble(Double::doubleValue).sum();
    if (total == 0) {
      return "-";
    }
    double rank = q * total;
    for (var e : buckets.entrySet()) {
      if (e.getValue() >= rank && e.getValue() > 0) {
        if (e.getKey() == Integer.MIN_VALUE) {
          return "0";
        }
        double seconds = Math.pow(2, (e.getKey() - 1 + rank / e.getValue()) / 16);
        return String.format(Locale.ROOT, "%.0f", seconds * 1e6);
      }
      rank -= e.getValue();
    }
    return "-";
  }
}
