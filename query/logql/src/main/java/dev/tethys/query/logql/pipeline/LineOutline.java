package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;
import java.util.Arrays;

/**
 * Text of log lines that differ in arguments only. A stage processes it like a line and marks the
 * arguments that it reads or whose bytes affect its behaviour. Arguments are letters, digits,
 * underscores and bytes from 0x80, at least one. Not thread-safe.
 */
final class LineOutline {
  private static final int MAX_WRITTEN = 256;

  private byte[] text = {};
  private int length;
  private int[] places = {};
  private int arguments;
  private int next; // argument that the last answer of before was about
  private boolean[] needed = {};
  private int[] unread = new int[16]; // begin and end of each range
  private int unreadEnd;

  private static final LogBodyParts.Known NONE = (argument, to, at) -> -1;
  private LogBodyParts.Known known = NONE;
  private final byte[] written = new byte[MAX_WRITTEN];

  /** Sets the text, as {@link LogBodyParts#mark} has it. */
  void set(byte[] bytes, int size, int[] argumentPlaces, boolean[] marks) {
    needed = marks;
    known = NONE;
    set(bytes, size, argumentPlaces, marks.length);
  }

  /** Sets the text, as {@link LogBodyParts#ranges} has it. */
  void set(byte[] bytes, int size, int[] argumentPlaces, int arguments, LogBodyParts.Known of) {
    known = of;
    set(bytes, size, argumentPlaces, arguments);
  }

  private void set(byte[] bytes, int size, int[] argumentPlaces, int count) {
    text = bytes;
    places = argumentPlaces;
    length = size;
    arguments = count;
    next = 0;
    unreadEnd = 0;
  }

  /**
   * Returns the number of arguments before a byte. Stages walk forwards, so the next one is near.
   */
  private int before(int p) {
    int n = next;
    while (n < arguments && places[n] < p) {
      n++;
    }
    while (n > 0 && places[n - 1] >= p) {
      n--;
    }
    next = n;
    return n;
  }

  /** Returns the bytes; must not be changed. */
  byte[] text() {
    return text;
  }

  /** Returns the number of bytes. */
  int length() {
    return length;
  }

  /** True if there is an argument in a range. */
  boolean varies(int from, int to) {
    int n = before(from);
    return n < arguments && places[n] < to;
  }

  /** True if an argument in a range is decimal digits. */
  boolean hasDigits(int from, int to) {
    for (int a = before(from); a < arguments && places[a] < to; a++) {
      if (text[places[a]] == LogBodyParts.DIGITS) {
        return true;
      }
    }
    return false;
  }

  /** True if only digits vary in a range. */
  boolean onlyDigitsVary(int from, int to) {
    for (int a = before(from); a < arguments && places[a] < to; a++) {
      if (text[places[a]] != LogBodyParts.DIGITS) {
        return false;
      }
    }
    return true;
  }

  /** Returns the buffer of {@link #write}. */
  byte[] written() {
    return written;
  }

  /**
   * Writes a range with its arguments to the start of {@link #written} and returns its end; returns
   * -1 if an argument differs from line to line, or the range is long.
   */
  int write(int from, int to) {
    byte[] out = written;
    int at = 0;
    int p = from;
    int last = before(to);
    for (int a = before(from); a <= last; a++) {
      int end = a < last ? places[a] : to;
      if (out.length - at < end - p) {
        return -1;
      }
      System.arraycopy(text, p, out, at, end - p);
      at += end - p;
      p = end + 1;
      if (a < last) {
        at = known.write(a, out, at);
        if (at < 0) {
          return -1;
        }
      }
    }
    return at;
  }

  /** Returns false if a range is one argument, which passes a test in no line. */
  boolean mayPass(int from, int to, LogBodyParts.Test test) {
    return to - from != 1 || !varies(from, to) || known.mayPass(before(from), test);
  }

  /** Records a range that does not affect the line's meaning, after the ranges recorded before. */
  void leaveOut(int from, int to) {
    if (unreadEnd > 0 && unread[unreadEnd - 1] == from) {
      unread[unreadEnd - 1] = to;
      return;
    }
    if (unreadEnd == unread.length) {
      unread = Arrays.copyOf(unread, 2 * unreadEnd);
    }
    unread[unreadEnd++] = from;
    unread[unreadEnd++] = to;
  }

  /**
   * Passes on the omitted ranges; none if they cover the line, since an empty line means something
   * else.
   */
  void passUnread(LogBodyParts.Ranges to) {
    if (unreadEnd == 2 && unread[0] == 0 && unread[1] == length) {
      return;
    }
    for (int i = 0; i < unreadEnd; i += 2) {
      to.add(unread[i], unread[i + 1]);
    }
  }

  /** Marks the arguments in a range. */
  void need(int from, int to) {
    for (int a = before(from); a < arguments && places[a] < to; a++) {
      needed[a] = true;
    }
  }
}
