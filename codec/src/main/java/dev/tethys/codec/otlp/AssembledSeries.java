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

/** Families whose points are put together from several series. */
abstract sealed class AssembledSeries extends FamilySeries {
  private record Moment(Labels labels, long millis) {}

  /** What was seen of a classic histogram or of a summary at one time. */
  private static final class Parts {
    final TreeMap<Double, Double> values = new TreeMap<>();
    final List<Exemplar> exemplars = new ArrayList<>();
    double sum = Double.NaN;
    double count = Double.NaN;
    double any;
    int samples;
  }

  private final String boundLabel;
  private final Map<Moment, Parts> moments = new LinkedHashMap<>();
  private final Map<Labels, Long> starts = new LinkedHashMap<>();
  private Labels labels = Labels.EMPTY;
  private String suffix = "";
  private @Nullable Double bound;
  private @Nullable Parts last;
  private int unreadable;

  AssembledSeries(Metric metric, String boundLabel) {
    super(metric);
    this.boundLabel = boundLabel;
  }

  @Override
  void enter(String s, Labels of) {
    suffix = s;
    labels = of.drop(List.of(Labels.METRIC_NAME, boundLabel));
    bound = null;
    last = null;
    String text = of.get(boundLabel);
    if (!text.isEmpty()) {
      try {
        bound =
            switch (text) {
              case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
              case "-Inf" -> Double.NEGATIVE_INFINITY;
              default -> Double.parseDouble(text);
            };
      } catch (NumberFormatException e) {
        bound = null;
      }
    }
  }

  @Override
  void sample(long millis, double value) {
    if (suffix.equals("_created")) {
      starts.put(labels, (long) (value * 1e9));
      return;
    }
    boolean bounded = suffix.isEmpty() || suffix.equals("_bucket");
    if (bounded && bound == null) {
      unreadable++;
      return;
    }
    Parts p = moments.computeIfAbsent(new Moment(labels, millis), m -> new Parts());
    last = p;
    p.samples++;
    p.any = value;
    if (suffix.equals("_sum")) {
      p.sum = value;
    } else if (suffix.equals("_count")) {
      p.count = value;
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

  /** Makes a point; null when its parts do not say enough. */
  abstract @Nullable DataPoint assemble(Parts parts, boolean stale);

  @Override
  int finish() {
    int leftOut = unreadable;
    for (Map.Entry<Moment, Parts> e : moments.entrySet()) {
      Parts parts = e.getValue();
      DataPoint p = assemble(parts, Samples.isStale(parts.any));
      if (p == null) {
        leftOut += parts.samples;
        continue;
      }
      point(p, e.getKey().labels(), e.getKey().millis(), parts.any);
      p.setStartTimeUnixNano(starts.getOrDefault(e.getKey().labels(), 0L));
    }
    return leftOut;
  }

  static final class Classic extends AssembledSeries {
    private final MetricData.Histogram data = new MetricData.Histogram();

    Classic(Metric metric) {
      super(metric, "le");
      data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      metric.setData(data);
    }

    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      HistogramDataPoint p = new HistogramDataPoint();
      if (!stale) {
        Double all = parts.values.remove(Double.POSITIVE_INFINITY);
        double count = Double.isNaN(parts.count) && all != null ? all : parts.count;
        if (Double.isNaN(count)) {
          return null;
        }
        double[] bounds = new double[parts.values.size()];
        long[] counts = new long[bounds.length + 1];
        int i = 0;
        long before = 0;
        for (Map.Entry<Double, Double> b : parts.values.entrySet()) {
          bounds[i] = b.getKey();
          long upTo = Math.max(before, Math.round(b.getValue()));
          counts[i++] = upTo - before;
          before = upTo;
        }
        counts[i] = Math.max(0, Math.round(count) - before);
        p.setExplicitBounds(bounds);
        p.setBucketCounts(bounds.length == 0 ? new long[0] : counts);
        p.setCount(Math.round(count));
        if (!Double.isNaN(parts.sum)) {
          p.setSum(parts.sum);
        }
        parts.exemplars.forEach(e -> p.exemplars().add(exemplarOf(e)));
      }
      data.points().add(p);
      return p;
    }
  }

  static final class Summaries extends AssembledSeries {
    private final MetricData.Summary data = new MetricData.Summary();

    Summaries(Metric metric) {
      super(metric, "quantile");
      metric.setData(data);
    }

    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      SummaryDataPoint p = new SummaryDataPoint();
      if (!stale) {
        if (Double.isNaN(parts.count)) {
          return null;
        }
        p.setCount(Math.round(parts.count));
        p.setSum(parts.sum);
        p.setQuantiles(parts.values.keySet().stream().mapToDouble(d -> d).toArray());
        p.setQuantileValues(parts.values.values().stream().mapToDouble(d -> d).toArray());
      }
      data.points().add(p);
      return p;
    }
  }
}
