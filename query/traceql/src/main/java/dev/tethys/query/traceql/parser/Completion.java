package dev.tethys.query.traceql.parser;

import java.util.List;

/**
 * Completes queries that a user has not finished: a comparison without its right side is replaced
 * by {@code true}, and open braces and parentheses are closed.
 */
public final class Completion {
  private Completion() {}

  /**
   * Text of a query that can be parsed if the rest of it is valid.
   *
   * @throws TraceqlParseException if the text has no tokens of TraceQL
   */
  public static String complete(String text) {
    List<TraceqlToken> tokens = TraceqlLexer.tokens(text);
    StringBuilder sb = new StringBuilder();
    int from = 0;
    int braces = 0;
    int parentheses = 0;
    for (int i = 0; i < tokens.size() - 1; i++) {
      TraceqlToken t = tokens.get(i);
      braces += t.is("{") ? 1 : t.is("}") ? -1 : 0;
      parentheses += t.is("(") ? 1 : t.is(")") ? -1 : 0;
      if (braces > 0 && i > 0 && isComparison(t) && ends(tokens.get(i + 1))) {
        sb.append(text, from, tokens.get(i - 1).from()).append("true");
        from = t.to();
      }
    }
    sb.append(text, from, text.length());
    if (braces > 0) {
      // parentheses that are open inside the braces come before these
      sb.append(" )".repeat(Math.max(0, parentheses))).append(" }");
    } else {
      sb.append(" )".repeat(Math.max(0, parentheses)));
    }
    return sb.toString();
  }

  private static boolean isComparison(TraceqlToken t) {
    return t.kind() == TraceqlToken.Kind.SYMBOL
        && switch (t.text()) {
          case "=", "!=", "<", "<=", ">", ">=", "=~", "!~" -> true;
          default -> false;
        };
  }

  private static boolean ends(TraceqlToken t) {
    return t.kind() == TraceqlToken.Kind.END || t.is("&&") || t.is("||") || t.is(")") || t.is("}");
  }
}
