package dev.tethys.web.internal.http2;

/**
 * Frames of a client that cost more than a connection may cost, or that break the protocol before
 * the engine sees them. The connection ends with GOAWAY.
 */
final class ConnectionViolation extends RuntimeException {
  static final int PROTOCOL_ERROR = 1;
  static final int COMPRESSION_ERROR = 9;
  static final int ENHANCE_YOUR_CALM = 11;
  static final int HTTP_1_1_REQUIRED = 13;

  private static final long serialVersionUID = 1L;

  private final int code;
  private final int stream;
  private final String reason;

  private ConnectionViolation(int code, int stream, String reason, String message) {
    super(message, null, false, false);
    this.code = code;
    this.stream = stream;
    this.reason = reason;
  }

  /** A header list above the limit: the request of this stream receives a 431 response. */
  static ConnectionViolation headerList(int stream, long size, int limit) {
    String all = size > limit ? "of " + size + " bytes " : "";
    return new ConnectionViolation(
        ENHANCE_YOUR_CALM,
        stream,
        "header_list_size",
        "header list " + all + "exceeds the limit of " + limit + " bytes");
  }

  static ConnectionViolation malformedHeaders(String message) {
    return new ConnectionViolation(COMPRESSION_ERROR, 0, "header_block", message);
  }

  /** Too many frames of a kind that carries no request. */
  static ConnectionViolation flood(String reason, String message) {
    return new ConnectionViolation(ENHANCE_YOUR_CALM, 0, reason, message);
  }

  /** DATA with padding, which the engine cannot distinguish from the body. */
  static ConnectionViolation paddedData() {
    return new ConnectionViolation(
        HTTP_1_1_REQUIRED,
        0,
        "padded_data",
        "padding of DATA frames is not supported; send without padding or over HTTP/1.1");
  }

  int code() {
    return code;
  }

  /** The stream to reject with 431; 0 if none. */
  int stream() {
    return stream;
  }

  /** Label value under which the violation is counted. */
  String reason() {
    return reason;
  }
}
