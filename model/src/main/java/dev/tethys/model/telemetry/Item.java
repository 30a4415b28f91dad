package dev.tethys.model.telemetry;

/** Item of a scope. {@code T} is the class itself. */
public sealed interface Item<T extends Item<T>> permits LogRecord, Span, Metric, Profile {
  /**
   * Number of items as pipelines count them: 1 for a log record or a span, the data points of a
   * metric, the samples of a profile.
   */
  int itemCount();

  /** A deep copy. */
  T copy();
}
