package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Row counts of a block by stream, by values of metadata names with few values, and by time span;
 * counting without a filter needs no rows.
 *
 * <pre>
 * uvarint width of a span in nanoseconds, uvarint spans,
 * uvarint names, then for each: uvarint index in the header, uvarint values, then for each: uvarint length, bytes;
 * uvarint groups, then for each: uvarint index of the stream, for each name: uvarint index of the value + 1, 0 without one;
 *            uvarint counts, then for each: uvarint span - that of the count before, uvarint rows, uvarint bytes of bodies
 * </pre>
 *
 * Spans start at multiples of their width and have their last time, not their first one, as the
 * windows of queries have. The first span has the first time of the block. The section is omitted
 * if it would have nearly as many counts as rows.
 *
 * @param names indexes in the header
 * @param values values by metadata name
 * @param begin start of the first span in Unix nanoseconds
 * @param width nanoseconds of a span
 * @param spans number of spans
 * @param streams index in the header of each group's stream
 * @param codes index of the value of each name, for each group; -1 without one
 * @param starts first count of each group, and the number of counts
 * @param span span of each count
 * @param rows rows of each count
 * @param bytes bytes of their bodies
 */
@SuppressWarnings("ArrayRecordComponent") // shared, read only
public record BlockCounts(
    int[] names,
    byte[][][] values,
    long begin,
    long width,
    int spans,
    int[] streams,
    int[][] codes,
    int[] starts,
    int[] span,
    int[] rows,
    long[] bytes) {
  /** Maximum number of spans of a block. */
  static final int MAX_SPANS = 65;

  /** Most groups of a block. */
  static final int MAX_GROUPS = 128;

  /** Maximum number of names that tell groups apart. */
  static final int MAX_NAMES = 8;

  /** Maximum number of values of a name. */
  static final int MAX_VALUES = 15;

  /** Returns the start of the span with a time. */
  static long begin(long time, long width) {
    return Math.floorDiv(time - 1, width) * width;
  }

  /**
   * Reads the section.
   *
   * @param allNames names of metadata in the block
   * @param allStreams streams of the block
   * @param allRows rows of the block
   * @param first time of the first row
   */
  static BlockCounts read(ByteSource in, int allNames, int allStreams, int allRows, long first) {
    long width = in.uvarint();
    int spans = in.count(MAX_SPANS);
    int[] names = new int[in.count(MAX_NAMES)];
    byte[][][] values = new byte[names.length][][];
    for (int i = 0; i < names.length; i++) {
      names[i] = in.count(allNames - 1L);
      values[i] = new byte[in.count(MAX_VALUES)][];
      for (int k = 0; k < values[i].length; k++) {
        values[i][k] = in.sized();
      }
    }
    int n = in.count(MAX_GROUPS);
    int[] streams = new int[n];
    int[][] codes = new int[n][names.length];
    int[] starts = new int[n + 1];
    int[] span = new int[n * spans];
    int[] rows = new int[span.length];
    long[] bytes = new long[span.length];
    int at = 0;
    long all = 0;
    for (int g = 0; g < n; g++) {
      streams[g] = in.count(allStreams - 1L);
      for (int i = 0; i < names.length; i++) {
        codes[g][i] = in.count(values[i].length) - 1;
      }
      int counts = in.count(spans);
      long last = 0;
      for (int k = 0; k < counts; k++) {
        last += in.count(spans);
        if (last >= spans) {
          throw new CorruptionException("count has a span that the block does not have");
        }
        span[at] = (int) last;
        rows[at] = in.count(allRows);
        bytes[at] = in.uvarint();
        all += rows[at++];
      }
      starts[g + 1] = at;
    }
    if (width <= 0 || all != allRows) {
      throw new CorruptionException("counts of rows have a wrong sum");
    }
    return new BlockCounts(
        names,
        values,
        begin(first, width),
        width,
        spans,
        streams,
        codes,
        starts,
        span,
        rows,
        bytes);
  }

  /** Bytes in memory, about. */
  long size() {
    return 16L * rows.length + 64L * streams.length + 512;
  }
}
