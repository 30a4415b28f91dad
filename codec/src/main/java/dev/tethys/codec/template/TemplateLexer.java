package dev.tethys.codec.template;

import dev.tethys.codec.template.TemplateToken.Kind;
import dev.tethys.model.GoQuote;
import java.util.Locale;
import java.util.Map;

/**
 * Splits a template into tokens, one at a time: text outside {@code {{ }}}, and the content inside.
 * After an error or the end, further calls return it again. Facts: Go's text/template, whose trim
 * markers {@code {{-} and {@code -}}} eat the white space next to them.
 */
final class TemplateLexer {
  private static final String LEFT = "{{";
  private static final String RIGHT = "}}";
  private static final Map<String, Kind> KEYWORDS =
      Map.ofEntries(
          Map.entry("block", Kind.BLOCK),
          Map.entry("break", Kind.BREAK),
          Map.entry("continue", Kind.CONTINUE),
          Map.entry("define", Kind.DEFINE),
          Map.entry("else", Kind.ELSE),
          Map.entry("end", Kind.END),
          Map.entry("if", Kind.IF),
          Map.entry("nil", Kind.NIL),
          Map.entry("range", Kind.RANGE),
          Map.entry("template", Kind.TEMPLATE),
          Map.entry("with", Kind.WITH));

  private final String in;
  private int pos;
  private int line = 1;
  private int startLine = 1;
  private boolean inside;
  private int parens;
  private boolean ended;

  TemplateLexer(String text) {
    this.in = text;
  }

  /** The next token. */
  TemplateToken next() {
    if (ended) {
      return new TemplateToken(Kind.EOF, pos, "EOF", startLine);
    }
    TemplateToken t = inside ? insideAction() : text();
    if (t.kind() == Kind.ERROR || t.kind() == Kind.EOF) {
      ended = true;
    }
    return t;
  }

  private TemplateToken emit(Kind kind, int start) {
    TemplateToken t = new TemplateToken(kind, start, in.substring(start, pos), startLine);
    startLine = line;
    return t;
  }

  private TemplateToken error(int start, String problem) {
    return new TemplateToken(Kind.ERROR, start, problem, startLine);
  }

  private void advance(int to) {
    for (int i = pos; i < to; i++) {
      if (in.charAt(i) == '\n') {
        line++;
      }
    }
    pos = to;
  }

  private TemplateToken text() {
    while (true) {
      int start = pos;
      int open = in.indexOf(LEFT, pos);
      if (open < 0) {
        advance(in.length());
        return start == pos
            ? new TemplateToken(Kind.EOF, pos, "EOF", startLine)
            : emit(Kind.TEXT, start);
      }
      boolean trim = trimsLeft(open + LEFT.length());
      int end = open;
      if (trim) {
        while (end > start && isSpace(in.charAt(end - 1))) {
          end--;
        }
      }
      if (end > start) {
        advance(end);
        TemplateToken t = emit(Kind.TEXT, start);
        advance(open);
        startLine = line;
        return t;
      }
      advance(open);
      startLine = line;
      int after = open + LEFT.length() + (trim ? 2 : 0);
      if (in.startsWith("/*", after)) {
        TemplateToken problem = comment(after);
        if (problem != null) {
          return problem;
        }
        continue;
      }
      advance(open + LEFT.length());
      TemplateToken t = emit(Kind.LEFT_DELIMITER, open);
      advance(after);
      startLine = line;
      inside = true;
      parens = 0;
      return t;
    }
  }

  private @org.jspecify.annotations.Nullable TemplateToken comment(int at) {
    int end = in.indexOf("*/", at);
    if (end < 0) {
      return error(at, "unclosed comment");
    }
    int p = end + 2;
    boolean trim = trimsRight(p) && in.startsWith(RIGHT, p + 2);
    if (!trim && !in.startsWith(RIGHT, p)) {
      return error(at, "comment ends before closing delimiter");
    }
    p += (trim ? 2 : 0) + RIGHT.length();
    if (trim) {
      p = afterSpace(p);
    }
    advance(p);
    startLine = line;
    return null;
  }

  private int afterSpace(int p) {
    while (p < in.length() && isSpace(in.charAt(p))) {
      p++;
    }
    return p;
  }

  private boolean trimsLeft(int p) {
    return p + 1 < in.length() && in.charAt(p) == '-' && isSpace(in.charAt(p + 1));
  }

  private boolean trimsRight(int p) {
    return p + 1 < in.length() && isSpace(in.charAt(p)) && in.charAt(p + 1) == '-';
  }

  private boolean trimsAtEnd(int p) {
    return trimsRight(p) && in.startsWith(RIGHT, p + 2);
  }

  private TemplateToken insideAction() {
    if (trimsAtEnd(pos) || in.startsWith(RIGHT, pos)) {
      return parens == 0 ? rightDelimiter() : error(pos, "unclosed left paren");
    }
    if (pos >= in.length()) {
      return error(pos, "unclosed action");
    }
    int start = pos;
    int c = in.codePointAt(pos);
    int next = pos + Character.charCount(c);
    if (isSpace(c)) {
      return space();
    }
    if (c == '.' && !(next < in.length() && isDigit(in.charAt(next)))) {
      pos = next;
      return fieldOrVariable(start, Kind.FIELD, Kind.DOT);
    }
    if (c == '.' || c == '+' || c == '-' || isDigit(c)) {
      return number();
    }
    if (isAlphanumeric(c)) {
      return identifier();
    }
    return switch (c) {
      case '=' -> single(Kind.ASSIGN);
      case '|' -> single(Kind.PIPE);
      case ':' -> {
        if (!in.startsWith(":=", pos)) {
          yield error(start, "expected :=");
        }
        pos += 2;
        yield emit(Kind.DECLARE, start);
      }
      case '"' -> quoted(start, '"', Kind.STRING, "quoted string");
      case '`' -> raw(start);
      case '\'' -> quoted(start, '\'', Kind.CHAR_CONSTANT, "character constant");
      case '$' -> {
        pos = next;
        yield fieldOrVariable(start, Kind.VARIABLE, Kind.VARIABLE);
      }
      case '(' -> {
        parens++;
        yield single(Kind.LEFT_PAREN);
      }
      case ')' -> {
        parens--;
        yield parens < 0 ? error(start, "unexpected right paren") : single(Kind.RIGHT_PAREN);
      }
      default ->
          c > ' ' && c < 0x7f
              ? single(Kind.CHAR)
              : error(start, "unrecognized character in action: " + unicode(c));
    };
  }

  private TemplateToken single(Kind kind) {
    int start = pos++;
    return emit(kind, start);
  }

  /** Go's %#U. */
  static String unicode(int c) {
    String hex = String.format(Locale.ROOT, "U+%04X", c);
    boolean shown =
        !Character.isISOControl(c)
            && !Character.isWhitespace(c)
            && !Character.isSpaceChar(c)
            && Character.isDefined(c)
            && Character.getType(c) != Character.FORMAT;
    return shown ? hex + " '" + Character.toString(c) + "'" : hex;
  }

  private TemplateToken rightDelimiter() {
    boolean trim = trimsAtEnd(pos);
    if (trim) {
      advance(pos + 2);
      startLine = line;
    }
    int start = pos;
    pos += RIGHT.length();
    TemplateToken t = emit(Kind.RIGHT_DELIMITER, start);
    if (trim) {
      advance(afterSpace(pos));
      startLine = line;
    }
    inside = false;
    return t;
  }

  private TemplateToken space() {
    int start = pos;
    int end = afterSpace(pos);
    // The space of a trim marker belongs to the delimiter.
    if (end > start && trimsAtEnd(end - 1)) {
      end--;
      if (end == start) {
        return rightDelimiter();
      }
    }
    advance(end);
    return emit(Kind.SPACE, start);
  }

  private TemplateToken identifier() {
    int start = pos;
    wordEnd();
    String word = in.substring(start, pos);
    if (!terminated()) {
      return badCharacter(start);
    }
    Kind keyword = KEYWORDS.get(word);
    if (keyword != null) {
      return emit(keyword, start);
    }
    return emit(word.equals("true") || word.equals("false") ? Kind.BOOL : Kind.IDENTIFIER, start);
  }

  private void wordEnd() {
    while (pos < in.length()) {
      int c = in.codePointAt(pos);
      if (!isAlphanumeric(c)) {
        return;
      }
      pos += Character.charCount(c);
    }
  }

  private TemplateToken badCharacter(int start) {
    return error(start, "bad character " + unicode(in.codePointAt(pos)));
  }

  private TemplateToken fieldOrVariable(int start, Kind kind, Kind alone) {
    if (terminated()) {
      return emit(alone, start);
    }
    wordEnd();
    return terminated() ? emit(kind, start) : badCharacter(start);
  }

  private boolean terminated() {
    if (pos >= in.length()) {
      return true;
    }
    char c = in.charAt(pos);
    return isSpace(c) || ".,|:()".indexOf(c) >= 0 || in.startsWith(RIGHT, pos);
  }

  /** A constant between two of the quote, which a backslash escapes. */
  private TemplateToken quoted(int start, char quote, Kind kind, String what) {
    int p = pos + 1;
    while (true) {
      if (p >= in.length() || in.charAt(p) == '\n') {
        return error(start, "unterminated " + what);
      }
      char c = in.charAt(p);
      if (c == '\\' && p + 1 < in.length() && in.charAt(p + 1) != '\n') {
        p += 2;
      } else if (c == quote) {
        pos = p + 1;
        return emit(kind, start);
      } else {
        p++;
      }
    }
  }

  private TemplateToken raw(int start) {
    int end = in.indexOf('`', pos + 1);
    if (end < 0) {
      return error(start, "unterminated raw quoted string");
    }
    advance(end + 1);
    return emit(Kind.RAW_STRING, start);
  }

  private TemplateToken number() {
    int start = pos;
    accept("+-");
    String digits = "0123456789_";
    boolean decimal = true;
    if (accept("0")) {
      if (accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
        decimal = false;
      } else if (accept("oO")) {
        digits = "01234567_";
        decimal = false;
      } else if (accept("bB")) {
        digits = "01_";
        decimal = false;
      }
    }
    boolean hex = digits.length() == 23;
    acceptAll(digits);
    if (accept(".")) {
      acceptAll(digits);
    }
    if (decimal && accept("eE") || hex && accept("pP")) {
      accept("+-");
      acceptAll("0123456789_");
    }
    if (pos < in.length() && isAlphanumeric(in.codePointAt(pos))) {
      pos += Character.charCount(in.codePointAt(pos));
      return error(start, "bad number syntax: " + GoQuote.quote(in.substring(start, pos)));
    }
    return emit(Kind.NUMBER, start);
  }

  private boolean accept(String valid) {
    if (pos < in.length() && valid.indexOf(in.charAt(pos)) >= 0) {
      pos++;
      return true;
    }
    return false;
  }

  private void acceptAll(String valid) {
    while (accept(valid)) {
      // continues
    }
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isAlphanumeric(int c) {
    return c == '_' || Character.isLetter(c) || Character.isDigit(c);
  }
}
