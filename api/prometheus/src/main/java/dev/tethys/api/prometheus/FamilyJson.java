package dev.tethys.api.prometheus;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metric families in the JSON mapping of the protobuf {@code io.prometheus.client.MetricFamily}: 64
 * bit numbers as strings, floats that JSON has not as {@code "NaN"}, {@code "Infinity"}.
 */
final class FamilyJson {
  private FamilyJson() {}

  static void write(JsonOut out, List<MetricFamily> families) throws IOException {
    out.put('[');
    for (int i = 0; i < families.size(); i++) {
      MetricFamily f = families.get(i);
      out.sep(i == 0).raw("{\"name\":").string(f.name());
      if (!f.help().isEmpty()) {
        out.next("help").string(f.help());
      }
      out.next("type").put('"').raw(type(f)).put('"');
      out.next("metric").put('[');
      for (int k = 0; k < f.metrics().size(); k++) {
        metric(out.sep(k == 0), f, f.metrics().get(k));
      }
      out.put(']');
      if (!f.unit().isEmpty()) {
        out.next("unit").string(f.unit());
      }
      out.put('}');
    }
    out.put(']');
  }

  private static String type(MetricFamily f) {
    return switch (f.type()) {
      case COUNTER -> "COUNTER";
      case GAUGE -> "GAUGE";
      case SUMMARY -> "SUMMARY";
      case HISTOGRAM -> "HISTOGRAM";
      case GAUGEHISTOGRAM -> "GAUGE_HISTOGRAM";
      case UNKNOWN, INFO, STATESET -> "UNTYPED";
    };
  }

  private static void metric(JsonOut out, MetricFamily f, Metric m) throws IOException {
    out.put('{');
    if (!m.labels().isEmpty()) {
      out.name("label");
      labels(out, m.labels());
      out.put(',');
    }
    // No switch over types, which makes a class when it first runs.
    if (m.point() instanceof MetricFamily.Value v) {
      value(out, f, v);
    } else if (m.point() instanceof MetricFamily.Buckets b) {
      out.raw("\"histogram\":{");
      buckets(out, b);
      out.put('}');
    } else if (m.point() instanceof MetricFamily.Quantiles q) {
      quantiles(out, q);
    } else if (m.point() instanceof MetricFamily.Native n) {
      out.raw("\"histogram\":{");
      nativeHistogram(out, n.histogram(), n.classic());
      out.put('}');
    }
    if (m.timestamp() != null) {
      out.next("timestampMs").put('"').number(m.timestamp().longValue()).put('"');
    }
    out.put('}');
  }

  private static void value(JsonOut out, MetricFamily f, MetricFamily.Value v) throws IOException {
    String field =
        switch (f.type()) {
          case COUNTER -> "counter";
          case GAUGE -> "gauge";
          default -> "untyped";
        };
    out.name(field).raw("{\"value\":");
    number(out, v.value());
    if (v.exemplar() != null && field.equals("counter")) {
      exemplar(out.next("exemplar"), v.exemplar());
    }
    out.put('}');
  }

  private static void quantiles(JsonOut out, MetricFamily.Quantiles q) throws IOException {
    count(out.raw("\"summary\":{\"sampleCount\":"), q.count());
    number(out.next("sampleSum"), q.sum());
    out.next("quantile").put('[');
    for (int i = 0; i < q.quantiles().length; i++) {
      number(out.sep(i == 0).raw("{\"quantile\":"), q.quantiles()[i]);
      number(out.next("value"), q.values()[i]);
      out.put('}');
    }
    out.raw("]}");
  }

  private static void buckets(JsonOut out, MetricFamily.Buckets b) throws IOException {
    count(out.name("sampleCount"), b.count());
    number(out.next("sampleSum"), b.sum());
    out.next("bucket");
    bucketList(out, b);
  }

  private static void bucketList(JsonOut out, MetricFamily.Buckets b) throws IOException {
    out.put('[');
    boolean first = true;
    for (int i = 0; i < b.bounds().length; i++) {
      Exemplar x = i < b.exemplars().size() ? b.exemplars().get(i) : null;
      if (b.bounds()[i] == Double.POSITIVE_INFINITY && x == null) {
        continue; // it says no more than the count
      }
      count(out.sep(first).raw("{\"cumulativeCount\":"), b.cumulative()[i]);
      number(out.next("upperBound"), b.bounds()[i]);
      if (x != null) {
        exemplar(out.next("exemplar"), x);
      }
      out.put('}');
      first = false;
    }
    out.put(']');
  }

  private static void nativeHistogram(
      JsonOut out, Histogram h, MetricFamily.@Nullable Buckets classic) throws IOException {
    number(out.name("sampleCountFloat"), h.count());
    number(out.next("sampleSum"), h.sum());
    if (classic != null) {
      bucketList(out.next("bucket"), classic);
    }
    out.next("schema").number((long) h.schema());
    number(out.next("zeroThreshold"), h.zeroThreshold());
    number(out.next("zeroCountFloat"), h.zeroCount());
    side(out, "negative", h.negativeSpans(), h.negative());
    side(out, "positive", h.positiveSpans(), h.positive());
  }

  private static void side(JsonOut out, String side, int[] spans, double[] counts)
      throws IOException {
    if (counts.length == 0) {
      return;
    }
    out.next(side + "Span").put('[');
    for (int i = 0; i < spans.length; i += 2) {
      out.sep(i == 0).raw("{\"offset\":").number((long) spans[i]);
      out.next("length").number((long) spans[i + 1]).put('}');
    }
    out.put(']').next(side + "Count").put('[');
    for (int i = 0; i < counts.length; i++) {
      number(out.sep(i == 0), counts[i]);
    }
    out.put(']');
  }

  private static void exemplar(JsonOut out, Exemplar x) throws IOException {
    out.raw("{\"label\":");
    labels(out, x.labels());
    number(out.next("value"), x.value());
    out.next("timestamp").time(Instant.ofEpochMilli(x.timestamp())).put('}');
  }

  private static void labels(JsonOut out, Labels labels) throws IOException {
    out.put('[');
    boolean first = true;
    for (Labels.Label l : labels.toList()) {
      out.sep(first).raw("{\"name\":").string(l.name()).next("value").string(l.value()).put('}');
      first = false;
    }
    out.put(']');
  }

  private static void count(JsonOut out, double n) throws IOException {
    out.put('"').number((long) n).put('"');
  }

  private static void number(JsonOut out, double v) throws IOException {
    if (Double.isFinite(v)) {
      out.number(v);
    } else {
      out.raw(Double.isNaN(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    }
  }
}
