package dev.tethys.pipeline.server;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientKeys;
import dev.tethys.pipeline.client.IgnoredCollectorKeys;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.web.ConnectionTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * HTTP server with the Collector's keys (confighttp).
 *
 * @param tls null without TLS
 * @param cors null if pages of other origins may not send
 * @param endpoint listen address: {@code host:port}, or {@code unix:path}
 * @param auth authenticates senders; null for everyone
 * @param maxBodyBytes maximum size of a request body, before and after decompression
 * @param includeMetadata whether headers become metadata of batches
 * @param responseHeaders added to every response
 * @param compressions accepted values of Content-Encoding; "" for none
 * @param readTimeout timeout for reading one request; zero for the listener's default
 * @param connections further limits of connections
 */
public record HttpServerSettings(
    String endpoint,
    @Nullable ServerTlsSettings tls,
    @Nullable Cors cors,
    @Nullable HttpAuth auth,
    int maxBodyBytes,
    boolean includeMetadata,
    Map<String, String> responseHeaders,
    Set<String> compressions,
    Duration readTimeout,
    ConnectionTimes connections) {
  private static final long DEFAULT_MAX_BODY = 20L << 20;

  private static final Section CORS =
      new Section("cors", "Cross-origin requests (CORS) that are accepted.");
  private static final Key<List<String>> ALLOWED_ORIGINS =
      CORS.key(
          "allowed_origins",
          Type.list(Type.STRING),
          List.of(),
          "Allowed origins; * is a wildcard.");
  private static final Key<List<String>> ALLOWED_HEADERS =
      CORS.key(
          "allowed_headers",
          Type.list(Type.STRING),
          List.of(),
          "Allowed request headers in addition to the safelisted ones; * for all.");
  private static final Key<List<String>> EXPOSED_HEADERS =
      CORS.key(
          "exposed_headers",
          Type.list(Type.STRING),
          List.of(),
          "Response headers that web pages may read.");
  private static final Key<Long> MAX_AGE =
      CORS.key(
          "max_age", Type.INT, 0L, "Duration in seconds for which browsers cache the permission.");
  private static final Type<Cors> CORS_TYPE =
      CORS.type(
          o ->
              new Cors(
                  o.get(ALLOWED_ORIGINS),
                  o.get(ALLOWED_HEADERS),
                  o.get(EXPOSED_HEADERS),
                  o.get(MAX_AGE)));

  private static final Section AUTH = new Section("auth", "Authenticator of incoming requests.");
  private static final Key<Reference> AUTHENTICATOR =
      AUTH.required("authenticator", Reference.TYPE, "Extension that authenticates the requests.");
  private static final Key<List<String>> REQUEST_PARAMS =
      AUTH.key(
          "request_params",
          Type.list(Type.STRING),
          List.of(),
          "URL parameters that are used as headers of the same name; they take "
              + "precedence over headers.");

  /**
   * Authentication of requests.
   *
   * @param authenticator extension that authenticates
   * @param params URL parameters passed to it as headers of the same names
   */
  public record HttpAuth(Reference authenticator, List<String> params) {}

  private static final List<String> ALL_COMPRESSIONS =
      List.of("", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4");

  /** Settings of paths served by a listener of another kind, which handles addresses and users. */
  public static HttpServerSettings within(int maxBodyBytes) {
    return plain("", maxBodyBytes);
  }

  /** Creates a server with only an endpoint. */
  public static HttpServerSettings at(String endpoint) {
    return plain(endpoint, (int) DEFAULT_MAX_BODY);
  }

  private static HttpServerSettings plain(String endpoint, int maxBodyBytes) {
    return new HttpServerSettings(
        endpoint,
        null,
        null,
        null,
        maxBodyBytes,
        false,
        Map.of(),
        Set.copyOf(ALL_COMPRESSIONS),
        Duration.ZERO,
        ConnectionTimes.USUAL);
  }

  /** Variant with headers of requests as metadata of batches. */
  public HttpServerSettings withMetadata() {
    return new HttpServerSettings(
        endpoint,
        tls,
        cors,
        auth,
        maxBodyBytes,
        true,
        responseHeaders,
        compressions,
        readTimeout,
        connections);
  }

  /** Variant with another time for one request. */
  public HttpServerSettings withReadTimeout(Duration d) {
    return new HttpServerSettings(
        endpoint,
        tls,
        cors,
        auth,
        maxBodyBytes,
        includeMetadata,
        responseHeaders,
        compressions,
        d,
        connections);
  }

  /** Keys of the block, to which a receiver adds its own. */
  public static final class Keys {
    private final Key<String> endpoint;
    private final Key<String> transport;
    private final Key<ServerTlsSettings> tls;
    private final Key<Cors> cors;
    private final Key<HttpAuth> auth;
    private final Key<Long> maxBody;
    private final Key<Boolean> metadata;
    private final Key<Map<String, String>> headers;
    private final Key<List<String>> algorithms;
    private final Key<Duration> readTimeout;
    private final Key<Duration> headTimeout;
    private final Key<Duration> writeTimeout;
    private final Key<Duration> idleTimeout;
    private final Key<Boolean> keepAlives;
    private final IgnoredCollectorKeys foreign;

    /** Adds the keys to a section. */
    public Keys(Section s, String defaultEndpoint) {
      endpoint =
          s.key(
              "endpoint",
              Type.STRING,
              defaultEndpoint,
              "Address to listen on: host:port or the path of a Unix socket.");
      transport = Listeners.transport(s);
      tls =
          s.optional(
              "tls", ServerTlsSettings.TYPE, "TLS settings of the server; plain text if absent.");
      cors =
          s.optional(
              "cors", CORS_TYPE, "Cross-origin requests (CORS) that are accepted; none if absent.");
      auth =
          s.optional(
              "auth",
              AUTH.type(o -> new HttpAuth(o.get(AUTHENTICATOR), o.get(REQUEST_PARAMS))),
              "Authenticator of incoming requests; unset accepts every client.");
      maxBody =
          s.key(
              "max_request_body_size",
              Type.INT,
              DEFAULT_MAX_BODY,
              "Maximum size of a request body in bytes, before and after "
                  + "decompression; 0 for the default.");
      metadata =
          s.key(
              "include_metadata",
              Type.BOOL,
              false,
              "If true, request headers are kept as metadata of the telemetry.");
      headers = s.key("response_headers", ClientKeys.PAIRS, Map.of(), "Headers of every response.");
      algorithms =
          s.key(
              "compression_algorithms",
              Type.list(Type.STRING),
              ALL_COMPRESSIONS,
              "Accepted compressions; \"\" accepts uncompressed bodies.");
      readTimeout =
          s.key(
              "read_timeout",
              GoDurations.TYPE,
              Duration.ZERO,
              "Timeout for reading a request; 0 for five minutes.");
      headTimeout =
          s.key(
              "read_header_timeout",
              GoDurations.TYPE,
              Duration.ZERO,
              "Timeout for reading the request line and headers; 0 for read_timeout.");
      writeTimeout =
          s.key(
              "write_timeout",
              GoDurations.TYPE,
              Duration.ZERO,
              "Maximum time from the request headers to the end of the response; 0 "
                  + "for no total limit, but the client must read each part within "
                  + "read_timeout, or five minutes.");
      idleTimeout =
          s.key(
              "idle_timeout",
              GoDurations.TYPE,
              Duration.ZERO,
              "Timeout of idle connections; 0 for read_timeout.");
      keepAlives =
          s.key(
              "keep_alives_enabled",
              Type.BOOL,
              true,
              "If true, a connection can serve several requests.");
      foreign = new IgnoredCollectorKeys(s, false);
    }

    /** Rules if an origin is allowed; without one there are none, as in the Collector. */
    private static @Nullable Cors allowing(@Nullable Cors rules) {
      return rules == null || rules.origins().isEmpty() ? null : rules;
    }

    /** Reads the keys from a map that may contain others. */
    public HttpServerSettings read(YamlObject o) {
      foreign.check(o);
      long max = o.get(maxBody);
      if (max < 0 || max > 1 << 30) {
        throw o.error(maxBody, "max_request_body_size must be 0 to " + (1 << 30));
      }
      List<String> words = new ArrayList<>(o.get(algorithms));
      for (String w : words) {
        if (Compression.named(w) == null) {
          throw o.error(algorithms, "unknown compression \"" + w + "\"");
        }
      }
      return new HttpServerSettings(
          Listeners.address(o, endpoint, transport),
          o.find(tls),
          allowing(o.find(cors)),
          o.find(auth),
          (int) (max == 0 ? DEFAULT_MAX_BODY : max),
          o.get(metadata),
          o.get(headers),
          Set.copyOf(words),
          o.get(readTimeout),
          ConnectionTimes.ofRequests(
              o.get(headTimeout), o.get(writeTimeout), o.get(idleTimeout), o.get(keepAlives)));
    }
  }
}
