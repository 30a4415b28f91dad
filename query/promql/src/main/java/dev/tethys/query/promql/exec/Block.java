package dev.tethys.query.promql.exec;

import java.util.List;

/**
 * Output of an operator: series over the steps of its grid, each with at least one sample.
 *
 * @param samples samples counted against the sample limit until the block is released
 * @param bytes bytes counted against the memory budget
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
