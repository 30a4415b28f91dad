package dev.tethys.query.traceql.parser;

import dev.tethys.model.log.ErrorText;

/** Query that is not valid TraceQL, or that is valid and not supported. */
public final class TraceqlParseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Kind of error. */
  public enum Kind {
    /** The text is not in the grammar. */
    SYNTAX,
    /** The types or arguments do not fit. */
    INVALID,
    /** Grammar and types are valid, but there is no execution. */
    UNSUPPORTED
  }

  private final Kind kind;
  private final int line;
  private final int column;
  private final String reason;

  /**
   * @param line line from 1; 0 if the fault has no place
   * @param column column from 1
   */
  public TraceqlParseException(Kind kind, int line, int column, String reason) {
    super(
        switch (kind) {
          case SYNTAX ->
              "parse error at line " + line + ", col " + column + ": " + ErrorText.shorten(reason);
          case INVALID -> "invalid TraceQL query: " + ErrorText.shorten(reason);
          case UNSUPPORTED -> "unsupported TraceQL query: " + ErrorText.shorten(reason);
        });
    this.kind = kind;
    this.line = line;
    this.column = column;
    this.reason = ErrorText.shorten(reason);
  }

  /** Returns the kind of error. */
  public Kind kind() {
    return kind;
  }

  /** Returns the line from 1; 0 if the error has no position. */
  public int line() {
    return line;
  }

  /** Returns the column from 1; 0 if the error has no position. */
  public int column() {
    return column;
  }

  /** Returns the message without the position. */
  public String reason() {
    return reason;
  }
}
