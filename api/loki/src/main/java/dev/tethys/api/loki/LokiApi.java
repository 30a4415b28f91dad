package dev.tethys.api.loki;

import dev.tethys.model.storage.StorageException;
import dev.tethys.query.logql.LogqlEngine;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loki's HTTP API below {@code /loki/api/v1}: queries, labels, series and statistics. Errors are
 * plain text with Loki's status.
 */
public final class LokiApi {
  private static final String V1 = "/loki/api/v1";
  private static final String JSON = "application/json; charset=UTF-8";

  private final Supplier<@Nullable LogqlEngine> opened;
  private final LogqlLimits limits;
  private final ExploreEndpoints explore;
  private final LongSupplier now;
  private final String version;

  /**
   * @param opened engine over the store, null until the store is open
   * @param now Unix nanoseconds
   * @param version version of the program
   */
  public LokiApi(
      Supplier<@Nullable LogqlEngine> opened,
      LogqlLimits limits,
      LongSupplier now,
      String version) {
    this.opened = opened;
    this.limits = limits;
    this.explore = new ExploreEndpoints(limits);
    this.now = now;
    this.version = version;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    getOrPost(routes, "/query_range", this::queryRange);
    getOrPost(routes, "/query", this::query);
    getOrPost(routes, "/labels", (e, q) -> explore.labels(e, parameters(q)));
    getOrPost(routes, "/label", (e, q) -> explore.labels(e, parameters(q)));
    get(
        routes,
        "/label/{name}/values",
        (e, q) -> explore.labelValues(e, parameters(q), q.pathParam("name")));
    getOrPost(routes, "/series", (e, q) -> explore.series(e, parameters(q)));
    getOrPost(routes, "/index/stats", (e, q) -> explore.stats(e, parameters(q)));
    getOrPost(
        routes,
        "/index/volume",
        (e, q) -> watched(q, s -> explore.volume(e, parameters(q), false, s)));
    getOrPost(
        routes,
        "/index/volume_range",
        (e, q) -> watched(q, s -> explore.volume(e, parameters(q), true, s)));
    getOrPost(
        routes, "/patterns", (e, q) -> watched(q, s -> explore.patterns(e, parameters(q), s)));
    getOrPost(routes, "/detected_labels", (e, q) -> explore.detectedLabels(e, parameters(q)));
    getOrPost(
        routes,
        "/detected_fields",
        (e, q) -> watched(q, s -> explore.detectedFields(e, parameters(q), s)));
    getOrPost(
        routes,
        "/detected_field/{name}/values",
        (e, q) -> watched(q, s -> explore.fieldValues(e, parameters(q), q.pathParam("name"), s)));
    get(routes, "/drilldown-limits", (e, q) -> explore.drilldownLimits());
    getOrPost(routes, "/format_query", this::format);
    get(routes, "/status/buildinfo", this::buildInfo);
  }

  private interface Endpoint {
    String answer(LogqlEngine engine, HttpRequest request) throws IOException;
  }

  private void get(Routes routes, String path, Endpoint endpoint) {
    routes.get(V1 + path, (request, response) -> answer(endpoint, request, response));
  }

  private void getOrPost(Routes routes, String path, Endpoint endpoint) {
    routes.getOrPost(V1 + path, (request, response) -> answer(endpoint, request, response));
  }

  private void answer(Endpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException {
    LogqlEngine engine = opened.get();
    if (engine == null) {
      response.header("Retry-After", "1");
      throw new HttpException(503, "log store is not open yet");
    }
    String body;
    try {
      body = endpoint.answer(engine, request);
    } catch (LogqlParseException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (QueryException e) {
      throw new HttpException(status(e), String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      throw new HttpException(
          e.reason() == StorageException.Reason.UNAVAILABLE ? 503 : 500,
          String.valueOf(e.getMessage()));
    }
    response.header("Content-Type", JSON).send(body);
  }

  private static int status(QueryException e) {
    return switch (e.kind()) {
      case BAD_DATA, EXECUTION, LIMIT -> 400;
      case TIMEOUT -> 504;
      case OVERLOAD -> 503;
      case CANCELED -> 499;
      case STORAGE, INTERNAL -> 500;
    };
  }

  private String queryRange(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    LokiParameters.Range r = p.orderedRange();
    long step = p.step(r);
    LogqlRequest q =
        new LogqlRequest(
            p.tenant(),
            p.query(),
            r.start(),
            r.end(),
            step,
            p.interval(),
            p.direction(),
            p.limit());
    return run(engine, q, request);
  }

  private String query(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    long time = p.time();
    LogqlRequest q =
        new LogqlRequest(p.tenant(), p.query(), time, time, 0, 0, p.direction(), p.limit());
    return run(engine, q, request);
  }

  private String run(LogqlEngine engine, LogqlRequest q, HttpRequest request) throws IOException {
    return watched(request, s -> LokiJson.result(engine.query(q, limits, s), categorized(request)));
  }

  /** Whether the client asks for labels by category; the flag is one of a list. */
  static boolean categorized(HttpRequest request) {
    String flags = request.header("X-Loki-Response-Encoding-Flags");
    return flags != null && List.of(flags.split(",", -1)).contains("categorize-labels");
  }

  private LokiParameters parameters(HttpRequest request) throws IOException {
    return new LokiParameters(request, now.getAsLong());
  }

  private interface Watched {
    String answer(BooleanSupplier stopped) throws IOException;
  }

  /** Stops the work when the client has gone. */
  private static String watched(HttpRequest request, Watched work) throws IOException {
    AtomicBoolean gone = new AtomicBoolean();
    try (HttpRequest.Watch _ = request.whenClientGone(() -> gone.set(true))) {
      return work.answer(gone::get);
    }
  }

  private String format(LogqlEngine engine, HttpRequest request) throws IOException {
    String formatted = LogqlEngine.format(parameters(request).query());
    return new LokiJson()
        .raw("{\"status\":\"success\",\"data\":")
        .text(formatted)
        .raw("}")
        .toString();
  }

  private String buildInfo(LogqlEngine engine, HttpRequest request) {
    return new LokiJson()
        .raw("{\"version\":")
        .text("3.5.0")
        .raw(",\"revision\":\"\",\"branch\":\"\",\"buildUser\":\"\",\"buildDate\":\"\"")
        .raw(",\"goVersion\":\"\",\"tethysVersion\":")
        .text(version)
        .raw("}")
        .toString();
  }
}
