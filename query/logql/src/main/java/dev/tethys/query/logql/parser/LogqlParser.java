package dev.tethys.query.logql.parser;

import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Parses LogQL. */
public final class LogqlParser {
  /** Longest query in characters, as in Loki. */
  public static final int MAX_QUERY_LENGTH = 131_072;

  private static final String NO_MATCHER =
      "queries require at least one regexp or equality matcher that does not have an"
          + " empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but"
          + " app=~\".+\" will";

  private LogqlParser() {}

  /**
   * Parses a query.
   *
   * @throws LogqlParseException if it is not valid
   */
  public static LogqlExpr parse(String query) {
    LogqlExpr e = parseTree(query);
    checkSelectors(e);
    return e;
  }

  /** Parses a query that was received as bytes. */
  public static LogqlExpr parse(byte[] utf8) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer from = ByteBuffer.wrap(utf8);
    CharBuffer to = CharBuffer.allocate(utf8.length);
    if (decoder.decode(from, to, true).isError()) {
      String valid = to.flip().toString();
      int line = (int) valid.chars().filter(c -> c == '\n').count() + 1;
      throw new LogqlParseException(
          line, valid.length() - valid.lastIndexOf('\n') - 1, "invalid UTF-8 encoding");
    }
    return parse(to.flip().toString());
  }

  /** Parses a query that has to be a log query. */
  public static LogExpr parseLog(String query) {
    if (parse(query) instanceof LogExpr l) {
      return l;
    }
    throw new LogqlParseException("only log selector is supported");
  }

  /**
   * Parses a stream selector without a pipeline.
   *
   * @param allowAny whether a selector may select streams with any labels
   */
  public static List<Matcher> parseMatchers(String selector, boolean allowAny) {
    LogqlExpr e = parseTree(selector);
    if (!(e instanceof LogExpr l) || !l.stages().isEmpty()) {
      throw new LogqlParseException("only label matchers are supported");
    }
    if (!allowAny) {
      checkSelectors(l);
    }
    return l.matchers();
  }

  private static LogqlExpr parseTree(String query) {
    if (query.length() > MAX_QUERY_LENGTH) {
      throw new LogqlParseException(
          "input size too long (" + query.length() + " > " + MAX_QUERY_LENGTH + ")");
    }
    if (query.isBlank()) {
      throw new LogqlParseException(0, 1, "syntax error: unexpected $end");
    }
    return new LogqlMetricParser(new LogqlTokenReader(query)).query();
  }

  private static void checkSelectors(LogqlExpr e) {
    switch (e) {
      case LogExpr l -> {
        boolean selective = l.matchers().stream().anyMatch(m -> !m.matchesEmpty());
        if (!selective) {
          throw new LogqlParseException(NO_MATCHER);
        }
      }
      case MetricExpr.RangeAggregation r -> checkSelectors(r.range().log());
      case MetricExpr.VectorAggregation v -> checkSelectors(v.inner());
      case MetricExpr.LabelReplace r -> checkSelectors(r.inner());
      case MetricExpr.Binary b -> {
        checkSelectors(b.left());
        checkSelectors(b.right());
      }
      case MetricExpr.Variants v -> {
        v.metrics().forEach(LogqlParser::checkSelectors);
        checkSelectors(v.of().log());
      }
      case MetricExpr.Vector v -> {}
      case MetricExpr.Literal n -> {}
    }
  }
}
