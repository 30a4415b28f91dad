package dev.tethys.model.storage;

/** An appender that takes a sample of each series of a layout in one piece. */
public interface LayoutAppender extends Appender {
  /**
   * Appends a sample to each series of a layout, all of one time, in front of what else is
   * appended. None is refused. Once in a batch.
   *
   * @param timestamp Unix milliseconds
   * @param values one for each series, in their order; no longer the caller's
   */
  void append(SeriesLayout layout, long timestamp, double[] values);
}
