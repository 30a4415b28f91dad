package dev.tethys.web.client;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Result of a gRPC call.
 *
 * @param status gRPC's status code, 0 for success
 * @param message status message of the server
 * @param body the response message; empty if there was none
 * @param headers headers and trailers of the response; names in lower case
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record GrpcReply(
    int status, String message, byte[] body, Map<String, List<String>> headers) {
  public static final int OK = 0;
  public static final int CANCELLED = 1;
  public static final int UNKNOWN = 2;
  public static final int INVALID_ARGUMENT = 3;
  public static final int DEADLINE_EXCEEDED = 4;
  public static final int PERMISSION_DENIED = 7;
  public static final int RESOURCE_EXHAUSTED = 8;
  public static final int ABORTED = 10;
  public static final int OUT_OF_RANGE = 11;
  public static final int UNIMPLEMENTED = 12;
  public static final int INTERNAL = 13;
  public static final int UNAVAILABLE = 14;
  public static final int DATA_LOSS = 15;
  public static final int UNAUTHENTICATED = 16;

  private static final List<String> NAMES =
      List.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  /** Returns the status name. */
  public String statusName() {
    return status >= 0 && status < NAMES.size() ? NAMES.get(status) : "status " + status;
  }

  /** A {@code google.rpc.Status} with details, or null. */
  public byte @Nullable [] details() {
    List<String> d = headers.getOrDefault("grpc-status-details-bin", List.of());
    try {
      return d.isEmpty() ? null : Base64.getDecoder().decode(d.getFirst());
    } catch (IllegalArgumentException e) {
      return null; // what says more does not: the status stands
    }
  }
}
