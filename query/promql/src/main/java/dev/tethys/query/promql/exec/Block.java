package dev.tethys.query.promql.exec;

import java.util.List;

/**
 * What an operator gave: series over the steps of its grid, none without a sample.
 *
 * @param samples what it weighs against the sample limit until it is released
 * @param bytes what it weighs against the memory budget
 */
public record Block(List<Column> columns, long samples, long bytes) {
  /** No series. */
  public static final Block EMPTY = new Block(List.of(), 0, 0);

  public int size() {
    return columns.size();
  }

  public Column column(int i) {
    return columns.get(i);
  }
}
