package dev.tethys.store.profiles;

import dev.tethys.store.events.PartWriter;

/**
 * Sections of a part of profiles. Rows of a part are sorted by series and time; its last block has
 * no rows and holds the symbols.
 *
 * <pre>
 * footer:
 *   SERIES: uvarint series, then for each in the order of the bytes: uvarint length, canonical labels
 *   TOTALS: for each block but the last: uvarint series, then for each, ascending: uvarint number -
 *           that of the one before, uvarint rows, uvarint first time - block's, uvarint last - first time
 * block, a value of each row:
 *   ROW_SERIES uvarint - that of the row before, TIMES svarint, DURATIONS svarint, PERIODS svarint
 *   (all three less that of the row before), METAS uvarint, ROW_TOTALS svarint, COUNTS uvarint samples,
 *   DIVISORS uvarint
 * block, a value of each sample:
 *   STACKS svarint - that of the sample before in the row, SETS uvarint, absent if all are 0,
 *   VALUES svarint, divided by the divisor of the row
 * symbols: the tables of {@link SymbolCodec}
 * </pre>
 */
final class ProfileSections {
  static final int SERIES = PartWriter.SIGNAL_SECTIONS;
  static final int TOTALS = SERIES + 1;

  static final int ROW_SERIES = 0;
  static final int TIMES = 1;
  static final int DURATIONS = 2;
  static final int PERIODS = 3;
  static final int METAS = 4;
  static final int ROW_TOTALS = 5;
  static final int COUNTS = 6;
  static final int DIVISORS = 7;
  static final int STACKS = 8;
  static final int SETS = 9;
  static final int VALUES = 10;

  static final int STRINGS = 0;
  static final int MAPPINGS = 1;
  static final int FUNCTIONS = 2;
  static final int LOCATIONS = 3;
  static final int NODES = 4;
  static final int ATTRIBUTES = 5;

  private ProfileSections() {}
}
