package dev.tethys.pipeline.component;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.Metadata;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An extension that authenticates the requests of exporters. */
public interface ClientAuth {
  /** What stands before a token of RFC 6750. */
  String BEARER = "Bearer ";

  /** Prefix of headers of queued requests that are for {@link #edit} alone and never sent. */
  String PRIVATE = "context:";

  /** The extension that a client names in {@code auth}; null where it names none. */
  static @Nullable ClientAuth of(@Nullable Reference reference, Context context) {
    return reference == null ? null : context.extension(reference, ClientAuth.class);
  }

  /**
   * Headers of a request that is about to be sent; asked for before every attempt, so that tokens
   * may change. May block.
   *
   * @throws IOException when no token is available now
   */
  Map<String, String> headers() throws IOException;

  /** The cloud for which a client of HTTP signs whole requests; null where headers say it all. */
  default @Nullable CloudAuth cloud() {
    return null;
  }

  /** A client of HTTP that signs for the cloud of an extension, if it has one. */
  static HttpClientConfig signing(HttpClientConfig client, @Nullable ClientAuth auth) {
    CloudAuth c = auth == null ? null : auth.cloud();
    return c == null ? client : client.signing(c);
  }

  /** Headers of the authentication in addition to a client of {@link #signing}; null for none. */
  static @Nullable ClientAuth withSigning(@Nullable ClientAuth auth) {
    return auth == null || auth.cloud() != null ? null : auth;
  }

  /**
   * The token of {@link #headers()}, for protocols that have no headers. May block.
   *
   * @return of printable ASCII without spaces
   * @throws IOException when no token is available now, or the extension's answer is not one
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
    throw new IOException("what authenticates gives no bearer token (RFC 6750)");
  }

  /**
   * Changes the complete headers of a request, those of {@link #headers()} and {@link
   * #headers(Metadata)} among them; names are compared without case. May block.
   *
   * @throws IOException when a value is not available now
   */
  default void edit(Map<String, String> headers) throws IOException {}

  /**
   * The headers of a request as they are sent: {@link #edit edited}, without private ones.
   *
   * @param auth null for none
   * @param headers of the request; changed
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
   * Headers that depend on who sent the batch; asked for when it is encoded, and kept with the
   * request, on disk too.
   */
  default Map<String, String> headers(Metadata metadata) {
    return Map.of();
  }

  /** Whether an answer of HTTP with this status says that {@link #headers()} are refused. */
  default boolean isRefusal(int status) {
    return status == 401;
  }

  /** The destination refused what {@link #headers()} said: a token kept in memory is stale. */
  default void refused() {}
}
