package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.Durations;
import dev.tethys.model.telemetry.Attributes;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Metric description and constructor of its series.
 *
 * @param weight size of a series relative to a small one
 * @param durations makes distributions of durations; null for a metric that only counts
 */
record SeriesForm(String name, String unit, int weight, @Nullable Supplier<Durations> durations) {
  private static final int WEIGHT_BYTES = 1024;

  /** Returns the memory used by a series' counts and its point. */
  long bytes() {
    return (long) weight * WEIGHT_BYTES;
  }

  static SeriesForm numbers(String name) {
    return new SeriesForm(name, "", 1, null);
  }

  static SeriesForm explicit(String name, String unit, double[] bounds) {
    return new SeriesForm(name, unit, 1 + bounds.length / 64, Durations.classic(bounds));
  }

  static SeriesForm exponential(String name, String unit, int maxSize) {
    return new SeriesForm(name, unit, 1 + maxSize / 40, Durations.exponential(maxSize));
  }

  /** Creates an empty series. */
  Series series(Attributes attributes, long millis) {
    return new Series(attributes, durations == null ? null : durations.get(), millis);
  }
}
