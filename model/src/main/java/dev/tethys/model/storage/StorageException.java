package dev.tethys.model.storage;

/** Failure of a store; the message has the operation, the place and the remedy. */
public final class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Cause of the failure, which determines the caller's response. */
  public enum Reason {
    /** The request is permanently invalid. */
    INVALID,
    /** A limit was reached. */
    LIMIT,
    /** The store cannot do it now; trying again may help. */
    UNAVAILABLE,
    /** Stored data is damaged. */
    CORRUPT
  }

  private final Reason reason;

  public StorageException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public StorageException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
