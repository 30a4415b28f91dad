package dev.tethys.collect.observe.protocol;

import java.util.Locale;

/**
 * Normalised SQL: values are replaced by {@code ?}, lists of values by one {@code ?}, comments and
 * spare white space are left out.
 *
 * <p>Reads SQL loosely, so that text cut anywhere and every dialect gives a result: a literal
 * without an end is a value up to the end of the text.
 */
final class SqlText {
  /** Longest result, in characters. */
  static final int LONGEST = 1024;

  private final String in;
  private final boolean doubleQuotesAreValues;
  private final StringBuilder out;
  private int at;

  private SqlText(String in, boolean doubleQuotesAreValues) {
    this.in = in;
    this.doubleQuotesAreValues = doubleQuotesAreValues;
    this.out = new StringBuilder(Math.min(in.length(), LONGEST));
  }

  /**
   * @param doubleQuotesAreValues true for MySQL, whose strings may be in double quotes; elsewhere
   *     these enclose names
   */
  static String normalise(String sql, boolean doubleQuotesAreValues) {
    SqlText t = new SqlText(sql, doubleQuotesAreValues);
    t.run();
    return t.collapsed();
  }

  /** First word of a statement in upper case, empty when there is none. */
  static String operation(String normalised) {
    int i = 0;
    while (i < normalised.length() && !Character.isLetter(normalised.charAt(i))) {
      i++;
    }
    int from = i;
    while (i < normalised.length() && Character.isLetter(normalised.charAt(i)) && i - from < 24) {
      i++;
    }
    return normalised.substring(from, i).toUpperCase(Locale.ROOT);
  }

  private void run() {
    int n = in.length();
    while (at < n && out.length() < LONGEST) {
      char c = in.charAt(at);
      if (c == '-' && next(1) == '-' || c == '#' && doubleQuotesAreValues) {
        skipLine();
      } else if (c == '/' && next(1) == '*') {
        skipComment();
      } else if (c == '\'') {
        skipQuoted('\'');
        value();
      } else if (c == '"' && doubleQuotesAreValues) {
        skipQuoted('"');
        value();
      } else if (c == '"' || c == '`') {
        copyName(c);
      } else if (c == '$' && dollarQuote()) {
        value();
      } else if (Character.isDigit(c) || c == '.' && Character.isDigit(next(1)) && !inName()) {
        if (inName()) {
          out.append(c);
          at++;
        } else {
          skipNumber();
          value();
        }
      } else if (Character.isWhitespace(c) || c == 0) {
        space();
        at++;
      } else if (Character.isLetter(c) || c == '_') {
        word();
      } else {
        out.append(c);
        at++;
      }
    }
  }

  private char next(int k) {
    return at + k < in.length() ? in.charAt(at + k) : 0;
  }

  private boolean inName() {
    if (out.isEmpty()) {
      return false;
    }
    char c = out.charAt(out.length() - 1);
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c == '@' || c == ':';
  }

  private void space() {
    if (!out.isEmpty() && out.charAt(out.length() - 1) != ' ') {
      out.append(' ');
    }
  }

  /** A value; a sign before it is part of it when no operand comes before the sign. */
  private void value() {
    int n = out.length();
    if (n > 0 && (out.charAt(n - 1) == '-' || out.charAt(n - 1) == '+')) {
      int i = n - 2;
      while (i >= 0 && out.charAt(i) == ' ') {
        i--;
      }
      if (i < 0 || "(,=<>+-*/".indexOf(out.charAt(i)) >= 0) {
        out.setLength(n - 1);
      }
    }
    out.append('?');
  }

  private void word() {
    int from = at;
    while (at < in.length() && (Character.isLetterOrDigit(in.charAt(at)) || in.charAt(at) == '_')) {
      at++;
    }
    boolean prefix = next(0) == '\'' && at - from == 1 && "eEnNxXbB".indexOf(in.charAt(from)) >= 0;
    if (!prefix) {
      out.append(in, from, Math.min(at, from + LONGEST));
    }
    // Else E'..', N'..', X'..' or B'..': the prefix belongs to the value.
  }

  private void skipLine() {
    int eol = in.indexOf('\n', at);
    at = eol < 0 ? in.length() : eol;
    space();
  }

  private void skipComment() {
    int end = in.indexOf("*/", at + 2);
    at = end < 0 ? in.length() : end + 2;
    space();
  }

  private void skipQuoted(char quote) {
    at++;
    while (at < in.length()) {
      char c = in.charAt(at++);
      if (c == '\\' && at < in.length()) {
        at++;
      } else if (c == quote) {
        if (at < in.length() && in.charAt(at) == quote) {
          at++;
        } else {
          return;
        }
      }
    }
  }

  private void copyName(char quote) {
    int end = in.indexOf(quote, at + 1);
    int to = end < 0 ? in.length() : end + 1;
    out.append(in, at, to);
    at = to;
  }

  /** Passes over $tag$ text $tag$; false when the dollar sign starts something else. */
  private boolean dollarQuote() {
    int i = at + 1;
    while (i < in.length() && (Character.isLetter(in.charAt(i)) || in.charAt(i) == '_')) {
      i++;
    }
    if (i >= in.length() || in.charAt(i) != '$') {
      return false;
    }
    String tag = in.substring(at, i + 1);
    int end = in.indexOf(tag, i + 1);
    at = end < 0 ? in.length() : end + tag.length();
    return true;
  }

  private void skipNumber() {
    while (at < in.length()) {
      char c = in.charAt(at);
      boolean sign =
          (c == '+' || c == '-')
              && (in.charAt(at - 1) == 'e' || in.charAt(at - 1) == 'E')
              && Character.isDigit(next(1));
      if (!Character.isLetterOrDigit(c) && c != '.' && c != '_' && !sign) {
        return;
      }
      at++;
    }
  }

  /** The text with (?, ?, ?) as (?) and (?), (?) as (?). */
  private String collapsed() {
    StringBuilder r = new StringBuilder(out.length());
    int i = 0;
    int n = out.length();
    while (i < n && r.length() < LONGEST) {
      int listEnd = out.charAt(i) == '(' || out.charAt(i) == '[' ? listEnd(i) : -1;
      if (listEnd < 0) {
        r.append(out.charAt(i++));
        continue;
      }
      char close = out.charAt(i) == '(' ? ')' : ']';
      r.append(out.charAt(i)).append('?').append(close);
      i = listEnd;
      // Rows after the first one.
      while (true) {
        int k = skipSpaces(i);
        if (k >= n || out.charAt(k) != ',') {
          break;
        }
        k = skipSpaces(k + 1);
        int rowEnd = k < n && (out.charAt(k) == '(' || out.charAt(k) == '[') ? listEnd(k) : -1;
        if (rowEnd < 0) {
          break;
        }
        i = rowEnd;
      }
    }
    String text = r.toString().strip();
    while (text.endsWith(";")) {
      text = text.substring(0, text.length() - 1).strip();
    }
    return text;
  }

  private int skipSpaces(int from) {
    int i = from;
    while (i < out.length() && out.charAt(i) == ' ') {
      i++;
    }
    return i;
  }

  /** Index after a list of values or parameters only that opens at i, or -1. */
  private int listEnd(int open) {
    char close = out.charAt(open) == '(' ? ')' : ']';
    boolean value = false;
    for (int i = open + 1; i < out.length(); i++) {
      char c = out.charAt(i);
      if (c == close) {
        return value ? i + 1 : -1;
      }
      if (c == '?') {
        value = true;
      } else if (c == '$') {
        value = true;
        while (i + 1 < out.length() && Character.isDigit(out.charAt(i + 1))) {
          i++;
        }
      } else if (c != ',' && c != ' ') {
        return -1;
      }
    }
    // The text was cut within the list.
    return value ? out.length() : -1;
  }
}
