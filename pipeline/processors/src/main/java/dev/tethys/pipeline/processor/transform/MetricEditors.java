package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.processor.Points;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Editors of metrics as a whole: other types, copies, aggregations. */
final class MetricEditors {
  private MetricEditors() {}

  static List<OttlFunction> all() {
    return List.of(
        editor("convert_sum_to_gauge").made(_ -> MetricEditors::sumToGauge),
        editor("convert_gauge_to_sum")
            .takes("aggregation_temporality", ParameterKind.LITERAL_STRING)
            .takes("is_monotonic", ParameterKind.LITERAL_BOOL)
            .made(MetricEditors::gaugeToSum),
        editor("extract_count_metric")
            .takes("is_monotonic", ParameterKind.LITERAL_BOOL)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(a -> extract(a, 0, a.string(1, "_count"), null, true, false)),
        editor("extract_sum_metric")
            .takes("is_monotonic", ParameterKind.LITERAL_BOOL)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(a -> extract(a, 0, a.string(1, "_sum"), null, false, false)),
        editor("extract_avg_metric")
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::extractAverage),
        editor("extract_percentile_metric")
            .takes("percentile", ParameterKind.LITERAL_DOUBLE)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::extractPercentile),
        summaryEditor("convert_summary_count_val_to_sum")
            .takes("aggregation_temporality", ParameterKind.LITERAL_STRING)
            .takes("is_monotonic", ParameterKind.LITERAL_BOOL)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(a -> extract(a, 1, a.string(2, "_count"), temporality(a, 0), true, true)),
        summaryEditor("convert_summary_sum_val_to_sum")
            .takes("aggregation_temporality", ParameterKind.LITERAL_STRING)
            .takes("is_monotonic", ParameterKind.LITERAL_BOOL)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(a -> extract(a, 1, a.string(2, "_sum"), temporality(a, 0), false, true)),
        summaryEditor("convert_summary_quantile_val_to_gauge")
            .mayTake("attribute_key", ParameterKind.LITERAL_STRING)
            .mayTake("suffix", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::quantilesToGauge),
        editor("copy_metric")
            .mayTake("name", ParameterKind.STRING)
            .mayTake("description", ParameterKind.STRING)
            .mayTake("unit", ParameterKind.STRING)
            .made(MetricEditors::copyMetric),
        editor("scale_metric")
            .takes("factor", ParameterKind.LITERAL_DOUBLE)
            .mayTake("unit", ParameterKind.STRING)
            .made(MetricEditors::scale),
        editor("aggregate_on_attributes")
            .takes("function", ParameterKind.LITERAL_STRING)
            .mayTakeList("attributes", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::aggregateOnAttributes),
        editor("aggregate_on_attribute_value")
            .takes("function", ParameterKind.LITERAL_STRING)
            .takes("attribute", ParameterKind.LITERAL_STRING)
            .takesList("values", ParameterKind.LITERAL_STRING)
            .takes("new_value", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::aggregateOnValue),
        editor("convert_exponential_histogram_to_histogram")
            .takes("distribution", ParameterKind.LITERAL_STRING)
            .takesList("explicit_bounds", ParameterKind.LITERAL_DOUBLE)
            .made(ExponentialConversion::make),
        OttlFunction.editor("merge_histogram_buckets")
            .in(OttlContext.METRIC, OttlContext.DATA_POINT)
            .takes("target_value", ParameterKind.LITERAL_DOUBLE)
            .mayTake("method", ParameterKind.LITERAL_STRING)
            .made(MetricEditors::mergeBuckets));
  }

  private static OttlFunction.Builder editor(String name) {
    return OttlFunction.editor(name).in(OttlContext.METRIC);
  }

  /** Creates an editor that may also run on single points of a summary, as in the Collector. */
  private static OttlFunction.Builder summaryEditor(String name) {
    return OttlFunction.editor(name).in(OttlContext.METRIC, OttlContext.DATA_POINT);
  }

  /** Points of a call: the cursor's point, or all points of the metric. */
  private static List<? extends DataPoint> points(Arguments a, Cursor at, MetricData<?> data) {
    return a.context() == OttlContext.DATA_POINT ? List.of(at.point()) : data.points();
  }

  @SuppressWarnings("unchecked") // a metric is in a scope of metrics
  private static List<Metric> metrics(Cursor at) {
    return (List<Metric>) (List<?>) at.scope().items();
  }

  private static @Nullable Object sumToGauge(Cursor at) {
    if (at.metric().data() instanceof MetricData.Sum s) {
      MetricData.Gauge g = new MetricData.Gauge();
      g.points().addAll(s.points());
      at.metric().setData(g);
    }
    return null;
  }

  private static int temporality(Arguments a, int index) {
    return switch (a.string(index)) {
      case "cumulative" -> MetricData.TEMPORALITY_CUMULATIVE;
      case "delta" -> MetricData.TEMPORALITY_DELTA;
      default -> throw a.error(index, "the temporality must be cumulative or delta");
    };
  }

  private static OttlExpr.Getter gaugeToSum(Arguments a) {
    int temporality = temporality(a, 0);
    boolean monotonic = a.truth(1, false);
    return at -> {
      if (at.metric().data() instanceof MetricData.Gauge g) {
        MetricData.Sum s = new MetricData.Sum();
        s.setTemporality(temporality);
        s.setMonotonic(monotonic);
        s.points().addAll(g.points());
        at.metric().setData(s);
      }
      return null;
    };
  }

  private static OttlExpr.Getter extract(
      Arguments a,
      int monotonicAt,
      String suffix,
      @Nullable Integer temporality,
      boolean counts,
      boolean summariesOnly) {
    boolean monotonic = a.truth(monotonicAt, false);
    return at -> {
      Metric m = at.metric();
      if (m.data() == null || summariesOnly && !(m.data() instanceof MetricData.Summary)) {
        return null;
      }
      MetricData.Sum sum = new MetricData.Sum();
      sum.setMonotonic(monotonic);
      sum.setTemporality(
          temporality != null
              ? temporality
              : m.data() instanceof MetricData.Aggregated<?> x
                  ? x.temporality()
                  : MetricData.TEMPORALITY_CUMULATIVE);
      for (DataPoint p : points(a, at, m.data())) {
        NumberDataPoint n = Points.like(p, new NumberDataPoint());
        if (counts ? count(p, n) : sum(p, n)) {
          sum.points().add(n);
        }
      }
      add(at, m, suffix, sum, counts ? "1" : m.unit(), a.context() == OttlContext.DATA_POINT);
      return null;
    };
  }

  /**
   * Adds a metric after the one it was derived from.
   *
   * @param joins whether its points join those derived from another point of the same metric
   */
  private static void add(
      Cursor at, Metric from, String suffix, MetricData<?> data, String unit, boolean joins) {
    if (data.points().isEmpty()) {
      return;
    }
    Metric made = new Metric();
    made.setName(from.name() + suffix);
    made.setDescription(from.description());
    made.setUnit(unit);
    made.setData(data);
    Metric last = metrics(at).getLast();
    if (joins && last != from && haveSameIdentity(last, made)) {
      append(last.data(), data);
    } else {
      metrics(at).add(made);
    }
  }

  private static boolean haveSameIdentity(Metric a, Metric b) {
    return a.name().equals(b.name())
        && a.unit().equals(b.unit())
        && a.description().equals(b.description())
        && (a.data() instanceof MetricData.Gauge && b.data() instanceof MetricData.Gauge
            || a.data() instanceof MetricData.Sum x
                && b.data() instanceof MetricData.Sum y
                && x.temporality() == y.temporality()
                && x.isMonotonic() == y.isMonotonic());
  }

  @SuppressWarnings("unchecked") // gauges and sums have the same kind of points
  private static void append(@Nullable MetricData<?> to, MetricData<?> from) {
    ((MetricData<NumberDataPoint>) Objects.requireNonNull(to))
        .points()
        .addAll(((MetricData<NumberDataPoint>) from).points());
  }

  private static boolean count(DataPoint p, NumberDataPoint to) {
    switch (p) {
      case HistogramDataPoint h -> to.setLong(h.count());
      case ExponentialHistogramDataPoint e -> to.setLong(e.count());
      case SummaryDataPoint s -> to.setLong(s.count());
      case NumberDataPoint _ ->
          throw new EvaluationException("only histograms and summaries have a count");
    }
    return true;
  }

  private static boolean sum(DataPoint p, NumberDataPoint to) {
    switch (p) {
      case HistogramDataPoint h when h.hasSum() -> to.setDouble(h.sum());
      case ExponentialHistogramDataPoint e when e.hasSum() -> to.setDouble(e.sum());
      case SummaryDataPoint s -> to.setDouble(s.sum());
      case NumberDataPoint _ ->
          throw new EvaluationException("only histograms and summaries have a sum");
      default -> {
        return false;
      }
    }
    return true;
  }

  private static OttlExpr.Getter extractAverage(Arguments a) {
    String suffix = a.string(0, "_avg");
    return at -> {
      Metric m = at.metric();
      MetricData.Gauge gauge = new MetricData.Gauge();
      switch (m.data()) {
        case MetricData.Histogram h -> {
          for (HistogramDataPoint p : h.points()) {
            average(p, p.hasSum(), p.sum(), p.count(), gauge);
          }
        }
        case MetricData.ExponentialHistogram h -> {
          for (ExponentialHistogramDataPoint p : h.points()) {
            average(p, p.hasSum(), p.sum(), p.count(), gauge);
          }
        }
        case MetricData.Summary s -> {
          for (SummaryDataPoint p : s.points()) {
            average(p, true, p.sum(), p.count(), gauge);
          }
        }
        case null, default ->
            throw new EvaluationException("only histograms and summaries have an average");
      }
      add(at, m, suffix, gauge, m.unit(), false);
      return null;
    };
  }

  private static void average(
      DataPoint from, boolean summed, double sum, long count, MetricData.Gauge to) {
    if (summed && count != 0) {
      NumberDataPoint n = Points.like(from, new NumberDataPoint());
      n.setDouble(sum / count);
      to.points().add(n);
    }
  }

  private static OttlExpr.Getter extractPercentile(Arguments a) {
    double percentile = a.number(0, 0);
    if (!(percentile > 0 && percentile < 100)) {
      throw a.error(0, "the percentile must be between 0 and 100");
    }
    String shown =
        percentile == Math.rint(percentile)
            ? Long.toString((long) percentile)
            : Double.toString(percentile);
    String suffix = a.string(1, "_p" + shown);
    return at -> {
      Metric m = at.metric();
      MetricData.Gauge gauge = new MetricData.Gauge();
      switch (m.data()) {
        case MetricData.Histogram h -> {
          for (HistogramDataPoint p : h.points()) {
            quantile(Quantiles.of(p, percentile), p, gauge);
          }
        }
        case MetricData.ExponentialHistogram h -> {
          for (ExponentialHistogramDataPoint p : h.points()) {
            quantile(Quantiles.of(p, percentile), p, gauge);
          }
        }
        case null, default -> {
          return null; // points without buckets stay unchanged
        }
      }
      add(at, m, suffix, gauge, m.unit(), false);
      return null;
    };
  }

  private static void quantile(double value, DataPoint from, MetricData.Gauge to) {
    if (!Double.isNaN(value)) {
      NumberDataPoint n = Points.like(from, new NumberDataPoint());
      n.setDouble(value);
      to.points().add(n);
    }
  }

  private static OttlExpr.Getter quantilesToGauge(Arguments a) {
    String key = a.string(0, "quantile");
    String suffix = a.string(1, ".quantiles");
    return at -> {
      if (at.metric().data() instanceof MetricData.Summary s) {
        MetricData.Gauge g = new MetricData.Gauge();
        for (DataPoint of : points(a, at, s)) {
          SummaryDataPoint p = (SummaryDataPoint) of;
          for (int i = 0; i < p.quantiles().length; i++) {
            NumberDataPoint n = Points.like(p, new NumberDataPoint());
            n.attributes().put(key, shown(p.quantiles()[i]));
            n.setDouble(p.quantileValues()[i]);
            g.points().add(n);
          }
        }
        add(at, at.metric(), suffix, g, at.metric().unit(), a.context() == OttlContext.DATA_POINT);
      }
      return null;
    };
  }

  /** Formats a quantile with at least two decimals; 0 and 1 stay unchanged. */
  private static String shown(double quantile) {
    String text = BigDecimal.valueOf(quantile).stripTrailingZeros().toPlainString();
    return text.length() == 3 ? text + "0" : text;
  }

  private static OttlExpr.Getter copyMetric(Arguments a) {
    OttlExpr name = a.optional(0);
    OttlExpr description = a.optional(1);
    OttlExpr unit = a.optional(2);
    return at -> {
      Metric copy = at.metric().copy();
      if (name != null) {
        copy.setName((String) Objects.requireNonNull(name.get(at)));
      }
      if (description != null) {
        copy.setDescription((String) Objects.requireNonNull(description.get(at)));
      }
      if (unit != null) {
        copy.setUnit((String) Objects.requireNonNull(unit.get(at)));
      }
      metrics(at).add(copy);
      return null;
    };
  }

  private static OttlExpr.Getter scale(Arguments a) {
    double factor = a.number(0, 1);
    OttlExpr unit = a.optional(1);
    return at -> {
      Metric m = at.metric();
      String newUnit = unit == null ? null : (String) Objects.requireNonNull(unit.get(at));
      switch (m.data()) {
        case MetricData.Gauge g -> scale(g.points(), factor);
        case MetricData.Sum s -> scale(s.points(), factor);
        case MetricData.Histogram h -> {
          for (HistogramDataPoint p : h.points()) {
            scale(p, factor);
          }
        }
        case MetricData.Summary s -> {
          for (SummaryDataPoint p : s.points()) {
            p.setSum(p.sum() * factor);
            p.setQuantileValues(scaled(p.quantileValues(), factor));
          }
        }
        case MetricData.ExponentialHistogram _ ->
            throw new EvaluationException("an exponential histogram cannot be scaled");
        case null -> {}
      }
      if (newUnit != null) {
        m.setUnit(newUnit);
      }
      return null;
    };
  }

  private static void scale(List<NumberDataPoint> points, double factor) {
    for (NumberDataPoint p : points) {
      if (p.isInt()) {
        p.setLong((long) (p.longValue() * factor));
      } else {
        p.setDouble(p.doubleValue() * factor);
      }
    }
  }

  private static void scale(HistogramDataPoint p, double factor) {
    if (p.hasSum()) {
      p.setSum(p.sum() * factor);
    }
    if (p.hasMin()) {
      p.setMin(p.min() * factor);
    }
    if (p.hasMax()) {
      p.setMax(p.max() * factor);
    }
    p.setExplicitBounds(scaled(p.explicitBounds(), factor));
    if (p.hasExemplars()) {
      for (Exemplar e : p.exemplars()) {
        if (e.isInt()) {
          e.setLong((long) (e.longValue() * factor));
        } else if (e.isDouble()) {
          e.setDouble(e.doubleValue() * factor);
        }
      }
    }
  }

  private static double[] scaled(double[] from, double factor) {
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i] * factor;
    }
    return to;
  }

  private static Points.Aggregation aggregation(Arguments a) {
    Points.Aggregation how = Points.aggregation(a.string(0));
    if (how == null) {
      throw a.error(0, "the function must be sum, max, min, mean, median or count");
    }
    return how;
  }

  private static OttlExpr.Getter aggregateOnAttributes(Arguments a) {
    Points.Aggregation how = aggregation(a);
    Set<String> keep = a.has(1) ? new HashSet<>(a.strings(1)) : null;
    return at -> {
      MetricData<?> data = aggregable(at.metric(), how);
      if (data != null) {
        if (keep != null) {
          for (DataPoint p : data.points()) {
            p.attributes().removeIf((k, _) -> !keep.contains(k));
          }
        }
        Points.aggregate(data, how);
      }
      return null;
    };
  }

  private static OttlExpr.Getter aggregateOnValue(Arguments a) {
    Points.Aggregation how = aggregation(a);
    String attribute = a.string(1);
    Set<String> values = new HashSet<>(a.strings(2));
    String newValue = a.string(3);
    return at -> {
      MetricData<?> data = aggregable(at.metric(), how);
      if (data != null) {
        for (DataPoint p : data.points()) {
          if (p.attributes().get(attribute) instanceof String s && values.contains(s)) {
            p.attributes().put(attribute, newValue);
          }
        }
        Points.aggregate(data, how);
      }
      return null;
    };
  }

  private static @Nullable MetricData<?> aggregable(Metric m, Points.Aggregation how) {
    MetricData<?> data = m.data();
    if (data instanceof MetricData.Summary) {
      throw new EvaluationException("a summary cannot be aggregated");
    }
    boolean histogram =
        data instanceof MetricData.Histogram || data instanceof MetricData.ExponentialHistogram;
    if (histogram && how != Points.Aggregation.SUM) {
      throw new EvaluationException("histograms can be aggregated with sum only");
    }
    return data;
  }

  private static OttlExpr.Getter mergeBuckets(Arguments a) {
    double target = a.number(0, 0);
    String method = a.string(1, "remove_explicit_bound");
    Consumer<HistogramDataPoint> edit =
        switch (method) {
          case "remove_explicit_bound" -> p -> BucketMerge.removeBound(p, target);
          case "limit_buckets" -> {
            if (target < 1 || target != Math.rint(target)) {
              throw a.error(0, "the number of buckets must be a whole number of at least 1");
            }
            yield p -> BucketMerge.limit(p, (int) target);
          }
          default -> throw a.error(1, "the method must be remove_explicit_bound or limit_buckets");
        };
    return at -> {
      if (a.context() == OttlContext.DATA_POINT) {
        if (at.point() instanceof HistogramDataPoint p) {
          edit.accept(p);
        }
      } else if (at.metric().data() instanceof MetricData.Histogram h) {
        for (HistogramDataPoint p : h.points()) {
          edit.accept(p);
        }
      }
      return null;
    };
  }

  /** Neighbouring buckets of explicit histograms as one. */
  private static final class BucketMerge {
    private static final double EPSILON = 1e-12;

    static void removeBound(HistogramDataPoint p, double bound) {
      double[] bounds = p.explicitBounds();
      long[] counts = p.bucketCounts();
      if (counts.length != bounds.length + 1) {
        return;
      }
      for (int i = 0; i < bounds.length; i++) {
        if (Math.abs(bounds[i] - bound) < EPSILON) {
          List<Integer> kept = new ArrayList<>();
          for (int j = 0; j < bounds.length; j++) {
            if (j != i) {
              kept.add(j);
            }
          }
          keep(p, kept);
          return;
        }
      }
    }

    static void limit(HistogramDataPoint p, int most) {
      int n = p.bucketCounts().length;
      if (n != p.explicitBounds().length + 1 || n <= most || !ordered(p.explicitBounds())) {
        return;
      }
      int by = (n + most - 1) / most;
      List<Integer> kept = new ArrayList<>();
      for (int i = by - 1; i < n - 1; i += by) {
        kept.add(i);
      }
      keep(p, kept);
    }

    private static boolean ordered(double[] bounds) {
      for (int i = 1; i < bounds.length; i++) {
        if (!(bounds[i] > bounds[i - 1])) {
          return false;
        }
      }
      return true;
    }

    /** Keeps the bounds at these indexes and merges the buckets between them. */
    private static void keep(HistogramDataPoint p, List<Integer> kept) {
      double[] bounds = p.explicitBounds();
      long[] counts = p.bucketCounts();
      double[] newBounds = new double[kept.size()];
      long[] newCounts = new long[kept.size() + 1];
      int k = 0;
      for (int i = 0; i < counts.length; i++) {
        newCounts[k] += counts[i];
        if (k < kept.size() && kept.get(k) == i) {
          newBounds[k++] = bounds[i];
        }
      }
      p.setExplicitBounds(newBounds);
      p.setBucketCounts(newCounts);
    }
  }
}
