package dev.tethys.query.traceql.parser;

import dev.tethys.model.traces.SpanField;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.parser.TraceqlParseException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Splits a query into tokens. The name of an attribute ends at white space or an operator. */
final class TraceqlLexer {
  private static final String NAME_ENDS = "{}()=~!<>&|^,";

  /** Symbols, longer ones before their prefixes. */
  private static final String[] SYMBOLS = {
    "&>>", "&<<", "!>>", "!<<", "&&", "||", "&>", "&<", "&~", "!>", "!<", "!~", "!=", "=~", ">>",
    "<<", ">=", "<=", "{", "}", "(", ")", ",", "=", "<", ">", "~", "!", "+", "-", "*", "/", "%",
    "^", "|"
  };

  private static final Map<String, SpanField.Scope> SCOPES =
      Map.of(
          "span", SpanField.Scope.SPAN_ATTRIBUTE,
          "resource", SpanField.Scope.RESOURCE_ATTRIBUTE,
          "event", SpanField.Scope.EVENT_ATTRIBUTE,
          "link", SpanField.Scope.LINK_ATTRIBUTE,
          "instrumentation", SpanField.Scope.SCOPE_ATTRIBUTE);

  private final String text;
  private final List<TraceqlToken> tokens = new ArrayList<>();
  private int at;

  private TraceqlLexer(String text) {
    this.text = text;
  }

  /** Tokens of a query; the last is {@link TraceqlToken.Kind#END}. */
  static List<TraceqlToken> tokens(String text) {
    return new TraceqlLexer(text).run();
  }

  private List<TraceqlToken> run() {
    while (true) {
      skipSpace();
      if (at >= text.length()) {
        tokens.add(new TraceqlToken(TraceqlToken.Kind.END, "", null, null, at, at));
        return tokens;
      }
      next();
    }
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
          throw error(at, "comment is not closed, expected */");
        }
        at = end + 2;
      } else {
        return;
      }
    }
  }

  private void next() {
    char c = text.charAt(at);
    if (c == '.' && !(at + 1 < text.length() && isDigit(text.charAt(at + 1)))) {
      attribute(at, at + 1, SpanField.Scope.ANY_ATTRIBUTE, false);
    } else if (isDigit(c) || c == '.') {
      number();
    } else if (c == '"' || c == '`') {
      string(c);
    } else if (isLetter(c)) {
      word();
    } else {
      symbol();
    }
  }

  private void symbol() {
    for (String s : SYMBOLS) {
      if (text.startsWith(s, at)) {
        add(TraceqlToken.Kind.SYMBOL, at, at + s.length(), null, null);
        return;
      }
    }
    int c = text.codePointAt(at);
    throw error(at, "unexpected character " + Character.toString(c));
  }

  private void word() {
    int from = at;
    int end = wordEnd(from);
    String word = text.substring(from, end);
    char next = end < text.length() ? text.charAt(end) : ' ';
    if (next == '.' && word.equals("parent")) {
      for (String scope : new String[] {"span", "resource"}) {
        if (text.startsWith(scope + ".", end + 1)) {
          attribute(from, end + scope.length() + 2, scope(scope), true);
          return;
        }
      }
      attribute(from, end + 1, SpanField.Scope.ANY_ATTRIBUTE, true);
    } else if (next == '.' && SCOPES.containsKey(word)) {
      attribute(from, end + 1, scope(word), false);
    } else {
      if (next == ':' && end + 1 < text.length() && isLetter(text.charAt(end + 1))) {
        end = wordEnd(end + 1);
      }
      add(TraceqlToken.Kind.WORD, from, end, null, null);
    }
  }

  private static SpanField.Scope scope(String word) {
    return SCOPES.getOrDefault(word, SpanField.Scope.ANY_ATTRIBUTE);
  }

  private int wordEnd(int from) {
    int i = from;
    while (i < text.length() && (isLetter(text.charAt(i)) || isDigit(text.charAt(i)))) {
      i++;
    }
    return i;
  }

  private void attribute(int from, int nameFrom, SpanField.Scope scope, boolean ofParent) {
    StringBuilder name = new StringBuilder();
    int i = nameFrom;
    boolean quoted = false;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = true;
        i = quotedPart(i, name);
      } else if (Character.isWhitespace(c) || NAME_ENDS.indexOf(c) >= 0) {
        break;
      } else {
        name.append(c);
        i++;
      }
    }
    if (name.isEmpty() && !quoted) {
      throw error(from, "name of an attribute is missing after " + text.substring(from, nameFrom));
    }
    add(
        TraceqlToken.Kind.ATTRIBUTE,
        from,
        i,
        null,
        new FieldExpr.Attribute(scope, ofParent, name.toString()));
  }

  /** Reads a quoted part of a name; the index after it. */
  private int quotedPart(int from, StringBuilder name) {
    int i = from + 1;
    while (i < text.length()) {
      char c = text.charAt(i++);
      if (c == '"') {
        return i;
      }
      if (c == '\\' && i < text.length()) {
        c = text.charAt(i++);
        if (c != '"' && c != '\\') {
          throw error(i - 2, "invalid escape \\" + c + " in a quoted name, expected \\\" or \\\\");
        }
      }
      name.append(c);
    }
    throw error(from, "quoted name of an attribute is not closed, expected \"");
  }

  private void number() {
    int from = at;
    int i = digits(from);
    boolean whole = true;
    if (i < text.length() && text.charAt(i) == '.') {
      whole = false;
      i = digits(i + 1);
    }
    if (i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
      int e = i + 1;
      if (e < text.length() && (text.charAt(e) == '+' || text.charAt(e) == '-')) {
        e++;
      }
      if (e < text.length() && isDigit(text.charAt(e))) {
        whole = false;
        i = digits(e);
      }
    }
    int end = i;
    while (end < text.length() && isDurationPart(text.charAt(end))) {
      end++;
    }
    if (end > i) {
      String s = text.substring(from, end);
      try {
        literal(from, end, new TraceValue.Duration(Units.queryDuration(s)));
      } catch (Units.UnitException e) {
        throw error(from, e.reason() + ", expected units of ns, us, ms, s, m, h, d, w, y");
      }
      return;
    }
    String s = text.substring(from, i);
    try {
      literal(
          from,
          i,
          whole ? new TraceValue.Int(Long.parseLong(s)) : new TraceValue.Real(real(s, from)));
    } catch (NumberFormatException e) {
      if (tokens.getLast() instanceof TraceqlToken t
          && t.is("-")
          && s.equals("9223372036854775808")) {
        literal(from, i, new TraceValue.Int(Long.MIN_VALUE)); // the sign changes nothing
        return;
      }
      throw error(from, "integer " + s + " is out of range of 64 bits");
    }
  }

  private double real(String s, int from) {
    double d = Double.parseDouble(s);
    if (Double.isInfinite(d)) {
      throw error(from, "number " + s + " is out of range");
    }
    return d;
  }

  private int digits(int from) {
    int i = from;
    while (i < text.length() && isDigit(text.charAt(i))) {
      i++;
    }
    return i;
  }

  private void string(char quote) {
    int from = at;
    StringBuilder sb = new StringBuilder();
    int i = from + 1;
    while (i < text.length()) {
      char c = text.charAt(i++);
      if (c == quote) {
        literal(from, i, new TraceValue.Text(sb.toString()));
        return;
      }
      if (quote == '"' && c == '\\') {
        i = Escapes.append(sb, text, i, this::error);
      } else if (quote == '"' && c == '\n') {
        break;
      } else if (c != '\r' || quote == '"') {
        sb.append(c);
      }
    }
    throw error(from, "string is not closed, expected " + quote);
  }

  private void literal(int from, int to, TraceValue value) {
    add(TraceqlToken.Kind.LITERAL, from, to, value, null);
  }

  private void add(
      TraceqlToken.Kind kind,
      int from,
      int to,
      @Nullable TraceValue value,
      FieldExpr.@Nullable Attribute attribute) {
    tokens.add(new TraceqlToken(kind, text.substring(from, to), value, attribute, from, to));
    at = to;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return c == '_' || Character.isLetter(c);
  }

  private static boolean isDurationPart(char c) {
    return isLetter(c) || isDigit(c) || c == '.';
  }

  private TraceqlParseException error(int index, String reason) {
    return error(text, index, reason);
  }

  /** Returns a syntax error at a character of a query. */
  static TraceqlParseException error(String text, int index, String reason) {
    int line = 1;
    int lineFrom = 0;
    for (int i = 0; i < index && i < text.length(); i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineFrom = i + 1;
      }
    }
    return new TraceqlParseException(
        Kind.SYNTAX,
        line,
        text.codePointCount(lineFrom, Math.max(lineFrom, Math.min(index, text.length()))) + 1,
        reason);
  }
}
