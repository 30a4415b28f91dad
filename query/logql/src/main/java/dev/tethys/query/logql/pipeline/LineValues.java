package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;
import java.util.Arrays;

/**
 * Lists of the values that a stage reads from lines: their labels, and whether they may contain
 * bytes that are not valid UTF-8. Lists are numbered; lines that have the same ones share a number.
 * Not thread-safe.
 */
final class LineValues {
  private static final int MAX_LISTS = 64;

  /** Unquoted JSON value, used unchanged. */
  static final int PLAIN = 0;

  /** Value in which bytes that are not valid UTF-8 are replaced. */
  static final int TEXT = 1;

  /** Empty value without bytes in the line. */
  static final int EMPTY = 2;

  private static final int KINDS = 3;

  private final int[][] lists = new int[MAX_LISTS][];
  private int count;
  private int[] list = new int[8];
  private int size;
  private LogBodyParts.Ranges ranges = (from, to) -> {};

  /** Starts a list. */
  void begin(LogBodyParts.Ranges into) {
    ranges = into;
    size = 0;
  }

  private void item(int label, int kind) {
    if (size == list.length) {
      list = Arrays.copyOf(list, 2 * size);
    }
    list[size++] = label * KINDS + kind;
  }

  /** Adds a value; returns false if a line with it cannot be distinguished from others. */
  boolean add(int label, int kind, LineOutline lines, int from, int to) {
    byte[] b = lines.text();
    for (int p = from; p < to; p++) {
      if (b[p] == 0) {
        return false;
      }
    }
    item(label, kind);
    ranges.add(from, to);
    return true;
  }

  /** Adds an empty value. */
  void addEmpty(int label) {
    item(label, EMPTY);
  }

  /** Ends a list and returns its number; -1 if there are too many. */
  int end() {
    for (int i = 0; i < count; i++) {
      if (Arrays.equals(lists[i], 0, lists[i].length, list, 0, size)) {
        return i;
      }
    }
    if (count == MAX_LISTS) {
      return -1;
    }
    lists[count] = Arrays.copyOf(list, size);
    return count++;
  }

  /** Sets the labels of a row whose line has the values of its list. */
  void read(Row row, Extractor extractor) {
    byte[] b = row.line;
    int at = row.lineFrom;
    for (int item : lists[row.ranges]) {
      int kind = item % KINDS;
      int end = at;
      while (kind != EMPTY && b[end] != 0) {
        end++;
      }
      int target = extractor.target(row, item / KINDS);
      if (target >= 0 && kind == TEXT) {
        extractor.put(row, target, b, at, end - at);
      } else if (target >= 0) {
        row.addExtracted(target, b, at, end - at);
      }
      at = kind == EMPTY ? at : end + 1;
    }
  }
}
