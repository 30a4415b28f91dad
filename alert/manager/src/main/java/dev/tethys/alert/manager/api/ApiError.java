package dev.tethys.alert.manager.api;

/** A request is answered with an error. */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Codes of the validation that Alertmanager's API has in its responses. */
  static final int WRONG_TYPE = 601;

  static final int REQUIRED = 602;
  static final int TOO_FEW = 612;

  private final int status;
  private final int code;

  private ApiError(int status, int code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Creates an error whose body is only the text, as a JSON string. */
  static ApiError plain(int status, String message) {
    return new ApiError(status, 0, message);
  }

  /** Creates an error whose body is an object with a code and the text. */
  static ApiError coded(int status, int code, String message) {
    return new ApiError(status, code, message);
  }

  static ApiError required(String name) {
    return coded(422, REQUIRED, name + " in body is required");
  }

  int status() {
    return status;
  }

  int code() {
    return code;
  }
}
