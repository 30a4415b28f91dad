package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A request of one destination in the making. What it has no place for it says, in one of few
 * words, and the item is counted as dropped for that reason. Not for several threads at once.
 */
public interface RowWriter {
  /**
   * What follows is of this series. Called again for the same series after {@link #take}.
   *
   * @return null, or why none of its samples has a place
   */
  @Nullable String series(Labels labels);

  /**
   * A float of the series, as one row.
   *
   * @param time Unix milliseconds
   * @param value may be NaN, infinite, -0 or a stale marker
   * @return null, or why it has no place
   */
  @Nullable String sample(long time, double value);

  /**
   * A native histogram of the series, as one row. Only called where the rule for histograms is
   * {@link HistogramRule#NATIVE} or {@link HistogramRule#JSON}.
   *
   * @return null, or why it has no place
   */
  default @Nullable String histogram(long time, Histogram histogram) {
    return "native_histogram";
  }

  /**
   * An exemplar of the series.
   *
   * @return whether it is carried; it is counted if not
   */
  default boolean exemplar(Exemplar exemplar) {
    return false;
  }

  /**
   * Something said of a family of series.
   *
   * @return whether it is carried
   */
  default boolean metadata(String family, MetricMetadata metadata) {
    return false;
  }

  /** Bytes of the request so far, before compression. */
  int size();

  /** Ends the request and begins another. */
  byte[] take();
}
