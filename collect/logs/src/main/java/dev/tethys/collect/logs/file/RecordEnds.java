package dev.tethys.collect.logs.file;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Arrays;

/**
 * Finds records of several lines in bytes, by an expression for what they begin with, or what they
 * end with; {@code ^} and {@code $} match at lines. A record that may continue is left to be
 * checked again with the following bytes.
 */
public final class RecordEnds {
  /** How much is checked first: mostly more than a record. */
  private static final int WINDOW = 4096;

  private final Pattern pattern;
  private final boolean begins;
  private final boolean omit;

  /**
   * Records by an expression.
   *
   * @param begins whether it matches the beginning of records; else their end
   * @param omit whether what it matches is no part of them
   * @throws com.google.re2j.PatternSyntaxException when it is none
   */
  public RecordEnds(String expression, boolean begins, boolean omit) {
    this.pattern = Pattern.compile("(?m)" + expression);
    this.begins = begins;
    this.omit = omit;
  }

  /** Where the record that begins at {@code from} ends; -1 when that cannot be said yet. */
  public int end(byte[] b, int from, int to) {
    int size = Math.min(to - from, WINDOW);
    while (true) {
      boolean all = from + size == to;
      int e = within(Arrays.copyOfRange(b, from, from + size));
      if (e >= 0) {
        return from + e;
      }
      if (all) {
        return -1;
      }
      size = (int) Math.min(to - from, 4L * size);
    }
  }

  /** The same in bytes that may be cut off; what matches up to their end may match more. */
  private int within(byte[] b) {
    Matcher m = pattern.matcher(b);
    if (!m.find() || m.end() == b.length) {
      return -1;
    }
    if (!begins) {
      return m.end();
    }
    if (m.start() > 0) {
      return m.start();
    }
    // Behind the first, so that an expression that matches nothing ends with the bytes.
    return m.find(Math.max(1, m.end())) && m.end() < b.length ? m.start() : -1;
  }

  /** Where the text of a record begins. */
  public int textFrom(byte[] b, int from, int end) {
    if (!omit || !begins) {
      return from;
    }
    Matcher m = pattern.matcher(Arrays.copyOfRange(b, from, end));
    return m.find() && m.start() == 0 ? from + m.end() : from;
  }

  /** Where the text of a record ends. */
  public int textTo(byte[] b, int from, int end) {
    if (!omit || begins) {
      return end;
    }
    Matcher m = pattern.matcher(Arrays.copyOfRange(b, from, end));
    int last = end;
    // A record ends with its first match.
    if (m.find()) {
      last = from + m.start();
    }
    return last;
  }
}
