package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;

/**
 * One token.
 *
 * @param start first byte in the query
 * @param end byte after the last one
 * @param text token as written
 */
record PromqlToken(PromqlTokenKind kind, int start, int end, String text) {
  /** Strings longer than this are cut in error messages. */
  private static final int SHOWN = 10;

  /** Returns the name of the token in error messages. */
  String describe() {
    return switch (kind.group) {
      case OPERATOR -> "<op:" + text + ">";
      case AGGREGATOR -> "<aggr:" + text + ">";
      case KEYWORD -> "<" + text + ">";
      case SYMBOL, PREPROCESSOR -> quoted();
      case PHRASE ->
          switch (kind) {
            case EOF -> kind.phrase;
            case IDENTIFIER, METRIC_IDENTIFIER -> kind.phrase + " " + GoQuote.quote(text);
            default -> kind.phrase + " " + quoted();
          };
    };
  }

  private String quoted() {
    if (end - start <= SHOWN) {
      return GoQuote.quote(text);
    }
    int cut = text.offsetByCodePoints(0, Math.min(SHOWN, text.codePointCount(0, text.length())));
    return GoQuote.quote(text.substring(0, cut)) + "...";
  }
}
