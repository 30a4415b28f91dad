package dev.tethys.pipeline.component;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.Metadata;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An extension that authenticates the requests of exporters. */
public interface ClientAuth {
  /** Prefix of a token (RFC 6750). */
  String BEARER = "Bearer ";

  /** Prefix of headers of queued requests that are only for {@link #edit} and never sent. */
  String PRIVATE = "context:";

  /** Returns the extension named by a client's {@code auth}, or null if none is named. */
  static @Nullable ClientAuth of(@Nullable Reference reference, Context context) {
    return reference == null ? null : context.extension(reference, ClientAuth.class);
  }

  /**
   * Headers of a request about to be sent, requested before every attempt because tokens may
   * change. May block.
   *
   * @throws IOException if no token is available now
   */
  Map<String, String> headers() throws IOException;

  /**
   * Returns the cloud for which an HTTP client signs entire requests, or null if headers suffice.
   */
  default @Nullable CloudAuth cloud() {
    return null;
  }

  /** Returns an HTTP client that signs for the cloud of an extension, if it has one. */
  static HttpClientConfig signing(HttpClientConfig client, @Nullable ClientAuth auth) {
    CloudAuth c = auth == null ? null : auth.cloud();
    return c == null ? client : client.signing(c);
  }

  /** Returns the authentication headers for a client of {@link #signing}, or null if none. */
  static @Nullable ClientAuth withSigning(@Nullable ClientAuth auth) {
    return auth == null || auth.cloud() != null ? null : auth;
  }

  /**
   * Returns the token of {@link #headers()}, for protocols without headers. May block.
   *
   * @return printable ASCII without spaces
   * @throws IOException if no token is available now, or the extension does not return a valid one
   */
  default String bearerToken() throws IOException {
    for (Map.Entry<String, String> h : headers().entrySet()) {
      if (h.getKey().equalsIgnoreCase("authorization")
          && h.getValue().regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        String token = h.getValue().substring(BEARER.length()).strip();
        if (!token.isEmpty() && token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
          return token;
        }
      }
    }
    throw new IOException(
        "the authentication extension does not provide a bearer token (RFC " + "6750)");
  }

  /**
   * Modifies the complete headers of a request, including those of {@link #headers()} and {@link
   * #headers(Metadata)}; names are compared ignoring case. May block.
   *
   * @throws IOException if a value is not available now
   */
  default void edit(Map<String, String> headers) throws IOException {}

  /**
   * Headers of a request as sent: {@link #edit edited}, without private ones.
   *
   * @param auth null if none
   * @param headers headers of the request; modified
   */
  static Map<String, String> edited(@Nullable ClientAuth auth, Map<String, String> headers)
      throws IOException {
    if (auth != null) {
      auth.edit(headers);
    }
    headers.keySet().removeIf(k -> k.startsWith(PRIVATE));
    return headers;
  }

  /**
   * Headers that depend on the sender of the batch; obtained when it is encoded, and kept with the
   * request, also on disk.
   */
  default Map<String, String> headers(Metadata metadata) {
    return Map.of();
  }

  /** Whether an HTTP response with this status means that {@link #headers()} were rejected. */
  default boolean isRefusal(int status) {
    return status == 401;
  }

  /** Reports that the destination rejected {@link #headers()}: a cached token is stale. */
  default void refused() {}
}
