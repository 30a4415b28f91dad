package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramBuckets;

/**
 * Native histogram as the series of a classic one: {@code _bucket} with cumulative counts by upper
 * bound {@code le}, {@code _sum}, {@code _count}. Only bounds of existing buckets appear; a stale
 * marker becomes stale markers of {@code _sum} and {@code _count}. Exponential buckets keep their
 * exact bounds, so quantiles are equally accurate; a bound without new observations below it is
 * omitted instead of repeated. Not thread-safe.
 */
public final class ClassicHistogram {
  /** Receives the float rows of a histogram. */
  @FunctionalInterface
  public interface Rows {
    void row(Labels labels, double value);
  }

  private final HistogramBuckets buckets = new HistogramBuckets();

  /** Emits the rows of one sample. */
  public void expand(Labels series, Histogram h, Rows to) {
    String name = series.metricName();
    if (!h.isStale()) {
      buckets.load(h, true);
      double cumulated = 0;
      boolean ended = false;
      for (int i = 0; i < buckets.size(); i++) {
        if (buckets.count(i) == 0) {
          continue;
        }
        cumulated += buckets.count(i);
        double upper = buckets.upper(i);
        ended = upper == Double.POSITIVE_INFINITY;
        to.row(bucket(series, name, upper), ended ? h.count() : cumulated);
      }
      if (!ended) {
        to.row(bucket(series, name, Double.POSITIVE_INFINITY), h.count());
      }
    }
    to.row(named(series, name + "_sum"), h.sum());
    to.row(named(series, name + "_count"), h.isStale() ? h.sum() : h.count());
  }

  private static Labels bucket(Labels series, String name, double le) {
    return series.toBuilder()
        .set(Labels.METRIC_NAME, name + "_bucket")
        .set("le", GoFloat.openMetrics(le))
        .build();
  }

  private static Labels named(Labels series, String name) {
    return series.toBuilder().set(Labels.METRIC_NAME, name).build();
  }
}
