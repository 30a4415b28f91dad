package dev.tethys.alert.manager.match;

import dev.tethys.alert.manager.match.MatcherLexer.Kind;
import dev.tethys.alert.manager.match.MatcherLexer.Token;
import dev.tethys.codec.template.GoStrings;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads matchers in the UTF-8 syntax: {@code {name="value","other name"!~b.*}}, braces optional.
 * Error messages are Alertmanager's.
 */
final class MatcherParser {
  private final MatcherLexer lexer;
  private final List<LabelMatcher> out = new ArrayList<>();

  private MatcherParser(String input) {
    lexer = new MatcherLexer(input);
  }

  static List<LabelMatcher> parse(String input) {
    MatcherParser p = new MatcherParser(input);
    p.run();
    return p.out;
  }

  private void run() {
    Token first = lexer.peekToken();
    if (first.kind() == Kind.END) {
      return;
    }
    boolean braced = first.kind() == Kind.OPEN_BRACE;
    if (braced) {
      lexer.next();
    }
    Token t = lexer.peekToken();
    if (t.kind() != Kind.CLOSE_BRACE && !(braced && t.kind() == Kind.END)) {
      matchers();
    }
    close(braced);
    Token end = lexer.next();
    if (end.kind() != Kind.END) {
      throw new IllegalArgumentException(
          end.from() + ":" + end.to() + ": " + end.value() + ": expected end of input");
    }
  }

  private void matchers() {
    while (true) {
      matcher();
      Token t = lexer.peekToken();
      if (t.kind() == Kind.END || t.kind() == Kind.CLOSE_BRACE) {
        return;
      }
      if (t.kind() != Kind.COMMA) {
        throw unexpected(t, "expected a comma or close brace");
      }
      lexer.next();
      Token after = lexer.peekToken();
      switch (after.kind()) {
        case END, CLOSE_BRACE -> {
          return;
        }
        case QUOTED, UNQUOTED -> {}
        default -> throw unexpected(after, "expected a matcher or close brace after comma");
      }
    }
  }

  private void matcher() {
    Token name = expect("expected label name", Kind.QUOTED, Kind.UNQUOTED);
    String n = unquote(name);
    Token operator =
        expect(
            "expected an operator such as '=', '!=', '=~' or '!~'",
            Kind.EQUALS,
            Kind.NOT_EQUALS,
            Kind.MATCHES,
            Kind.NOT_MATCHES);
    LabelMatcher.Type type =
        switch (operator.kind()) {
          case EQUALS -> LabelMatcher.Type.EQUAL;
          case NOT_EQUALS -> LabelMatcher.Type.NOT_EQUAL;
          case MATCHES -> LabelMatcher.Type.REGEX;
          default -> LabelMatcher.Type.NOT_REGEX;
        };
    Token value = expect("expected label value", Kind.UNQUOTED, Kind.QUOTED);
    String v = unquote(value);
    try {
      out.add(LabelMatcher.of(type, n, v));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("failed to create matcher: " + e.getMessage(), e);
    }
  }

  private void close(boolean braced) {
    Token t = lexer.peekToken();
    if (braced) {
      if (t.kind() != Kind.CLOSE_BRACE) {
        throw new IllegalArgumentException(
            "0:"
                + lexer.endColumn()
                + ": "
                + (t.kind() == Kind.END
                    ? "end of input"
                    : t.from() + ":" + t.to() + ": unexpected " + t.value())
                + ": expected close brace");
      }
      lexer.next();
    } else if (t.kind() == Kind.CLOSE_BRACE) {
      lexer.next();
      throw new IllegalArgumentException("0:" + lexer.endColumn() + ": }: expected opening brace");
    }
  }

  private Token expect(String wanted, Kind... kinds) {
    Token t = lexer.peekToken();
    for (Kind k : kinds) {
      if (t.kind() == k) {
        return lexer.next();
      }
    }
    if (t.kind() == Kind.END) {
      throw new IllegalArgumentException("end of input: " + wanted);
    }
    throw unexpected(t, wanted);
  }

  private static IllegalArgumentException unexpected(Token t, String wanted) {
    return new IllegalArgumentException(
        t.from() + ":" + t.to() + ": unexpected " + t.value() + ": " + wanted);
  }

  private static String unquote(Token t) {
    if (t.kind() == Kind.UNQUOTED) {
      return t.value();
    }
    String s = GoStrings.unquote(t.value());
    if (s == null) {
      throw new IllegalArgumentException(
          t.from() + ":" + t.to() + ": " + t.value() + ": invalid input");
    }
    return s;
  }
}
