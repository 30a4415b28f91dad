package dev.tethys.api.loki;

import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.exec.LogExplorer;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
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
  private static final System.Logger LOG = JulLogger.of(LokiApi.class.getName());
  private static final String V1 = "/loki/api/v1";
  private static final String JSON = "application/json; charset=UTF-8";

  private final QueryThreads threads;
  private final Supplier<@Nullable LogqlEngine> opened;
  private final LokiSettings settings;
  private final ExploreEndpoints explore;
  private final DeleteEndpoints deletions;
  private final TailEndpoint tails;
  private final LongSupplier now;

  /**
   * @param opened engine over the store, null until the store is open
   * @param threads threads that run the queries
   * @param now Unix nanoseconds
   */
  public LokiApi(
      Supplier<@Nullable LogqlEngine> opened,
      LokiSettings settings,
      QueryThreads threads,
      LongSupplier now,
      Registry registry) {
    this.opened = opened;
    this.settings = settings;
    this.threads = threads;
    this.explore = new ExploreEndpoints(settings);
    this.deletions = new DeleteEndpoints(settings.admin());
    this.tails = new TailEndpoint(settings.limits(), settings.maxTails(), registry);
    this.now = now;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    getOrPost(routes, "/query_range", this::queryRange);
    getOrPost(routes, "/query", this::query);
    explored(routes, "/labels", (e, q, s) -> explore.labels(e, parameters(q)));
    explored(routes, "/label", (e, q, s) -> explore.labels(e, parameters(q)));
    routes.get(
        V1 + "/label/{name}/values",
        exploring(
            inBytes((e, q, s) -> explore.labelValues(e, parameters(q), q.pathParam("name")))));
    explored(routes, "/series", (e, q, s) -> explore.series(e, parameters(q)));
    explored(routes, "/index/stats", (e, q, s) -> explore.stats(e, parameters(q)));
    explored(routes, "/index/shards", (e, q, s) -> explore.shards(e, parameters(q)));
    explored(routes, "/index/volume", (e, q, s) -> explore.volume(e, parameters(q), false, s));
    explored(routes, "/index/volume_range", (e, q, s) -> explore.volume(e, parameters(q), true, s));
    routes.getOrPost(
        V1 + "/patterns", exploring((e, q, s) -> explore.patterns(e, parameters(q), s)));
    explored(routes, "/detected_labels", (e, q, s) -> explore.detectedLabels(e, parameters(q)));
    explored(routes, "/detected_fields", (e, q, s) -> explore.detectedFields(e, parameters(q), s));
    explored(
        routes,
        "/detected_field/{name}/values",
        (e, q, s) -> explore.fieldValues(e, parameters(q), q.pathParam("name"), s));
    get(routes, "/drilldown-limits", (e, q) -> explore.drilldownLimits(parameters(q).scope()));
    getOrPost(routes, "/format_query", this::format);
    get(routes, "/status/buildinfo", this::buildInfo);
    routes.webSocket(V1 + "/tail", this::tail);
    routes.get(V1 + "/delete", (q, r) -> deletion(q, r, deletions::list));
    routes.post(V1 + "/delete", (q, r) -> deletion(q, r, deletions::add));
    routes.put(V1 + "/delete", (q, r) -> deletion(q, r, deletions::add));
    routes.delete(V1 + "/delete", (q, r) -> deletion(q, r, deletions::cancel));
    routes.get("/ready", this::ready);
    routes.get("/ring", this::ring);
  }

  /** Serves the ring, whose only member is this process with all streams. */
  private void ring(HttpRequest request, HttpResponse response) throws IOException {
    String state = opened.get() == null ? "JOINING" : "ACTIVE";
    String host = request.header("Host");
    String address = host == null ? "" : host;
    String now = Instant.ofEpochMilli(this.now.getAsLong() / 1_000_000).toString();
    String accept = request.header("Accept");
    if (accept != null && accept.contains("application/json")) {
      LokiJson out = new LokiJson().raw("{\"shards\":[{\"id\":\"tethys\",\"state\":");
      out.text(state).raw(",\"address\":").text(address).raw(",\"timestamp\":").text(now);
      out.raw(",\"registered_timestamp\":\"\",\"zone\":\"\",\"tokens\":[]}],\"now\":");
      out.text(now).raw("}");
      response.header("Content-Type", JSON).send(out.toString());
      return;
    }
    String page =
        "<!doctype html><title>Ring Status</title><h1>Ring Status</h1><p>Current time: "
            + now
            + "</p><table border=\"1\"><tr><th>Instance ID<th>State<th>Address<th>Ownership</tr>"
            + "<tr><td>tethys<td>"
            + state
            + "<td>"
            + address.replace("&", "&amp;").replace("<", "&lt;")
            + "<td>100%</tr></table>";
    response.send("text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
  }

  private interface Endpoint<T> {
    T answer(LogqlEngine engine, HttpRequest request) throws IOException;
  }

  private void get(Routes routes, String path, Endpoint<String> endpoint) {
    routes.get(V1 + path, (request, response) -> answer(endpoint, request, response));
  }

  private void getOrPost(Routes routes, String path, Endpoint<String> endpoint) {
    routes.getOrPost(V1 + path, (request, response) -> answer(endpoint, request, response));
  }

  private void answer(Endpoint<String> endpoint, HttpRequest request, HttpResponse response)
      throws IOException {
    response.header("Content-Type", JSON).send(computed(endpoint, request));
  }

  private interface Exploration<T> {
    T answer(LogExplorer explorer, HttpRequest request, BooleanSupplier stopped) throws IOException;
  }

  private void explored(Routes routes, String path, Exploration<String> exploration) {
    routes.getOrPost(V1 + path, exploring(inBytes(exploration)));
  }

  private static Exploration<byte[]> inBytes(Exploration<String> of) {
    return (e, q, s) -> of.answer(e, q, s).getBytes(StandardCharsets.UTF_8);
  }

  /** Returns a handler that names damaged data in a response header, because the body cannot. */
  private HttpHandler exploring(Exploration<byte[]> exploration) {
    return (request, response) -> {
      LogExplorer explorer = new LogExplorer(engine());
      byte[] body =
          computed((e, q) -> watched(q, s -> exploration.answer(explorer, q, s)), request);
      DamageWarning.addTo(response, explorer.warnings());
      response.send(JSON, body);
    };
  }

  /** Runs a query on threads other than request threads, or rejects it. */
  private <T> T computed(Endpoint<T> endpoint, HttpRequest request) throws IOException {
    LogqlEngine engine = engine();
    return mapped(
        () -> {
          try {
            return threads.run(() -> endpoint.answer(engine, request));
          } catch (QueryThreads.NoPlaceException e) {
            throw new HttpException(503, String.valueOf(e.getMessage()));
          }
        });
  }

  private LogqlEngine engine() {
    LogqlEngine engine = opened.get();
    if (engine == null) {
      throw new HttpException(503, "log store is not open yet");
    }
    return engine;
  }

  private interface RequestAction<T, E extends Exception> {
    T run() throws E;
  }

  /** Maps failures to Loki's statuses. */
  private static <T, E extends Exception> T mapped(RequestAction<T, E> work) throws E {
    try {
      return work.run();
    } catch (LogqlParseException | RegexSyntaxException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (QueryException e) {
      throw new HttpException(status(e), String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      int status =
          switch (e.reason()) {
            case UNAVAILABLE -> 503;
            case INVALID -> 400;
            default -> 500;
          };
      throw new HttpException(status, String.valueOf(e.getMessage()));
    }
  }

  private void tail(HttpRequest request, HttpResponse response) throws Exception {
    LogqlEngine engine = engine();
    mapped(
        () -> {
          tails.tail(engine, parameters(request), request, response);
          return "";
        });
  }

  private interface DeleteEndpoint {
    /** Returns the response JSON; an empty string means status 204. */
    String answer(LogqlEngine engine, LokiParameters p, Scope scope);
  }

  private void deletion(HttpRequest request, HttpResponse response, DeleteEndpoint endpoint)
      throws IOException {
    LogqlEngine engine = engine();
    LokiParameters p = parameters(request);
    Scope scope = RequestScope.of(request);
    String body = mapped(() -> endpoint.answer(engine, p, scope));
    if (body.isEmpty()) {
      String id = p.get("request_id");
      LOG.log(
          Level.INFO,
          "Deletion of log entries {0} user=\"{1}\" tenant=\"{2}\" {3}=\"{4}\" start=\"{5}\""
              + " end=\"{6}\"",
          id.isEmpty() ? "accepted" : "cancelled",
          user(request),
          scope.tenant(),
          id.isEmpty() ? "query" : "request_id",
          id.isEmpty() ? p.query() : id,
          p.get("start"),
          p.get("end"));
      response.status(204).send();
    } else {
      response.header("Content-Type", JSON).send(body);
    }
  }

  /** Returns the user of a request, or the client's address. */
  private static String user(HttpRequest request) {
    String user = request.user();
    return user != null ? user : request.remoteAddress().getAddress().getHostAddress();
  }

  /** Responds with 503 while the store rejects all entries. */
  private void ready(HttpRequest request, HttpResponse response) throws IOException {
    StoreHealth.Problem problem = engine().store().problem();
    if (problem != null && problem.refusing()) {
      throw new HttpException(503, "log store: " + problem.text());
    }
    response.send("ready\n");
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
            p.scope(), p.query(), r.start(), r.end(), step, p.interval(), p.direction(), p.limit());
    return run(engine, q, request);
  }

  private String query(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    long time = p.time();
    LogqlRequest q =
        new LogqlRequest(p.scope(), p.query(), time, time, 0, 0, p.direction(), p.limit());
    return run(engine, q, request);
  }

  private String run(LogqlEngine engine, LogqlRequest q, HttpRequest request) throws IOException {
    return watched(
        request,
        s -> engine.query(q, settings.limits(), s, r -> LokiJson.result(r, categorized(request))));
  }

  /** Whether the client requests labels by category; the flag is an element of a list. */
  static boolean categorized(HttpRequest request) {
    String flags = request.header("X-Loki-Response-Encoding-Flags");
    return flags != null && List.of(flags.split(",", -1)).contains("categorize-labels");
  }

  private LokiParameters parameters(HttpRequest request) throws IOException {
    return new LokiParameters(request, now.getAsLong());
  }

  private interface Watched<T> {
    T answer(BooleanSupplier stopped) throws IOException;
  }

  /** Stops the work when the client has gone. */
  private static <T> T watched(HttpRequest request, Watched<T> work) throws IOException {
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
        .text(settings.version())
        .raw("}")
        .toString();
  }
}
