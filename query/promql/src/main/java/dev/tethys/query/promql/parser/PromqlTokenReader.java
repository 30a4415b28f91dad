package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens with one of lookahead, and the errors about them. A token is read from the text no earlier
 * than it is requested, because the first error wins and lexical errors are among them.
 */
class PromqlTokenReader {
  private final byte[] query;
  private final PromqlLexer lexer;
  private @Nullable PromqlToken ahead;
  private int consumedEnd;
  private Context context = new Context("", "");
  private int nesting;

  PromqlTokenReader(byte[] utf8) {
    this.query = utf8;
    this.lexer = new PromqlLexer(utf8);
  }

  /** Construct that error messages name, and the tokens that it accepts. */
  record Context(String construct, String expected) {}

  /** Names another construct; the response is for {@link #leave}. */
  final Context enter(String construct, String expected) {
    Context outer = context;
    context = new Context(construct, expected);
    return outer;
  }

  final void leave(Context outer) {
    context = outer;
  }

  /** Counts a level of recursion; every call is followed by {@link #ascend} or an error. */
  final void descend() {
    if (++nesting > PromqlParser.MAX_NESTING) {
      PromqlToken t = peek();
      throw error(
          t.start(),
          t.end(),
          "expression is nested more than " + PromqlParser.MAX_NESTING + " levels deep");
    }
  }

  final void ascend() {
    nesting--;
  }

  final PromqlToken peek() {
    PromqlToken t = ahead;
    if (t == null) {
      t = lexer.next();
      ahead = t;
    }
    return t;
  }

  final PromqlToken next() {
    PromqlToken t = peek();
    ahead = null;
    consumedEnd = t.end();
    return t;
  }

  /** Returns the end of the last consumed token. */
  final int consumedEnd() {
    return consumedEnd;
  }

  final PromqlToken expect(PromqlTokenKind kind) {
    if (peek().kind() != kind) {
      throw unexpected();
    }
    return next();
  }

  final void expectEnd() {
    if (peek().kind() != PromqlTokenKind.EOF) {
      throw unexpected();
    }
  }

  /** Returns the error for a token that does not fit the current construct. */
  final PromqlParseException unexpected() {
    return unexpected(peek());
  }

  final PromqlParseException unexpected(PromqlToken t) {
    return unexpected(t, context.construct, context.expected);
  }

  final PromqlParseException unexpected(PromqlToken t, String construct, String expected) {
    return error(
        t.start(),
        t.end(),
        "unexpected "
            + t.describe()
            + (construct.isEmpty() ? "" : " in " + construct)
            + (expected.isEmpty() ? "" : ", expected " + expected));
  }

  final PromqlParseException error(int start, int end, String reason) {
    return new PromqlParseException(query, start, end, reason);
  }

  static Span span(PromqlToken t) {
    return new Span(t.start(), t.end());
  }

  /** Returns the value of a number or a duration in seconds. */
  final double number(PromqlToken t) {
    if (t.kind() == PromqlTokenKind.DURATION) {
      try {
        long millis = Literals.durationMillis(t.text());
        return millis / 1000 + millis % 1000 * 1_000_000L / 1e9;
      } catch (IllegalArgumentException e) {
        throw error(t.start(), t.end(), String.valueOf(e.getMessage()));
      }
    }
    try {
      return Literals.number(t.text());
    } catch (IllegalArgumentException e) {
      throw error(t.start(), t.end(), "error parsing number: " + e.getMessage());
    }
  }

  /**
   * Parses label names in parentheses.
   *
   * @param end receives the end of the clause, if not null
   */
  final List<String> groupingLabels(int @Nullable [] end) {
    String construct = "grouping opts";
    if (peek().kind() != PromqlTokenKind.LEFT_PAREN) {
      throw unexpected(peek(), construct, "\"(\"");
    }
    next();
    List<String> labels = new ArrayList<>();
    while (labels.isEmpty() || peek().kind() == PromqlTokenKind.COMMA) {
      if (!labels.isEmpty()) {
        next();
      }
      if (peek().kind() == PromqlTokenKind.RIGHT_PAREN) {
        break;
      }
      PromqlToken t = next();
      if (!t.kind().isGroupingLabel() && t.kind() != PromqlTokenKind.STRING) {
        throw unexpected(t, construct, "label");
      }
      String name = t.kind() == PromqlTokenKind.STRING ? Literals.unquote(t.text()) : t.text();
      if (name.isEmpty()) {
        throw error(t.start(), t.end(), "invalid label name for grouping: " + GoQuote.quote(name));
      }
      labels.add(name);
    }
    if (peek().kind() != PromqlTokenKind.RIGHT_PAREN) {
      throw unexpected(peek(), construct, "\",\" or \")\"");
    }
    PromqlToken close = next();
    if (end != null) {
      end[0] = close.end();
    }
    return List.copyOf(labels);
  }
}
