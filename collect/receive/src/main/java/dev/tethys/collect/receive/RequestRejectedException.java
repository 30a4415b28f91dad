package dev.tethys.collect.receive;

/** A request ends with a status and a line for its sender; expected, so without a stack trace. */
final class RequestRejectedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  RequestRejectedException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
