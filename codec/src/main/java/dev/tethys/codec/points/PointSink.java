package dev.tethys.codec.points;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import org.jspecify.annotations.Nullable;

/** Receiver of points, one by one. For one thread. */
@FunctionalInterface
public interface PointSink {
  /**
   * Takes a sample.
   *
   * @param labels with the name of the metric
   * @param timestamp Unix milliseconds
   * @return the reason of the refusal, for the sender; null when it is taken
   */
  @Nullable String sample(Labels labels, long timestamp, double value);

  /** Takes what is known of a metric; who has no place for it passes it over. */
  default void metadata(String family, MetricMetadata metadata) {}
}
