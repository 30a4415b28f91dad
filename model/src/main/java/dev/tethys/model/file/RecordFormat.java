package dev.tethys.model.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * File format of a {@link RecordLog}: a header, then records. A record is a length (4 bytes), a
 * CRC-32C (4 bytes), and the payload. New files use {@link #STANDARD}; other formats are those of
 * existing files.
 *
 * @param header start of a file, in Latin 1
 * @param order byte order of lengths and checksums
 * @param checksOfLengths whether a checksum covers the four bytes of the length and the payload,
 *     not the payload alone
 * @param minBytes minimum payload size: if no record is empty, zeros are not valid records
 * @param maxBytes largest payload
 */
public record RecordFormat(
    String header, ByteOrder order, boolean checksOfLengths, int minBytes, int maxBytes) {
  public static final RecordFormat STANDARD =
      new RecordFormat("TTHSLOG1", ByteOrder.LITTLE_ENDIAN, true, 0, 16 << 20);

  /** Length and checksum. */
  static final int HEAD = 8;

  byte[] headerBytes() {
    return header.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * A record in its form in the file.
   *
   * @throws IllegalArgumentException if it is larger than one may be, or smaller
   */
  byte[] framed(byte[] payload) {
    if (!isAllowed(payload.length)) {
      throw new IllegalArgumentException(
          "a record has "
              + payload.length
              + " bytes; at least "
              + minBytes
              + " and at most "
              + maxBytes
              + " are kept");
    }
    CRC32C crc = checksum(payload.length);
    crc.update(payload);
    return ByteBuffer.allocate(HEAD + payload.length)
        .order(order)
        .putInt(payload.length)
        .putInt((int) crc.getValue())
        .put(payload)
        .array();
  }

  boolean isAllowed(int length) {
    return length >= minBytes && length <= maxBytes;
  }

  /** The checksum of a payload of that length, before its first byte. */
  CRC32C checksum(int length) {
    CRC32C crc = new CRC32C();
    if (checksOfLengths) {
      crc.update(ByteBuffer.allocate(4).order(order).putInt(length).flip());
    }
    return crc;
  }
}
