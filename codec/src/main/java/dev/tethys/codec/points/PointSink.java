package dev.tethys.codec.points;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import org.jspecify.annotations.Nullable;

/** Receiver of points, one by one. Not thread-safe. */
@FunctionalInterface
public interface PointSink {
  /**
   * Receives a sample.
   *
   * @param labels labels including the metric name
   * @param timestamp Unix milliseconds
   * @return the reason of the rejection, for the sender; null if the sample is accepted
   */
  @Nullable String sample(Labels labels, long timestamp, double value);

  /** Receives the metadata of a metric; receivers without metadata ignore it. */
  default void metadata(String family, MetricMetadata metadata) {}
}
