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

  /** Points a slice at the value of a name of structured metadata; false if the row has none. */
  boolean metadata(int row, String name, Slice into);

  /** Passes on all structured metadata of a row, names ascending. */
  void forEachMetadata(int row, MetadataConsumer consumer);

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
