package dev.tethys.model.storage;

/** Appender that accepts one sample for each series of a layout in a single call. */
public interface LayoutAppender extends Appender {
  /**
   * Appends a sample to each series of a layout, all with one timestamp, before the other samples
   * of the batch. No sample is rejected. At most once in a batch.
   *
   * @param timestamp Unix milliseconds
   * @param values one for each series, in their order; the caller must no longer use the array
   */
  void append(SeriesLayout layout, long timestamp, double[] values);
}
