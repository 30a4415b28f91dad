package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Scheduler;
import java.time.Duration;

/** Converts cumulative counters and histograms to deltas. Keeps the last point of each stream. */
public interface DeltaConversion extends AutoCloseable {
  /** Creates a conversion. */
  @FunctionalInterface
  interface Factory {
    /**
     * Creates a conversion.
     *
     * @param ttl time without a point after which a stream expires
     * @param initial handling of first points: auto, drop or keep
     */
    DeltaConversion create(Duration ttl, String initial, Scheduler clock);
  }

  /** Converts points in place; those without a delta are removed. */
  void apply(MetricsData data);

  @Override
  void close();
}
