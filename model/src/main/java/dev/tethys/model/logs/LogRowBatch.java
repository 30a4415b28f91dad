package dev.tethys.model.logs;

/**
 * Rows that a scan found. Slices point into memory of the store and are valid until the next call.
 */
public interface LogRowBatch {
  /** Number of rows. */
  int size();

  /** Unix time in nanoseconds. */
  long time(int row);

  /** Index of the row's stream in {@link LogSelection#streams}. */
  int stream(int row);

  /** Length of the body in bytes. */
  int bodyLength(int row);

  /** Points a slice at the body. */
  void body(int row, Slice into);

  /**
   * Number of the ranges of which the body consists, see {@link LogBodyParts#ranges}; -1 if it is
   * no list of ranges.
   */
  default int ranges(int row) {
    return -1;
  }

  /** Points a slice at the value of a name of structured metadata; false if the row has none. */
  boolean metadata(int row, String name, Slice into);

  /** Passes on all structured metadata of a row, names ascending. */
  void forEachMetadata(int row, MetadataConsumer consumer);

  /** Writes the times of all rows. */
  default void times(long[] into) {
    for (int i = 0; i < size(); i++) {
      into[i] = time(i);
    }
  }

  /** Writes the indexes of the streams of all rows. */
  default void streams(int[] into) {
    for (int i = 0; i < size(); i++) {
      into[i] = stream(i);
    }
  }

  /** Number of distinct values of a name in all batches of a scan; -1 if values have no numbers. */
  default int codedValues(String name) {
    return -1;
  }

  /** Writes the number of the value of each row, -1 without one. Only for values with numbers. */
  default void codes(String name, int[] into) {
    throw new IllegalStateException("the values of " + name + " have no numbers");
  }

  /** Bytes in memory of the store. */
  final class Slice {
    /** Buffer; must not be changed. */
    public byte[] bytes = {};

    /** First byte. */
    public int offset;

    /** Number of bytes. */
    public int length;
  }

  /** Receiver of a pair of structured metadata. */
  @FunctionalInterface
  interface MetadataConsumer {
    /** Takes a pair; the value is UTF-8 and valid during the call. */
    void accept(String name, byte[] bytes, int offset, int length);
  }
}
