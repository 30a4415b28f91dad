package dev.tethys.pipeline.processor.redaction;

/**
 * SQL without what was written into it: literals and numbers are {@code ?}, digits in names too,
 * comments go. Text that cannot be classified for sure is masked.
 */
final class SqlText {
  /**
   * Lexical differences between databases.
   *
   * @param escapes whether a backslash in a literal escapes the following quote
   * @param doubleQuotes whether double quotes enclose text instead of a name
   */
  record Dialect(boolean escapes, boolean doubleQuotes) {
    static final Dialect STANDARD = new Dialect(false, false);
    static final Dialect MYSQL = new Dialect(true, true);
  }

  private final String s;
  private final Dialect dialect;
  private final boolean unsure;
  private final StringBuilder out;
  private int at;

  private SqlText(String s, Dialect dialect, boolean unsure) {
    this.s = s;
    this.dialect = dialect;
    this.unsure = unsure;
    out = new StringBuilder(s.length());
  }

  static String mask(String sql, Dialect dialect) {
    return new SqlText(sql, dialect, false).masked();
  }

  /** The same of a database that is not known. */
  static String mask(String sql) {
    return new SqlText(sql, new Dialect(false, true), true).masked();
  }

  private String masked() {
    while (at < s.length()) {
      char c = s.charAt(at);
      if (c == '\'') {
        literal('\'', dialect.escapes);
      } else if (c == '"' && dialect.doubleQuotes) {
        literal('"', dialect.escapes);
      } else if (c == '"' || c == '`' || c == '[' && !indexes()) {
        quotedName(c == '[' ? ']' : c);
      } else if (s.startsWith("--", at) || c == '#' && dialect.escapes) {
        skipTo("\n", 0);
      } else if (s.startsWith("/*", at)) {
        skipTo("*/", 2);
      } else if (c == '$' && !dollarQuoted()) {
        out.append(c);
        at++;
      } else if (c == '$') {
        // dollarQuoted has moved on
      } else if (digit(c) || c == '.' && at + 1 < s.length() && digit(s.charAt(at + 1))) {
        number();
      } else if (Character.isLetter(c) || c == '_') {
        word();
      } else {
        out.append(c);
        at++;
      }
    }
    return out.toString().strip();
  }

  /** Whether a bracket is behind a value, as in {@code a[1]}, and not around a name. */
  private boolean indexes() {
    return at > 0 && (Character.isLetterOrDigit(s.charAt(at - 1)) || s.charAt(at - 1) == ')')
        || at + 1 < s.length() && (digit(s.charAt(at + 1)) || s.charAt(at + 1) == '\'');
  }

  private void literal(char quote, boolean escapes) {
    out.append('?');
    at++;
    while (at < s.length()) {
      char c = s.charAt(at);
      if (c == '\\' && unsure && at + 1 < s.length() && s.charAt(at + 1) == quote) {
        at = s.length(); // where it ends depends on the database: nothing after it is shown
        return;
      }
      if (c == '\\' && escapes) {
        at += 2;
        continue;
      }
      at++;
      if (c == quote) {
        if (at == s.length() || s.charAt(at) != quote) {
          return;
        }
        at++;
      }
    }
    at = s.length();
  }

  private void quotedName(char end) {
    int close = s.indexOf(end, at + 1);
    if (close < 0) {
      out.append('?');
      at = s.length();
      return;
    }
    if (end == ']' && hasQuote(at, close)) { // a list of values
      out.append('[');
      at++;
      return;
    }
    withoutDigits(at, close + 1);
    at = close + 1;
  }

  private boolean hasQuote(int from, int to) {
    for (int i = from; i < to; i++) {
      if ("'\"$".indexOf(s.charAt(i)) >= 0) {
        return true;
      }
    }
    return false;
  }

  private void skipTo(String end, int length) {
    int i = s.indexOf(end, at);
    at = i < 0 ? s.length() : i + length;
  }

  /** Passes over a text between dollars; false where it is something else, as {@code $1}. */
  private boolean dollarQuoted() {
    int tag = at + 1;
    while (tag < s.length()
        && (Character.isLetter(s.charAt(tag))
            || s.charAt(tag) == '_'
            || tag > at + 1 && digit(s.charAt(tag)))) {
      tag++;
    }
    if (tag == s.length() || s.charAt(tag) != '$') {
      return false;
    }
    String mark = s.substring(at, tag + 1);
    int close = s.indexOf(mark, tag + 1);
    out.append('?');
    at = close < 0 ? s.length() : close + mark.length();
    return true;
  }

  private void number() {
    boolean place = !out.isEmpty() && out.charAt(out.length() - 1) == '$';
    out.append('?');
    if (place) {
      out.deleteCharAt(out.length() - 2); // $1 is a place for a value
    }
    while (at < s.length()) {
      char c = s.charAt(at);
      boolean sign = (c == '+' || c == '-') && (s.charAt(at - 1) == 'e' || s.charAt(at - 1) == 'E');
      if (!Character.isLetterOrDigit(c) && c != '.' && c != '_' && !sign) {
        return;
      }
      at++;
    }
  }

  private void word() {
    int from = at;
    while (at < s.length()
        && (Character.isLetterOrDigit(s.charAt(at))
            || s.charAt(at) == '_'
            || s.charAt(at) == '$')) {
      at++;
    }
    String w = s.substring(from, at);
    if (s.startsWith("'", at) && (w.equalsIgnoreCase("q") || w.equalsIgnoreCase("nq"))) {
      oracleLiteral();
      return;
    }
    if (at < s.length() && s.charAt(at) == '\'' && w.length() == 1) {
      // E'', N'', X'', B'': a literal with a letter in front
      literal('\'', dialect.escapes || w.equalsIgnoreCase("e"));
      return;
    }
    if (w.equalsIgnoreCase("true") || w.equalsIgnoreCase("false")) {
      out.append('?');
      return;
    }
    withoutDigits(from, at);
  }

  /** {@code q'[it's]'}: the character behind the quote, or its counterpart, ends it. */
  private void oracleLiteral() {
    out.append('?');
    char mark = at + 1 < s.length() ? s.charAt(at + 1) : '\'';
    int pair = "[{(<".indexOf(mark);
    int close = s.indexOf((pair < 0 ? mark : "]})>".charAt(pair)) + "'", at + 2);
    at = close < 0 ? s.length() : close + 2;
  }

  private void withoutDigits(int from, int to) {
    for (int i = from; i < to; i++) {
      char c = s.charAt(i);
      if (!digit(c)) {
        out.append(c);
      } else if (i == from || !digit(s.charAt(i - 1))) {
        out.append('?');
      }
    }
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }
}
