package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;

/** Stage of a pipeline over rows of one thread. */
abstract class RowStage {
  /** Changes a row; returns false if the row is dropped. */
  abstract boolean process(Row row);

  /** True if the stage reads the line and marks the parts of it that it reads. */
  boolean readsParts() {
    return false;
  }

  /**
   * Finds the values that are all that the stage reads of lines with any arguments.
   *
   * @return number of the list of values, with which {@link Row#ranges} of such lines is set; -1 if
   *     lines have to be read
   */
  int values(LineOutline lines, LogBodyParts.Ranges ranges) {
    return -1;
  }

  /**
   * Marks the parts of lines that the stage reads.
   *
   * @throws IllegalStateException if unknown
   */
  void mark(LineOutline lines) {
    throw new IllegalStateException("the stage reads whole lines");
  }
}
