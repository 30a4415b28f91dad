package dev.tethys.api.prometheus;

import dev.tethys.model.GoQuote;

/** Ends a request with an error response. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ErrorType type;

  public ApiException(ErrorType type, String message) {
    super(message);
    this.type = type;
  }

  public ApiException(ErrorType type, String message, Throwable cause) {
    super(message, cause);
    this.type = type;
  }

  /** Creates an exception for an invalid request. */
  public static ApiException badData(String message) {
    return new ApiException(ErrorType.BAD_DATA, message);
  }

  /** Creates an exception for an invalid parameter. */
  public static ApiException invalidParameter(String name, String problem) {
    return badData("invalid parameter " + GoQuote.quote(name) + ": " + problem);
  }

  public ErrorType type() {
    return type;
  }

  /** Returns the message; never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
