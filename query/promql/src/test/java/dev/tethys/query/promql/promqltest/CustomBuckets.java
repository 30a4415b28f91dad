package dev.tethys.query.promql.promqltest;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes custom-bucket histograms out of the classic histograms of a load. */
final class CustomBuckets {
  private static final class Classic {
    final TreeMap<Double, Double> buckets = new TreeMap<>();
    double sum;
    @Nullable Double count;

    Histogram convert() {
      double total = count != null ? count : buckets.isEmpty() ? 0 : buckets.lastEntry().getValue();
      buckets.putIfAbsent(Double.POSITIVE_INFINITY, total);
      double[] counts = new double[buckets.size()];
      double[] bounds = new double[buckets.size() - 1];
      double before = 0;
      int i = 0;
      for (Map.Entry<Double, Double> b : buckets.entrySet()) {
        counts[i] = b.getValue() - before;
        before = b.getValue();
        if (i < bounds.length) {
          bounds[i] = b.getKey();
        }
        i++;
      }
      return HistogramArithmetic.compact(
          new Histogram(
              false,
              Histogram.ResetHint.UNKNOWN,
              Histogram.CUSTOM_BUCKETS,
              0,
              0,
              total,
              sum,
              new int[] {0, counts.length},
              counts,
              new int[0],
              new double[0],
              bounds));
    }
  }

  private CustomBuckets() {}

  /** The histograms by series and position in the load. */
  static Map<Labels, TreeMap<Integer, Histogram>> of(List<Command.LoadedSeries> series) {
    Map<Labels, TreeMap<Integer, Classic>> collected = new TreeMap<>();
    for (Command.LoadedSeries s : series) {
      String name = s.labels().metricName();
      int cut = name.lastIndexOf('_');
      String suffix = cut < 0 ? "" : name.substring(cut);
      if (!List.of("_bucket", "_sum", "_count").contains(suffix)) {
        continue;
      }
      Labels base =
          s.labels().toBuilder()
              .set(Labels.METRIC_NAME, name.substring(0, cut))
              .remove("le")
              .build();
      double le = suffix.equals("_bucket") ? bound(s.labels().get("le")) : 0;
      if (Double.isNaN(le)) {
        continue;
      }
      TreeMap<Integer, Classic> at = collected.computeIfAbsent(base, k -> new TreeMap<>());
      for (int i = 0; i < s.values().size(); i++) {
        SequenceValue v = s.values().get(i);
        if (v.omitted() || v.histogram() != null) {
          continue;
        }
        Classic c = at.computeIfAbsent(i, k -> new Classic());
        switch (suffix) {
          case "_bucket" -> c.buckets.putIfAbsent(le, v.value());
          case "_sum" -> c.sum = v.value();
          default -> c.count = v.value();
        }
      }
    }
    Map<Labels, TreeMap<Integer, Histogram>> out = new TreeMap<>();
    collected.forEach(
        (labels, at) -> {
          TreeMap<Integer, Histogram> converted = new TreeMap<>();
          at.forEach((i, c) -> converted.put(i, c.convert()));
          out.put(labels, converted);
        });
    return out;
  }

  private static double bound(String le) {
    try {
      return switch (le.toLowerCase(Locale.ROOT)) {
        case "+inf", "inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(le);
      };
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
