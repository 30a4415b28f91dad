package dev.tethys.demo.service;

import dev.tethys.demo.Listening;
import dev.tethys.demo.Shopper;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.TraceContext;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Service over HTTP with a server span, a duration and, for failures, a log line for each request.
 * Attributes follow OpenTelemetry's semantic conventions.
 */
abstract class ShopService implements Listening {
  private static final double[] BOUNDS = {
    .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10
  };

  /** Failure of a request, with the status of its response. */
  static final class ShopException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    ShopException(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  /** Work of a route. */
  @FunctionalInterface
  interface RouteHandler {
    /**
     * Responds to a request.
     *
     * @return body, plain text
     */
    String answer(HttpRequest request) throws IOException, InterruptedException;
  }

  private final String name;
  private final ServiceTelemetry telemetry;
  private final Routes routes = new Routes();
  private final Registry.Vector<Registry.BucketHistogram> durations;
  private @Nullable HttpListener listener;

  ShopService(String name, OtlpQueue queue) {
    this.name = name;
    telemetry = new ServiceTelemetry(this::resource, queue);
    durations =
        telemetry
            .metrics()
            .histograms(
                "http_server_request_duration_seconds",
                "Duration of HTTP server requests.",
                BOUNDS,
                "http_request_method",
                "http_route",
                "http_response_status_code");
  }

  /** Version that is deployed now. */
  String version() {
    return "2.0.0";
  }

  private Resource resource() {
    Resource r = new Resource();
    Attributes a = r.attributes();
    a.put("service.name", name);
    a.put("service.namespace", "shop");
    a.put("service.version", version());
    a.put("service.instance.id", name + "-0");
    a.put("host.name", "shop-node-1");
    a.put("deployment.environment.name", "demo");
    a.put("process.pid", ProcessHandle.current().pid());
    return r;
  }

  final ServiceTelemetry telemetry() {
    return telemetry;
  }

  final void log(Severity severity, String text) {
    telemetry.log(severity, text);
  }

  /** Adds a route. */
  final void route(String method, String pattern, RouteHandler work) {
    routes.on(method, pattern, (q, r) -> serve(method, pattern, work, q, r));
  }

  /** Routes without telemetry. */
  final Routes plainRoutes() {
    return routes;
  }

  /** Starts to listen, after all routes were added. */
  final void listen(String address) throws IOException {
    listener = HttpListener.start(HttpListenerOptions.on(address), routes, null);
  }

  @Override
  public final int port() {
    HttpListener l = listener;
    if (l == null) {
      throw new IllegalStateException(name + " does not listen");
    }
    return l.port();
  }

  private void serve(String method, String route, RouteHandler work, HttpRequest q, HttpResponse r)
      throws IOException {
    long begin = System.nanoTime();
    TraceContext parent =
        TraceContext.of(q.header(TraceContext.PARENT_HEADER), q.header(TraceContext.STATE_HEADER));
    int status = 200;
    try (ActiveSpan span =
        telemetry.spans().begin(method + " " + route, ActiveSpan.Kind.SERVER, parent)) {
      span.set("http.request.method", method);
      span.set("http.route", route);
      span.set("url.path", q.path());
      span.set("url.scheme", "http");
      span.set("server.address", name);
      span.set("network.protocol.version", "1.1");
      span.set("client.address", q.remoteAddress().getAddress().getHostAddress());
      String body;
      try {
        body = span.<String, IOException>during(() -> answer(work, q));
      } catch (ShopException e) {
        status = e.status;
        body = String.valueOf(e.getMessage());
      } catch (IOException e) {
        status = 502;
        body = name + ": " + e.getMessage();
      }
      span.set("http.response.status_code", status);
      if (status >= 500) {
        span.set("error.type", Integer.toString(status));
        span.failed(body);
        String text = body;
        span.perform(
            () -> log(Severity.ERROR, method + " " + q.path() + " failed: " + firstLine(text)));
      }
      r.status(status).header("Content-Type", "text/plain; charset=utf-8").send(body);
    } finally {
      durations
          .with(method, route, Integer.toString(status))
          .observe((System.nanoTime() - begin) / 1e9);
    }
  }

  private static String answer(RouteHandler work, HttpRequest q) throws IOException {
    if (q.query().has("user")) {
      describe(ActiveSpan.current(), shopper(q));
    }
    try {
      return work.answer(q);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("stopping", e);
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private static void describe(ActiveSpan span, Shopper s) {
    span.set("app.user.id", "user-" + s.id());
    span.set("app.user.tier", s.tier());
    span.set("cloud.region", s.region());
    span.set("app.order.currency", s.currency());
    span.set("app.payment.card_network", s.card());
  }

  /** Customer that the parameter {@code user} names. */
  static Shopper shopper(HttpRequest q) throws ShopException {
    return Shopper.of((int) number(q, "user", Shopper.COUNT - 1));
  }

  /** A required parameter. */
  static String parameter(HttpRequest q, String name) throws ShopException {
    String v = q.query().first(name);
    if (v == null || v.isEmpty() || v.length() > 100) {
      throw new ShopException(400, "parameter " + name + " must have 1 to 100 characters");
    }
    return v;
  }

  /** Parameter that must be a number from 0. */
  static long number(HttpRequest q, String name, long max) throws ShopException {
    try {
      long n = Long.parseLong(parameter(q, name));
      if (n >= 0 && n <= max) {
        return n;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new ShopException(400, "parameter " + name + " must be a number from 0 to " + max);
  }

  /** Draws a random duration for some work: a median with a tail, like real handlers. */
  static void work(double medianMillis) throws InterruptedException {
    double factor = Math.exp(ThreadLocalRandom.current().nextGaussian() * 0.4);
    long nanos = (long) (medianMillis * factor * 1e6);
    Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
  }

  @Override
  public void close() throws IOException {
    if (listener != null) {
      listener.close();
    }
    telemetry.close();
  }
}
