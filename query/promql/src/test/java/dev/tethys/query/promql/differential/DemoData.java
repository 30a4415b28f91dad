package dev.tethys.query.promql.differential;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * About three hundred series of the shapes that the compliance queries ask for: gauges, counters
 * with resets, classic and native histograms, gaps, stale markers, infinities, jittered scrape
 * times.
 */
final class DemoData {
  static final long START = 1_700_000_000_000L;
  static final long INTERVAL = 15_000;
  static final int SAMPLES = 280;

  record Floats(Labels labels, long[] times, double[] values) {}

  record Natives(Labels labels, long[] times, Histogram[] values) {}

  final List<Floats> floats = new ArrayList<>();
  final List<Natives> natives = new ArrayList<>();
  private final Random random = new Random(42);

  static long end() {
    return START + SAMPLES * INTERVAL;
  }

  DemoData() {
    for (int i = 0; i < 3; i++) {
      instance("demo.promlabs.com:" + (10_000 + i), i);
    }
    // the order in which the peer meets series is the order in which it adds them up
    floats.sort((a, b) -> a.labels.compareTo(b.labels));
    natives.sort((a, b) -> a.labels.compareTo(b.labels));
  }

  private long[] times = {};

  private void instance(String instance, int n) {
    times = new long[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      times[i] = START + n * 1_234 + i * INTERVAL + (n == 0 ? 0 : random.nextInt(11) - 5);
    }
    String[] base = {"job", "demo", "instance", instance};
    for (String type : List.of("buffers", "cached", "free", "used")) {
      add(labels("demo_memory_usage_bytes", base, "type", type), walk(1e9, 1e6, true));
    }
    add(labels("demo_num_cpus", base), constant(4));
    add(labels("demo_disk_usage_bytes", base), walk(1e11, 1e5, true));
    add(labels("demo_disk_total_bytes", base), constant(268_435_456_000.0));
    add(labels("demo_weird", base), weird());
    add(labels("demo_small", base), walk(0.001, 0.0001, false));
    intermittent(labels("demo_intermittent_metric", base));
    lastSuccess(labels("demo_batch_last_success_timestamp_seconds", base));
    for (String mode : List.of("idle", "system", "user")) {
      add(labels("demo_cpu_usage_seconds_total", base, "mode", mode), counter(0.37));
    }
    for (String path : List.of("/api/bar", "/api/foo", "/api/nonexistent")) {
      for (String method : List.of("GET", "POST")) {
        classic(base, path, method);
      }
    }
    for (String path : List.of("/a", "/b", "/c")) {
      nativeHistogram(labels("demo_latency_seconds", base, "path", path));
    }
  }

  private static Labels labels(String name, String[] base, String... more) {
    List<String> all = new ArrayList<>(List.of(Labels.METRIC_NAME, name));
    all.addAll(Arrays.asList(base));
    all.addAll(Arrays.asList(more));
    return Labels.of(all.toArray(String[]::new));
  }

  private void add(Labels l, double[] v) {
    floats.add(new Floats(l, times, v));
  }

  private double[] constant(double c) {
    double[] v = new double[SAMPLES];
    Arrays.fill(v, c);
    return v;
  }

  private double[] walk(double from, double step, boolean whole) {
    double[] v = new double[SAMPLES];
    double x = from;
    for (int i = 0; i < SAMPLES; i++) {
      x += random.nextGaussian() * step;
      v[i] = whole ? Math.rint(x) : x;
    }
    return v;
  }

  private double[] counter(double step) {
    double[] v = new double[SAMPLES];
    double x = 0;
    for (int i = 0; i < SAMPLES; i++) {
      x = random.nextInt(90) == 0 ? 0 : x + random.nextDouble() * step;
      v[i] = x;
    }
    return v;
  }

  private double[] weird() {
    double[] odd = {
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      0,
      -0.0,
      1e308,
      -1e308,
      4.9e-324,
      0.1,
      -7
    };
    double[] v = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      v[i] = random.nextInt(3) == 0 ? odd[random.nextInt(odd.length)] : random.nextGaussian();
    }
    return v;
  }

  private void intermittent(Labels l) {
    long[] t = new long[SAMPLES];
    double[] v = new double[SAMPLES];
    int n = 0;
    for (int i = 0; i < SAMPLES; i++) {
      if (i / 13 % 3 == 2) {
        if (i % 13 == 0) {
          t[n] = times[i];
          v[n++] = Samples.STALE;
        }
        continue;
      }
      if (i / 40 % 4 == 3) {
        continue; // a gap without a marker
      }
      t[n] = times[i];
      v[n++] = i;
    }
    floats.add(new Floats(l, Arrays.copyOf(t, n), Arrays.copyOf(v, n)));
  }

  private void lastSuccess(Labels l) {
    double[] v = new double[SAMPLES];
    double last = START / 1000.0 - 100;
    for (int i = 0; i < SAMPLES; i++) {
      if (random.nextInt(8) == 0) {
        last = times[i] / 1000.0;
      }
      v[i] = last;
    }
    add(l, v);
  }

  private void classic(String[] base, String path, String method) {
    double[] bounds = {0.0001, 0.00015, 0.000225, 0.01, 0.1, 1, 10, Double.POSITIVE_INFINITY};
    double[][] buckets = new double[bounds.length][SAMPLES];
    double[] sum = new double[SAMPLES];
    double[] count = new double[SAMPLES];
    double[] now = new double[bounds.length];
    for (int i = 0; i < SAMPLES; i++) {
      for (int o = random.nextInt(5); o > 0; o--) {
        double x = Math.exp(random.nextGaussian() * 3 - 5);
        for (int b = 0; b < bounds.length; b++) {
          if (x <= bounds[b]) {
            now[b]++;
          }
        }
        sum[i] += x;
      }
      if (i > 0) {
        sum[i] += sum[i - 1];
      }
      count[i] = now[bounds.length - 1];
      for (int b = 0; b < bounds.length; b++) {
        buckets[b][i] = now[b];
      }
    }
    String name = "demo_api_request_duration_seconds";
    for (int b = 0; b < bounds.length; b++) {
      String le = Double.isInfinite(bounds[b]) ? "+Inf" : Double.toString(bounds[b]);
      add(
          labels(name + "_bucket", base, "path", path, "method", method, "status", "200", "le", le),
          buckets[b]);
    }
    add(labels(name + "_sum", base, "path", path, "method", method, "status", "200"), sum);
    add(labels(name + "_count", base, "path", path, "method", method, "status", "200"), count);
  }

  private void nativeHistogram(Labels l) {
    Histogram[] hs = new Histogram[SAMPLES];
    double[] counts = new double[24];
    double zero = 0;
    double negative = 0;
    double sum = 0;
    int schema = 2 - random.nextInt(3);
    // never near zero: 3.5 extrapolates native histograms below zero, later versions do not
    counts[12] = 100_000;
    for (int i = 0; i < SAMPLES; i++) {
      if (random.nextInt(100) == 0) {
        Arrays.fill(counts, 0);
        counts[12] = random.nextInt(10_000) + 5_000;
        zero = 0;
        negative = 0;
        sum = 0;
      }
      for (int o = random.nextInt(6); o > 0; o--) {
        int b = (int) Math.clamp(Math.rint(12 + random.nextGaussian() * 4), 0, 23);
        counts[b]++;
        sum += Math.pow(2, (b - 8) / Math.pow(2, schema));
      }
      zero += random.nextInt(10) == 0 ? 1 : 0;
      negative += random.nextInt(10) == 0 ? 1 : 0;
      double n = zero + negative + Arrays.stream(counts).sum();
      hs[i] =
          new Histogram(
              false,
              ResetHint.UNKNOWN,
              schema,
              0.001,
              zero,
              n,
              sum - negative,
              new int[] {-8, 24},
              counts.clone(),
              new int[] {1, 1},
              new double[] {negative},
              null);
    }
    natives.add(new Natives(l, times, hs));
  }

  void load(MetricStore store) {
    try (Appender a = store.appender()) {
      for (Floats f : floats) {
        long s = a.series(f.labels);
        for (int i = 0; i < f.times.length; i++) {
          a.append(s, 0, f.times[i], f.values[i]);
        }
      }
      for (Natives h : natives) {
        long s = a.series(h.labels);
        for (int i = 0; i < h.times.length; i++) {
          a.append(s, 0, h.times[i], h.values[i]);
        }
      }
      a.commit();
    }
  }

  /** Sends everything, a slice of time after the other, because old samples are refused. */
  void send(PrometheusPeer peer) {
    long slice = 20 * 60_000;
    for (long from = START - 60_000; from < end() + 60_000; from += slice) {
      RemoteWrite w = new RemoteWrite();
      for (Floats f : floats) {
        int a = index(f.times, from);
        int b = index(f.times, from + slice);
        if (b > a) {
          w.series(f.labels, f.times, f.values, a, b);
        }
      }
      for (Natives h : natives) {
        int a = index(h.times, from);
        int b = index(h.times, from + slice);
        if (b > a) {
          w.histograms(h.labels, h.times, h.values, a, b);
        }
      }
      peer.write(w);
    }
  }

  private static int index(long[] t, long time) {
    int i = 0;
    while (i < t.length && t[i] < time) {
      i++;
    }
    return i;
  }
}
