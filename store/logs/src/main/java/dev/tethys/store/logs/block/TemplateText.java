package dev.tethys.store.logs.block;

import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/** Text of a template without placeholders: one piece before each argument, and one at the end. */
final class TemplateText {
  private final ByteSink bytes = new ByteSink(1 << 8);
  private int[] ends = new int[32];
  private int[] columns = new int[32]; // of each argument
  private int arguments;
  private int[] places = {};
  private final ByteSink outline = new ByteSink(1 << 8);
  private int all; // arguments of the outline
  private int[] unread = new int[16]; // begin and end of each range
  private int unreadEnd;

  /** Reads a template in place of the previous one. */
  void read(byte[] b, int start, int end) {
    bytes.clear().ensure(end - start);
    byte[] out = bytes.buf;
    int size = 0;
    int n = 0;
    for (int p = start; p < end; p++) {
      byte c = b[p];
      if (c > Templates.ESCAPE || c <= 0) {
        out[size++] = c;
      } else if (c == Templates.ESCAPE) {
        out[size++] = b[++p];
      } else {
        if (n + 1 >= ends.length) {
          ends = Arrays.copyOf(ends, 2 * ends.length);
          columns = Arrays.copyOf(columns, 2 * columns.length);
        }
        columns[n] = n;
        ends[n++] = size;
      }
    }
    ends[n] = size;
    arguments = n;
    bytes.size = size;
  }

  /**
   * Reads a template with a placeholder for each argument, before the requested arguments are
   * known.
   *
   * @param count number of arguments
   * @param digits whether each argument consists of decimal digits
   */
  void readOutline(byte[] b, int start, int end, int count, boolean[] digits) {
    if (places.length < count) {
      places = new int[Math.max(count, 2 * places.length)];
    }
    if (ends.length < count + 1) {
      ends = new int[Math.max(count + 1, 2 * ends.length)];
      columns = new int[ends.length];
    }
    outline.clear().ensure(end - start);
    byte[] out = outline.buf;
    int size = 0;
    int n = 0;
    for (int p = start; p < end; p++) {
      byte c = b[p];
      if (c > Templates.ESCAPE || c <= 0) {
        out[size++] = c;
      } else if (c == Templates.ESCAPE) {
        out[size++] = b[++p];
      } else {
        places[n] = size;
        out[size++] = digits[n++] ? LogBodyParts.DIGITS : LogBodyParts.LETTERS;
      }
    }
    outline.size = size;
    all = n;
  }

  /** Reads the required ranges of the outline and returns their number, or -1 if there are none. */
  int readRanges(LogBodyParts parts, LogBodyParts.Known known) {
    bytes.clear();
    arguments = 0;
    int number = parts.ranges(outline.buf, outline.size, places, all, known, this::addRange);
    ends[arguments] = bytes.size;
    return number;
  }

  private void addRange(int from, int to) {
    int a = Arrays.binarySearch(places, 0, all, from);
    a = a < 0 ? -a - 1 : a;
    int at = from;
    for (; a < all && places[a] < to; a++) {
      bytes.put(outline.buf, at, places[a] - at);
      at = places[a] + 1;
      if (arguments + 1 >= ends.length) {
        ends = Arrays.copyOf(ends, 2 * ends.length);
        columns = Arrays.copyOf(columns, ends.length);
      }
      columns[arguments] = a;
      ends[arguments++] = bytes.size;
    }
    bytes.put(outline.buf, at, to - at);
    bytes.putByte(0);
  }

  /** Reads the outline, with a placeholder for each argument not required. */
  void readParts(LogBodyParts parts) {
    boolean[] needed = new boolean[all];
    bytes.clear().put(outline.buf, 0, outline.size);
    unreadEnd = 0;
    parts.mark(bytes.buf, bytes.size, places, needed, this::addUnread);
    int n = 0;
    for (int a = 0; a < all; a++) {
      if (needed[a]) {
        columns[n++] = a;
      }
    }
    int to = 0;
    int next = 0;
    int u = 0;
    for (int p = 0; p < bytes.size; p++) {
      if (u < unreadEnd && p == unread[u]) {
        p = unread[u + 1] - 1;
        u += 2;
      } else if (next < n && p == places[columns[next]]) {
        ends[next++] = to; // placeholders of needed arguments are taken out
      } else {
        bytes.buf[to++] = bytes.buf[p];
      }
    }
    bytes.size = to;
    ends[n] = to;
    arguments = n;
  }

  private void addUnread(int from, int to) {
    if (unreadEnd == unread.length) {
      unread = Arrays.copyOf(unread, 2 * unreadEnd);
    }
    unread[unreadEnd++] = from;
    unread[unreadEnd++] = to;
  }

  /** Returns the column of an argument. */
  int column(int argument) {
    return columns[argument];
  }

  /** Returns the number of arguments. */
  int arguments() {
    return arguments;
  }

  /** The pieces one after another; further bytes may be read after them. */
  byte[] bytes() {
    return bytes.buf;
  }

  /** Returns the end of the piece before an argument, or of the last piece. */
  int end(int argument) {
    return ends[argument];
  }
}
