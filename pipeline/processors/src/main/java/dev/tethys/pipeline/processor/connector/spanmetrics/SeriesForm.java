package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.function.Supplier;

/**
 * Metric description and constructor of its series.
 *
 * @param weight size of a series relative to a small one
 * @param <P> kind of its points
 */
record SeriesForm<P extends DataPoint>(
    String name, String unit, int weight, Supplier<MetricData.Aggregated<P>> data, Maker<P> maker) {
  private static final int WEIGHT_BYTES = 1024;

  /** Makes a series that has counted nothing. */
  interface Maker<P extends DataPoint> {
    Series<P> make(Attributes attributes, long startNanos);
  }

  /** What the counts of a series take, and the point that is sent of them. */
  long bytes() {
    return (long) weight * WEIGHT_BYTES;
  }

  static SeriesForm<NumberDataPoint> numbers(String name) {
    return new SeriesForm<>(
        name,
        "",
        1,
        () -> {
          MetricData.Sum sum = new MetricData.Sum();
          sum.setMonotonic(true);
          return sum;
        },
        Series.Number::new);
  }

  static SeriesForm<HistogramDataPoint> explicit(String name, String unit, double[] bounds) {
    return new SeriesForm<>(
        name,
        unit,
        1 + bounds.length / 64,
        MetricData.Histogram::new,
        (attributes, start) -> new Series.Explicit(attributes, start, bounds));
  }

  static SeriesForm<ExponentialHistogramDataPoint> exponential(
      String name, String unit, int maxSize) {
    return new SeriesForm<>(
        name,
        unit,
        1 + maxSize / 40,
        MetricData.ExponentialHistogram::new,
        (attributes, start) -> new Series.Exponential(attributes, start, maxSize));
  }
}
