package dev.tethys.query.traceql;

/** Query that exceeds a limit or has an argument that is not valid. */
public final class TraceQueryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean limit;

  private TraceQueryException(boolean limit, String message) {
    super(message);
    this.limit = limit;
  }

  /** Query that exceeds a limit. */
  public static TraceQueryException limit(String message) {
    return new TraceQueryException(true, message);
  }

  /** Request that is not valid. */
  public static TraceQueryException invalid(String message) {
    return new TraceQueryException(false, message);
  }

  /** True if a limit is exceeded, false if the request is not valid. */
  public boolean isLimit() {
    return limit;
  }
}
