package dev.tethys.store.logs.block;

/** Limits that bound damaged lengths. */
final class SectionLimit {
  /** Bytes of all values of a column. */
  static final int VALUE = 256 << 20;

  /** Maximum number of rows in a block. */
  static final int ROWS = 1 << 20;

  private SectionLimit() {}
}
