package dev.tethys.pipeline.server;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.tracing.CallerContext;
import dev.tethys.model.tracing.TraceContext;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Paths of a receiver with their common features: authentication, CORS, limits, metadata. */
public final class HttpServerEndpoint {
  /** Memory reserved for a body of unknown length. */
  private static final int UNKNOWN_LENGTH = 64 << 10;

  /** Bodies up to this are not accounted for as a tree. */
  private static final int FREE_BYTES = 64 << 10;

  /** Typical factor between a text and its parsed form. */
  private static final long TREE_FACTOR = 4;

  private static final String TRANSPORT = "http";

  private final ReceiverAdmission admission;
  private final HttpServerSettings settings;
  private final @Nullable ServerAuth auth;
  private final Routes routes;

  private volatile RefusedItems refused = RefusedItems.NONE;
  private @Nullable Duration stopGrace; // null for the usual; set before it opens

  /** Paths with preflight requests. */
  private final Set<String> asked = new HashSet<>();

  public HttpServerEndpoint(
      ReceiverAdmission admission, HttpServerSettings settings, @Nullable ServerAuth auth) {
    this(admission, settings, auth, new Routes().openToAllOrigins());
  }

  /** Creates an endpoint whose paths are served by another listener. */
  public HttpServerEndpoint(
      ReceiverAdmission admission,
      HttpServerSettings settings,
      @Nullable ServerAuth auth,
      Routes routes) {
    this.admission = admission;
    this.settings = settings;
    this.auth = auth;
    this.routes = routes;
  }

  /** Returns the admission from which requests reserve memory. */
  public ReceiverAdmission admission() {
    return admission;
  }

  /** Sets the counter of rejected items. */
  public void countRefused(RefusedItems by) {
    refused = by;
  }

  /** Counts items of a request that could not be read. */
  public void refused(RejectedItems r) {
    refused.refused(TRANSPORT, r);
  }

  /** Counts items of a request that could not be read, for one reason. */
  public void refused(long items, String why) {
    if (items > 0) {
      refused.refused(TRANSPORT, items, why);
    }
  }

  /** Handler of authenticated requests. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Responds to a request.
     *
     * @throws BusyException responded with 503
     * @throws CodecException responded with 400, or with 413 when something is too large
     */
    void handle(HttpRequest request, HttpResponse response)
        throws IOException, InterruptedException, BusyException;
  }

  /** Adds a path that is posted to. */
  public void post(String path, Handler handler) {
    on("POST", path, handler);
  }

  /** Adds a path for a method. */
  public void on(String method, String path, Handler handler) {
    HttpHandler guarded = guarded(handler);
    routes.on(method, path, guarded);
    Cors cors = settings.cors();
    if (cors != null && asked.add(path)) {
      routes.on("OPTIONS", path, cors::preflight);
    }
  }

  /** Adds a path for every method. */
  public void any(String path, Handler handler) {
    HttpHandler guarded = guarded(handler);
    routes.any(path, guarded);
    Cors cors = settings.cors();
    if (cors != null && asked.add(path)) {
      routes.on(
          "OPTIONS",
          path,
          (request, response) -> {
            if (request.header(Cors.METHOD) == null) {
              guarded.handle(request, response);
            } else {
              cors.preflight(request, response);
            }
          });
    }
  }

  private HttpHandler guarded(Handler handler) {
    Cors cors = settings.cors();
    return (request, response) -> {
      if (cors != null) {
        cors.mark(request, response);
      }
      if (auth != null && !auth.accepts(shown(request))) {
        response.status(401).send("Unauthorized\n");
        return;
      }
      try {
        handle(handler, request, response);
      } catch (BusyException e) {
        answer(response, e.outcome());
      } catch (TooLargeException e) {
        response.status(413).send(e.getMessage() + "\n");
      } catch (CodecException e) {
        refused(1, String.valueOf(e.getMessage()));
        response.status(400).send(e.getMessage() + "\n");
      }
    };
  }

  /** Runs a handler within the trace of its client. */
  private static void handle(Handler handler, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String parent = request.header(TraceContext.PARENT_HEADER);
    if (parent == null) {
      handler.handle(request, response);
      return;
    }
    try {
      CallerContext.<@Nullable Void, Exception>during(
          parent,
          request.header(TraceContext.STATE_HEADER),
          () -> {
            handler.handle(request, response);
            return null;
          });
    } catch (IOException | InterruptedException | BusyException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e); // handlers throw no others
    }
  }

  /**
   * Returns the request as seen by the authenticator: headers, with URL parameters in place of
   * some.
   */
  private Function<String, List<String>> shown(HttpRequest request) {
    HttpServerSettings.HttpAuth by = settings.auth();
    if (by == null || by.params().isEmpty()) {
      return request::headers;
    }
    return name -> {
      for (String param : by.params()) {
        if (param.equalsIgnoreCase(name)) {
          List<String> values = request.query().all(param);
          if (!values.isEmpty()) {
            return values;
          }
        }
      }
      return request.headers(name);
    };
  }

  /** Returns the client of a request and the headers to pass on. */
  public Metadata metadata(HttpRequest request) {
    return Listeners.metadata(request, settings.includeMetadata(), auth, shown(request));
  }

  /** Returns the maximum body size, before and after decompression. */
  public int maxBodyBytes() {
    return settings.maxBodyBytes();
  }

  /** Returns the media type of a body without parameters, in lower case; "" if unspecified. */
  public static String mediaType(HttpRequest request) {
    String type = request.header("Content-Type");
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the compression of a body.
   *
   * @throws HttpException 400 if it is not supported
   */
  public Compression compression(HttpRequest request) {
    String word = request.header("Content-Encoding");
    Compression c = Compression.named(word);
    if (c == null || !settings.compressions().contains(c.word())) {
      throw new HttpException(400, "unsupported Content-Encoding: " + word);
    }
    return c;
  }

  /**
   * Reads the decompressed body, with its memory reserved.
   *
   * @throws HttpException 413 if it is too large before decompression
   * @throws TooLargeException if it is too large afterwards
   * @throws CodecException if it is corrupt
   */
  public byte[] body(HttpRequest request, Compression compression, Hold hold)
      throws IOException, BusyException {
    int max = settings.maxBodyBytes();
    long length = request.contentLength();
    hold.take(length < 0 ? UNKNOWN_LENGTH : Math.min(length, max));
    byte[] b = request.bodyBytes(max);
    if (length < 0) {
      hold.take(b.length);
    }
    if (compression != Compression.NONE) {
      b = compression.decompress(b, 0, b.length, max, request::reserve);
      hold.take(b.length);
    }
    if (b.length > FREE_BYTES) {
      request.reserve((isProtobuf(request) ? 1L : TREE_FACTOR) * b.length);
    }
    return b;
  }

  private static boolean isProtobuf(HttpRequest request) {
    String type = mediaType(request);
    return type.endsWith("protobuf");
  }

  /** Sets the retry delay of a response. */
  public static void retryAfter(HttpResponse response, Outcome.Unavailable u) {
    Duration after = u.retryAfter();
    if (after.isPositive()) {
      response.header("Retry-After", Long.toString(after.plusNanos(999_999_999).toSeconds()));
    }
  }

  /** Responds like most protocols: 204, 400 with the rejection, 503 with a retry delay. */
  public static void answer(HttpResponse response, Outcome outcome) throws IOException {
    switch (outcome) {
      case Outcome.Accepted a -> response.status(204).send();
      case Outcome.Rejected r -> {
        if (r.items() > 0) {
          response.header(Outcome.REJECTED_HEADER, Integer.toString(r.items()));
        }
        response.status(400).send(r.reason() + "\n");
      }
      case Outcome.Unavailable u -> {
        retryAfter(response, u);
        response.status(503).send(u.reason() + "\n");
      }
    }
  }

  /** Sets the time for requests to complete once the listener stops. */
  void stopWithin(Duration grace) {
    stopGrace = grace;
  }

  /** Returns the listener options. */
  HttpListenerOptions options() {
    HttpListenerOptions o = Listeners.options(settings);
    return stopGrace == null ? o : o.withStopGrace(stopGrace);
  }

  ServedPort open(LongSupplier nanos) throws IOException {
    return Listeners.start(settings, options(), routes, nanos);
  }
}
