package dev.tethys.query.logql.parser;

import java.util.Locale;

/**
 * Query token.
 *
 * @param text text as written; the value of a string
 * @param nanos value of a duration or a range
 * @param line line from 1; 0 for ranges, as in Loki's messages
 * @param column column from 1, in characters
 */
record LogqlToken(LogqlTokenKind kind, String text, long nanos, int line, int column) {
  /** Returns the name used in messages. */
  String shown() {
    return switch (kind) {
      case RANGE_FUNCTION, AGGREGATION -> text.toUpperCase(Locale.ROOT);
      case CONVERSION -> text;
      default -> kind.shown();
    };
  }
}
