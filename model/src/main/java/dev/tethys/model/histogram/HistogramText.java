package dev.tethys.model.histogram;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import java.util.Arrays;
import java.util.StringJoiner;

/** Formats histograms as text, in Prometheus's two formats. */
public final class HistogramText {
  private HistogramText() {}

  /** Formats like {@code count_values} and messages: {@code {count:3, sum:4.5, (1,2]:3}}. */
  public static String plain(Histogram h) {
    StringBuilder sb = new StringBuilder("{count:");
    sb.append(GoFloat.g(h.count())).append(", sum:").append(GoFloat.g(h.sum()));
    HistogramBuckets buckets = new HistogramBuckets().load(h, false);
    // A zero bucket with a negative count is also written, although it is not among the buckets.
    boolean zero = h.zeroCount() < 0 && !h.hasCustomBuckets();
    for (int i = 0; i < buckets.size(); i++) {
      if (zero && buckets.upper(i) > 0) {
        zeroBucket(sb, h);
        zero = false;
      }
      if (buckets.count(i) != 0) {
        bucket(sb, buckets.lowerInclusive(i), buckets.lower(i), buckets.upper(i));
        sb.append(buckets.upperInclusive(i) ? ']' : ')');
        sb.append(':').append(GoFloat.g(buckets.count(i)));
      }
    }
    if (zero) {
      zeroBucket(sb, h);
    }
    return sb.append('}').toString();
  }

  private static void zeroBucket(StringBuilder sb, Histogram h) {
    bucket(sb, true, -h.zeroThreshold(), h.zeroThreshold());
    sb.append("]:").append(GoFloat.g(h.zeroCount()));
  }

  private static void bucket(StringBuilder sb, boolean inclusive, double lower, double upper) {
    sb.append(", ").append(inclusive ? '[' : '(').append(GoFloat.g(lower));
    sb.append(',').append(GoFloat.g(upper));
  }

  /**
   * Formats like unit tests of rules and test scripts: {@code {{schema:1 count:3 sum:4.5 buckets:[1
   * 2]}}}.
   */
  public static String expression(Histogram h) {
    StringJoiner out = new StringJoiner(" ", "{{", "}}");
    if (h.schema() != 0) {
      out.add("schema:" + h.schema());
    }
    number(out, "count", h.count());
    number(out, "sum", h.sum());
    number(out, "z_bucket", h.zeroCount());
    number(out, "z_bucket_w", h.zeroThreshold());
    double[] bounds = h.customBounds();
    if (h.hasCustomBuckets()) {
      out.add("custom_values:" + list(bounds == null ? new double[0] : bounds));
    }
    switch (h.resetHint()) {
      case UNKNOWN -> {}
      case RESET -> out.add("counter_reset_hint:reset");
      case NOT_RESET -> out.add("counter_reset_hint:not_reset");
      case GAUGE -> out.add("counter_reset_hint:gauge");
    }
    row(out, "offset", "buckets", h.positiveSpans(), h.positive());
    row(out, "n_offset", "n_buckets", h.negativeSpans(), h.negative());
    return out.toString();
  }

  private static void number(StringJoiner out, String name, double v) {
    if (v != 0) {
      out.add(name + ":" + GoFloat.g(v));
    }
  }

  private static void row(
      StringJoiner out, String offset, String name, int[] spans, double[] buckets) {
    BucketRow row = new BucketRow();
    row.load(spans, buckets);
    row.dropEmpty();
    if (row.size == 0) {
      return;
    }
    if (row.index[0] != 0) {
      out.add(offset + ":" + row.index[0]);
    }
    double[] dense = new double[row.index[row.size - 1] - row.index[0] + 1];
    for (int i = 0; i < row.size; i++) {
      dense[row.index[i] - row.index[0]] = row.count[i];
    }
    out.add(name + ":" + list(dense));
  }

  private static String list(double[] values) {
    StringJoiner out = new StringJoiner(" ", "[", "]");
    Arrays.stream(values).mapToObj(GoFloat::g).forEach(out::add);
    return out.toString();
  }
}
