package dev.tethys.collect.observe.protocol;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Request with its response, as seen on the wire.
 *
 * @param protocol application protocol
 * @param client true if the observed process sent the request, false if it answered
 * @param operation method, verb or command in the protocol's spelling: {@code GET}, {@code SELECT},
 *     {@code Produce}, {@code publish}; empty if unknown
 * @param target object of the operation: path without query, key, topic, collection, domain name;
 *     empty if unknown
 * @param statement statement text with values replaced by {@code ?}; empty if the protocol has none
 * @param status outcome
 * @param code code of the outcome in the protocol's terms: 404, grpc:14, 42P01; empty if it has
 *     none
 * @param startNanos time of the request's first byte, on the clock of the payloads
 * @param durationNanos time from the first byte of the request to the last byte of the response;
 *     never negative
 * @param requestBytes size of the request as far as the protocol states or shows it
 * @param responseBytes size of the response as far as the protocol states or shows it
 * @param traceParent header of W3C Trace Context of the request
 * @param answers addresses in the response of a name server; otherwise empty
 * @param api its meaning in a protocol on top of HTTP; null for other requests
 */
public record ObservedRequest(
    Protocol protocol,
    boolean client,
    String operation,
    String target,
    String statement,
    Status status,
    String code,
    long startNanos,
    long durationNanos,
    long requestBytes,
    long responseBytes,
    @Nullable String traceParent,
    List<String> answers,
    @Nullable ApiCall api) {
  /** Outcome of a question to a name server without a response. */
  static final String UNANSWERED = "timeout";

  private static final Set<String> WAITING_COMMANDS =
      Set.of(
          "BLMOVE",
          "BLMPOP",
          "BLPOP",
          "BRPOP",
          "BRPOPLPUSH",
          "BZMPOP",
          "BZPOPMAX",
          "BZPOPMIN",
          "WAIT",
          "WAITAOF");

  /** Request without further data. */
  public ObservedRequest(
      Protocol protocol,
      boolean client,
      String operation,
      String target,
      String statement,
      Status status,
      String code,
      long startNanos,
      long durationNanos,
      long requestBytes,
      long responseBytes,
      @Nullable String traceParent,
      List<String> answers) {
    this(
        protocol,
        client,
        operation,
        target,
        statement,
        status,
        code,
        startNanos,
        durationNanos,
        requestBytes,
        responseBytes,
        traceParent,
        answers,
        null);
  }

  /**
   * Whether the server responds once there is data or a client timeout expires: the duration is not
   * a latency.
   */
  public boolean waitsForData() {
    return switch (protocol) {
      case REDIS -> WAITING_COMMANDS.contains(operation);
      case KAFKA -> operation.equals("Fetch") || operation.equals("ShareFetch");
      default -> false;
    };
  }

  /** False for a question to a name server that has no response. */
  public boolean isAnswered() {
    return protocol != Protocol.DNS || !code.equals(UNANSWERED);
  }

  /** Request outcome. */
  public enum Status {
    OK,
    FAILED,
    /** The response's outcome was not visible. */
    UNKNOWN
  }

  /**
   * Value of the label {@code status}: class of an HTTP status, {@code grpc:CODE}, the name of a
   * DNS code, or ok, failed, unknown.
   */
  public String statusLabel() {
    if ((protocol == Protocol.HTTP || protocol == Protocol.HTTP2) && !code.isEmpty()) {
      return code.startsWith("grpc:") ? code : code.charAt(0) + "xx";
    }
    if (protocol == Protocol.DNS && !code.isEmpty()) {
      return code;
    }
    return switch (status) {
      case OK -> "ok";
      case FAILED -> "failed";
      case UNKNOWN -> "unknown";
    };
  }
}
