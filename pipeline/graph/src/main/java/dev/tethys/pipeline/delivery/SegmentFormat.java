package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.SegmentFiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * File format of a {@link SegmentedLog}: names, headers and completion marks.
 *
 * <pre>
 * folder:
 *   NNNNNNNNNNNNNNNN.seg   records; the name is the number of the segment, 16 hexadecimal digits
 *   NNNNNNNNNNNNNNNN.done  marks of done records; absent while there are none
 * segment file:
 *   8 bytes  "TYQUEUE1"
 *   8 bytes  number
 *   records in sequence: see {@link StoredRequest}
 * done file:
 *   8 bytes  "TYDONE01"
 *   8 bytes  number
 *   marks, 8 bytes each:
 *     4 bytes  offset of the record in the segment file
 *     4 bytes  CRC-32C of the number (8 bytes) and of the 4 bytes before
 * </pre>
 *
 * Numbers are little-endian.
 */
final class SegmentFormat {
  static final SegmentFiles.Names SEGMENTS = new SegmentFiles.Names(true, ".seg");
  static final SegmentFiles.Names DONE = new SegmentFiles.Names(true, ".done");

  /** Bytes before the first record, and before the first mark. */
  static final int HEADER = 16;

  /** Size of a mark in bytes. */
  static final int MARK = 8;

  private static final long SEGMENT_MAGIC = magic("TYQUEUE1");
  private static final long DONE_MAGIC = magic("TYDONE01");

  private SegmentFormat() {}

  static byte[] segmentHeader(long number) {
    return header(SEGMENT_MAGIC, number);
  }

  static byte[] doneHeader(long number) {
    return header(DONE_MAGIC, number);
  }

  /** Encodes the mark of a done record at an offset. */
  static byte[] mark(long number, int offset) {
    byte[] b = new byte[MARK];
    ByteBuffer.wrap(b)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(offset)
        .putInt(markCrc(number, offset));
    return b;
  }

  static int markCrc(long number, int offset) {
    byte[] b = new byte[12];
    ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).putLong(number).putInt(offset);
    return StoredRequest.crc(b, 0, 12);
  }

  private static byte[] header(long magic, long number) {
    byte[] b = new byte[HEADER];
    ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).putLong(magic).putLong(number);
    return b;
  }

  private static long magic(String s) {
    return ByteBuffer.wrap(s.getBytes(StandardCharsets.US_ASCII))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }
}
