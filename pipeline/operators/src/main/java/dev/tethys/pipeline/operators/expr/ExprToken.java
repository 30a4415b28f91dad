package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.Nullable;

/**
 * Expression token.
 *
 * @param text token as written; for strings, the unquoted value
 * @param value value of a number or bytes token
 * @param at start position
 */
record ExprToken(Kind kind, String text, @Nullable Object value, int at) {
  /** Token kind. */
  enum Kind {
    NUMBER,
    STRING,
    BYTES,
    NAME,
    /** {@code #}, {@code #index}, {@code #acc}. */
    POINTER,
    /** An operator or a bracket. */
    SIGN,
    END
  }

  boolean is(String sign) {
    return (kind == Kind.SIGN || kind == Kind.NAME) && text.equals(sign);
  }
}
