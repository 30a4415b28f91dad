package dev.tethys.bench;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Series of the same kind, each with a separate source of randomness, so that none is a copy of
 * another. The values of each step have a known distribution: its entropy is the lower bound of any
 * lossless storage.
 */
final class SampleKinds {
  /** Kind of a series' samples. */
  enum Kind {
    /** The same number forever. */
    CONSTANTS,
    /** A walk in hundredths, such as a temperature. */
    GAUGES,
    /** Increasing integers. */
    COUNTERS,
    /** Cumulative buckets with their sum and count, each a series. */
    CLASSIC,
    /** Native histograms of whole counts, a sample each. */
    NATIVE
  }

  private static final int BUCKETS = 12;
  private static final int NATIVE_BUCKETS = 20;

  /** Series of a classic histogram: its buckets, the last of them +Inf, its sum and its count. */
  static final int CLASSIC_SERIES = BUCKETS + 2;

  /** Number of rare events per step, over a thousand steps: from zero to seven. */
  private static final int[] FEW = {600, 180, 90, 60, 30, 20, 12, 8};

  /** Variant for frequent events: thirty to sixty-one. */
  private static final int[] MANY = {
    4, 6, 9, 13, 18, 24, 30, 36, 42, 47, 51, 54, 56, 56, 54, 51,
    48, 44, 40, 36, 32, 29, 27, 25, 24, 23, 22, 21, 21, 20, 19, 18
  };

  private static final int LEAST_OF_MANY = 30;

  /** Probability of a nonzero value of {@link #FEW}. */
  private static final double FEW_MOVE = 1 - FEW[0] / (double) Arrays.stream(FEW).sum();

  private final Kind kind;
  private final int series;
  private final SplittableRandom[] random;
  private final long[] state; // of each series, or of each bucket of each histogram
  private final double[] sums; // of each histogram

  SampleKinds(Kind kind, int series) {
    this.kind = kind;
    this.series = kind == Kind.CLASSIC ? series / CLASSIC_SERIES * CLASSIC_SERIES : series;
    int sources = kind == Kind.CLASSIC ? this.series / CLASSIC_SERIES : this.series;
    int width = kind == Kind.CLASSIC ? BUCKETS : kind == Kind.NATIVE ? NATIVE_BUCKETS : 1;
    random = new SplittableRandom[sources];
    SplittableRandom seeds = new SplittableRandom(kind.ordinal() + 1L);
    Arrays.setAll(random, i -> seeds.split());
    state = new long[sources * width];
    sums = new double[sources];
    if (width == 1) {
      Arrays.setAll(state, i -> random[i].nextInt(1000, 100_000));
    }
  }

  /** Returns the number of series; a whole number of classic histograms. */
  int series() {
    return series;
  }

  /** Series that belong together and must be sent in one request. */
  int together() {
    return kind == Kind.CLASSIC ? CLASSIC_SERIES : 1;
  }

  /**
   * Bytes a sample that are drawn, by Shannon: the least that any storage needs in addition to
   * times.
   */
  double entropy() {
    return switch (kind) {
      case CONSTANTS -> 0;
      case GAUGES -> (bits(FEW) + FEW_MOVE) / 8; // what is not 0 has a sign
      case COUNTERS -> bits(MANY) / 8;
      case CLASSIC -> BUCKETS * bits(FEW) / 8 / CLASSIC_SERIES;
      case NATIVE -> NATIVE_BUCKETS * bits(FEW) / 8;
    };
  }

  private static double bits(int[] weights) {
    double all = Arrays.stream(weights).sum();
    return -Arrays.stream(weights).mapToDouble(w -> w / all * Math.log(w / all)).sum()
        / Math.log(2);
  }

  private static int draw(SplittableRandom r, int[] weights) {
    int x = r.nextInt(Arrays.stream(weights).sum());
    int k = 0;
    while (x >= weights[k]) {
      x -= weights[k++];
    }
    return k;
  }

  /** Appends the next sample of some series; each is requested once per step, by one thread. */
  void write(WriteRequestWriter w, int from, int to, long time) {
    switch (kind) {
      case CLASSIC -> {
        for (int h = from / CLASSIC_SERIES; h < to / CLASSIC_SERIES; h++) {
          classic(w, h, time);
        }
      }
      case NATIVE -> {
        for (int i = from; i < to; i++) {
          w.beginSeries(labels(i, "request_duration_seconds", "", ""))
              .histogram(time, nativeHistogram(i))
              .endSeries();
        }
      }
      default -> {
        for (int i = from; i < to; i++) {
          w.beginSeries(labels(i, kind.name().toLowerCase(Locale.ROOT), "", ""))
              .sample(time, next(i))
              .endSeries();
        }
      }
    }
  }

  private static Labels labels(int source, String name, String label, String value) {
    String host = "host-" + source / 500 + ":9100";
    String path = "/api/v1/things/" + source % 500;
    return label.isEmpty()
        ? Labels.of("__name__", name, "instance", host, "job", "kinds", "path", path)
        : Labels.of("__name__", name, "instance", host, "job", "kinds", "path", path, label, value);
  }

  private double next(int i) {
    return switch (kind) {
      case GAUGES -> (state[i] += walked(random[i])) / 100.0;
      case COUNTERS -> state[i] += LEAST_OF_MANY + draw(random[i], MANY);
      default -> state[i];
    };
  }

  private static int walked(SplittableRandom r) {
    int step = draw(r, FEW);
    return step != 0 && r.nextBoolean() ? -step : step;
  }

  private void classic(WriteRequestWriter w, int h, long time) {
    double bound = 0.005;
    long all = 0;
    for (int b = 0; b < BUCKETS; b++) {
      int n = draw(random[h], FEW);
      state[h * BUCKETS + b] += n;
      sums[h] += n * bound;
      all += state[h * BUCKETS + b];
      String le = b == BUCKETS - 1 ? "+Inf" : String.valueOf(bound);
      w.beginSeries(labels(h, "request_duration_seconds_bucket", "le", le))
          .sample(time, (double) all)
          .endSeries();
      bound *= 2;
    }
    w.beginSeries(labels(h, "request_duration_seconds_sum", "", ""))
        .sample(time, sums[h])
        .endSeries();
    w.beginSeries(labels(h, "request_duration_seconds_count", "", ""))
        .sample(time, (double) all)
        .endSeries();
  }

  private Histogram nativeHistogram(int i) {
    double[] counts = new double[NATIVE_BUCKETS];
    double all = 0;
    for (int b = 0; b < NATIVE_BUCKETS; b++) {
      int n = draw(random[i], FEW);
      state[i * NATIVE_BUCKETS + b] += n;
      sums[i] += n * Math.pow(2, b / 8.0);
      counts[b] = state[i * NATIVE_BUCKETS + b];
      all += counts[b];
    }
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        3,
        1e-128,
        0,
        all,
        sums[i],
        new int[] {1, NATIVE_BUCKETS},
        counts,
        new int[0],
        new double[0],
        null);
  }
}
