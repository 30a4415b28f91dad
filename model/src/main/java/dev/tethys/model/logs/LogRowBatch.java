package dev.tethys.model.logs;

/**
 * Rows found by a scan, valid during the consumer call. Bodies and metadata must be copied to the
 * reader's memory, because a store may reuse its buffers for the next value.
 */
public interface LogRowBatch {
  /** Returns the number of rows. */
  int size();

  /** Unix time in nanoseconds. */
  long time(int row);

  /** Index of the row's stream in {@link LogSelection#streams}. */
  int stream(int row);

  /** Length of the body in bytes. */
  int bodyLength(int row);

  /** Appends a copy of the body. */
  void body(int row, CopyBuffer into);

  /**
   * Number of the ranges that form the body, see {@link LogBodyParts#ranges}; -1 if the body is not
   * a list of ranges.
   */
  default int ranges(int row) {
    return -1;
  }

  /** Appends a copy of a structured metadata value; returns false if the row has none. */
  boolean metadata(int row, String name, CopyBuffer into);

  /** Appends copies of all structured metadata of a row, and passes them on, names ascending. */
  void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer);

  /** Writes the times of all rows. */
  default void times(long[] into) {
    for (int i = 0; i < size(); i++) {
      into[i] = time(i);
    }
  }

  /** Writes the stream index of each row. */
  default void streams(int[] into) {
    for (int i = 0; i < size(); i++) {
      into[i] = stream(i);
    }
  }

  /** Number of distinct values of a name in all batches of a scan; -1 if values have no numbers. */
  default int codedValues(String name) {
    return -1;
  }

  /** Writes the value code of each row, or -1 if it has none. Only for values with codes. */
  default void codes(String name, int[] into) {
    throw new IllegalStateException("the values of " + name + " have no numbers");
  }

  /** Receiver of a pair of structured metadata. */
  @FunctionalInterface
  interface MetadataConsumer {
    /** Adds a pair whose value is UTF-8 and ends at the end of the buffer. */
    void accept(String name, int offset, int length);
  }
}
