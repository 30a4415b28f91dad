package dev.tethys.web;

import org.jspecify.annotations.Nullable;

/** Ends a gRPC call with the given status. */
public final class GrpcException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Status codes used by servers here, numbered as in the protocol. */
  public enum Status {
    CANCELLED(1),
    UNKNOWN(2),
    INVALID_ARGUMENT(3),
    DEADLINE_EXCEEDED(4),
    NOT_FOUND(5),
    ALREADY_EXISTS(6),
    PERMISSION_DENIED(7),
    RESOURCE_EXHAUSTED(8),
    FAILED_PRECONDITION(9),
    UNIMPLEMENTED(12),
    INTERNAL(13),
    UNAVAILABLE(14),
    UNAUTHENTICATED(16);

    private final int code;

    Status(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  private final Status status;
  private final byte @Nullable [] details;

  public GrpcException(Status status, String message) {
    this(status, message, null);
  }

  /**
   * @param details a {@code google.rpc.Status} in protobuf with details
   */
  public GrpcException(Status status, String message, byte @Nullable [] details) {
    super(message);
    this.status = status;
    this.details = details;
  }

  /** Returns error details, or null. */
  public byte @Nullable [] details() {
    return details;
  }

  public Status status() {
    return status;
  }
}
