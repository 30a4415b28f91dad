package dev.tethys.store.metrics.internal.block;

/** Names and numbers of the block format; {@link BlockWriter} describes it byte by byte. */
final class BlockLayout {
  static final String CHUNKS = "chunks";
  static final String INDEX = "index";
  static final String TOMBSTONES = "tombstones";
  static final String META = "meta.json";

  static final byte[] CHUNKS_MAGIC = {'T', 'T', 'H', 'S', 'C', 'H', 'K', 1};
  static final byte[] INDEX_MAGIC = {'T', 'T', 'H', 'S', 'I', 'D', 'X', 2};

  /** Magic of downsampled blocks, so that programs that do not support them reject them. */
  static final byte[] SUMMARY_CHUNKS_MAGIC = {'T', 'T', 'H', 'S', 'C', 'H', 'K', 2};

  static final byte[] TOMBSTONES_MAGIC = {'T', 'T', 'H', 'S', 'T', 'M', 'B', 1};

  /** Samples in a chunk at most. */
  static final int CHUNK_SAMPLES = 2048;

  /** Raw bytes at which a group is written; a single chunk may be longer. */
  static final int GROUP_BYTES = 32 * 1024;

  /** The longest group a reader believes. */
  static final int MAX_GROUP_BYTES = 1 << 28;

  /** Series in a page of the index. */
  static final int SERIES_PAGE = 128;

  /** Raw bytes at which a page of postings is written. */
  static final int POSTINGS_BYTES = 8 * 1024;

  /** Values between two that are written whole. */
  static final int RESTART = 16;

  /** Size of a group or page header: CRC-32C, stored length, raw length. */
  static final int GROUP_HEADER = 12;

  // Sections of the index by their place in its footer.
  static final int DICTIONARY = 0;
  static final int NAMES = 1;
  static final int SERIES_DIRECTORY = 2;
  static final int POSTINGS_DIRECTORY = 3;
  static final int GROUPS = 4;
  static final int TIMES = 5;
  static final int META_SECTION = 6;
  static final int SECTIONS = 7;

  /** Offset 8, length 8, CRC 4 a section; then CRC 4, magic 8. */
  static final int FOOTER = SECTIONS * 20 + 12;

  // The first byte of a chunk.
  static final int CHUNK_HISTOGRAM = 1;
  static final int CHUNK_STARTS = 2;
  static final int CHUNK_SUMMARIES = 4;

  private BlockLayout() {}
}
