package dev.tethys.collect.logs.file;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Arrays;

/**
 * Finds multi-line records in bytes by an expression for their beginning or their end; {@code ^}
 * and {@code $} match at line boundaries. A record that may continue is checked again with the
 * bytes that follow.
 */
public final class RecordEnds {
  /** Number of bytes checked first: usually more than a record. */
  private static final int WINDOW = 4096;

  private final Pattern pattern;
  private final boolean begins;
  private final boolean omit;

  /**
   * Records by an expression.
   *
   * @param begins whether it matches the beginning of records, otherwise their end
   * @param omit whether the matched text is excluded from the records
   * @throws com.google.re2j.PatternSyntaxException if the expression is invalid
   */
  public RecordEnds(String expression, boolean begins, boolean omit) {
    this.pattern = Pattern.compile("(?m)" + expression);
    this.begins = begins;
    this.omit = omit;
  }

  /** End of the record that starts at {@code from}; -1 if it is unknown yet. */
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

  /** Searches in possibly truncated bytes; a match that extends to their end may be incomplete. */
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
    // After the first, so that an expression that matches the empty string ends with the bytes.
    return m.find(Math.max(1, m.end())) && m.end() < b.length ? m.start() : -1;
  }

  /** Start of a record's text. */
  public int textFrom(byte[] b, int from, int end) {
    if (!omit || !begins) {
      return from;
    }
    Matcher m = pattern.matcher(Arrays.copyOfRange(b, from, end));
    return m.find() && m.start() == 0 ? from + m.end() : from;
  }

  /** End of a record's text. */
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
