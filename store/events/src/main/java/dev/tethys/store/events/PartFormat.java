package dev.tethys.store.events;

import dev.tethys.store.files.WriteAheadLog;

/**
 * Part file layout.
 *
 * <pre>
 * file:    8 bytes "TTHSEVT" and version 1, blocks with their filters, footer, footer again, trailer
 * block:   {@link SectionWriter}
 * filter:  bytes of the signal after its block, may be empty
 * footer:  {@link SectionWriter} with {@link #INFO}, {@link #BLOCKS} and sections of the signal
 * INFO:    tenant, uvarint id, svarint partition, uvarint generation, uvarint rows, uvarint bytes,
 *          8 bytes first time, 8 bytes last time
 * BLOCKS:  uvarint blocks, then for each: uvarint length, uvarint length of the filter, 4 bytes CRC-32C
 *          of the filter, uvarint rows, uvarint bytes, 8 bytes first time, 8 bytes last time
 * trailer: twice: 4 bytes length of a footer, 4 bytes its complement; 8 bytes as at the start
 * </pre>
 *
 * Blocks follow one another, so that lengths give their offsets. Integers are little-endian.
 */
final class PartFormat {
  static final byte[] MAGIC = {'T', 'T', 'H', 'S', 'E', 'V', 'T', 1};
  static final int TRAILER = 24;
  static final int INFO = 0;
  static final int BLOCKS = 1;

  private static final String SUFFIX = ".part";

  private PartFormat() {}

  /** Returns the file name of a part. */
  static String name(long id) {
    return WriteAheadLog.name(id) + SUFFIX;
  }

  /** Id of the part with a file name, or -1. */
  static long id(String name) {
    String digits = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : "";
    return digits.matches("\\d{8,18}") ? Long.parseLong(digits) : -1;
  }
}
