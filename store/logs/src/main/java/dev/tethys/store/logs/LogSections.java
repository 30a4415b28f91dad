package dev.tethys.store.logs;

import dev.tethys.store.events.PartWriter;

/**
 * Footer sections of a part of logs.
 *
 * <pre>
 * STREAMS:  uvarint streams, then for each in the order of the bytes: uvarint length, canonical labels
 * TOTALS:   for each block: uvarint streams, then for each, ascending: uvarint number - that of the one before,
 *           uvarint rows, uvarint bytes, uvarint first time - block's, uvarint last - first time
 * WORD_LENGTHS, WORD_TEXT: {@link dev.tethys.store.logs.block.WordList}
 * </pre>
 */
final class LogSections {
  static final int STREAMS = PartWriter.SIGNAL_SECTIONS;
  static final int TOTALS = STREAMS + 1;
  static final int WORD_LENGTHS = STREAMS + 2;
  static final int WORD_TEXT = STREAMS + 3;

  private LogSections() {}
}
