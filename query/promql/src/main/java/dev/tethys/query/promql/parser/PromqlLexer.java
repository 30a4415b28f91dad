package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Splits a query into tokens. The same characters mean different things outside braces, inside
 * them, and at the start of square brackets; {@link #state} is the lexer state. Positions are byte
 * offsets.
 *
 * <p>Invariant: {@code 0 <= start <= pos <= input.length}; {@code start} is the start of the
 * current token.
 */
final class PromqlLexer {
  private static final int EOF_CHAR = -1;

  private enum State {
    STATEMENTS,
    BRACES,
    DURATION
  }

  private final byte[] input;
  private State state = State.STATEMENTS;
  private int pos;
  private int start;
  private int parenDepth;
  private boolean bracketOpen;
  private boolean gotColon;
  private boolean gotDuration;

  PromqlLexer(byte[] utf8) {
    this.input = utf8;
  }

  /**
   * Returns the next token; skips comments. At the end, every call returns {@link
   * PromqlTokenKind#EOF}.
   *
   * @throws PromqlParseException at text that is not a token
   */
  PromqlToken next() {
    while (true) {
      start = pos;
      int c = peek();
      if (c == '#' && state != State.DURATION) {
        skipComment();
        continue;
      }
      if (isSpace(c)) {
        pos++;
        continue;
      }
      return switch (state) {
        case STATEMENTS -> statement(c);
        case BRACES -> insideBraces(c);
        case DURATION -> duration(c);
      };
    }
  }

  private void skipComment() {
    while (pos < input.length && input[pos] != '\n' && input[pos] != '\r') {
      pos++;
    }
  }

  private PromqlToken statement(int c) {
    switch (c) {
      case EOF_CHAR -> {
        if (parenDepth != 0) {
          throw error("unclosed left parenthesis");
        }
        if (bracketOpen) {
          throw error("unclosed left bracket");
        }
        return emit(PromqlTokenKind.EOF);
      }
      case ',', '*', '/', '%', '+', '-', '^', '@' -> {
        return symbol(c);
      }
      case '=' -> {
        pos++;
        if (peek() == '=') {
          pos++;
          return emit(PromqlTokenKind.EQLC);
        }
        if (peek() == '~') {
          throw error("unexpected character after '=': '~'");
        }
        return emit(PromqlTokenKind.EQL);
      }
      case '!' -> {
        pos++;
        if (peek() != '=') {
          throw error("unexpected character after '!': " + quoteRune(rune()));
        }
        pos++;
        return emit(PromqlTokenKind.NEQ);
      }
      case '<' -> {
        return comparison(PromqlTokenKind.LSS, PromqlTokenKind.LTE, PromqlTokenKind.TRIM_UPPER);
      }
      case '>' -> {
        return comparison(PromqlTokenKind.GTR, PromqlTokenKind.GTE, PromqlTokenKind.TRIM_LOWER);
      }
      case '"', '\'', '`' -> {
        return string(c);
      }
      case '(', ')' -> {
        return parenthesis(c);
      }
      case '{' -> {
        pos++;
        state = State.BRACES;
        return emit(PromqlTokenKind.LEFT_BRACE);
      }
      case '[' -> {
        pos++;
        if (bracketOpen) {
          throw error("unexpected left bracket '['");
        }
        gotColon = false;
        gotDuration = false;
        bracketOpen = true;
        state = State.DURATION;
        return emit(PromqlTokenKind.LEFT_BRACKET);
      }
      case ']' -> {
        pos++;
        if (!bracketOpen) {
          throw error("unexpected right bracket ']'");
        }
        bracketOpen = false;
        return emit(PromqlTokenKind.RIGHT_BRACKET);
      }
      default -> {
        if (isDigit(c) || c == '.' && isDigit(peekAt(1))) {
          return numberOrDuration();
        }
        if (!isAlpha(c) && c != ':') {
          throw error("unexpected character: " + quoteRune(rune()));
        }
        return bracketOpen ? wordInBrackets(c) : keywordOrIdentifier();
      }
    }
  }

  private PromqlToken comparison(
      PromqlTokenKind plain, PromqlTokenKind equal, PromqlTokenKind trim) {
    pos++;
    return switch (peek()) {
      case '=' -> {
        pos++;
        yield emit(equal);
      }
      case '/' -> {
        pos++;
        yield emit(trim);
      }
      default -> emit(plain);
    };
  }

  private PromqlToken parenthesis(int c) {
    pos++;
    if (c == '(') {
      parenDepth++;
      return emit(PromqlTokenKind.LEFT_PAREN);
    }
    parenDepth--;
    if (parenDepth < 0) {
      start = pos;
      throw error("unexpected right parenthesis ')'");
    }
    return emit(PromqlTokenKind.RIGHT_PAREN);
  }

  private PromqlToken symbol(int c) {
    pos++;
    return emit(
        switch (c) {
          case ',' -> PromqlTokenKind.COMMA;
          case '*' -> PromqlTokenKind.MUL;
          case '/' -> PromqlTokenKind.DIV;
          case '%' -> PromqlTokenKind.MOD;
          case '+' -> PromqlTokenKind.ADD;
          case '-' -> PromqlTokenKind.SUB;
          case '^' -> PromqlTokenKind.POW;
          default -> PromqlTokenKind.AT;
        });
  }

  /** Reads a word after a number inside square brackets: a colon or a duration keyword. */
  private PromqlToken wordInBrackets(int c) {
    if (c == ':') {
      pos++;
      if (gotColon) {
        throw error("unexpected colon ':'");
      }
      gotColon = true;
      return emit(PromqlTokenKind.COLON);
    }
    PromqlTokenKind k = durationKeyword();
    if (k != null) {
      return emit(k);
    }
    throw error("unexpected character: " + quoteRune(c) + ", expected ':'");
  }

  private @Nullable PromqlTokenKind durationKeyword() {
    while (isAlpha(peek())) {
      pos++;
    }
    return switch (text().toLowerCase(Locale.ROOT)) {
      case "step" -> PromqlTokenKind.STEP;
      case "range" -> PromqlTokenKind.RANGE;
      case "max_of" -> PromqlTokenKind.MAX_OF;
      case "min_of" -> PromqlTokenKind.MIN_OF;
      default -> null;
    };
  }

  /** Reads the inside of square brackets, before and between numbers. */
  private PromqlToken duration(int c) {
    switch (c) {
      case EOF_CHAR -> throw error("unexpected end of input in duration expression");
      case ']' -> {
        pos++;
        bracketOpen = false;
        gotColon = false;
        state = State.STATEMENTS;
        return emit(PromqlTokenKind.RIGHT_BRACKET);
      }
      case ':' -> {
        pos++;
        if (!gotDuration || gotColon) {
          start = pos;
          throw error(
              gotDuration
                  ? "unexpected repeated colon in duration expression"
                  : "unexpected colon before duration in duration expression");
        }
        gotColon = true;
        return emit(PromqlTokenKind.COLON);
      }
      case '(', ')' -> {
        return parenthesis(c);
      }
      case ',', '*', '/', '%', '+', '-', '^' -> {
        return symbol(c);
      }
      default -> {
        if (isDigit(c) || c == '.' && isDigit(peekAt(1))) {
          gotDuration = true;
          state = State.STATEMENTS;
          return numberOrDuration();
        }
        PromqlTokenKind k = isAlpha(c) ? durationKeyword() : null;
        if (k != null) {
          gotDuration = true; // the reference forgets this, and refuses a[step():1m]
          return emit(k);
        }
        pos = start;
        throw error("unexpected character in duration expression: " + quoteRune(rune()));
      }
    }
  }

  private PromqlToken insideBraces(int c) {
    switch (c) {
      case EOF_CHAR -> throw error("unexpected end of input inside braces");
      case ',' -> {
        return symbol(c);
      }
      case '"', '\'', '`' -> {
        return string(c);
      }
      case '=' -> {
        pos++;
        if (peek() == '~') {
          pos++;
          return emit(PromqlTokenKind.EQL_REGEX);
        }
        return emit(PromqlTokenKind.EQL);
      }
      case '!' -> {
        pos++;
        int next = rune();
        return switch (next) {
          case '~' -> emit(PromqlTokenKind.NEQ_REGEX);
          case '=' -> emit(PromqlTokenKind.NEQ);
          default ->
              throw error("unexpected character after '!' inside braces: " + quoteRune(next));
        };
      }
      case '{' -> throw error("unexpected left brace '{'");
      case '}' -> {
        pos++;
        state = State.STATEMENTS;
        return emit(PromqlTokenKind.RIGHT_BRACE);
      }
      default -> {
        if (!isAlpha(c)) {
          throw error("unexpected character inside braces: " + quoteRune(rune()));
        }
        while (isAlphaNumeric(peek())) {
          pos++;
        }
        return emit(PromqlTokenKind.IDENTIFIER);
      }
    }
  }

  private PromqlToken keywordOrIdentifier() {
    boolean colon = false;
    while (isAlphaNumeric(peek()) || peek() == ':') {
      colon |= input[pos] == ':';
      pos++;
    }
    PromqlTokenKind k = PromqlTokenKind.keyword(text());
    if (k == PromqlTokenKind.FILL
        || k == PromqlTokenKind.FILL_LEFT
        || k == PromqlTokenKind.FILL_RIGHT) {
      return emit(beforeParenthesis() ? k : PromqlTokenKind.IDENTIFIER);
    }
    if (k != null) {
      return emit(k);
    }
    return emit(colon ? PromqlTokenKind.METRIC_IDENTIFIER : PromqlTokenKind.IDENTIFIER);
  }

  private boolean beforeParenthesis() {
    for (int p = pos; p < input.length; p++) {
      if (!isSpace(input[p])) {
        return input[p] == '(';
      }
    }
    return false;
  }

  private PromqlToken string(int quote) {
    pos++;
    while (true) {
      int c = rune();
      if (c == quote) {
        return emit(PromqlTokenKind.STRING);
      }
      if (c == 0xfffd) {
        throw error("invalid UTF-8 rune");
      }
      if (quote == '`') {
        if (c == EOF_CHAR) {
          throw error("unterminated raw string");
        }
      } else if (c == EOF_CHAR || c == '\n') {
        throw error("unterminated quoted string");
      } else if (c == '\\') {
        escape(quote);
      }
    }
  }

  private void escape(int quote) {
    int c = rune();
    int digits;
    int base = 16;
    long max = Character.MAX_CODE_POINT;
    switch (c) {
      case 'a', 'b', 'f', 'n', 'r', 't', 'v', '\\' -> {
        return;
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        digits = 3;
        base = 8;
        max = 255;
      }
      case 'x' -> {
        digits = 2;
        max = 255;
        c = rune();
      }
      case 'u' -> {
        digits = 4;
        c = rune();
      }
      case 'U' -> {
        digits = 8;
        c = rune();
      }
      case EOF_CHAR -> throw error("escape sequence not terminated");
      default -> {
        if (c == quote) {
          return;
        }
        throw error("unknown escape sequence " + describeRune(c));
      }
    }
    long x = 0;
    while (true) {
      int d = c < 0 ? -1 : Character.digit(c, base);
      if (d < 0 || c > 'f') {
        throw error(
            c == EOF_CHAR
                ? "escape sequence not terminated"
                : "illegal character " + describeRune(c) + " in escape sequence");
      }
      x = x * base + d;
      if (--digits == 0) {
        break;
      }
      c = rune();
    }
    if (x > max || 0xD800 <= x && x < 0xE000) {
      throw error("escape sequence is an invalid Unicode code point");
    }
  }

  private PromqlToken numberOrDuration() {
    if (scanNumber()) {
      return emit(PromqlTokenKind.NUMBER);
    }
    if (scanDurationRest()) {
      return emit(PromqlTokenKind.DURATION);
    }
    throw error("bad number or duration syntax: " + GoQuote.quote(text()));
  }

  /**
   * Reads a presumed number; returns whether the parser must check it. On failure {@link #pos} is
   * the end of the number: a duration may continue after the digits, and error messages end there.
   */
  private boolean scanNumber() {
    int from = pos;
    boolean hex = false;
    if (accept("0") && accept("xX")) {
      accept("_");
      hex = true;
    }
    accept(".");
    acceptDigit(hex);
    boolean dot = false;
    boolean exponent = false;
    while (true) {
      int c = peek();
      if (c == '.') {
        pos++;
        if (dot) {
          return false;
        }
        dot = true;
        if (accept("_.") || hex) {
          return false;
        }
      } else if ((c == 'e' || c == 'E')) {
        // In hexadecimal an e is first of all a digit, but the reference counts it as an exponent.
        pos++;
        if (exponent) {
          return false;
        }
        exponent = true;
        accept("+-");
        if (accept("._eE") || peek() == EOF_CHAR) {
          return false;
        }
      } else if (c == '_') {
        pos++;
        if (accept("._eE") || peek() == EOF_CHAR) {
          return false;
        }
      } else if (isDigit(c) || hex && isHex(c)) {
        while (acceptDigit(hex)) {
          // all of them
        }
      } else {
        break;
      }
    }
    return pos != from && !isAlphaNumeric(peek());
  }

  private boolean scanDurationRest() {
    if (!accept("smhdwy")) {
      return false;
    }
    accept("s");
    while (accept("0123456789")) {
      while (accept("0123456789")) {
        // all of them
      }
      if (!accept("smhdw")) {
        return false;
      }
      accept("s");
    }
    if (isAlphaNumeric(peek())) {
      pos++; // the text of the error ends with the character that does not belong
      return false;
    }
    return true;
  }

  private boolean accept(String valid) {
    int c = peek();
    if (c >= 0 && valid.indexOf(c) >= 0) {
      pos++;
      return true;
    }
    return false;
  }

  private boolean acceptDigit(boolean hex) {
    int c = peek();
    if (isDigit(c) || hex && isHex(c)) {
      pos++;
      return true;
    }
    return false;
  }

  private PromqlToken emit(PromqlTokenKind kind) {
    return new PromqlToken(kind, start, pos, text());
  }

  private String text() {
    return new String(input, start, pos - start, StandardCharsets.UTF_8);
  }

  private PromqlParseException error(String reason) {
    return new PromqlParseException(input, start, input.length, reason);
  }

  private int peek() {
    return peekAt(0);
  }

  /** Returns a byte (as an unsigned number) or {@link #EOF_CHAR}. */
  private int peekAt(int distance) {
    return pos + distance < input.length ? input[pos + distance] & 0xff : EOF_CHAR;
  }

  /** Reads a code point; the input is valid UTF-8, as it comes from a String. */
  private int rune() {
    if (pos >= input.length) {
      return EOF_CHAR;
    }
    int b = input[pos++];
    if (b >= 0) {
      return b;
    }
    int more = b < (byte) 0xe0 ? 1 : b < (byte) 0xf0 ? 2 : 3;
    int c = b & (0x3f >> more);
    for (int i = 0; i < more; i++) {
      c = c << 6 | input[pos++] & 0x3f;
    }
    return c;
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHex(int c) {
    return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  private static boolean isAlpha(int c) {
    return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isAlphaNumeric(int c) {
    return isAlpha(c) || isDigit(c);
  }

  /** Returns a character in single quotes, like Go's {@code %q}. */
  private static String quoteRune(int c) {
    if (c < 0) {
      return "'\ufffd'";
    }
    if (c == '\'') {
      return "'\\''";
    }
    if (c == '"') {
      return "'\"'";
    }
    String q = GoQuote.quote(Character.toString(c));
    return "'" + q.substring(1, q.length() - 1) + "'";
  }

  /** Returns {@code U+0063 'c'}, with the character only if it is printable. */
  private static String describeRune(int c) {
    String hex = String.format("U+%04X", c);
    String q = quoteRune(c);
    return q.startsWith("'\\") && c != '\'' && c != '\\'
        ? hex
        : hex + " '" + Character.toString(c) + "'";
  }
}
