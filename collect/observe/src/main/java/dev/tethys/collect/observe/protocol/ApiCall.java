package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;

/**
 * Meaning of an HTTP request in the protocol on top of it.
 *
 * @param api the protocol
 * @param system product that responds, in OpenTelemetry's terms, such as {@code opensearch}, {@code
 *     openai}
 * @param operation endpoint, action, type or method: {@code search}, {@code PutObject}, {@code
 *     query}, {@code chat}; empty if unknown
 * @param target index, bucket, queue, name of the operation, or model; empty if unknown
 * @param answeredBy model that answered; empty if unknown
 * @param status outcome in the terms of the protocol
 * @param code code of the error, or HTTP's status; empty if it has none
 * @param requestId ID that the service assigned to the request; empty if none
 * @param inputTokens tokens read by a model; -1 when unknown
 * @param outputTokens tokens written by a model; -1 when unknown
 */
public record ApiCall(
    HttpApi api,
    String system,
    String operation,
    String target,
    String answeredBy,
    Status status,
    String code,
    String requestId,
    long inputTokens,
    long outputTokens) {
  /** Maximum length of a name; a longer one is ignored. */
  static final int LONGEST_NAME = 128;

  static final long UNKNOWN = -1;

  ApiCall(HttpApi api, String system, String operation, String target, Status status, String code) {
    this(api, system, operation, target, "", status, code, "", UNKNOWN, UNKNOWN);
  }

  ApiCall withRequestId(String id) {
    return new ApiCall(
        api, system, operation, target, answeredBy, status, code, id, inputTokens, outputTokens);
  }

  /**
   * The text when it can be a name, without control characters and not too long; otherwise empty.
   */
  static String name(String text) {
    if (text.length() > LONGEST_NAME) {
      return "";
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == 0x7f || c == '\ufffd') {
        return "";
      }
    }
    return text;
  }
}
