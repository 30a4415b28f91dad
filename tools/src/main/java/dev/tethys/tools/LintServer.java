package dev.tethys.tools;

import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.format.PromqlPrinter;
import dev.tethys.store.archive.Json;
import dev.tethys.tools.LintRules.Problem;
import dev.tethys.tools.LintRules.Severity;
import dev.tethys.tools.ServerApi.Parameter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a running server about the series of rules, and the cost of the rules there.
 *
 * <p>Invariant: each metric and selector is requested once.
 */
final class LintServer implements AutoCloseable {
  static final String SERIES = "promql/series";
  static final String COST = "query/cost";

  /**
   * Limits of one evaluation; 0 if none.
   *
   * @param seconds duration
   * @param samples samples read
   * @param series elements of the result
   */
  record Limits(double seconds, long samples, long series) {}

  private final ServerApi api;
  private final Duration lookback;
  private final Limits limits;
  private final Instant now;
  private final Map<String, String> types = new HashMap<>();
  private final Map<String, Boolean> series = new HashMap<>();

  LintServer(ServerApi api, Duration lookback, Limits limits, Instant now) {
    this.api = api;
    this.lookback = lookback;
    this.limits = limits;
    this.now = now;
  }

  /** Returns the type of a metric, "" if the server does not know it. */
  String type(String metric) {
    String known = types.get(metric);
    if (known != null) {
      return known;
    }
    String found = "";
    try {
      for (String name : List.of(metric, metric.replaceAll("_(total|created)$", ""))) {
        Object data = api.get("/api/v1/metadata", List.of(new Parameter("metric", name)));
        List<@Nullable Object> all =
            data instanceof Map<?, ?> m && m.get(name) instanceof List<?> l
                ? new ArrayList<>(l)
                : List.of();
        if (found.isEmpty() && !all.isEmpty() && all.getFirst() instanceof Map<?, ?> first) {
          found = String.valueOf(first.get("type"));
        }
      }
    } catch (IOException e) {
      found = ""; // the error is reported with its series
    }
    found = found.equals("unknown") ? "" : found;
    types.put(metric, found);
    return found;
  }

  private boolean exists(String selector) throws IOException {
    Boolean known = series.get(selector);
    if (known == null) {
      Object data =
          api.post(
              "/api/v1/series",
              List.of(
                  new Parameter("match[]", selector),
                  Parameter.of("start", now.minus(lookback)),
                  Parameter.of("end", now),
                  new Parameter("limit", "1")));
      known = data instanceof List<?> l && !l.isEmpty();
      series.put(selector, known);
    }
    return known;
  }

  /**
   * Metrics of an expression that the server lacks.
   *
   * @param recorded metrics recorded by rules of the same files
   */
  List<Problem> series(Expr expr, Set<String> recorded) throws IOException {
    List<Expr.VectorSelector> all = new ArrayList<>();
    collect(expr, all);
    List<Problem> out = new ArrayList<>();
    for (Expr.VectorSelector v : all) {
      if (recorded.contains(v.name())) {
        continue;
      }
      String selector =
          PromqlPrinter.print(
              new Expr.VectorSelector(
                  v.span(), v.name(), v.matchers(), Expr.TimeShift.NONE, Expr.Extension.NONE));
      if (exists(selector)) {
        continue;
      }
      if (v.name().isEmpty() || exists(v.name())) {
        out.add(
            new Problem(
                SERIES,
                v.name(),
                Severity.BUG,
                "no series of "
                    + api.base()
                    + " matched "
                    + selector
                    + " in the last "
                    + PromqlPrinter.duration(lookback.toMillis())
                    + (v.name().isEmpty() ? "" : ", though there is " + v.name())));
      } else {
        out.add(
            new Problem(
                SERIES,
                v.name(),
                Severity.BUG,
                api.base()
                    + " had no series "
                    + v.name()
                    + " in the last "
                    + PromqlPrinter.duration(lookback.toMillis())));
      }
    }
    return out;
  }

  /** Selectors that should return data: not those tested for absence. */
  private static void collect(Expr e, List<Expr.VectorSelector> to) {
    if (e instanceof Expr.Call c && c.function().name().startsWith("absent")) {
      return;
    }
    if (e instanceof Expr.VectorSelector v) {
      to.add(v);
    }
    e.children().forEach(c -> collect(c, to));
  }

  /** Returns the current cost of an evaluation. */
  List<Problem> cost(String query) throws IOException {
    long began = System.nanoTime();
    Map<String, @Nullable Object> answer;
    try {
      answer =
          Json.asObject(
              api.post(
                  "/api/v1/query",
                  List.of(
                      new Parameter("query", query),
                      Parameter.of("time", now),
                      new Parameter("stats", "all"))));
    } catch (ServerApi.ApiException e) {
      return List.of(
          new Problem(COST, "", Severity.BUG, "the server refuses it: " + e.getMessage()));
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    int elements = answer.get("result") instanceof List<?> l ? l.size() : 0;
    long samples = 0;
    if (answer.get("stats") instanceof Map<?, ?> stats
        && stats.get("samples") instanceof Map<?, ?> s
        && s.get("totalQueryableSamples") instanceof Number n) {
      samples = n.longValue();
    }
    String figures =
        String.format(
            Locale.ROOT, "%d elements of %d samples in %.3f s", elements, samples, seconds);
    List<String> over = new ArrayList<>();
    if (limits.seconds > 0 && seconds > limits.seconds) {
      over.add("seconds");
    }
    if (limits.samples > 0 && samples > limits.samples) {
      over.add("samples");
    }
    if (limits.series > 0 && elements > limits.series) {
      over.add("series");
    }
    return List.of(
        over.isEmpty()
            ? new Problem(COST, "", Severity.INFORMATION, figures)
            : new Problem(
                COST,
                "",
                Severity.BUG,
                figures + ": more " + String.join(" and ", over) + " than are allowed"));
  }

  @Override
  public void close() {
    api.close();
  }
}
