package dev.tethys.api.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.logql.LogqlEngine;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.LogqlResult;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
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
  private static final long LABELS_SINCE = 6 * LokiParameters.HOUR;

  private final Supplier<@Nullable LogqlEngine> opened;
  private final LogqlLimits limits;
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
    this.now = now;
    this.version = version;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    getOrPost(routes, "/query_range", this::queryRange);
    getOrPost(routes, "/query", this::query);
    getOrPost(routes, "/labels", this::labels);
    getOrPost(routes, "/label", this::labels);
    get(routes, "/label/{name}/values", this::labelValues);
    getOrPost(routes, "/series", this::series);
    getOrPost(routes, "/index/stats", this::stats);
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

  private String run(LogqlEngine engine, LogqlRequest q, HttpRequest request) {
    AtomicBoolean gone = new AtomicBoolean();
    LogqlResult result;
    try (HttpRequest.Watch _ = request.whenClientGone(() -> gone.set(true))) {
      result = engine.query(q, limits, gone::get);
    }
    return LokiJson.result(result, categorized(request));
  }

  /** Whether the client asks for labels by category; the flag is one of a list. */
  static boolean categorized(HttpRequest request) {
    String flags = request.header("X-Loki-Response-Encoding-Flags");
    return flags != null && List.of(flags.split(",", -1)).contains("categorize-labels");
  }

  private LokiParameters parameters(HttpRequest request) throws IOException {
    return new LokiParameters(request, now.getAsLong());
  }

  private String labels(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    LokiParameters.Range r = p.range(LABELS_SINCE);
    return list(engine.store().labelNames(p.tenant(), optionalMatchers(p), r.start(), r.end()));
  }

  private String labelValues(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    LokiParameters.Range r = p.range(LABELS_SINCE);
    String name = request.pathParam("name");
    return list(
        engine.store().labelValues(p.tenant(), name, optionalMatchers(p), r.start(), r.end()));
  }

  private static String list(java.util.Collection<String> values) {
    return new LokiJson()
        .raw("{\"status\":\"success\",\"data\":")
        .strings(values)
        .raw("}")
        .toString();
  }

  private String series(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    LokiParameters.Range r = p.range(LABELS_SINCE);
    List<String> selectors = new ArrayList<>();
    p.all("match[]").forEach(selectors::add);
    p.all("match").forEach(selectors::add);
    TreeSet<Labels> found = new TreeSet<>();
    if (selectors.isEmpty()) {
      found.addAll(engine.store().series(p.tenant(), List.of(), r.start(), r.end()));
    }
    for (String s : selectors) {
      found.addAll(engine.store().series(p.tenant(), matchers(s), r.start(), r.end()));
    }
    LokiJson out = new LokiJson().raw("{\"status\":\"success\",\"data\":[");
    String sep = "";
    for (Labels l : found) {
      out.raw(sep).labels(l);
      sep = ",";
    }
    return out.raw("]}").toString();
  }

  private String stats(LogqlEngine engine, HttpRequest request) throws IOException {
    LokiParameters p = parameters(request);
    LokiParameters.Range r = p.range();
    long streams;
    long chunks = 0;
    long bytes = 0;
    long entries = 0;
    try (LogSelection s =
        engine.store().select(p.tenant(), matchers(p.query()), r.start(), r.end())) {
      streams = s.streams().size();
      for (LogSegment segment : s.segments()) {
        chunks++;
        List<LogSegment.StreamTotal> totals = segment.totals();
        if (totals.isEmpty()) {
          bytes += segment.bytes();
          entries += segment.rows();
        }
        for (LogSegment.StreamTotal t : totals) {
          bytes += t.bytes();
          entries += t.rows();
        }
      }
    }
    return new LokiJson()
        .raw("{\"streams\":")
        .number(streams)
        .raw(",\"chunks\":")
        .number(chunks)
        .raw(",\"bytes\":")
        .number(bytes)
        .raw(",\"entries\":")
        .number(entries)
        .raw("}")
        .toString();
  }

  private static List<Matcher> optionalMatchers(LokiParameters p) {
    String query = p.query();
    return query.isEmpty() ? List.of() : matchers(query);
  }

  /** Matchers of a selector; stages that follow it are ignored as in Loki. */
  private static List<Matcher> matchers(String query) {
    if (query.equals("{}")) {
      return List.of();
    }
    LogqlExpr e = LogqlEngine.check(query);
    if (e instanceof LogExpr l) {
      return l.matchers();
    }
    throw LokiParameters.bad("'" + query + "' is a metric query; a selector is needed");
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
