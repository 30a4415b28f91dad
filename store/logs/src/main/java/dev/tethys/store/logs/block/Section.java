package dev.tethys.store.logs.block;

/** Section numbers of a log block. */
final class Section {
  /** Rows, streams, metadata names. */
  static final int HEADER = 0;

  /** Template texts and their row counts. */
  static final int TEMPLATES = 1;

  /** Headers of the argument and metadata columns. */
  static final int COLUMNS = 2;

  /** Indexes into the value lists of columns with few distinct values, one byte each. */
  static final int INDEXES = 3;

  /** Bit-packed integers. */
  static final int BITS = 4;

  /** Word ids: lowest, middle and highest byte. */
  static final int WORD_LOW = 5;

  static final int WORD_MIDDLE = 6;
  static final int WORD_HIGH = 7;

  /** Hexadecimal digits, two a byte. */
  static final int NIBBLES = 8;

  /** Lengths of values, uvarints. */
  static final int LENGTHS = 9;

  /** Bytes of values that have no shorter form. */
  static final int TEXT = 10;

  /** Stream of each row. */
  static final int STREAMS = 11;

  /** Rows that have a metadata name. */
  static final int PRESENCE = 12;

  /** Numbers of rows by stream, metadata and time, see {@link BlockCounts}. */
  static final int COUNTS = 13;

  /** Times: differences to the previous row, one section for each byte from the lowest. */
  static final int TIMES = 16;

  /** Lengths of bodies, one section for each byte from the lowest. */
  static final int BODY_LENGTHS = TIMES + 8;

  /** One more than the largest number. */
  static final int COUNT = BODY_LENGTHS + 4;

  private Section() {}
}
