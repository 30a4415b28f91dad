package dev.tethys.pipeline.operators;

/** Receives errors and drops of operators. Thread-safe. */
public interface OperatorReport {
  /**
   * Reports that an operator failed on an entry.
   *
   * @param quiet whether it must not be logged
   */
  void failed(String operator, String reason, boolean quiet);

  /** Reports that an operator dropped an entry, by its condition or because it failed. */
  void dropped(String operator);
}
