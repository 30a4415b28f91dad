package dev.tethys.bench;

import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Generates about two hundred series of every kind that a query can read, deterministic for a given
 * seed. It has gauges, counters with resets and start timestamps, classic buckets (broken ones
 * too), native histograms with exponential and custom buckets, alone and mixed with floats, infos
 * for {@code info()}, names in UTF-8, gaps, stale markers, NaN, infinities.
 */
final class EqualityData {
  /** The first sample, in milliseconds. */
  static final long START = 1_700_000_000_000L;

  private static final long INTERVAL = 15_000;
  private static final int SAMPLES = 240;

  /** End of the data, after the last sample, in milliseconds. */
  static final long END = START + SAMPLES * INTERVAL;

  /** One sample; a float if there is no histogram. */
  private record Point(long time, long startTime, double value, @Nullable Histogram histogram) {}

  private record Series(Labels labels, List<Point> points) {}

  private final Random random;
  private final List<Series> all = new ArrayList<>();

  EqualityData(long seed) {
    random = new Random(seed);
    for (int i = 1; i <= 3; i++) {
      instance(i);
    }
    all.sort((a, b) -> a.labels.compareTo(b.labels));
  }

  int series() {
    return all.size();
  }

  private static Labels labels(String name, int instance, String... more) {
    List<String> l =
        new ArrayList<>(
            List.of(
                Labels.METRIC_NAME,
                name,
                "job",
                instance == 3 ? "b" : "a",
                "instance",
                "i" + instance));
    l.addAll(Arrays.asList(more));
    return Labels.of(l.toArray(String[]::new));
  }

  private long offset;
  private int jitter;

  private long time(int i) {
    return START + offset + i * INTERVAL + (jitter == 0 ? 0 : Math.floorMod(i * 7919L, jitter));
  }

  private void floats(Labels l, IntFunction<@Nullable Double> values) {
    points(
        l,
        i -> {
          Double v = values.apply(i);
          return v == null ? null : new Point(time(i), 0, v, null);
        });
  }

  private void histograms(Labels l, IntFunction<@Nullable Histogram> values) {
    points(
        l,
        i -> {
          Histogram h = values.apply(i);
          return h == null ? null : new Point(time(i), 0, 0, h);
        });
  }

  private void points(Labels l, IntFunction<@Nullable Point> points) {
    List<Point> p = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      Point x = points.apply(i);
      if (x != null) {
        p.add(x);
      }
    }
    all.add(new Series(l, p));
  }

  private void instance(int n) {
    offset = n * 1_234L;
    jitter = n == 1 ? 0 : 11 * n;
    for (String type : List.of("x", "y", "z")) {
      floats(labels("g", n, "type", type), walk(10, 1, false));
    }
    floats(labels("whole", n), walk(1e9, 1e6, true));
    floats(labels("small", n), walk(0.001, 0.0001, false));
    floats(labels("constant", n), i -> 4.0);
    floats(labels("odd", n), i -> odd());
    floats(labels("huge", n), i -> random.nextGaussian() * 1e308);
    floats(labels("cancels", n), i -> i % 3 == 0 ? 1e17 : i % 3 == 1 ? -1e17 : 1.0 + i);
    floats(labels("gaps", n), this::gaps);
    floats(labels("late", n), i -> i < 90 + 20 * n || i > 200 ? null : Double.valueOf(i));
    floats(labels("ütf.8 näme", n, "läbel.x", n == 2 ? "\"q\\uote\n" : "ä"), walk(5, 1, true));
    for (String mode : List.of("idle", "user")) {
      points(labels("c_total", n, "mode", mode), counter(0.37, n > 1));
    }
    points(labels("requests", n), counter(3, false));
    for (String path : List.of("/a", "/b")) {
      classic(labels("classic", n, "path", path), false);
    }
    classic(labels("broken", n), true);
    infos(n);
    natives(n);
  }

  private IntFunction<@Nullable Double> walk(double from, double step, boolean whole) {
    double[] x = {from};
    return i -> {
      x[0] += random.nextGaussian() * step;
      return whole ? Math.rint(x[0]) : x[0];
    };
  }

  private double odd() {
    double[] odd = {
      Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, 1e308, -1e308, 4.9e-324, -7
    };
    return random.nextInt(3) == 0 ? odd[random.nextInt(odd.length)] : random.nextGaussian();
  }

  private @Nullable Double gaps(int i) {
    if (i / 13 % 3 == 2) {
      return i % 13 == 0 ? Samples.STALE : null;
    }
    return i / 40 % 4 == 3 ? null : Double.valueOf(i);
  }

  private IntFunction<@Nullable Point> counter(double step, boolean starts) {
    double[] x = {0};
    long[] start = {START - 3_000_000};
    return i -> {
      if (random.nextInt(60) == 0) {
        x[0] = random.nextInt(3);
        start[0] = time(i) - 1 - random.nextInt(30_000);
      } else {
        x[0] += random.nextDouble() * step;
      }
      return new Point(time(i), starts ? start[0] : 0, x[0], null);
    };
  }

  private void classic(Labels l, boolean broken) {
    String[] bounds = {"0.1", "0.25", "0.5", "1", "2.5", "+Inf"};
    double[][] counts = new double[SAMPLES][bounds.length];
    double[] sum = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      if (i > 0 && random.nextInt(90) != 0) {
        counts[i] = counts[i - 1].clone();
        sum[i] = sum[i - 1];
      }
      for (int o = random.nextInt(5); o > 0; o--) {
        double x = Math.exp(random.nextGaussian() - 1);
        sum[i] += x;
        for (int b = 0; b < bounds.length; b++) {
          if (b == bounds.length - 1 || x <= Double.parseDouble(bounds[b])) {
            counts[i][b]++;
          }
        }
      }
    }
    String name = l.get(Labels.METRIC_NAME);
    for (int b = 0; b < bounds.length; b++) {
      int at = b;
      String le = broken && b == 1 ? "one" : bounds[b];
      if (broken && b == 0 && random.nextInt(3) == 0) {
        continue;
      }
      floats(
          l.toBuilder().set(Labels.METRIC_NAME, name + "_bucket").set("le", le).build(),
          i -> counts[i][at] + (broken && at == 2 ? random.nextInt(4) : 0));
    }
    floats(l.toBuilder().set(Labels.METRIC_NAME, name + "_sum").build(), i -> sum[i]);
    floats(
        l.toBuilder().set(Labels.METRIC_NAME, name + "_count").build(),
        i -> counts[i][bounds.length - 1]);
  }

  private void infos(int n) {
    floats(
        labels("target_info", n, "version", "1", "os", n == 1 ? "linux" : "bsd"),
        i -> i > 100 ? null : Double.valueOf(i < 100 ? 1 : Samples.STALE));
    floats(
        labels("target_info", n, "version", "2", "os", n == 1 ? "linux" : "bsd"),
        i -> i >= 100 ? 1.0 : null);
    floats(labels("build_info", n, "build", "b" + n % 2), i -> i % 50 == 49 ? null : 1.0);
  }

  private void natives(int n) {
    for (String path : List.of("/a", "/b")) {
      histograms(labels("nh", n, "path", path), exponential(2 - n % 3, ResetHint.UNKNOWN));
    }
    histograms(labels("classic", n, "path", "/a"), exponential(1, ResetHint.UNKNOWN));
    histograms(labels("gh", n), exponential(n, ResetHint.GAUGE));
    double[] bounds = n == 1 ? new double[] {0.1, 1, 10} : new double[] {0.1, 0.5, 1, 2, 10};
    for (String path : List.of("/a", "/b")) {
      histograms(labels("nhcb", n, "path", path), custom(i -> bounds));
    }
    histograms(
        labels("nhcb_turns", n),
        custom(i -> i / 30 % 2 == 0 ? new double[] {1, 2, 5} : new double[] {1, 5, 8}));
    IntFunction<@Nullable Histogram> e = exponential(1, ResetHint.UNKNOWN);
    IntFunction<@Nullable Histogram> c = custom(i -> new double[] {1, 3});
    points(
        labels("mixed", n),
        i ->
            switch (i / 17 % 4) {
              case 0 -> new Point(time(i), 0, i, null);
              case 1 -> new Point(time(i), 0, 0, e.apply(i));
              case 2 -> new Point(time(i), 0, 0, i % 3 == 0 ? e.apply(i) : c.apply(i));
              default -> i % 2 == 0 ? null : new Point(time(i), 0, -i, null);
            });
    if (n == 1) {
      floats(labels("kinds", n), walk(3, 1, false));
    } else {
      histograms(
          labels("kinds", n), n == 2 ? exponential(0, ResetHint.UNKNOWN) : custom(i -> bounds));
    }
    IntFunction<@Nullable Histogram> s = exponential(0, ResetHint.UNKNOWN);
    histograms(
        labels("nh_gaps", n),
        i -> i / 11 % 4 == 3 ? i % 11 == 0 ? Histogram.stale() : null : s.apply(i));
    IntFunction<@Nullable Histogram> nan = exponential(1, ResetHint.UNKNOWN);
    histograms(
        labels("nh_nan", n),
        i -> {
          Histogram h = nan.apply(i);
          return h == null || n == 3
              ? h
              : new Histogram(
                  h.integer(),
                  h.resetHint(),
                  h.schema(),
                  h.zeroThreshold(),
                  h.zeroCount(),
                  h.count() + n * 50,
                  Double.NaN,
                  h.positiveSpans(),
                  h.positive(),
                  h.negativeSpans(),
                  h.negative(),
                  null);
        });
  }

  /**
   * Returns a growing histogram, or for gauges also a shrinking one, with resets and layout
   * changes.
   */
  private IntFunction<@Nullable Histogram> exponential(int schema, ResetHint hint) {
    double[] positive = new double[16];
    double[] negative = new double[3];
    double[] zeroAndSum = new double[2];
    return i -> {
      if (random.nextInt(80) == 0) {
        Arrays.fill(positive, 0);
        Arrays.fill(negative, 0);
        Arrays.fill(zeroAndSum, 0);
      }
      for (int o = random.nextInt(6); o > 0; o--) {
        int b = (int) Math.clamp(Math.rint(8 + random.nextGaussian() * 3), 0, 15);
        positive[b]++;
        zeroAndSum[1] += Math.pow(2, (b - 8) / Math.pow(2, schema));
      }
      if (hint == ResetHint.GAUGE && positive[8] > 0 && random.nextInt(3) == 0) {
        positive[8]--;
      }
      zeroAndSum[0] += random.nextInt(8) == 0 ? 1 : 0;
      negative[random.nextInt(3)] += random.nextInt(8) == 0 ? 1 : 0;
      double count = zeroAndSum[0] + Arrays.stream(positive).sum() + Arrays.stream(negative).sum();
      // The zero bucket is wide at times and the resolution changes, as when a source merges.
      double threshold = i / 70 % 3 == 2 ? 0.01 : 0.001;
      return new Histogram(
          true,
          hint,
          i / 60 % 4 == 3 ? schema - 1 : schema,
          threshold,
          zeroAndSum[0],
          count,
          zeroAndSum[1],
          new int[] {-3, 10, 2, 6},
          positive.clone(),
          new int[] {0, 3},
          negative.clone(),
          null);
    };
  }

  private IntFunction<@Nullable Histogram> custom(IntFunction<double[]> bounds) {
    double[] counts = new double[8];
    double[] sum = {0};
    return i -> {
      double[] b = bounds.apply(i);
      if (random.nextInt(80) == 0) {
        Arrays.fill(counts, 0);
        sum[0] = 0;
      }
      for (int o = random.nextInt(6); o > 0; o--) {
        counts[random.nextInt(b.length + 1)]++;
        sum[0] += random.nextDouble();
      }
      double[] used = Arrays.copyOf(counts, b.length + 1);
      return new Histogram(
          true,
          ResetHint.UNKNOWN,
          Histogram.CUSTOM_BUCKETS,
          0,
          0,
          Arrays.stream(used).sum(),
          sum[0],
          new int[] {0, used.length},
          used,
          new int[0],
          new double[0],
          b);
    };
  }

  /**
   * Writes everything by remote write 2.0, at most one sample of each series per request: servers
   * write floats before histograms, and reject older samples.
   */
  void send(ServerUnderTest server) throws IOException, InterruptedException {
    for (long from = START; from < END + INTERVAL; from += INTERVAL) {
      WriteRequestV2Writer w = new WriteRequestV2Writer();
      boolean some = false;
      for (Series s : all) {
        boolean begun = false;
        for (Point p : s.points) {
          if (p.time < from || p.time >= from + INTERVAL) {
            continue;
          }
          if (!begun) {
            w.beginSeries(s.labels);
            begun = true;
          }
          if (p.histogram == null) {
            w.sample(p.startTime, p.time, p.value);
          } else {
            w.histogram(p.startTime, p.time, p.histogram);
          }
        }
        if (begun) {
          w.endSeries();
          some = true;
        }
      }
      if (some) {
        post(server, w.toByteArray());
      }
    }
  }

  private static void post(ServerUnderTest server, byte[] request)
      throws IOException, InterruptedException {
    HttpResponse<String> r =
        server.send(
            server
                .request("/api/v1/write")
                .header("Content-Encoding", "snappy")
                .header(
                    "Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request")
                .header("X-Prometheus-Remote-Write-Version", "2.0.0")
                .POST(
                    HttpRequest.BodyPublishers.ofByteArray(
                        SnappyBlock.encode(request, 0, request.length))),
            HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() / 100 != 2) {
      throw new IOException("a write was rejected: " + r.statusCode() + " " + r.body().strip());
    }
  }
}
