package dev.tethys.query.promql;

import dev.tethys.model.log.ErrorText;

/** Query failure. The message addresses the user and names the remedy. */
public class QueryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Reason, which determines the status of the API response. */
  public enum Kind {
    /** The text or its parameters are wrong. */
    BAD_DATA,
    /** The query cannot be evaluated over the stored data. */
    EXECUTION,
    /** The query exceeded its time limit. */
    TIMEOUT,
    /** A client or an operator stopped it. */
    CANCELED,
    /** The query would exceed its limit of samples or memory. */
    LIMIT,
    /** Other queries use the resources; the client can retry later. */
    OVERLOAD,
    /** The store failed. */
    STORAGE,
    /** Internal error. */
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

  /** Returns the error for data that cannot be combined as the query requires. */
  public static QueryException execution(String message) {
    return new QueryException(Kind.EXECUTION, message);
  }
}
