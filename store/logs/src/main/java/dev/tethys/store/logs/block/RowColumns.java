package dev.tethys.store.logs.block;

import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.CorruptionException;

/**
 * Columns of a block that every row has, decoded and kept for later readers if there is space.
 * Arrays are shared. Not thread-safe.
 */
final class RowColumns {
  private enum Key {
    TIMES,
    STREAMS,
    BODY_LENGTHS
  }

  private final SectionReader sections;
  private final DecodedColumns kept;
  private final int rows;
  private final int streams;

  /**
   * @param streams number of streams in the block
   */
  RowColumns(SectionReader sections, DecodedColumns kept, int rows, int streams) {
    this.sections = sections;
    this.kept = kept;
    this.rows = rows;
    this.streams = streams;
  }

  /**
   * Returns the time of each row, Unix nanoseconds.
   *
   * @param first first row of each template, and the number of rows
   */
  long[] times(long firstTime, int[] first) {
    long[] known = (long[]) kept.get(Key.TIMES);
    if (known == null) {
      known = readTimes(firstTime, first);
      kept.put(Key.TIMES, known, 8L * rows);
    }
    return known;
  }

  private long[] readTimes(long firstTime, int[] first) {
    long[] out = new long[rows];
    for (int k = 0; k < 8; k++) {
      int length = sections.length(Section.TIMES + k);
      if (length == 0) {
        continue;
      }
      if (length != rows) {
        throw new CorruptionException("times have a wrong length");
      }
      addPlane(sections.once(Section.TIMES + k), 8 * k, out);
    }
    for (int t = 0; t + 1 < first.length; t++) {
      long before = firstTime;
      for (int i = first[t]; i < first[t + 1]; i++) {
        before += out[i];
        out[i] = before;
      }
    }
    return out;
  }

  private static void addPlane(byte[] plane, int shift, long[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] |= (plane[i] & 0xffL) << shift;
    }
  }

  /** Returns the index of each row's stream in the block. */
  int[] streamIndexes() {
    int[] known = (int[]) kept.get(Key.STREAMS);
    if (known == null) {
      known = readStreams();
      kept.put(Key.STREAMS, known, 4L * rows);
    }
    return known;
  }

  private int[] readStreams() {
    int[] out = new int[rows];
    if (streams <= 1) {
      return out;
    }
    byte[] b = sections.once(Section.STREAMS);
    boolean two = streams > 256;
    if (sections.length(Section.STREAMS) != (two ? rows * 2 : rows)) {
      throw new CorruptionException("streams have a wrong length");
    }
    int max = 0;
    for (int i = 0; i < rows; i++) {
      int s = b[i] & 0xff | (two ? (b[rows + i] & 0xff) << 8 : 0);
      max = Math.max(max, s);
      out[i] = s;
    }
    if (max >= streams) {
      throw new CorruptionException("row refers to a stream that the block does not have");
    }
    return out;
  }

  /** Returns the length of each row's body. */
  int[] bodyLengths() {
    int[] known = (int[]) kept.get(Key.BODY_LENGTHS);
    if (known == null) {
      known = readLengths();
      kept.put(Key.BODY_LENGTHS, known, 4L * rows);
    }
    return known;
  }

  private int[] readLengths() {
    int[] out = new int[rows];
    for (int k = 0; k < 4; k++) {
      int length = sections.length(Section.BODY_LENGTHS + k);
      if (length == 0) {
        continue;
      }
      if (length != rows) {
        throw new CorruptionException("lengths of bodies have a wrong length");
      }
      byte[] plane = sections.once(Section.BODY_LENGTHS + k);
      for (int i = 0; i < rows; i++) {
        out[i] |= (plane[i] & 0xff) << 8 * k;
      }
    }
    return out;
  }
}
