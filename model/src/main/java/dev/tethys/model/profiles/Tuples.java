package dev.tethys.model.profiles;

/**
 * Table of rows of numbers, which may differ in length. Immutable: the arrays are shared with the
 * {@link TupleTable} that appends rows after {@code count}.
 *
 * @param data values of all rows
 * @param starts index of the first value of each row; the end of the last row follows
 * @param count number of rows
 */
@SuppressWarnings("ArrayRecordComponent") // shared, read only
public record Tuples(long[] data, int[] starts, int count) {
  /** Returns the value at a row and column. */
  public long get(int row, int column) {
    return data[starts[row] + column];
  }

  /** Number of values of a row. */
  public int length(int row) {
    return starts[row + 1] - starts[row];
  }
}
