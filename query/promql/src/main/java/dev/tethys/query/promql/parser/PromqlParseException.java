package dev.tethys.query.promql.parser;

import dev.tethys.model.log.ErrorText;
import dev.tethys.query.promql.ast.Expr.Span;
import java.nio.charset.StandardCharsets;

/** A query that is not PromQL. The message is Prometheus's: {@code 1:5: parse error: ...}. */
public final class PromqlParseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Span span;
  private final String reason;

  PromqlParseException(byte[] query, int start, int end, String reason) {
    super(position(query, start) + ": parse error: " + ErrorText.shorten(reason));
    this.span = new Span(start, end);
    this.reason = ErrorText.shorten(reason);
  }

  /** Returns the part of the query that is wrong. */
  public Span span() {
    return span;
  }

  /** Returns the problem, without the position. */
  public String reason() {
    return reason;
  }

  /** Returns {@code line:column} of a byte offset, both from 1; the column counts bytes. */
  public static String position(String query, int offset) {
    return position(query.getBytes(StandardCharsets.UTF_8), offset);
  }

  private static String position(byte[] query, int offset) {
    if (query.length == 0) {
      return "unknown position";
    }
    if (offset < 0 || offset > query.length) {
      return "invalid position";
    }
    int lastBreak = -1;
    int line = 1;
    for (int i = 0; i < offset; i++) {
      if (query[i] == '\n') {
        lastBreak = i;
        line++;
      }
    }
    return line + ":" + (offset - lastBreak);
  }
}
