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

  /** The request is wrong. */
  public static ApiException badData(String message) {
    return new ApiException(ErrorType.BAD_DATA, message);
  }

  /** A parameter is wrong. */
  public static ApiException invalidParameter(String name, String problem) {
    return badData("invalid parameter " + GoQuote.quote(name) + ": " + problem);
  }

  public ErrorType type() {
    return type;
  }

  /** The message; never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
