package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/** Writes {@link BlockCounts}. Memory is reused from block to block; Not thread-safe. */
final class CountsWriter {
  private static final long SECOND = 1_000_000_000L;

  /** Widths of spans, each a multiple of the previous one. */
  private static final long[] WIDTHS = {
    SECOND, 10 * SECOND, 60 * SECOND, 300 * SECOND, 900 * SECOND, 3600 * SECOND, 86_400 * SECOND
  };

  private static final int ROWS_OF_COUNT = 8; // fewer rows a count are as well read
  private static final int CODES = BlockCounts.MAX_VALUES + 1; // 0 for rows without a value

  /** Values of a metadata name, numbered from 1. */
  private static final class Values {
    int name;
    int count;
    final long[] heads = new long[CODES]; // their first eight bytes
    final int[] starts = new int[CODES];
    final int[] lengths = new int[CODES];
    byte[] codes = {}; // by row

    void clear(int of, int rows) {
      name = of;
      count = 0;
      if (codes.length < rows) {
        codes = new byte[rows];
      }
      Arrays.fill(codes, 0, rows, (byte) 0);
    }

    /** Number of a value; 0 if there are too many. */
    int code(byte[] b, int start, int length) {
      long head = (long) ByteSink.LONG.get(b, start);
      if (length < Long.BYTES) {
        head &= (1L << 8 * length) - 1;
      }
      for (int k = 1; k <= count; k++) {
        if (heads[k] == head
            && lengths[k] == length
            && (length <= Long.BYTES
                || Arrays.equals(b, starts[k], starts[k] + length, b, start, start + length))) {
          return k;
        }
      }
      if (count + 1 == CODES) {
        return 0;
      }
      heads[++count] = head;
      starts[count] = start;
      lengths[count] = length;
      return count;
    }
  }

  private final Values[] values = new Values[BlockCounts.MAX_NAMES];
  private int[] groups = {}; // by row
  private int[] refined = {};
  private int groupCount;
  private final int[] firstRows = new int[BlockCounts.MAX_GROUPS + 1]; // of the groups
  private final int[] refinedRows = new int[BlockCounts.MAX_GROUPS + 1];
  private final int[] table = new int[BlockCounts.MAX_GROUPS * CODES];

  CountsWriter() {
    Arrays.setAll(values, i -> new Values());
  }

  /**
   * Appends the section, if it is of use.
   *
   * @param streams stream of each row, ascending
   * @param nameIndexes index in the header of each name, -1 for those that no row has
   */
  void write(LogRows rows, int[] streams, int[] nameIndexes, long first, long last, ByteSink out) {
    long width = width(first, last);
    if (width == 0 || streams.length > BlockCounts.MAX_GROUPS) {
      return;
    }
    int n = rows.count;
    if (groups.length < n) {
      groups = new int[n];
      refined = new int[n];
    }
    readStreams(rows, streams);
    int names = readValues(rows, nameIndexes.length);
    int used = 0; // of the values, moved to the front
    for (int i = 0; i < names; i++) {
      if (refine(values[i].codes, n)) {
        Values v = values[i];
        values[i] = values[used];
        values[used++] = v;
      }
    }
    long begin = BlockCounts.begin(first, width);
    int spans = (int) ((last - 1 - begin) / width) + 1;
    int[] counts = new int[groupCount * spans];
    long[] bytes = new long[counts.length];
    count(rows, begin, width, spans, counts, bytes);
    int some = 0;
    for (int c : counts) {
      some += c > 0 ? 1 : 0;
    }
    if (some * (long) ROWS_OF_COUNT > n) {
      return;
    }
    out.uvarint(width);
    out.uvarint(spans);
    out.uvarint(used);
    for (int i = 0; i < used; i++) {
      Values v = values[i];
      out.uvarint(nameIndexes[v.name]);
      out.uvarint(v.count);
      for (int k = 1; k <= v.count; k++) {
        out.uvarint(v.lengths[k]);
        out.put(rows.bytes.buf, v.starts[k], v.lengths[k]);
      }
    }
    out.uvarint(groupCount);
    for (int g = 0; g < groupCount; g++) {
      int row = firstRows[g];
      out.uvarint(Arrays.binarySearch(streams, rows.streams[row]));
      for (int i = 0; i < used; i++) {
        out.uvarint(values[i].codes[row]);
      }
      writeCounts(counts, bytes, g * spans, spans, out);
    }
  }

  private static void writeCounts(int[] counts, long[] bytes, int at, int spans, ByteSink out) {
    int some = 0;
    for (int s = 0; s < spans; s++) {
      some += counts[at + s] > 0 ? 1 : 0;
    }
    out.uvarint(some);
    int before = 0;
    for (int s = 0; s < spans; s++) {
      if (counts[at + s] > 0) {
        out.uvarint(s - before);
        out.uvarint(counts[at + s]);
        out.uvarint(bytes[at + s]);
        before = s;
      }
    }
  }

  /** Returns the least width with few spans; 0 if times are too far apart. */
  private static long width(long first, long last) {
    long range = last - first;
    if (range < 0 || first == Long.MIN_VALUE) {
      return 0;
    }
    for (long w : WIDTHS) {
      if (range / w < BlockCounts.MAX_SPANS - 1 && first - 1 - w < first) {
        return w;
      }
    }
    return 0;
  }

  private void readStreams(LogRows rows, int[] streams) {
    Arrays.fill(firstRows, 0, streams.length, -1);
    int s = 0;
    for (int r = 0; r < rows.count; r++) {
      if (streams[s] != rows.streams[r]) {
        s = Arrays.binarySearch(streams, rows.streams[r]);
      }
      if (firstRows[s] < 0) {
        firstRows[s] = r;
      }
      groups[r] = s;
    }
    groupCount = streams.length;
  }

  /** Numbers the values of names that have few; returns the number of these names. */
  private int readValues(LogRows rows, int names) {
    int[] of = new int[names]; // place in the values + 1; 0 before its first value
    int count = 0;
    int n = rows.count;
    for (int r = 0; r < n; r++) {
      for (int p = rows.metaStarts[r]; p < rows.metaStarts[r + 1]; p++) {
        int place = of[rows.metaNames[p]];
        if (place < 0) {
          continue;
        }
        if (place == 0) {
          if (count == values.length) {
            of[rows.metaNames[p]] = -1;
            continue;
          }
          values[count++].clear(rows.metaNames[p], n);
          place = count;
          of[rows.metaNames[p]] = place;
        }
        Values v = values[place - 1];
        int code = v.code(rows.bytes.buf, rows.metaValueStarts[p], rows.metaValueLengths[p]);
        if (code > 0) {
          v.codes[r] = (byte) code;
          continue;
        }
        of[v.name] = -1; // too many: the last name takes its place
        count--;
        if (place - 1 < count) {
          values[place - 1] = values[count];
          values[count] = v;
          of[values[place - 1].name] = place;
        }
      }
    }
    return count;
  }

  /** Splits groups by the values of a name; returns false if there would be too many. */
  private boolean refine(byte[] codes, int n) {
    Arrays.fill(table, 0, groupCount * CODES, -1);
    int count = 0;
    for (int r = 0; r < n; r++) {
      int key = groups[r] * CODES + codes[r];
      int g = table[key];
      if (g < 0) {
        if (count == BlockCounts.MAX_GROUPS) {
          return false;
        }
        refinedRows[count] = r;
        g = count++;
        table[key] = g;
      }
      refined[r] = g;
    }
    int[] before = groups;
    groups = refined;
    refined = before;
    groupCount = count;
    System.arraycopy(refinedRows, 0, firstRows, 0, count);
    return true;
  }

  private void count(LogRows rows, long begin, long width, int spans, int[] counts, long[] bytes) {
    long from = begin; // of the span of the row before
    int span = 0;
    for (int r = 0; r < rows.count; r++) {
      long since = rows.times[r] - from;
      if (since <= 0 || since > width) {
        span = (int) ((rows.times[r] - begin - 1) / width);
        from = begin + span * width;
      }
      int at = groups[r] * spans + span;
      counts[at]++;
      bytes[at] += rows.lengths[r];
    }
  }
}
