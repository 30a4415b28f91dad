package dev.tethys.web.s3;

import java.io.IOException;

/** Signals that S3 returned an error or an unexpected response. */
public final class S3Exception extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final boolean inDoubt;

  S3Exception(String message, int status, String code, boolean inDoubt) {
    super(message);
    this.status = status;
    this.code = code;
    this.inDoubt = inDoubt;
  }

  /** Returns the HTTP status. */
  public int status() {
    return status;
  }

  /** Returns the s3's code, such as {@code NoSuchKey}; "" if the service returns none. */
  public String code() {
    return code;
  }

  /** Whether the request may be retried: an attempt had no response, or a server error. */
  public boolean inDoubt() {
    return inDoubt;
  }

  /** Whether the object, the upload or the bucket does not exist. */
  public boolean isAbsent() {
    return status == 404;
  }

  /** Whether the service requests a lower rate. */
  public boolean isOverload() {
    return status == 429 || code.equals("SlowDown") || (status == 503 && code.isEmpty());
  }

  /** Whether a later attempt may succeed without a change of the request. */
  public boolean isPassing() {
    return isPassing(status, code);
  }

  static boolean isPassing(int status, String code) {
    return status / 100 == 5 && status != 501
        || status == 429
        || status == 408
        || code.equals("RequestTimeout")
        || code.equals("OperationAborted");
  }
}
