package dev.tethys.api.prometheus;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Registers endpoints under {@code /api/v1} and adds what they share: cross-origin headers, the
 * readiness check, and errors as JSON.
 */
final class ApiRoutes {
  static final String PREFIX = "/api/v1";
  private static final String LOKI_PREFIX = "/prometheus/api/v1";

  private static final LimitedLog PEER_LOG = new LimitedLog(JulLogger.of("dev.tethys.api"));

  private final Routes routes;
  private final ApiSettings settings;
  private final Supplier<Readiness> readiness;
  private final TimeLimit limit;

  ApiRoutes(Routes routes, ApiSettings settings, Supplier<Readiness> readiness) {
    this.routes = routes;
    this.settings = settings;
    this.readiness = readiness;
    this.limit = new TimeLimit(settings.timeout());
  }

  /** Wraps a series endpoint without query limits in a time limit. */
  ApiCall.Endpoint limited(ApiCall.Endpoint endpoint) {
    return limit.on(endpoint);
  }

  /** Registers the response for all other paths. Must be called last: the first pattern wins. */
  void finish() {
    String rest = PREFIX + "/{path...}";
    routes.on("OPTIONS", rest, ready(handler(ApiCall::nothing)));
    routes.any(rest, (request, response) -> response.status(404).send("404 page not found\n"));
  }

  /** Adds a GET endpoint. */
  ApiRoutes get(String path, ApiCall.Endpoint endpoint) {
    return on(path, ready(handler(endpoint)), "GET");
  }

  /** Adds a GET endpoint below the path where Loki responds like Prometheus. */
  ApiRoutes getOfLoki(String path, ApiCall.Endpoint endpoint) {
    routes.get(LOKI_PREFIX + path, ready(handler(ofServer(endpoint))));
    return this;
  }

  /** Adds a GET endpoint that is unavailable on an agent. */
  ApiRoutes getOfServer(String path, ApiCall.Endpoint endpoint) {
    return get(path, ofServer(endpoint));
  }

  /** Adds a GET and POST endpoint that is unavailable on an agent. */
  ApiRoutes getOrPostOfServer(String path, ApiCall.Endpoint endpoint) {
    return getOrPost(path, ready(handler(ofServer(endpoint))));
  }

  /** Adds a GET and POST endpoint that checks for itself whether this is an agent. */
  ApiRoutes getOrPostOfSearch(String path, ApiCall.Endpoint endpoint) {
    return getOrPost(path, ready(handler(endpoint)));
  }

  /** Adds a DELETE endpoint that is unavailable on an agent. */
  ApiRoutes deleteOfServer(String path, ApiCall.Endpoint endpoint) {
    return on(path, ready(handler(ofServer(endpoint))), "DELETE");
  }

  /** Adds a POST or PUT endpoint that is unavailable on an agent. */
  ApiRoutes postOrPutOfServer(String path, ApiCall.Endpoint endpoint) {
    return on(path, ready(handler(ofServer(endpoint))), "POST", "PUT");
  }

  /** Adds an endpoint that responds even before the server is ready. */
  ApiRoutes getAlways(String path, ApiCall.Endpoint endpoint) {
    return on(path, handler(endpoint), "GET");
  }

  private ApiRoutes getOrPost(String path, HttpHandler handler) {
    routes.getOrPost(PREFIX + path, handler);
    return preflight(path);
  }

  private ApiRoutes on(String path, HttpHandler handler, String... methods) {
    for (String m : methods) {
      routes.on(m, PREFIX + path, handler);
    }
    return preflight(path);
  }

  private ApiRoutes preflight(String path) {
    routes.on("OPTIONS", PREFIX + path, ready(handler(ApiCall::nothing)));
    return this;
  }

  private ApiCall.Endpoint ofServer(ApiCall.Endpoint endpoint) {
    return !settings.agent()
        ? endpoint
        : call -> {
          throw new ApiException(ErrorType.EXECUTION, "unavailable with Prometheus Agent");
        };
  }

  private HttpHandler handler(ApiCall.Endpoint endpoint) {
    return (request, response) -> {
      cors(settings.corsOrigin(), request, response);
      ApiCall call = new ApiCall(request, response, settings.userHeader());
      try {
        call.resolveScope();
      } catch (HttpException e) {
        call.error(ErrorType.BAD_DATA, String.valueOf(e.getMessage()));
        return;
      }
      answer(endpoint, call);
    };
  }

  private static void answer(ApiCall.Endpoint endpoint, ApiCall call) throws IOException {
    try {
      endpoint.answer(call);
    } catch (ApiException e) {
      call.error(e.type(), e.reason());
    } catch (StorageException e) {
      PEER_LOG.failure(System.Logger.Level.WARNING, "API request failed", call.request().path(), e);
      call.error(ErrorType.INTERNAL, String.valueOf(e.getMessage()));
    }
  }

  private HttpHandler ready(HttpHandler handler) {
    return ready(readiness, handler);
  }

  /** Responds with 503 until the server is ready, and again during shutdown. */
  static HttpHandler ready(Supplier<Readiness> readiness, HttpHandler handler) {
    return (request, response) -> {
      Readiness r = readiness.get();
      if (r == Readiness.READY) {
        handler.handle(request, response);
        return;
      }
      response
          .status(503)
          .header("X-Prometheus-Stopping", String.valueOf(r == Readiness.STOPPING))
          .send("Service Unavailable");
    };
  }

  static void cors(Pattern allowed, HttpRequest request, HttpResponse response) throws IOException {
    response.addHeader("Vary", "Origin");
    String origin = request.header("Origin");
    if (origin == null || origin.isEmpty()) {
      return;
    }
    response.header("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
    response.header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    response.header("Access-Control-Expose-Headers", "Date");
    if (allowed.pattern().equals(".*")) {
      response.header("Access-Control-Allow-Origin", "*");
    } else if (allowed.matcher(origin).matches()) {
      response.header("Access-Control-Allow-Origin", origin);
    }
  }
}
