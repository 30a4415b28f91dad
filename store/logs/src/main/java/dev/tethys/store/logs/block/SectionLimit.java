package dev.tethys.store.logs.block;

/** Bounds that a damaged length cannot pass. */
final class SectionLimit {
  /** Bytes of all values of a column. */
  static final int VALUE = 256 << 20;

  /** Maximum number of rows in a block. */
  static final int ROWS = 1 << 20;

  private SectionLimit() {}
}
