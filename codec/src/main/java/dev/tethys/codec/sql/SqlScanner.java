package dev.tethys.codec.sql;

import dev.tethys.codec.sql.SqlDialect.Backslash;
import dev.tethys.codec.sql.SqlDialect.Rule;

/**
 * Parts of a statement by the lexical rules of a database. An unterminated literal extends to the
 * end of the text. After a position with an uncertain meaning, the rest is one value.
 *
 * <p>Sources: PostgreSQL, 4.1 Lexical Structure; MySQL, 11 Language Structure; those of the others.
 */
abstract class SqlScanner {
  private static final int LONGEST_TAG = 64;
  private static final int[] UUID_GROUPS = {8, 4, 4, 4, 12};
  private static final char MALFORMED = '\uFFFD';

  final String in;
  private final SqlDialect dialect;
  private int at;

  SqlScanner(String in, SqlDialect dialect) {
    this.in = in;
    this.dialect = dialect;
  }

  /** A literal, a number, or the rest. */
  abstract void value();

  /** Handles an omitted comment; the position is after it. */
  abstract void comment();

  /** Keyword or name without quotes. */
  abstract void word(int from, int to);

  /** Name with its quotes. */
  abstract void quotedName(int from, int to);

  /** Place for a value, as {@code $1}. */
  abstract void parameter(int from, int to);

  abstract void space(char c);

  abstract void other(char c);

  /** Whether more of the statement is needed. */
  abstract boolean wantsMore();

  final void scan() {
    while (at < in.length() && wantsMore()) {
      part(in.charAt(at));
    }
  }

  private void part(char c) {
    if (c == '\'') {
      literal('\'', dialect.backslash());
    } else if (c == '"') {
      doubleQuotes();
    } else if (c == '`') {
      name('`', '`');
    } else if (c == '-' && next(1) == '-') {
      dashes();
    } else if (c == '#') {
      hash();
    } else if (c == '/' && next(1) == '*') {
      comments();
    } else if (c == '*' && next(1) == '/' && dialect.features().executableComments()) {
      at += 2;
      comment();
    } else if (c == '/' && next(1) == '/' && dialect.features().slashComments()) {
      skipLine();
    } else if (c == '[' && dialect.features().bracketNames()) {
      bracket();
    } else if (c == '$') {
      dollar();
    } else if (isUuid()) {
      at += 36;
      value();
    } else if (isDigit(c) || c == '.' && isDigit(next(1)) && !isAfterOperand()) {
      number();
    } else if (isWordStart(c)) {
      startOfWord();
    } else {
      at++;
      if (Character.isWhitespace(c) || c == 0) {
        space(c);
      } else {
        other(c);
      }
    }
  }

  private char next(int k) {
    return at + k < in.length() ? in.charAt(at + k) : 0;
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWordStart(char c) {
    return Character.isLetter(c) || c == '_' || c >= 0x80 && !Character.isWhitespace(c);
  }

  private static boolean isWordPart(char c) {
    return isWordStart(c) || isDigit(c) || c == '$';
  }

  private boolean isAfterOperand() {
    if (at == 0) {
      return false;
    }
    char c = in.charAt(at - 1);
    return isWordPart(c) || ")]\"`':".indexOf(c) >= 0;
  }

  /** Masks the rest: its meaning is uncertain. */
  private void rest() {
    at = in.length();
    value();
  }

  private void literal(char quote, Backslash backslash) {
    int start = at++;
    while (at < in.length()) {
      if (in.charAt(at++) != quote) {
        continue;
      }
      int slash = at - 2;
      while (slash > start && in.charAt(slash) == '\\') {
        slash--;
      }
      int slashes = at - 2 - slash;
      // The second byte of a character in some character sets looks like a backslash.
      boolean isCertain = slashes == 0 || in.charAt(slash) != MALFORMED;
      boolean isOdd = slashes % 2 != 0;
      if (backslash != Backslash.TEXT && (!isCertain || isOdd && backslash == Backslash.UNKNOWN)) {
        rest();
        return;
      }
      if (isOdd && backslash == Backslash.ESCAPE) {
        continue;
      }
      if (next(0) != quote) {
        break;
      }
      at++;
    }
    value();
  }

  private void doubleQuotes() {
    switch (dialect.doubleQuotes()) {
      case NAME -> name('"', '"');
      case VALUE -> literal('"', dialect.backslash());
      // In a name a backslash is a character like others.
      case UNKNOWN ->
          literal('"', dialect.backslash() == Backslash.TEXT ? Backslash.TEXT : Backslash.UNKNOWN);
    }
  }

  /** Name with quotes, which are doubled within. One without an end may be anything. */
  private void name(char open, char close) {
    int from = at++;
    while (at < in.length()) {
      char c = in.charAt(at++);
      if (c == '\\' && dialect.backslash() == Backslash.ESCAPE && open == '`' && !isMySql()) {
        rest();
        return;
      }
      if (c == close) {
        if (next(0) != close) {
          quotedName(from, at);
          return;
        }
        at++;
      }
    }
    rest();
  }

  private boolean isMySql() {
    return dialect.features().executableComments();
  }

  /**
   * A name if brackets have no other meaning; for an unknown database possibly an index or a list.
   */
  private void bracket() {
    boolean isKnown = dialect.nested() != Rule.UNKNOWN;
    int close = in.indexOf(']', at);
    boolean hasQuote = false;
    boolean isList = isAfterOperand() || !isWordStart(next(1));
    for (int i = at + 1; i < (close < 0 ? in.length() : close); i++) {
      hasQuote |= "'\"".indexOf(in.charAt(i)) >= 0;
      isList |= "$,;".indexOf(in.charAt(i)) >= 0;
    }
    if (isKnown || !isList && !hasQuote) {
      name('[', ']');
    } else if (hasQuote && !isList) {
      rest(); // [it's] is a name of some databases, and the start of a literal of others
    } else {
      at++;
      other('[');
    }
  }

  private void dashes() {
    char c = next(2);
    boolean isFollowed = c <= ' ' || Character.isWhitespace(c);
    if (isFollowed || dialect.dashes() == Rule.YES) {
      skipLine();
    } else if (dialect.dashes() == Rule.NO) {
      at++;
      other('-');
    } else {
      rest();
    }
  }

  private void hash() {
    switch (dialect.hash()) {
      case YES -> skipLine();
      case NO -> {
        at++;
        other('#');
      }
      case UNKNOWN -> rest();
    }
  }

  private void skipLine() {
    int eol = in.indexOf('\n', at);
    at = eol < 0 ? in.length() : eol;
    comment();
  }

  private void comments() {
    if (isMySql() && (next(2) == '!' || next(2) == 'M' && next(3) == '!')) {
      if (dialect.nested() == Rule.UNKNOWN) {
        rest();
        return;
      }
      at += next(2) == '!' ? 3 : 4;
      while (isDigit(next(0))) {
        at++;
      }
      comment(); // its content is code
      return;
    }
    int depth = 0;
    while (at < in.length()) {
      if (in.startsWith("/*", at)) {
        if (depth > 0 && dialect.nested() == Rule.UNKNOWN) {
          rest();
          return;
        }
        depth = dialect.nested() == Rule.NO ? 1 : depth + 1;
        at += 2;
      } else if (in.startsWith("*/", at)) {
        at += 2;
        if (--depth == 0) {
          break;
        }
      } else {
        at++;
      }
    }
    comment();
  }

  /** A place for a value, a text between tags, or a sign. */
  private void dollar() {
    int from = at;
    if (isDigit(next(1))) {
      at++;
      while (isDigit(next(0))) {
        at++;
      }
      if (dialect.features().dollarQuotes()) {
        parameter(from, at);
      } else {
        at = from + 1;
        other('$'); // an amount of money
      }
      return;
    }
    int end = at + 1;
    while (end < in.length() && isWordPart(in.charAt(end)) && in.charAt(end) != '$') {
      end++;
    }
    boolean isTag = end < in.length() && in.charAt(end) == '$';
    if (!dialect.features().dollarQuotes() || !isTag && end < in.length()) {
      at++;
      other('$');
      return;
    }
    if (!isTag || end - at > LONGEST_TAG) {
      rest(); // cut off within a tag, or one beyond all sense
      return;
    }
    String tag = in.substring(at, end + 1);
    int close = in.indexOf(tag, end + 1);
    at = close < 0 ? in.length() : close + tag.length();
    value();
  }

  private boolean isUuid() {
    if (at > 0 && isWordPart(in.charAt(at - 1))) {
      return false;
    }
    int i = at;
    for (int g = 0; g < UUID_GROUPS.length; g++) {
      if (g > 0 && (i >= in.length() || in.charAt(i++) != '-')) {
        return false;
      }
      for (int k = 0; k < UUID_GROUPS[g]; k++) {
        if (i >= in.length() || Character.digit(in.charAt(i++), 16) < 0) {
          return false;
        }
      }
    }
    return true;
  }

  private void number() {
    while (at < in.length()) {
      char c = in.charAt(at);
      boolean sign =
          (c == '+' || c == '-')
              && (in.charAt(at - 1) == 'e' || in.charAt(at - 1) == 'E')
              && isDigit(next(1));
      if (!isWordPart(c) && c != '.' && !sign) {
        break;
      }
      at++;
    }
    value();
  }

  private void skipWord() {
    while (at < in.length() && isWordPart(in.charAt(at))) {
      at++;
    }
  }

  private void startOfWord() {
    int from = at;
    skipWord();
    int length = at - from;
    String prefix = length <= 2 ? in.substring(from, at) : "";
    if (next(0) == '&' && next(1) == '\'' && prefix.equalsIgnoreCase("U")) {
      at++; // U&'..'
      literal('\'', dialect.backslash());
      return;
    }
    if (next(0) == '\'' && (prefix.equalsIgnoreCase("q") || prefix.equalsIgnoreCase("nq"))) {
      switch (dialect.features().quoteLiterals()) {
        case YES -> {
          quoteLiteral();
          return;
        }
        case UNKNOWN -> {
          rest();
          return;
        }
        case NO -> {
          // a name before a literal
        }
      }
    }
    if (next(0) == '\'' && length == 1 && "eEnNxXbB".indexOf(in.charAt(from)) >= 0) {
      boolean escapes = "eE".indexOf(in.charAt(from)) >= 0 && dialect.features().escapeLiterals();
      literal('\'', escapes ? Backslash.ESCAPE : dialect.backslash());
      return;
    }
    word(from, at);
  }

  /** {@code q'[it's]'}: the character after the quote, or its counterpart, ends it. */
  private void quoteLiteral() {
    char mark = next(1) == 0 ? '\'' : next(1);
    int pair = "[{(<".indexOf(mark);
    int close = in.indexOf((pair < 0 ? mark : "]})>".charAt(pair)) + "'", at + 2);
    at = close < 0 ? in.length() : close + 2;
    value();
  }
}
