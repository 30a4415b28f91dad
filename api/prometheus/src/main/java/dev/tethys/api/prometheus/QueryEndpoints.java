package dev.tethys.api.prometheus;

import dev.tethys.model.Exemplar;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.query.promql.CacheReuse;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.QueryStatistics;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.explain.Analysis;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.query.promql.format.AstJson;
import dev.tethys.query.promql.format.PrettyPrinter;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Endpoints for queries, explanations, formatting and parsing. */
final class QueryEndpoints {
  /** Maximum number of points of a series in one query. */
  static final long MAX_POINTS = 11_000;

  private static final String TRUNCATED = "results truncated due to limit";

  private final QueryEngine engine;
  private final ScopedSource store;
  private final ApiSettings settings;
  private final InstantSource clock;

  QueryEndpoints(
      QueryEngine engine, ScopedSource store, ApiSettings settings, InstantSource clock) {
    this.engine = engine;
    this.store = store;
    this.settings = settings;
    this.clock = clock;
  }

  void register(ApiRoutes routes) {
    routes
        .getOrPostOfServer("/query", this::instant)
        .getOrPostOfServer("/query_range", this::range)
        .getOrPostOfServer("/explain", this::explain)
        .getOrPostOfServer("/query_exemplars", routes.limited(this::exemplars))
        .getOrPostOfServer("/format_query", this::format)
        .getOrPostOfServer("/parse_query", this::parse);
  }

  private void instant(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = p.limit();
    try (ActiveSpan span = span("promqlInstantQuery", p, "time");
        QueryEngine.Prepared q = withApiErrors(() -> prepareInstant(call))) {
      answer(call, span.during(() -> run(call, q, QueryEngine.Prepared::execute)), limit);
    }
  }

  private QueryEngine.Prepared prepareInstant(ApiCall call) {
    Parameters p = call.parameters();
    return engine.instant(p.text("query"), p.time("time", clock.millis()), options(call));
  }

  private void range(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = p.limit();
    try (ActiveSpan span = span("promqlRangeQuery", p, "start", "end", "step");
        QueryEngine.Prepared q = withApiErrors(() -> prepareRange(call))) {
      answer(call, span.during(() -> run(call, q, QueryEngine.Prepared::execute)), limit);
    }
  }

  /** Starts a query's span within the request's trace, with the query parameters. */
  private static ActiveSpan span(String name, Parameters p, String... parameters) {
    ActiveSpan s = ActiveSpan.current().child(name);
    if (s.isRecorded()) {
      s.set("query", p.text("query")).set("timeout", p.text("timeout"));
      for (String each : parameters) {
        s.set(each, p.text(each));
      }
    }
    return s;
  }

  private QueryEngine.Prepared prepareRange(ApiCall call) {
    Parameters p = call.parameters();
    long start = p.requiredTime("start");
    long end = p.requiredTime("end");
    if (end < start) {
      throw ApiException.invalidParameter("end", "end timestamp must not be before start time");
    }
    long step = p.duration("step");
    if (step <= 0) {
      throw ApiException.invalidParameter(
          "step",
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    // The difference of two extreme times does not fit, but then it is too much in any case.
    if (end - start < 0 || (end - start) / step > MAX_POINTS) {
      throw ApiException.badData(
          "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query"
              + " resolution (?step=XX)");
    }
    return engine.range(p.text("query"), start, end, step, options(call));
  }

  /** Explains a query: its plan, and its execution costs with {@code analyze=true}. */
  private void explain(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    boolean analyze =
        p.bool("analyze", false, "parameter \"analyze\" must be true or false, not %s");
    boolean range = !(p.text("start") + p.text("end") + p.text("step")).isEmpty();
    QueryEngine.Prepared q = withApiErrors(() -> range ? prepareRange(call) : prepareInstant(call));
    if (!analyze) {
      Explanation e = q.explain();
      call.data(
          out -> {
            out.raw("{\"query\":").string(p.text("query")).next("analyzed").raw("false");
            ExplainJson.explanation(out, e);
            out.put('}');
          });
      return;
    }
    Analysis a = run(call, q, QueryEngine.Prepared::analyze);
    call.data(
        out -> {
          out.raw("{\"query\":").string(p.text("query")).next("analyzed").raw("true");
          ExplainJson.explanation(out, a.explanation());
          summary(out.next("result"), a.result().value());
          statistics(out.next("stats"), a.result().statistics());
          out.next("memory").put('{').name("peakBytes").number(a.peakBytes()).put('}');
          out.next("cpuSeconds").number(a.cpuNanos() / 1e9).put('}');
        },
        a.result().warnings(),
        a.result().infos());
  }

  /** Writes the type and size of a result instead of its values. */
  private static void summary(JsonOut out, Value value) throws IOException {
    out.put('{').name("resultType");
    if (value instanceof Value.InstantVector v) {
      int n = v.samples().size();
      out.raw("\"vector\"").next("series").number(n).next("samples").number(n);
    } else if (value instanceof Value.Matrix m) {
      out.raw("\"matrix\"").next("series").number(m.series().size());
      out.next("samples").number(m.series().stream().mapToLong(Value.Series::size).sum());
    } else if (value instanceof Value.Scalar) {
      out.raw("\"scalar\",\"series\":0,\"samples\":1");
    } else {
      out.raw("\"string\",\"series\":0,\"samples\":0");
    }
    out.put('}');
  }

  private static QueryOptions options(ApiCall call) {
    Parameters p = call.parameters();
    long timeout = 0;
    if (!p.text("timeout").isEmpty()) {
      timeout = Math.max(1, p.duration("timeout"));
    }
    long lookback = 0;
    if (!p.text("lookback_delta").isEmpty()) {
      try {
        lookback = Parameters.parseDuration(p.text("lookback_delta"));
      } catch (IllegalArgumentException e) {
        throw ApiException.badData("error parsing lookback delta duration: " + e.getMessage());
      }
    }
    boolean fresh = p.bool("nocache", false, "parameter \"nocache\" must be true or false, not %s");
    return new QueryOptions(
        lookback,
        timeout,
        p.text("stats").equals("all"),
        !fresh && !forbidsStored(call.request().header("Cache-Control")),
        call.origin(),
        maxSourceResolution(p.text("max_source_resolution")));
  }

  /** Whether a header says that nothing stored is requested. */
  private static boolean forbidsStored(@Nullable String cacheControl) {
    if (cacheControl == null) {
      return false;
    }
    for (String directive : cacheControl.split(",", -1)) {
      if (directive.strip().equalsIgnoreCase("no-store")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the parameter that Thanos defines under the same name; {@code 0s} selects raw samples
   * only.
   */
  private static long maxSourceResolution(String text) {
    if (text.isEmpty() || text.equals("auto")) {
      return QueryOptions.AUTO;
    }
    try {
      return Parameters.parseDuration(text);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalidParameter(
          "max_source_resolution", "expected auto, 0s or a duration: " + e.getMessage());
    }
  }

  /** Runs a query until the client is gone. */
  static <T> T run(ApiCall call, QueryEngine.Prepared q, Function<QueryEngine.Prepared, T> how) {
    try (HttpRequest.Watch w = call.request().whenClientGone(q::cancel)) {
      return withApiErrors(() -> how.apply(q));
    }
  }

  /** Reports errors like the API does. */
  static <T> T withApiErrors(Supplier<T> query) {
    try {
      return query.get();
    } catch (QueryException e) {
      throw failed(e);
    } catch (PromqlParseException e) {
      throw ApiException.invalidParameter("query", String.valueOf(e.getMessage()));
    }
  }

  private static ApiException failed(QueryException e) {
    String message = String.valueOf(e.getMessage());
    ErrorType type =
        switch (e.kind()) {
          case BAD_DATA -> {
            throw ApiException.invalidParameter("query", message);
          }
          case EXECUTION, LIMIT -> ErrorType.EXECUTION;
          case TIMEOUT -> ErrorType.TIMEOUT;
          case OVERLOAD -> ErrorType.OVERLOADED;
          case CANCELED -> ErrorType.CANCELED;
          case STORAGE, INTERNAL -> ErrorType.INTERNAL;
        };
    return new ApiException(type, message, e);
  }

  private static void answer(ApiCall call, QueryResult r, int limit) throws IOException {
    Value value = r.value();
    int size = size(value);
    boolean cut = limit > 0 && size > limit;
    int shown = cut ? limit : size;
    List<String> warnings = new ArrayList<>(r.warnings());
    if (cut) {
      warnings.add(TRUNCATED);
    }
    String stats = call.parameters().text("stats");
    if (!stats.isEmpty() && !stats.equals("true") && !stats.equals("all")) {
      warnings.add(
          "value "
              + GoQuote.quote(stats)
              + " for parameter \"stats\" is deprecated and will be rejected in the next major"
              + " release, use \"true\" or \"all\"");
    }
    call.data(
        out -> {
          result(out.raw("{\"resultType\":"), value, shown);
          if (!stats.isEmpty()) {
            statistics(out.next("stats"), r.statistics());
          }
          out.put('}');
        },
        warnings,
        r.infos());
  }

  /** Returns the number of series in a result; 0 for scalars and strings. */
  static int size(Value value) {
    if (value instanceof Value.Matrix m) {
      return m.series().size();
    }
    return value instanceof Value.InstantVector v ? v.samples().size() : 0;
  }

  static void result(JsonOut out, Value value, int size) throws IOException {
    // No switch over types: see Expr.
    if (value instanceof Value.InstantVector v) {
      vector(out.raw("\"vector\",\"result\":"), v, size);
    } else if (value instanceof Value.Matrix m) {
      matrix(out.raw("\"matrix\",\"result\":"), m, size);
    } else if (value instanceof Value.Scalar s) {
      out.raw("\"scalar\",\"result\":[").timestamp(s.time()).put(',').scalar(s.value()).put(']');
    } else if (value instanceof Value.Text t) {
      out.raw("\"string\",\"result\":[").timestamp(t.time()).put(',').string(t.value()).put(']');
    } else {
      throw new IllegalArgumentException("unknown kind of value: " + value.getClass());
    }
  }

  private static void vector(JsonOut out, Value.InstantVector v, int size) throws IOException {
    out.put('[');
    for (int i = 0; i < size; i++) {
      Value.Sample s = v.samples().get(i);
      out.sep(i == 0).raw("{\"metric\":").labels(s.labels());
      Histogram h = s.histogram();
      out.raw(h == null ? ",\"value\":[" : ",\"histogram\":[").timestamp(v.time()).put(',');
      if (h == null) {
        out.value(s.value());
      } else {
        out.histogram(h);
      }
      out.raw("]}");
    }
    out.put(']');
  }

  private static void matrix(JsonOut out, Value.Matrix m, int size) throws IOException {
    out.put('[');
    for (int i = 0; i < size; i++) {
      Value.Series s = m.series().get(i);
      out.sep(i == 0).raw("{\"metric\":").labels(s.labels());
      floats(out, s);
      if (s.histograms() != null) {
        histograms(out, s);
      }
      out.put('}');
    }
    out.put(']');
  }

  private static void floats(JsonOut out, Value.Series s) throws IOException {
    if (s.histograms() == null) {
      if (s.size() > 0) {
        out.raw(",\"values\":").points(s.timestamps(), s.values(), s.size());
      }
      return;
    }
    boolean first = true;
    for (int k = 0; k < s.size(); k++) {
      if (s.histogram(k) != null) {
        continue;
      }
      out.raw(first ? ",\"values\":[[" : ",[");
      first = false;
      out.timestamp(s.timestamps()[k]).put(',').value(s.values()[k]).put(']');
    }
    if (!first) {
      out.put(']');
    }
  }

  private static void histograms(JsonOut out, Value.Series s) throws IOException {
    boolean first = true;
    for (int k = 0; k < s.size(); k++) {
      Histogram h = s.histogram(k);
      if (h == null) {
        continue;
      }
      out.raw(first ? ",\"histograms\":[[" : ",[");
      first = false;
      out.timestamp(s.timestamps()[k]).put(',').histogram(h).put(']');
    }
    if (!first) {
      out.put(']');
    }
  }

  private static void statistics(JsonOut out, QueryStatistics s) throws IOException {
    out.put('{').name("timings").put('{');
    out.name("evalTotalTime").number(s.evaluationTime());
    out.next("resultSortTime").number(s.resultSortTime());
    out.next("queryPreparationTime").number(s.preparationTime());
    out.next("innerEvalTime").number(s.innerEvaluationTime());
    out.next("execQueueTime").number(s.queueTime());
    out.next("execTotalTime").number(s.totalTime()).put('}');
    out.next("samples").put('{');
    if (s.totalPerStep() != null) {
      perStep(out.name("totalQueryableSamplesPerStep"), s, s.totalPerStep()).put(',');
    }
    out.name("totalQueryableSamples").number(s.totalSamples());
    if (s.readPerStep() != null) {
      perStep(out.next("samplesReadPerStep"), s, s.readPerStep());
    }
    out.next("samplesRead").number(s.samplesRead());
    out.next("peakSamples").number(s.peakSamples()).put('}');
    CacheReuse r = s.reuse();
    if (r.outcome() != CacheReuse.Outcome.BYPASS) {
      out.next("cache").put('{').name("outcome");
      out.string(r.outcome().name().toLowerCase(Locale.ROOT));
      out.next("reusedSteps").number(r.steps()).put('}');
    }
    out.put('}');
  }

  private static JsonOut perStep(JsonOut out, QueryStatistics s, long[] counts) throws IOException {
    out.put('[');
    for (int i = 0; i < counts.length; i++) {
      out.sep(i == 0).put('[').timestamp(s.stepStart() + i * s.stepInterval()).put(',');
      out.number(counts[i]).put(']');
    }
    return out.put(']');
  }

  private void exemplars(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    if (end < start) {
      throw ApiException.badData("end timestamp must not be before start timestamp");
    }
    Expr e;
    try {
      e = PromqlParser.parse(p.text("query"), settings.parser());
    } catch (StackOverflowError x) {
      throw tooDeep(x);
    } catch (PromqlParseException x) {
      throw new ApiException(ErrorType.BAD_DATA, String.valueOf(x.getMessage()), x);
    }
    List<List<Matcher>> selectors = new ArrayList<>();
    e.walk(
        x -> {
          if (x instanceof Expr.VectorSelector v) {
            selectors.add(v.matchers());
          }
        });
    if (selectors.isEmpty()) {
      call.nothing();
      return;
    }
    List<String> warnings = new ArrayList<>();
    MetricSource source = store.within(call.scope());
    List<MetricSource.SeriesExemplars> found =
        LookupThreads.SHARED.compute(() -> source.exemplars(start, end, selectors, warnings::add));
    call.data(out -> exemplars(out, found), warnings, List.of());
  }

  private static void exemplars(JsonOut out, List<MetricSource.SeriesExemplars> found)
      throws IOException {
    out.put('[');
    for (int i = 0; i < found.size(); i++) {
      MetricSource.SeriesExemplars s = found.get(i);
      out.sep(i == 0).raw("{\"seriesLabels\":").labels(s.series()).raw(",\"exemplars\":[");
      for (int k = 0; k < s.exemplars().size(); k++) {
        Exemplar x = s.exemplars().get(k);
        out.sep(k == 0).raw("{\"labels\":").labels(x.labels());
        out.next("value").value(x.value()).next("timestamp").timestamp(x.timestamp()).put('}');
      }
      out.raw("]}");
    }
    out.put(']');
  }

  private Expr parsed(ApiCall call) {
    try {
      return PromqlParser.parse(call.parameters().text("query"), settings.parser());
    } catch (PromqlParseException e) {
      throw ApiException.invalidParameter("query", String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      throw tooDeep(e);
    }
  }

  private static ApiException tooDeep(StackOverflowError e) {
    return new ApiException(
        ErrorType.BAD_DATA, "invalid parameter \"query\": it nests too deeply", e);
  }

  private void format(ApiCall call) throws IOException {
    String formatted;
    try {
      formatted = PrettyPrinter.format(parsed(call));
    } catch (StackOverflowError e) {
      throw tooDeep(e);
    }
    call.data(out -> out.string(formatted));
  }

  private void parse(ApiCall call) throws IOException {
    String tree;
    try {
      tree = AstJson.toJson(parsed(call));
    } catch (StackOverflowError e) {
      throw tooDeep(e);
    }
    call.data(out -> out.json(tree));
  }
}
