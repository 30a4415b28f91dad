package dev.tethys.query.logql.parser;

import dev.tethys.query.logql.ast.MetricExpr.Conversion;
import dev.tethys.query.logql.ast.RangeOp;
import dev.tethys.query.logql.ast.VectorOp;
import dev.tethys.query.logql.parser.Units.UnitException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Splits a query into tokens. Function names are words unless a call follows. */
final class LogqlLexer {
  private static final Map<String, LogqlTokenKind> KEYWORDS = new HashMap<>();
  private static final Map<String, LogqlTokenKind> FUNCTIONS = new HashMap<>();

  static {
    for (LogqlTokenKind k : LogqlTokenKind.values()) {
      if (k.ordinal() >= LogqlTokenKind.OR.ordinal()
          && k.ordinal() <= LogqlTokenKind.KEEP.ordinal()) {
        KEYWORDS.put(k.shown(), k);
      }
    }
    for (RangeOp op : RangeOp.values()) {
      FUNCTIONS.put(op.text(), LogqlTokenKind.RANGE_FUNCTION);
    }
    for (VectorOp op : VectorOp.values()) {
      FUNCTIONS.put(op.text(), LogqlTokenKind.AGGREGATION);
    }
    for (Conversion c : Conversion.values()) {
      if (c != Conversion.NONE) {
        FUNCTIONS.put(c.text(), LogqlTokenKind.CONVERSION);
      }
    }
    FUNCTIONS.put("label_replace", LogqlTokenKind.LABEL_REPLACE);
    FUNCTIONS.put("vector", LogqlTokenKind.VECTOR);
    FUNCTIONS.put("variants", LogqlTokenKind.VARIANTS);
    FUNCTIONS.put("of", LogqlTokenKind.OF);
    FUNCTIONS.put("ip", LogqlTokenKind.IP);
  }

  private final String text;
  private int at;
  private int line = 1;
  private int lineStart;

  LogqlLexer(String text) {
    this.text = text;
  }

  /** Names of functions and keywords, for suggestions. */
  static Iterable<String> functionNames() {
    return FUNCTIONS.keySet();
  }

  private char peek(int ahead) {
    int i = at + ahead;
    return i < text.length() ? text.charAt(i) : 0;
  }

  private int column(int offset) {
    return text.codePointCount(lineStart, offset) + 1;
  }

  private LogqlToken token(LogqlTokenKind kind, int from, int end) {
    LogqlToken t = new LogqlToken(kind, text.substring(from, end), 0, line, column(from));
    at = end;
    return t;
  }

  /** Returns the next token; at the end, always the end token. */
  LogqlToken next() {
    skipBlanks();
    int from = at;
    if (at >= text.length()) {
      return token(LogqlTokenKind.END, at, at);
    }
    char c = text.charAt(at);
    if (c == '"' || c == '`') {
      return string(c);
    }
    if (isDigit(c) || c == '.' && isDigit(peek(1))) {
      return number();
    }
    if (isLetter(text.codePointAt(at))) {
      return word();
    }
    if (c == '[') {
      return range();
    }
    if (c == '-') {
      if (peek(1) == '-' && isLetter(peek(2)) && peek(2) < 0x80) {
        int end = at + 2;
        while (end < text.length() && (isWordPart(text.charAt(end)) || text.charAt(end) == '-')) {
          end++;
        }
        return token(LogqlTokenKind.FUNCTION_FLAG, from, end);
      }
      int end = unitEnd(at + 1);
      Long nanos = end < 0 ? null : Units.tryDuration(text.substring(at, end));
      if (nanos != null) {
        return duration(from, end, nanos);
      }
    }
    return operator(c, from);
  }

  private LogqlToken duration(int from, int end, long nanos) {
    LogqlToken t =
        new LogqlToken(
            LogqlTokenKind.DURATION, text.substring(from, end), nanos, line, column(from));
    at = end;
    return t;
  }

  private LogqlToken operator(char c, int from) {
    char n = peek(1);
    return switch (c) {
      case '{' -> token(LogqlTokenKind.OPEN_BRACE, from, from + 1);
      case '}' -> token(LogqlTokenKind.CLOSE_BRACE, from, from + 1);
      case '(' -> token(LogqlTokenKind.OPEN_PARENTHESIS, from, from + 1);
      case ')' -> token(LogqlTokenKind.CLOSE_PARENTHESIS, from, from + 1);
      case ',' -> token(LogqlTokenKind.COMMA, from, from + 1);
      case '.' -> token(LogqlTokenKind.DOT, from, from + 1);
      case '+' -> token(LogqlTokenKind.ADD, from, from + 1);
      case '-' -> token(LogqlTokenKind.SUB, from, from + 1);
      case '*' -> token(LogqlTokenKind.MUL, from, from + 1);
      case '/' -> token(LogqlTokenKind.DIV, from, from + 1);
      case '%' -> token(LogqlTokenKind.MOD, from, from + 1);
      case '^' -> token(LogqlTokenKind.POW, from, from + 1);
      case '=' ->
          n == '~'
              ? token(LogqlTokenKind.RE, from, from + 2)
              : n == '='
                  ? token(LogqlTokenKind.CMP_EQ, from, from + 2)
                  : token(LogqlTokenKind.EQ, from, from + 1);
      case '!' ->
          switch (n) {
            case '=' -> token(LogqlTokenKind.NEQ, from, from + 2);
            case '~' -> token(LogqlTokenKind.NRE, from, from + 2);
            case '>' -> token(LogqlTokenKind.NPA, from, from + 2);
            default -> throw unexpected(c);
          };
      case '|' ->
          switch (n) {
            case '=' -> token(LogqlTokenKind.PIPE_EXACT, from, from + 2);
            case '~' -> token(LogqlTokenKind.PIPE_MATCH, from, from + 2);
            case '>' -> token(LogqlTokenKind.PIPE_PATTERN, from, from + 2);
            default -> token(LogqlTokenKind.PIPE, from, from + 1);
          };
      case '>' ->
          n == '='
              ? token(LogqlTokenKind.GTE, from, from + 2)
              : token(LogqlTokenKind.GT, from, from + 1);
      case '<' ->
          n == '='
              ? token(LogqlTokenKind.LTE, from, from + 2)
              : token(LogqlTokenKind.LT, from, from + 1);
      default -> throw unexpected(c);
    };
  }

  private LogqlParseException unexpected(char c) {
    return error(
        at, "syntax error: unexpected character " + (c < ' ' ? "0x" + Integer.toHexString(c) : c));
  }

  private LogqlParseException error(int offset, String reason) {
    return new LogqlParseException(line, column(offset), reason);
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        lineStart = ++at;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        at++;
      } else if (c == '#') {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else {
        return;
      }
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(int c) {
    return c == '_' || c < 0x80 && Character.isLetter(c) || c >= 0x80 && Character.isLetter(c);
  }

  private static boolean isWordPart(char c) {
    return isLetter(c) || Character.isDigit(c);
  }

  private LogqlToken word() {
    int end = at;
    while (end < text.length()
        && (isLetter(text.codePointAt(end)) || Character.isDigit(text.codePointAt(end)))) {
      end += Character.charCount(text.codePointAt(end));
    }
    String lower = text.substring(at, end).toLowerCase(Locale.ROOT);
    LogqlTokenKind kind = KEYWORDS.get(lower);
    if (kind == null) {
      kind = FUNCTIONS.get(lower);
      if (kind != null && !isCall(end)) {
        kind = null;
      }
    }
    if (kind == null) {
      return token(LogqlTokenKind.IDENTIFIER, at, end);
    }
    LogqlToken t = token(kind, at, end);
    return new LogqlToken(
        kind,
        kind == LogqlTokenKind.OF || kind.shown().isEmpty() ? lower : t.text(),
        0,
        t.line(),
        t.column());
  }

  /** Whether a parenthesis follows, or a grouping. */
  private boolean isCall(int from) {
    int i = blanksEnd(from);
    if (i < text.length() && text.charAt(i) == '(') {
      return true;
    }
    int end = i;
    while (end < text.length() && isLetter(text.charAt(end))) {
      end++;
    }
    String word = text.substring(i, end).toLowerCase(Locale.ROOT);
    return word.equals("by") || word.equals("without");
  }

  private int blanksEnd(int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) <= ' ') {
      i++;
    }
    return i;
  }

  /** Returns the end of the digits and letters that start at a digit; -1 if there is no digit. */
  private int unitEnd(int from) {
    int end = from;
    while (end < text.length()
        && (isWordPart(text.charAt(end)) || text.charAt(end) == '.' || text.charAt(end) == 'µ')) {
      end++;
    }
    boolean digit =
        end > from
            && (isDigit(text.charAt(from))
                || text.charAt(from) == '.' && from + 1 < end && isDigit(text.charAt(from + 1)));
    return digit ? end : -1;
  }

  private LogqlToken number() {
    int end = unitEnd(at);
    String s = text.substring(at, end);
    boolean letters = false;
    for (int i = 0; i < s.length(); i++) {
      letters |= !isDigit(s.charAt(i)) && s.charAt(i) != '.';
    }
    if (letters && !isPlainNumber(s)) {
      Long nanos = Units.tryDuration(s);
      if (nanos != null) {
        return duration(at, end, nanos);
      }
      try {
        long bytes = sizeOf(s);
        LogqlToken t = new LogqlToken(LogqlTokenKind.BYTES, s, bytes, line, column(at));
        at = end;
        return t;
      } catch (UnitException e) {
        // falls to the number and the text after it
      }
    }
    return token(LogqlTokenKind.NUMBER, at, numberEnd());
  }

  /** Parses a size in a query, whose units are case-sensitive: {@code kB}, {@code MiB}. */
  private static long sizeOf(String s) throws UnitException {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!isDigit(c) && c != '.' && "bBkKMGTPi".indexOf(c) < 0) {
        return Units.size("");
      }
    }
    return Units.size(s);
  }

  /** Whether it is a number with a base or an exponent, not a number with a unit. */
  private static boolean isPlainNumber(String s) {
    if (s.length() > 1 && s.charAt(0) == '0' && "xXbBoO".indexOf(s.charAt(1)) >= 0) {
      return s.length() > 2 || s.charAt(1) != 'B' && s.charAt(1) != 'b';
    }
    int e = Math.max(s.indexOf('e'), s.indexOf('E'));
    return e > 0 && (e == s.length() - 1 || isDigit(s.charAt(e + 1)));
  }

  private int numberEnd() {
    int i = at;
    boolean hex = peek(0) == '0' && (peek(1) == 'x' || peek(1) == 'X');
    boolean based = hex || peek(0) == '0' && "bBoO".indexOf(peek(1)) >= 0 && isDigit(peek(2));
    if (based) {
      i += 2;
    }
    while (i < text.length()) {
      char c = text.charAt(i);
      char low = Character.toLowerCase(c);
      boolean exponent = hex ? low == 'p' : !based && low == 'e';
      if (exponent) {
        int next = i + 1;
        if (next < text.length() && (text.charAt(next) == '+' || text.charAt(next) == '-')) {
          next++;
        }
        if (next >= text.length() || !isDigit(text.charAt(next))) {
          break;
        }
        i = next;
        continue;
      }
      if (!isDigit(c) && c != '.' && !(hex && low >= 'a' && low <= 'f')) {
        break;
      }
      i++;
    }
    return i;
  }

  private LogqlToken range() {
    int from = at;
    int end = text.indexOf(']', at);
    int column = column(from);
    if (end < 0) {
      throw new LogqlParseException(0, column, "missing closing ']' in duration");
    }
    String s = text.substring(from + 1, end).strip();
    long nanos;
    try {
      nanos = Units.queryDuration(s);
    } catch (UnitException e) {
      throw new LogqlParseException(0, column, e.reason());
    }
    if (nanos <= 0) {
      throw new LogqlParseException(0, column, "duration must be greater than 0");
    }
    LogqlToken t = new LogqlToken(LogqlTokenKind.RANGE, s, nanos, 0, column);
    for (int i = from; i <= end; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    at = end + 1;
    return t;
  }

  private LogqlToken string(char quote) {
    int from = at;
    int column = column(from);
    int startLine = line;
    int i = at + 1;
    while (i < text.length() && text.charAt(i) != quote) {
      char c = text.charAt(i);
      if (c == '\n') {
        if (quote == '"') {
          throw new LogqlParseException(line, column, "literal not terminated");
        }
        line++;
        lineStart = i + 1;
      }
      i += quote == '"' && c == '\\' ? 2 : 1;
    }
    if (i >= text.length()) {
      throw new LogqlParseException(startLine, column, "literal not terminated");
    }
    at = i + 1;
    String raw = text.substring(from + 1, i);
    String value = quote == '`' ? raw.replace("\r", "") : GoString.unquote(raw);
    if (value == null) {
      throw new LogqlParseException(startLine, column, "invalid escape sequence in string");
    }
    return new LogqlToken(
        LogqlTokenKind.STRING, Objects.requireNonNull(value), 0, startLine, column);
  }
}
