package dev.tethys.query.promql.parser;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Text to tree. Queries are refused with Prometheus's own error messages; only the first error is
 * reported, as its API does.
 */
public final class PromqlParser {
  /** Longest query that is parsed, in bytes of UTF-8. */
  public static final int MAX_QUERY_BYTES = 1 << 20;

  /** Maximum nesting depth of parentheses, calls and signs in the text. */
  public static final int MAX_NESTING = 300;

  /** The greatest height of a tree, so that a walk over it never exhausts a stack. */
  public static final int MAX_HEIGHT = 1000;

  private PromqlParser() {}

  /**
   * Parses and type-checks a query.
   *
   * @throws PromqlParseException if it is not valid
   */
  public static Expr parse(String query, ParserOptions options) {
    byte[] utf8 = bytes(query);
    Expr e = new PromqlExprParser(utf8, options).expression();
    new TypeCheck(utf8).check(e);
    return e;
  }

  /**
   * Parses a series selector as accepted by {@code match[]}: a name, matchers in braces, or both.
   * Selectors that match everything are valid here.
   *
   * @throws PromqlParseException if it is not valid
   */
  public static List<Matcher> parseMetricSelector(String selector) {
    return new PromqlExprParser(bytes(selector), ParserOptions.STABLE).metricSelector();
  }

  /**
   * Parses a label set as series are written: {@code name{a="b"}}.
   *
   * @throws PromqlParseException if it is not valid
   */
  public static Labels parseMetric(String metric) {
    LabelsBuilder b = new LabelsBuilder();
    new PromqlExprParser(bytes(metric), ParserOptions.STABLE).metric(b::set);
    return b.build();
  }

  private static byte[] bytes(String query) {
    // Every char takes at least a byte: a giant is refused before it is copied.
    if (query.length() <= MAX_QUERY_BYTES) {
      byte[] utf8 = query.getBytes(StandardCharsets.UTF_8);
      if (utf8.length <= MAX_QUERY_BYTES) {
        return utf8;
      }
    }
    throw new PromqlParseException(
        new byte[] {' '},
        0,
        0,
        "query is longer than "
            + MAX_QUERY_BYTES
            + " bytes: split it, or let a recording rule compute parts of it");
  }
}
