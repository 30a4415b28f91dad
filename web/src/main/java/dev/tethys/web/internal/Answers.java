package dev.tethys.web.internal;

import dev.tethys.config.Secret;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of a request from the engine to its handler and back: limits, headers and users of the
 * web configuration, route, errors, metrics, and the end of the connection where it is due.
 */
public final class Answers {
  private static final System.Logger LOG = System.getLogger("dev.tethys.web");

  /** How much of a body that a handler left unread is read to keep the connection. */
  static final int MAX_DRAIN = 256 << 10;

  private static final int NO_STREAM = SlowClients.NO_STREAM;

  private final Supplier<WebConfig> config;
  private final String prefix;
  private final Routes routes;
  private final @Nullable HttpMetrics metrics;
  private final SpanRecorder tracing;
  private final Passwords passwords = new Passwords();
  private final @Nullable TokenBucket rateLimit;

  public Answers(
      Supplier<WebConfig> config,
      String prefix,
      Routes routes,
      @Nullable HttpMetrics metrics,
      SpanRecorder tracing) {
    this.config = config;
    this.prefix = prefix;
    this.routes = routes;
    this.metrics = metrics;
    this.tracing = tracing;
    WebConfig.RateLimit limit = config.get().rateLimit();
    this.rateLimit =
        limit == null || limit.interval().isZero()
            ? null
            : new TokenBucket(limit.burst(), limit.interval().toNanos(), System::nanoTime);
  }

  /** Answers one request. */
  public void answer(SlowClients clients, ServerRequest q, ServerResponse r) {
    long began = System.nanoTime();
    boolean multiplexed = q.prologue().protocolVersion().startsWith("2");
    try (SlowClients.Exchange exchange =
        clients.begin(
            q.remotePeer().address(), q.localPeer().address(), multiplexed ? q.id() : NO_STREAM)) {
      WebConfig c = config.get();
      HelidonRequest request = new HelidonRequest(q, exchange);
      HelidonResponse response =
          new HelidonResponse(
              r,
              exchange,
              request.method().equals("HEAD"),
              q.headers().first(HeaderNames.ACCEPT_ENCODING).orElse(null),
              request.isOldHttp());
      boolean clear = multiplexed || request.isLengthClear();
      boolean last = !clear || request.isOldHttp();
      if (last) {
        response.header("Connection", "close");
      }
      ActiveSpan span = RequestSpan.begin(tracing, request);
      try {
        c.headers().forEach(response::header);
        if (clear) {
          span.perform(() -> handle(c, request, response));
        } else {
          response.status(400).send("Bad Request: the length of the body is not clear\n");
        }
        response.finish();
      } catch (CloseConnectionException e) {
        throw e;
      } catch (HttpException e) {
        fail(c, request, response, e.status(), String.valueOf(e.getMessage()), e);
      } catch (Exception | StackOverflowError | OutOfMemoryError e) {
        // Handlers may have wrapped what their output threw.
        if (e instanceof ClientGoneException
            || e instanceof UncheckedIOException && e.getCause() instanceof ClientGoneException) {
          LOG.log(Level.DEBUG, "client gone: {0}", q.remotePeer().address());
          throw new CloseConnectionException("client gone", e);
        }
        LOG.log(Level.ERROR, "answering " + request.method() + " " + request.rawPath(), e);
        fail(c, request, response, 500, "Internal Server Error", e);
      } finally {
        RequestSpan.end(span, response);
        if (metrics != null && !response.route().isEmpty()) {
          double seconds = (System.nanoTime() - began) / 1e9;
          metrics.count(response.route(), response.status(), seconds, response.bytesSent());
        }
      }
      if (multiplexed) {
        return;
      }
      // The engine itself neither closes when the client asks for it nor stops reading a body that
      // nobody wants.
      if (clear && !request.drain(MAX_DRAIN)) {
        exchange.closeWhileItSends();
      } else if (last || isEndDue(q)) {
        exchange.closeConnection();
      }
    }
  }

  private static boolean isEndDue(ServerRequest q) {
    return q.headers().first(HeaderNames.CONNECTION).orElse("").equalsIgnoreCase("close");
  }

  private void fail(
      WebConfig c,
      HelidonRequest request,
      HelidonResponse response,
      int status,
      String message,
      Throwable cause) {
    if (!response.reset()) {
      throw new CloseConnectionException("the answer broke off", cause);
    }
    try {
      c.headers().forEach(response::header);
      if (request.isOldHttp() || request.protocol().startsWith("HTTP/1") && !request.isBodyRead()) {
        response.header("Connection", "close");
      }
      response.status(status).send(message + "\n");
    } catch (IOException e) {
      throw new CloseConnectionException("client gone", e);
    }
  }

  private void handle(WebConfig c, HelidonRequest request, HelidonResponse response)
      throws Exception {
    if (rateLimit != null && !rateLimit.allow()) {
      response.status(429).send("Too Many Requests\n");
      return;
    }
    if (!c.users().isEmpty()) {
      String user = authenticated(c.users(), request.header("Authorization"));
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
        response.status(404).send("404 page not found\n");
        return;
      }
      path = path.substring(prefix.length());
      request.rawPath(path);
    }
    switch (routes.find(request.method(), path)) {
      case Routes.Found f -> {
        request.matched(f.values());
        response.route(f.pattern());
        f.handler().handle(request, response);
      }
      case Routes.WrongMethod w -> {
        response.route(w.pattern());
        response
            .status(405)
            .header("Allow", String.join(", ", w.allowed()))
            .send("Method Not Allowed\n");
      }
      case Routes.NotFound n -> response.status(404).send("404 page not found\n");
    }
  }

  private @Nullable String authenticated(Map<String, Secret> users, @Nullable String header) {
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return null;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(header.substring(6).strip());
      String s = new String(decoded, StandardCharsets.UTF_8);
      int colon = s.indexOf(':');
      if (colon < 0) {
        return null;
      }
      String user = s.substring(0, colon);
      return passwords.check(users, user, s.substring(colon + 1)) ? user : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
