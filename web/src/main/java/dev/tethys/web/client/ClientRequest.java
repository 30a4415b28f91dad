package dev.tethys.web.client;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request to be sent.
 *
 * @param headers headers added to those of the configuration, which they override
 * @param body null if none
 * @param timeout timeout for the entire call: connecting, sending and reading the whole response
 *     body
 * @param unixSocket connect here instead of to the host of the URL; null for TCP
 * @param timeLimit part of the timeout that may pass without data from the server; null for all of
 *     it
 */
public record ClientRequest(
    String method,
    URI uri,
    Map<String, String> headers,
    byte @Nullable [] body,
    Duration timeout,
    @Nullable Path unixSocket,
    @Nullable ReadTimeouts timeLimit) {

  /**
   * Read timeouts of calls with long streaming responses.
   *
   * @param head timeout until the response headers have arrived, including connecting
   * @param body timeout until the next bytes of the body arrive
   */
  public record ReadTimeouts(Duration head, Duration body) {}

  /**
   * Creates a call without a read timeout: the server may stay silent until the call's deadline.
   */
  public ClientRequest(
      String method,
      URI uri,
      Map<String, String> headers,
      byte @Nullable [] body,
      Duration timeout,
      @Nullable Path unixSocket) {
    this(method, uri, headers, body, timeout, unixSocket, null);
  }

  /** Default timeout of a call. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  public static ClientRequest get(URI uri) {
    return new ClientRequest("GET", uri, Map.of(), null, DEFAULT_TIMEOUT, null);
  }

  /** Creates a POST whose body now belongs to the call. */
  public static ClientRequest post(URI uri, String contentType, byte[] body) {
    return new ClientRequest(
        "POST", uri, Map.of("Content-Type", contentType), body, DEFAULT_TIMEOUT, null);
  }

  public ClientRequest withHeader(String name, String value) {
    Map<String, String> h = new LinkedHashMap<>(headers);
    h.put(name, value);
    return new ClientRequest(method, uri, h, body, timeout, unixSocket, timeLimit);
  }

  public ClientRequest withTimeout(Duration t) {
    return new ClientRequest(method, uri, headers, body, t, unixSocket, timeLimit);
  }

  public ClientRequest withUnixSocket(@Nullable Path socket) {
    return new ClientRequest(method, uri, headers, body, timeout, socket, timeLimit);
  }

  /** Returns a copy with read timeouts. */
  public ClientRequest withReadTimeouts(ReadTimeouts p) {
    return new ClientRequest(method, uri, headers, body, timeout, unixSocket, p);
  }

  /** Returns the deadline for the head of the response as a {@link System#nanoTime} value. */
  long headBy(long now, long deadline) {
    return timeLimit == null ? deadline : now + Math.min(deadline - now, timeLimit.head.toNanos());
  }

  /** Returns the deadline for more of the body. */
  long bodyBy(long now, long deadline) {
    return timeLimit == null ? deadline : now + Math.min(deadline - now, timeLimit.body.toNanos());
  }
}
