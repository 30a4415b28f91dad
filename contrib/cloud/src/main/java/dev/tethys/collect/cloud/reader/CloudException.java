package dev.tethys.collect.cloud.reader;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Failed request to a cloud. The message holds no credentials. */
public final class CloudException extends IOException {
  private static final long serialVersionUID = 1;

  /** Kinds of failures; the text is the value of a label, so it has few values. */
  public enum Failure {
    /** The credentials are missing, wrong or expired. */
    LOGIN("credentials refused"),
    /** The credentials lack a permission. */
    DENIED("access denied"),
    /** The service limits the rate of requests. */
    THROTTLED("throttled"),
    /** The named resource does not exist. */
    ABSENT("not found"),
    TIMEOUT("timeout"),
    CONNECTION("connection failed"),
    /** The service answered with an error or with data of another format. */
    ANSWER("unexpected answer");

    private final String text;

    Failure(String text) {
      this.text = text;
    }

    /** Value of the label {@code error}. */
    public String text() {
      return text;
    }
  }

  private final Failure failure;
  private final Duration retryAfter;

  public CloudException(Failure failure, String message) {
    this(failure, message, Duration.ZERO, null);
  }

  public CloudException(Failure failure, String message, Throwable cause) {
    this(failure, message, Duration.ZERO, cause);
  }

  /**
   * @param retryAfter pause that the service demands; zero if it names none
   */
  public CloudException(
      Failure failure, String message, Duration retryAfter, @Nullable Throwable cause) {
    super(CloudText.shown(message), cause);
    this.failure = failure;
    this.retryAfter = retryAfter;
  }

  /** Kind of the failure. */
  public Failure failure() {
    return failure;
  }

  /** Pause that the service demands; zero if it names none. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** Message with the kind of the failure. */
  public String problem() {
    return failure.text() + ": " + getMessage();
  }
}
