package dev.tethys.model.logs;

import java.util.List;

/**
 * Append result.
 *
 * @param stored number of stored entries
 * @param refusals refused entries by stream and reason; empty if all are stored
 * @param rowRefusals index in {@code refusals} by row, -1 for stored rows; empty if all are stored
 */
@SuppressWarnings("ArrayRecordComponent") // results are not compared
public record LogAppendResult(int stored, List<Refusal> refusals, int[] rowRefusals) {
  /** Result of an append without entries. */
  public static final LogAppendResult EMPTY = stored(0);

  /**
   * Entries of a stream that a limit refused.
   *
   * @param stream index of the stream in {@link LogBatch#streams}
   * @param firstRow row of the first of them
   * @param entries number of rejected entries
   * @param limit reason as in Loki's {@code loki_discarded_samples_total}, such as {@code
   *     line_too_long}
   * @param message the limit, its value and the value that exceeds it
   */
  public record Refusal(int stream, int firstRow, int entries, String limit, String message) {}

  /** Result of an append that stored all entries. */
  public static LogAppendResult stored(int entries) {
    return new LogAppendResult(entries, List.of(), new int[0]);
  }

  /** True if a row of the batch was refused. */
  public boolean isRefused(int row) {
    return row < rowRefusals.length && rowRefusals[row] >= 0;
  }

  /** Returns the number of rejected entries. */
  public int refused() {
    return refusals.stream().mapToInt(Refusal::entries).sum();
  }

  /** Maximum number of rejected streams listed by {@link #text}. */
  private static final int MAX_SHOWN = 10;

  /** Messages of the refusals, one per line; empty if all entries are stored. */
  public String text() {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < Math.min(refusals.size(), MAX_SHOWN); i++) {
      Refusal r = refusals.get(i);
      sb.append(i == 0 ? "" : "\n").append(r.message());
      if (r.entries() > 1) {
        sb.append(" (and ").append(r.entries() - 1).append(" more entries of the stream)");
      }
    }
    if (refusals.size() > MAX_SHOWN) {
      sb.append("\nand ").append(refusals.size() - MAX_SHOWN).append(" more streams");
    }
    return sb.toString();
  }
}
