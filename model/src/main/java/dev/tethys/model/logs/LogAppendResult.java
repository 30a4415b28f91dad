package dev.tethys.model.logs;

import java.util.List;

/**
 * Result of an append.
 *
 * @param stored number of stored entries
 * @param refusals refused entries by stream and reason; empty if all are stored
 * @param refusedRows true for rows that were refused; may be shorter than the batch
 */
public record LogAppendResult(int stored, List<Refusal> refusals, boolean[] refusedRows) {
  private static final boolean[] NONE = {};

  /** Result whose refused rows are not known one by one. */
  public LogAppendResult(int stored, List<Refusal> refusals) {
    this(stored, refusals, NONE);
  }

  /**
   * Entries of a stream that a limit refused.
   *
   * @param stream index of the stream in {@link LogBatch#streams}
   * @param firstRow row of the first of them
   * @param entries how many were refused
   * @param limit name of the limit as in the configuration, such as {@code max_line_size}
   * @param message the limit, its value and the value that exceeds it
   */
  public record Refusal(int stream, int firstRow, int entries, String limit, String message) {}

  /** True if a row of the batch was refused. */
  public boolean isRefused(int row) {
    return row < refusedRows.length && refusedRows[row];
  }

  /** Number of refused entries. */
  public int refused() {
    return refusals.stream().mapToInt(Refusal::entries).sum();
  }
}
