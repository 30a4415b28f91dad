package dev.tethys.query.logql.pipeline;

/** Stage of a pipeline over rows of one thread. */
abstract class RowStage {
  /** Changes a row; false if the row is dropped. */
  abstract boolean process(Row row);
}
