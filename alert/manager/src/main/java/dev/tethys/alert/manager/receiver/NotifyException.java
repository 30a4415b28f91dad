package dev.tethys.alert.manager.receiver;

/** A notification was not delivered. */
public final class NotifyException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why, as the metric of failures names it. */
  public enum Reason {
    OTHER("other"),
    CLIENT_ERROR("clientError"),
    SERVER_ERROR("serverError"),
    CANCELED("contextCanceled"),
    DEADLINE_EXCEEDED("contextDeadlineExceeded"),
    AUTH_ERROR("authError"),
    RATE_LIMITED("rateLimited");

    private final String label;

    Reason(String label) {
      this.label = label;
    }

    /** Returns the value of the metric label. */
    public String label() {
      return label;
    }

    /** Returns the reason for an HTTP status. */
    public static Reason ofStatus(int status) {
      return switch (status) {
        case 401, 403 -> AUTH_ERROR;
        case 429 -> RATE_LIMITED;
        default -> status / 100 == 4 ? CLIENT_ERROR : status / 100 == 5 ? SERVER_ERROR : OTHER;
      };
    }
  }

  private final boolean again;
  private final Reason reason;

  public NotifyException(boolean again, Reason reason, String message) {
    super(message);
    this.again = again;
    this.reason = reason;
  }

  /** Creates an exception for a permanent failure. */
  public static NotifyException lost(String message) {
    return new NotifyException(false, Reason.OTHER, message);
  }

  /** Creates an exception for a failure that a retry may resolve. */
  public static NotifyException again(String message) {
    return new NotifyException(true, Reason.OTHER, message);
  }

  /** Whether another attempt may help. */
  public boolean again() {
    return again;
  }

  public Reason reason() {
    return reason;
  }

  /** Returns the message; never null. */
  public String problem() {
    return String.valueOf(getMessage());
  }
}
