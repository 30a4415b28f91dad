package dev.tethys.query.promql.exec;

/** A function of a window of samples. Stateless, so that one instance serves all threads. */
public interface RangeFunction {
  /** Evaluates all steps of a series that has only floats; steps without a result stay absent. */
  void floats(Windows w, double[] out);

  /**
   * Evaluates one step of a series with histograms; the window holds at least one sample of either
   * kind.
   */
  void mixed(Windows w, int step, SeriesTarget out);

  /**
   * Returns the cost of a sample in a window, where reading and decoding one costs 1; each sample
   * is computed in every window that contains it.
   */
  default double costPerSample() {
    return 0;
  }

  /** Whether it may report anything about a window. */
  default boolean remarks() {
    return true;
  }

  /** Whether the function expects counters: a metric with another name gets a remark. */
  default boolean expectsCounter() {
    return false;
  }

  /** Whether results keep the metric name. */
  default boolean keepsName() {
    return false;
  }
}
