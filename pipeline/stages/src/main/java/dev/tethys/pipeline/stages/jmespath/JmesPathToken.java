package dev.tethys.pipeline.stages.jmespath;

import org.jspecify.annotations.Nullable;

/**
 * A token of an expression.
 *
 * @param value of an identifier, a literal or a number
 * @param at where it begins
 */
record JmesPathToken(Kind kind, @Nullable Object value, int at) {
  enum Kind {
    IDENTIFIER("an identifier"),
    QUOTED("a quoted identifier"),
    LITERAL("a literal"),
    NUMBER("a number"),
    DOT("."),
    STAR("*"),
    FLATTEN("[]"),
    FILTER("[?"),
    OPEN("["),
    CLOSE("]"),
    OPEN_BRACE("{"),
    CLOSE_BRACE("}"),
    OPEN_PAREN("("),
    CLOSE_PAREN(")"),
    COMMA(","),
    COLON(":"),
    AT("@"),
    AMPERSAND("&"),
    PIPE("|"),
    OR("||"),
    AND("&&"),
    NOT("!"),
    EQ("=="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    END("the end");

    final String shown;

    Kind(String shown) {
      this.shown = shown;
    }
  }
}
