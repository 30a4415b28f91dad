package dev.tethys.web.internal;

import dev.tethys.config.Secret;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.log.ErrorText;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Processes a request between the protocol engine and its handler. Applies limits, headers and
 * users of the web configuration, selects the route, writes errors, counts metrics, and closes the
 * connection where it is due.
 */
public final class RequestProcessor {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** Maximum number of unread body bytes that are drained to keep the connection. */
  static final int MAX_DRAIN = 256 << 10;

  /** Paths that are served regardless of the number of open connections. */
  private static final Set<String> PROBES =
      Set.of(
          "/-/healthy",
          "/-/ready",
          "/health",
          "/healthz",
          "/ready",
          "/readyz",
          "/livez",
          "/metrics");

  private final Supplier<WebConfig> config;
  private final String prefix;
  private final boolean manyRequests;
  private final Routes routes;
  private final @Nullable HttpMetrics metrics;
  private final SpanRecorder tracing;
  private final Passwords passwords = new Passwords();
  private final @Nullable TokenBucket rateLimit;
  private final CrossSiteGuard guard;

  public RequestProcessor(
      Supplier<WebConfig> config,
      HttpListenerOptions options,
      Routes routes,
      @Nullable HttpMetrics metrics) {
    this.config = config;
    this.prefix = options.routePrefix();
    this.manyRequests = options.connections().manyRequests();
    this.routes = routes;
    this.metrics = metrics;
    this.tracing = options.tracing();
    this.guard = new CrossSiteGuard(options.addresses(), options.origins());
    WebConfig.RateLimit limit = config.get().rateLimit();
    this.rateLimit =
        limit == null || limit.interval().isZero()
            ? null
            : new TokenBucket(limit.interval().toNanos(), limit.burst(), System::nanoTime);
  }

  /**
   * Responds to one request.
   *
   * @param exchange exchange of this request; ended by this method
   * @param closing whether the listener stops, so that a response is the last of its connection
   * @return whether the connection can serve another request
   * @throws AbortedResponseException if the response was aborted, or the client has left
   */
  public boolean answer(
      ConnectionTimeouts.Exchange exchange,
      WireRequest q,
      WireResponse r,
      BooleanSupplier closing) {
    long began = System.nanoTime();
    try (exchange) {
      WebConfig c = config.get();
      IncomingRequest request = new IncomingRequest(q, exchange);
      OutgoingResponse response =
          new OutgoingResponse(
              r, exchange, q.method().equals("HEAD"), q.header("Accept-Encoding"), q.isOldHttp());
      if (!q.isMultiplexed()) {
        response.lastWhere(closing);
      }
      boolean clear = q.isLengthClear();
      boolean last =
          !clear || q.isOldHttp() || !q.isMultiplexed() && (!manyRequests || isEndDue(q));
      if (last) {
        response.header("Connection", "close");
      }
      ActiveSpan span = RequestSpan.begin(tracing, request);
      try {
        prepare(c, response);
        if (clear) {
          span.perform(() -> handle(c, request, response));
        } else {
          response.status(400).send("Bad Request: the length of the body is not clear\n");
        }
        response.finish();
      } catch (AbortedResponseException e) {
        throw e;
      } catch (HttpException e) {
        last |= isUnread(q, request);
        fail(c, last, response, e.status(), String.valueOf(e.getMessage()), e);
      } catch (ByteBudget.OverBudgetException e) {
        last |= isUnread(q, request);
        int status = e.isTooLarge() ? 413 : 503;
        fail(c, last, response, status, String.valueOf(e.getMessage()), e);
      } catch (Exception | Error e) {
        // Handlers may have wrapped the exception of their output.
        if (e instanceof ClientGoneException
            || e instanceof UncheckedIOException && e.getCause() instanceof ClientGoneException) {
          LOG.log(Level.DEBUG, "client disconnected: {0}", q.remoteAddress());
          throw new AbortedResponseException("client disconnected", e);
        }
        PEER_LOG.failure(
            Level.ERROR, "Request failed", request.method() + " " + request.rawPath(), e);
        last |= isUnread(q, request);
        if (e instanceof OutOfMemoryError) {
          fail(c, last, response, 503, "the heap is full, send the request again later", e);
        } else {
          fail(c, last, response, 500, "Internal Server Error", e);
        }
      } finally {
        request.release();
        RequestSpan.end(span, response);
        if (metrics != null && !response.route().isEmpty()) {
          double seconds = (System.nanoTime() - began) / 1e9;
          metrics.count(response.route(), response.status(), seconds, response.bytesSent());
        }
      }
      if (response.isUpgraded()) {
        exchange.closeConnection();
        return false;
      }
      if (q.isMultiplexed()) {
        return true;
      }
      if (!clear || !request.drain(MAX_DRAIN)) {
        exchange.closeWhileItSends();
        return false;
      }
      return !last && !response.isLast();
    }
  }

  /** Sets the headers of every response; those of the web configuration win. */
  private static void prepare(WebConfig c, OutgoingResponse response) {
    response.header("X-Content-Type-Options", "nosniff");
    c.headers().forEach(response::header);
  }

  private static boolean isEndDue(WireRequest q) {
    String one = q.header("Connection");
    if (one == null) {
      return false;
    }
    for (String value : q.headers("Connection")) { // a list, such as LWP's "TE, close"
      for (String option : value.split(",")) {
        if (option.strip().equalsIgnoreCase("close")) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether there may be more of a body than anybody reads before the next request. */
  private static boolean isUnread(WireRequest q, IncomingRequest request) {
    return !q.isMultiplexed() && !request.isBodyRead();
  }

  /**
   * Logs a failure.
   *
   * @param last whether the connection ends with it
   */
  private static void fail(
      WebConfig c,
      boolean last,
      OutgoingResponse response,
      int status,
      String message,
      Throwable cause) {
    if (!response.reset()) {
      throw new AbortedResponseException("the answer broke off", cause);
    }
    try {
      prepare(c, response);
      if (last) {
        response.header("Connection", "close");
      }
      response.errorStatus(status).send(ErrorText.shorten(message) + "\n");
    } catch (IOException e) {
      throw new AbortedResponseException("client disconnected", e);
    }
  }

  private void handle(WebConfig c, IncomingRequest request, OutgoingResponse response)
      throws Exception {
    if (rateLimit != null && !rateLimit.tryTake(1)) {
      response.errorStatus(429).send("Too Many Requests\n");
      return;
    }
    boolean guarded = !routes.isOpenToAllOrigins();
    String refusal = guarded ? guard.hostRefusal(request) : null;
    if (refusal != null) {
      response.status(403).send("Forbidden: " + refusal + "\n");
      return;
    }
    if (!c.users().isEmpty()) {
      String user = authenticated(c.users(), request);
      if (user == null) {
        response.status(401).header("WWW-Authenticate", "Basic").send("Unauthorized\n");
        return;
      }
      request.user(user);
    }
    String path = request.rawPath();
    if (!prefix.isEmpty()) {
      if (path.equals("/") || path.equals(prefix)) {
        response.redirect(302, prefix + "/");
        return;
      }
      if (!path.startsWith(prefix + "/")) {
        NotFoundPage.send(request, response, prefix);
        return;
      }
      path = path.substring(prefix.length());
      request.rawPath(path);
    }
    if (!PROBES.contains(path) && !request.awaitPlace()) {
      response.errorStatus(503).send("Service Unavailable: too many connections are open\n");
      return;
    }
    Routes.Match match = routes.find(request.method(), path);
    // a switch over types would cost the first request after a start some milliseconds
    if (match instanceof Routes.RouteMatch f) {
      request.matched(f.values());
      response.route(f.pattern());
      refusal = guarded && f.changes() ? guard.originRefusal(request) : null;
      if (refusal != null) {
        response.status(403).send("Forbidden: " + refusal + "\n");
        return;
      }
      HttpHandler handler = f.handler();
      BodyThreads.<@Nullable Void, Exception>run(
          request,
          request.isLarge(),
          () -> {
            handler.handle(request, response);
            return null;
          });
    } else if (match instanceof Routes.WrongMethod w) {
      response.route(w.pattern());
      response
          .status(405)
          .header("Allow", String.join(", ", w.allowed()))
          .send("Method Not Allowed\n");
    } else {
      NotFoundPage.send(request, response, prefix);
    }
  }

  /**
   * Name of the user; null without valid credentials. Agents that can only send an API key send
   * {@code USER:PASSWORD} in X-Api-Key. Authorization takes precedence.
   */
  private @Nullable String authenticated(Map<String, Secret> users, IncomingRequest request) {
    String header = request.header("Authorization");
    String key = header == null ? request.header("X-Api-Key") : null;
    if (key != null) {
      return user(users, key);
    }
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return null;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(header.substring(6).strip());
      return user(users, new String(decoded, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private @Nullable String user(Map<String, Secret> users, String credentials) {
    int colon = credentials.indexOf(':');
    if (colon < 0) {
      return null;
    }
    String user = credentials.substring(0, colon);
    return passwords.check(users, user, credentials.substring(colon + 1)) ? user : null;
  }
}
