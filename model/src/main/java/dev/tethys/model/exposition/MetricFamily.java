package dev.tethys.model.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of one name and type, as an exporter shows them. Codecs turn it into text, OpenMetrics or
 * protobuf.
 *
 * @param name the family name in text 0.0.4 (a counter's with {@code _total})
 * @param help description, {@code ""} for none
 * @param unit OpenMetrics unit, {@code ""} for none
 */
public record MetricFamily(
    String name, MetricType type, String help, String unit, List<Metric> metrics) {

  /**
   * One metric of the family.
   *
   * @param labels without the metric name
   * @param timestamp Unix milliseconds, null if not shown
   * @param startTimestamp start time of a counter in Unix milliseconds; 0 if unknown
   */
  public record Metric(Labels labels, Point point, @Nullable Long timestamp, long startTimestamp) {
    /** A metric without timestamps. */
    public Metric(Labels labels, Point point) {
      this(labels, point, null, 0);
    }

    /** A plain number without timestamps. */
    public Metric(Labels labels, double value) {
      this(labels, new Value(value, null));
    }
  }

  /** Metric value. */
  public sealed interface Point {}

  /** A number: counter, gauge, untyped, info, stateset. */
  public record Value(double value, @Nullable Exemplar exemplar) implements Point {}

  /**
   * A classic histogram.
   *
   * @param bounds upper bounds, ascending, ending with +Inf
   * @param cumulative observations at or below each bound
   * @param exemplars one per bucket, entries may be null; empty if none
   */
  public record Buckets(
      double count,
      double sum,
      double[] bounds,
      double[] cumulative,
      List<@Nullable Exemplar> exemplars)
      implements Point {}

  /** A summary; quantiles and their values by position. */
  public record Quantiles(double count, double sum, double[] quantiles, double[] values)
      implements Point {}

  /** Native histogram, with classic buckets if both are exposed. */
  public record Native(Histogram histogram, @Nullable Buckets classic, List<Exemplar> exemplars)
      implements Point {}
}
