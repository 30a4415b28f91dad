package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Builder of a request for one destination. Methods return a short reason for data that cannot be
 * represented, and the item is counted as dropped with it. Not thread-safe.
 */
public interface RowWriter {
  /**
   * Starts a series. Called again for the same series after {@link #take}.
   *
   * @return null, or the reason why none of its samples can be represented
   */
  @Nullable String series(Labels labels);

  /**
   * Writes a float of the series as one row.
   *
   * @param time Unix milliseconds
   * @param value sample value; may be NaN, infinite, -0 or a stale marker
   * @return null, or the reason why it cannot be represented
   */
  @Nullable String sample(long time, double value);

  /**
   * Writes a native histogram of the series as one row. Only called if the rule for histograms is
   * {@link HistogramRule#NATIVE} or {@link HistogramRule#JSON}.
   *
   * @return null, or the reason why it cannot be represented
   */
  default @Nullable String histogram(long time, Histogram histogram) {
    return "native_histogram";
  }

  /**
   * Writes an exemplar of the series.
   *
   * @return whether it is represented; otherwise it is counted as dropped
   */
  default boolean exemplar(Exemplar exemplar) {
    return false;
  }

  /**
   * Adds the metadata of a series family.
   *
   * @return whether it is carried
   */
  default boolean metadata(String family, MetricMetadata metadata) {
    return false;
  }

  /** Bytes of the request so far, before compression. */
  int size();

  /** Ends the request and starts another. */
  byte[] take();
}
