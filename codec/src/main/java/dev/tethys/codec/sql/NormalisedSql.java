package dev.tethys.codec.sql;

/** Normalised statement under which calls are counted. */
final class NormalisedSql extends SqlScanner {
  private final StringBuilder out;

  NormalisedSql(String in, SqlDialect dialect) {
    super(in, dialect);
    out = new StringBuilder(Math.min(in.length(), SqlText.LONGEST));
  }

  @Override
  boolean wantsMore() {
    return out.length() < SqlText.LONGEST;
  }

  /** A value; a sign belongs to it if no operand precedes the sign. */
  @Override
  void value() {
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

  @Override
  void comment() {
    space(' ');
  }

  @Override
  void space(char c) {
    if (!out.isEmpty() && out.charAt(out.length() - 1) != ' ') {
      out.append(' ');
    }
  }

  @Override
  void word(int from, int to) {
    out.append(in, from, Math.min(to, from + SqlText.LONGEST));
  }

  @Override
  void quotedName(int from, int to) {
    word(from, to);
  }

  @Override
  void parameter(int from, int to) {
    word(from, to);
  }

  @Override
  void other(char c) {
    out.append(c);
  }

  /** The text with (?, ?, ?) as (?) and (?), (?) as (?). */
  String text() {
    StringBuilder r = new StringBuilder(out.length());
    int i = 0;
    int n = out.length();
    while (i < n && r.length() < SqlText.LONGEST) {
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
