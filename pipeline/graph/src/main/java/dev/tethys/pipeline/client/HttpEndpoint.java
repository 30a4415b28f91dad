package dev.tethys.pipeline.client;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.RetryAfter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Common base of senders to a database over HTTP: a client opened at the first request, headers and
 * authentication, bounded responses, and default meanings of statuses. Thread-safe.
 */
public final class HttpEndpoint {
  /** Maximum number of bytes read from a response. */
  private static final int MAX_ANSWER = 16 << 20;

  private static final int MAX_REASON = 1024;

  private final @Nullable ClientAuth auth;
  private final Map<String, String> usual;
  private final Map<String, Secret> own; // over the usual ones
  private final Duration timeout;
  private final LongSupplier millis;
  private final FirstUseClient client;

  /**
   * Creates the endpoint of an exporter.
   *
   * @param usual headers of every request, overridden by those of the settings
   * @param factory process-wide client factory; not closed here
   * @param context resolves the authentication extension
   */
  public static HttpEndpoint of(
      HttpClientSettings settings,
      Map<String, String> usual,
      Duration timeout,
      HttpClientFactory factory,
      Context context) {
    return new HttpEndpoint(
        settings,
        ClientAuth.of(settings.auth(), context),
        usual,
        timeout,
        factory,
        context.clock()::millis);
  }

  /**
   * @param usual headers of every request, overridden by those of the settings
   * @param factory the process's; not closed here
   */
  public HttpEndpoint(
      HttpClientSettings settings,
      @Nullable ClientAuth auth,
      Map<String, String> usual,
      Duration timeout,
      HttpClientFactory factory,
      LongSupplier millis) {
    this(settings.client(), auth, usual, settings.headers(), timeout, factory, millis);
  }

  /**
   * Creates the endpoint of a destination with settings other than those of pipeline clients.
   *
   * @param usual headers of every request
   */
  public HttpEndpoint(
      HttpClientConfig how,
      @Nullable ClientAuth auth,
      Map<String, String> usual,
      Duration timeout,
      HttpClientFactory factory,
      LongSupplier millis) {
    this(how, auth, usual, Map.of(), timeout, factory, millis);
  }

  private HttpEndpoint(
      HttpClientConfig how,
      @Nullable ClientAuth auth,
      Map<String, String> usual,
      Map<String, Secret> own,
      Duration timeout,
      HttpClientFactory factory,
      LongSupplier millis) {
    HttpClientConfig signing = ClientAuth.signing(how, auth);
    this.client = new FirstUseClient(() -> factory.client(signing));
    this.auth = ClientAuth.withSigning(auth);
    this.usual = Map.copyOf(usual);
    this.own = own;
    this.timeout = timeout;
    this.millis = millis;
  }

  /**
   * A response.
   *
   * @param body decompressed body
   * @param retryAfter zero if it does not say
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Reply(
      int status, byte[] body, Duration retryAfter, Map<String, java.util.List<String>> headers) {
    public boolean isOk() {
      return status / 100 == 2;
    }

    /** Returns the body as a string. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** Status and the start of the response, for display. */
    public String reason() {
      String t = text().strip();
      if (t.length() > MAX_REASON) {
        t = t.substring(0, MAX_REASON);
      }
      return "HTTP status " + status + (t.isEmpty() ? "" : ": " + t.replaceAll("\\s+", " "));
    }

    /** Returns the value of a header; "" if missing. */
    public String header(String name) {
      for (var h : headers.entrySet()) {
        if (h.getKey().equalsIgnoreCase(name) && !h.getValue().isEmpty()) {
          return h.getValue().getFirst();
        }
      }
      return "";
    }
  }

  /**
   * Sends a request.
   *
   * @param body null if none
   */
  public Reply call(String method, URI url, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(usual);
    own.forEach((k, v) -> all.put(k, v.value()));
    if (auth != null) {
      all.putAll(auth.headers());
    }
    all.putAll(headers);
    ClientAuth.edited(auth, all);
    ClientRequest call =
        new ClientRequest(method, url, new LinkedHashMap<>(all), body, timeout, null);
    try (ClientResponse a = client.get().send(call);
        InputStream in = a.decoded(MAX_ANSWER)) {
      if (auth != null && auth.isRefusal(a.status())) {
        auth.refused();
      }
      return new Reply(
          a.status(),
          in.readAllBytes(),
          RetryAfter.of(a, Instant.ofEpochMilli(millis.getAsLong())),
          a.headers());
    }
  }

  /**
   * Interprets an error status by default: overload and server errors are retryable, as are
   * rejected credentials and a missing database, which an operator can fix while the queue keeps
   * its content. Anything else is permanent, regardless of its text: a rejection may quote sent
   * data.
   */
  public static SendResult judge(Reply r) {
    return switch (r.status()) {
      case 429, 503, 529 -> new SendResult.Retryable(r.retryAfter(), true, r.reason());
      case 408, 425, 401, 403, 404, 407 ->
          new SendResult.Retryable(r.retryAfter(), false, r.reason());
      default ->
          r.status() / 100 == 5
              ? new SendResult.Retryable(r.retryAfter(), r.status() == 507, r.reason())
              : new SendResult.Permanent(r.reason());
    };
  }
}
