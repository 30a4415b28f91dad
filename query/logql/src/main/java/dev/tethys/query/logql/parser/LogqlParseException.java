package dev.tethys.query.logql.parser;

import dev.tethys.model.log.ErrorText;

/** Query that is not valid LogQL. The message has Loki's form. */
public final class LogqlParseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final String reason;

  /**
   * @param line line from 1; 0 if unknown
   * @param column column from 1; 0 if unknown
   */
  public LogqlParseException(int line, int column, String reason) {
    super(
        line == 0 && column == 0
            ? "parse error : " + ErrorText.shorten(reason)
            : "parse error at line " + line + ", col " + column + ": " + ErrorText.shorten(reason));
    this.line = line;
    this.column = column;
    this.reason = ErrorText.shorten(reason);
  }

  /** Creates an error without a position. */
  public LogqlParseException(String reason) {
    this(0, 0, reason);
  }

  /** Returns the line from 1; 0 if unknown. */
  public int line() {
    return line;
  }

  /** Returns the column from 1; 0 if unknown. */
  public int column() {
    return column;
  }

  /** Returns the text without the position. */
  public String reason() {
    return reason;
  }
}
