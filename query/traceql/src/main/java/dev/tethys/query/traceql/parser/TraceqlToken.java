package dev.tethys.query.traceql.parser;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.TraceValue;
import org.jspecify.annotations.Nullable;

/**
 * Query token.
 *
 * @param kind kind
 * @param text text in the query, shown in errors
 * @param value value of a literal
 * @param attribute attribute
 * @param from index of its first character
 * @param to index after its last character
 */
record TraceqlToken(
    Kind kind,
    String text,
    @Nullable TraceValue value,
    FieldExpr.@Nullable Attribute attribute,
    int from,
    int to) {
  enum Kind {
    /** Name, keyword or scoped intrinsic field. */
    WORD,
    ATTRIBUTE,
    /** String, number or duration. */
    LITERAL,
    SYMBOL,
    END
  }

  boolean is(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  /** Returns the text for errors. */
  String shown() {
    return kind == Kind.END ? "end of query" : text;
  }
}
