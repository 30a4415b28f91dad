package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Metric families whose points are assembled from several series. */
abstract sealed class AssembledSeries extends FamilySeries {
  /** Doubles count exactly up to here. */
  private static final double MAX_COUNT = 1L << 53;

  /** Time of a point. Staleness markers are separate from values at the same time. */
  private record Moment(Labels labels, long millis, boolean stale) {}

  /** Samples of a classic histogram or of a summary at one time. */
  private static final class Parts {
    final TreeMap<Double, Double> values = new TreeMap<>();
    final List<Labels> series = new ArrayList<>(); // of all samples
    final List<Double> samples = new ArrayList<>();
    final List<Exemplar> exemplars = new ArrayList<>();
    double sum;
    boolean hasSum;
    double count;
    boolean hasCount;
  }

  private final String boundLabel;
  private final Starts starts;
  private final Map<Moment, Parts> moments = new LinkedHashMap<>();
  private Labels series = Labels.EMPTY;
  private Labels labels = Labels.EMPTY; // of the series' points
  private String suffix = "";
  private @Nullable Double bound;
  private @Nullable Parts last;

  AssembledSeries(Metric metric, String boundLabel, Starts starts) {
    super(metric);
    this.boundLabel = boundLabel;
    this.starts = starts;
  }

  @Override
  void enter(String s, Labels of) {
    suffix = s;
    series = of;
    labels = of.drop(List.of(Labels.METRIC_NAME, boundLabel));
    bound = bound(of.get(boundLabel));
    last = null;
  }

  /** Value of a label {@code le} or {@code quantile}; null if it is not a number. */
  static @Nullable Double bound(String text) {
    try {
      return switch (text) {
        case "", "NaN" -> null;
        case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  void sample(long millis, double value) {
    Moment m = new Moment(labels, millis, Samples.isStale(value));
    Parts p = moments.computeIfAbsent(m, k -> new Parts());
    last = p;
    p.series.add(series);
    p.samples.add(value);
    if (suffix.equals("_sum")) {
      p.sum = value;
      p.hasSum = true;
    } else if (suffix.equals("_count")) {
      p.count = value;
      p.hasCount = true;
    } else if (bound != null) {
      p.values.put(bound, value);
    }
  }

  @Override
  void exemplar(Exemplar e) {
    if (last != null) {
      last.exemplars.add(e);
    }
  }

  /** Whether OTLP, whose counts are integers, can have this one. */
  private static boolean isCount(double n) {
    return n >= 0 && n <= MAX_COUNT && n == Math.rint(n);
  }

  /** Creates a point; returns null if its parts are not enough for one, or have no place in it. */
  abstract @Nullable DataPoint assemble(Parts parts, boolean stale);

  @Override
  int finish(Rest rest) {
    moments.forEach(
        (m, parts) -> {
          boolean single = !m.stale || !moments.containsKey(new Moment(m.labels, m.millis, false));
          DataPoint p = single ? assemble(parts, m.stale) : null;
          if (p == null) {
            for (int i = 0; i < parts.samples.size(); i++) {
              rest.sample(parts.series.get(i), m.millis, parts.samples.get(i));
            }
            return;
          }
          point(p, m.labels, m.millis, m.stale ? Samples.STALE : 0);
          p.setStartTimeUnixNano(starts.of(m.labels));
          if (!m.stale) {
            parts.exemplars.forEach(e -> add(p, exemplarOf(e)));
          }
        });
    return 0;
  }

  private static void add(DataPoint p, dev.tethys.model.telemetry.Exemplar e) {
    if (p instanceof HistogramDataPoint h) {
      h.exemplars().add(e);
    }
  }

  static final class Classic extends AssembledSeries {
    private final MetricData.Histogram data = new MetricData.Histogram();
    private boolean hasCounts; // the points so far

    Classic(Metric metric, Starts starts) {
      super(metric, "le", starts);
      data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      metric.setData(data);
    }

    /** Markers have bounds too, so that every bucket is marked when they become series again. */
    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      Double all = parts.values.remove(Double.POSITIVE_INFINITY);
      if (all == null && !parts.hasCount) {
        return null;
      }
      double total = parts.hasCount || all == null ? parts.count : all;
      double[] bounds = new double[parts.values.size()];
      long[] counts = new long[bounds.length + 1];
      int n = 0;
      double before = 0;
      for (Map.Entry<Double, Double> b : parts.values.entrySet()) {
        double upTo = stale ? 0 : b.getValue();
        if (!isCount(upTo) || upTo < before) {
          return null;
        }
        bounds[n] = b.getKey();
        counts[n++] = (long) (upTo - before);
        before = upTo;
      }
      total = stale ? 0 : total;
      if (!isCount(total) || total < before) {
        return null;
      }
      counts[n] = (long) (total - before);
      HistogramDataPoint p = new HistogramDataPoint();
      p.setExplicitBounds(bounds);
      p.setBucketCounts(n == 0 ? new long[0] : counts);
      p.setCount((long) total);
      if (parts.hasSum) {
        p.setSum(stale ? 0 : parts.sum);
      }
      hasCounts |= parts.hasCount;
      if (hasCounts) {
        metric.metadata().remove(PrometheusOrigin.NO_COUNT);
      } else {
        metric.metadata().put(PrometheusOrigin.NO_COUNT, true);
      }
      data.points().add(p);
      return p;
    }
  }

  static final class Summaries extends AssembledSeries {
    private final MetricData.Summary data = new MetricData.Summary();

    Summaries(Metric metric, Starts starts) {
      super(metric, "quantile", starts);
      metric.setData(data);
    }

    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      if (!parts.hasCount || !parts.hasSum || !stale && !isCount(parts.count)) {
        return null;
      }
      SummaryDataPoint p = new SummaryDataPoint();
      p.setCount(stale ? 0 : (long) parts.count);
      p.setSum(stale ? 0 : parts.sum);
      p.setQuantiles(parts.values.keySet().stream().mapToDouble(d -> d).toArray());
      p.setQuantileValues(parts.values.values().stream().mapToDouble(d -> stale ? 0 : d).toArray());
      data.points().add(p);
      return p;
    }
  }
}
