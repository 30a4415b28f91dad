package dev.tethys.query.logql.pipeline;

/** Stage of a pipeline over rows of one thread. */
abstract class RowStage {
  /** Changes a row; false if the row is dropped. */
  abstract boolean process(Row row);

  /** True if the stage reads the line and marks the parts of it that it reads. */
  boolean readsParts() {
    return false;
  }

  /**
   * Marks what the stage reads of lines.
   *
   * @throws IllegalStateException if it does not know
   */
  void mark(LineOutline lines) {
    throw new IllegalStateException("the stage reads whole lines");
  }
}
