package dev.tethys.query.promql;

import dev.tethys.model.guard.ErrorText;

/** A query failed. The message is for its user and says what to change. */
public class QueryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why, and so what an API answers. */
  public enum Kind {
    /** The text or its parameters are wrong. */
    BAD_DATA,
    /** It cannot be evaluated over the data there is. */
    EXECUTION,
    /** It ran longer than it may. */
    TIMEOUT,
    /** A client or an operator stopped it. */
    CANCELED,
    /** It would take more samples or memory than it may. */
    LIMIT,
    /** Other queries take what it needs; it may be asked again later. */
    OVERLOAD,
    /** The store failed. */
    STORAGE,
    /** One of our errors. */
    INTERNAL
  }

  private final Kind kind;

  public QueryException(Kind kind, String message) {
    super(ErrorText.shorten(message));
    this.kind = kind;
  }

  public QueryException(Kind kind, String message, Throwable cause) {
    super(ErrorText.shorten(message), cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** The data cannot be combined as the query asks. */
  public static QueryException execution(String message) {
    return new QueryException(Kind.EXECUTION, message);
  }
}
