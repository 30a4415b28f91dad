package dev.tethys.pipeline.operators;

/** Receives errors and drops of operators. Safe for threads. */
public interface OperatorReport {
  /**
   * An operator could not do its work on an entry.
   *
   * @param quiet whether it is not to be logged
   */
  void failed(String operator, String reason, boolean quiet);

  /** An operator dropped an entry: by its condition, or because it failed. */
  void dropped(String operator);
}
