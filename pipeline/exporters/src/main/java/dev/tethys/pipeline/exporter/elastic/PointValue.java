package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Value of a data point in documents of the mapping mode {@code otel}, with the Elasticsearch
 * template of its field. Histogram buckets become values at their midpoints, as in the Collector's
 * exporter (its package datapoints).
 *
 * @param json the value
 * @param template name of a template of {@code metrics-otel@mappings}
 * @param documents number of observations that the document represents; 0 if unspecified
 * @param problem reason why there is no value; "" if there is one
 */
record PointValue(String json, String template, long documents, String problem) {
  private static final String HINTS = "elasticsearch.mapping.hints";

  static PointValue of(MetricData<?> data, DataPoint p) {
    if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
      return none("no_recorded_value");
    }
    boolean counts = hinted(p, "_doc_count");
    boolean aggregated = hinted(p, "aggregate_metric_double");
    return switch (p) {
      case NumberDataPoint n -> number(data, n, counts ? 1 : 0);
      case HistogramDataPoint h ->
          isCumulative(data)
              ? none("cumulative_histogram")
              : aggregated
                  ? summary(h.sum(), h.count(), counts)
                  : explicit(h, counts ? h.count() : 0);
      case ExponentialHistogramDataPoint h ->
          isCumulative(data)
              ? none("cumulative_histogram")
              : aggregated
                  ? summary(h.sum(), h.count(), counts)
                  : exponential(h, counts ? h.count() : 0);
      case SummaryDataPoint s -> summary(s.sum(), s.count(), counts);
    };
  }

  private static PointValue none(String problem) {
    return new PointValue("", "", 0, problem);
  }

  private static boolean isCumulative(MetricData<?> data) {
    return data instanceof MetricData.Aggregated<?> a
        && a.temporality() == MetricData.TEMPORALITY_CUMULATIVE;
  }

  private static boolean hinted(DataPoint p, String hint) {
    if (p.attributes().get(HINTS) instanceof ArrayValue list) {
      for (int i = 0; i < list.size(); i++) {
        if (hint.equals(list.get(i))) {
          return true;
        }
      }
    }
    return false;
  }

  private static PointValue number(MetricData<?> data, NumberDataPoint n, long documents) {
    String kind =
        data instanceof MetricData.Sum s && s.isMonotonic() && isCumulative(s)
            ? "counter"
            : "gauge";
    if (n.isInt()) {
      return new PointValue(Long.toString(n.longValue()), kind + "_long", documents, "");
    }
    if (!n.isDouble()) {
      return none("no_value");
    }
    return Double.isFinite(n.doubleValue())
        ? new PointValue(OtelText.number(n.doubleValue()), kind + "_double", documents, "")
        : none("not_finite");
  }

  private static PointValue summary(double sum, long count, boolean counts) {
    return Double.isFinite(sum)
        ? new PointValue(
            "{\"sum\":" + OtelText.number(sum) + ",\"value_count\":" + most(count) + "}",
            "summary",
            counts ? count : 0,
            "")
        : none("not_finite");
  }

  private static long most(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }

  private static PointValue explicit(HistogramDataPoint h, long documents) {
    long[] counts = h.bucketCounts();
    double[] bounds = h.explicitBounds();
    if (counts.length > 0 && counts.length != bounds.length + 1) {
      return none("invalid_histogram");
    }
    List<Long> c = new ArrayList<>();
    List<Double> v = new ArrayList<>();
    if (bounds.length == 0) {
      if (h.count() != 0) { // no buckets: all observations at the mean
        c.add(most(h.count()));
        v.add(h.sum() / most(h.count()));
      }
      return histogram(c, v, documents);
    }
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        c.add(most(counts[i]));
        v.add(middle(bounds, i));
      }
    }
    return histogram(c, v, documents);
  }

  private static double middle(double[] bounds, int i) {
    if (i == 0) {
      return bounds[0] > 0 ? bounds[0] / 2 : bounds[0];
    }
    return i == bounds.length ? bounds[i - 1] : bounds[i - 1] + (bounds[i] - bounds[i - 1]) / 2;
  }

  private static PointValue exponential(ExponentialHistogramDataPoint h, long documents) {
    List<Long> c = new ArrayList<>();
    List<Double> v = new ArrayList<>();
    long[] negative = h.negativeCounts();
    for (int i = negative.length - 1; i >= 0; i--) {
      if (negative[i] != 0) {
        c.add(most(negative[i]));
        v.add(-middle(h.negativeOffset() + i, h.scale()));
      }
    }
    if (h.zeroCount() != 0) {
      c.add(most(h.zeroCount()));
      v.add(0.0);
    }
    long[] positive = h.positiveCounts();
    for (int i = 0; i < positive.length; i++) {
      if (positive[i] != 0) {
        c.add(most(positive[i]));
        v.add(middle(h.positiveOffset() + i, h.scale()));
      }
    }
    return histogram(c, v, documents);
  }

  private static double middle(int index, int scale) {
    double lower = bound(index, scale);
    return lower + (bound(index + 1, scale) - lower) / 2;
  }

  /** Returns the lower bound of a bucket: 2 to the power of {@code index / 2^scale}. */
  private static double bound(int index, int scale) {
    return Math.pow(2, Math.scalb((double) index, -scale));
  }

  private static PointValue histogram(List<Long> counts, List<Double> values, long documents) {
    StringBuilder sb = new StringBuilder("{\"counts\":").append(counts.toString().replace(" ", ""));
    sb.append(",\"values\":[");
    for (int i = 0; i < values.size(); i++) {
      double v = values.get(i);
      if (!Double.isFinite(v)) {
        return none("not_finite");
      }
      sb.append(i == 0 ? "" : ",").append(OtelText.number(v));
    }
    return new PointValue(
        sb.append("]}").toString().toLowerCase(Locale.ROOT), "histogram", documents, "");
  }
}
