package dev.tethys.store.metrics.internal.block;

/**
 * Size of the same kind of content in a block.
 *
 * @param part the encoding of values, or "timestamps", "start timestamps", "directory", "labels",
 *     "postings"
 * @param chunks chunks in this encoding; 0 if that does not apply
 * @param samples samples in them; 0 if that does not apply
 * @param bytes bytes on disk; of a group that several parts share, by their sizes before
 *     compression
 */
public record SizeShare(String part, long chunks, long samples, long bytes) {
  static final String TIMESTAMPS = "timestamps";
  static final String STARTS = "start timestamps";
  static final String SUMMARIES = "summaries";
  static final String HISTOGRAMS = "histogram";
  static final String DIRECTORY = "directory";
  static final String LABELS = "labels";
  static final String POSTINGS = "postings";
}
