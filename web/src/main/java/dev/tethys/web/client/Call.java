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
 * @param headers besides those of the configuration, over which they win
 * @param body null for none
 * @param timeout for all of it: connecting, sending, and reading the answer's body to its end
 * @param unixSocket connect here instead of to the host of the URL; null for TCP
 */
public record Call(
    String method,
    URI uri,
    Map<String, String> headers,
    byte @Nullable [] body,
    Duration timeout,
    @Nullable Path unixSocket) {

  /** How long a call may take when nobody says otherwise. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  public static Call get(URI uri) {
    return new Call("GET", uri, Map.of(), null, DEFAULT_TIMEOUT, null);
  }

  /** A POST whose body now belongs to the call. */
  public static Call post(URI uri, String contentType, byte[] body) {
    return new Call("POST", uri, Map.of("Content-Type", contentType), body, DEFAULT_TIMEOUT, null);
  }

  public Call withHeader(String name, String value) {
    Map<String, String> h = new LinkedHashMap<>(headers);
    h.put(name, value);
    return new Call(method, uri, h, body, timeout, unixSocket);
  }

  public Call withTimeout(Duration t) {
    return new Call(method, uri, headers, body, t, unixSocket);
  }

  public Call withUnixSocket(@Nullable Path socket) {
    return new Call(method, uri, headers, body, timeout, socket);
  }
}
