package dev.tethys.query.traceql;

/** Query that has an argument that is not valid, exceeds a limit, or has no memory left. */
public final class TraceQueryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Cause of a failure. */
  public enum Kind {
    /** The request is not valid. */
    INVALID,
    /** The query exceeds a limit. */
    LIMIT,
    /** Other queries hold the memory that it needs: the client may retry later. */
    OVERLOAD
  }

  private final Kind kind;

  private TraceQueryException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Creates the error for a query that exceeds a limit. */
  public static TraceQueryException limit(String message) {
    return new TraceQueryException(Kind.LIMIT, message);
  }

  /** Creates the error for an invalid request. */
  public static TraceQueryException invalid(String message) {
    return new TraceQueryException(Kind.INVALID, message);
  }

  /** Creates the error for a query to which other queries leave no memory. */
  public static TraceQueryException overload(String message) {
    return new TraceQueryException(Kind.OVERLOAD, message);
  }

  public Kind kind() {
    return kind;
  }
}
