package dev.tethys.api.traces;

import dev.tethys.api.traces.TempoParameters.Range;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanField;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceSearchResult;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Queries of Tempo's API by the parameters of a request, the same over HTTP and gRPC. */
final class TempoQueries {
  private static final long HOUR = 3600 * TempoParameters.SECOND;
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_GROUPS = 5;
  private static final int MAX_EXEMPLARS = 100;

  private static final Map<String, SpanField.Scope> SCOPES = scopes();

  private final TraceRequests requests;
  private final LongSupplier now;

  TempoQueries(TraceRequests requests, LongSupplier now) {
    this.requests = requests;
    this.now = now;
  }

  private static Map<String, SpanField.Scope> scopes() {
    Map<String, SpanField.Scope> out = new LinkedHashMap<>();
    out.put("resource", SpanField.Scope.RESOURCE_ATTRIBUTE);
    out.put("span", SpanField.Scope.SPAN_ATTRIBUTE);
    out.put("event", SpanField.Scope.EVENT_ATTRIBUTE);
    out.put("link", SpanField.Scope.LINK_ATTRIBUTE);
    out.put("instrumentation", SpanField.Scope.SCOPE_ATTRIBUTE);
    return out;
  }

  TempoParameters parameters(Params values) {
    return new TempoParameters(values, now.getAsLong());
  }

  /** Runs a query and gives its failures HTTP's statuses. */
  private <T> T run(HttpRequest request, Supplier<T> work) {
    try {
      return requests.run(request, work::get);
    } catch (TraceqlParseException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (TraceQueryException e) {
      int status =
          switch (e.kind()) {
            case INVALID -> 400;
            case LIMIT -> 422;
            case OVERLOAD -> 503;
          };
      throw new HttpException(status, String.valueOf(e.getMessage()));
    }
  }

  /** Searches traces. */
  TraceSearchResult search(HttpRequest request, TempoParameters p) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    int limit = p.limit(DEFAULT_LIMIT);
    int spans = p.spansPerSpanset();
    Range range = p.seconds(HOUR);
    String text = p.query();
    return run(
        request,
        () -> {
          TraceQuery q = TraceQuery.parse(text);
          if (q.isMetrics()) {
            throw TraceQueryException.invalid(
                "query computes series; use /api/metrics/query_range instead of /api/search");
          }
          return queries.search(scope, q, range.from(), range.to(), limit, spans);
        });
  }

  /** Returns the names of attributes and intrinsic fields by scope. */
  Map<String, List<String>> tags(HttpRequest request, TempoParameters p) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    String kind = p.get("scope");
    boolean all = kind.isEmpty() || kind.equals("none");
    if (!all && !SCOPES.containsKey(kind) && !kind.equals("intrinsic") && !kind.equals("trace")) {
      throw QueryParameters.bad("invalid scope: " + kind);
    }
    int limit = p.listLimit(requests.settings().maxValues());
    Range range = p.seconds(requests.settings().lookback().toNanos());
    TraceQuery filter = filter(p.get("q"));
    Map<String, List<String>> out = new LinkedHashMap<>();
    if (all || SCOPES.containsKey(kind)) {
      Map<SpanField.Scope, List<String>> names = new TreeMap<>();
      run(
              request,
              () -> {
                List<SpanField> fields =
                    new ArrayList<>(queries.store().attributes(scope, range.from(), range.to()));
                fields.removeIf(f -> !all && f.scope() != SCOPES.get(kind));
                return filter == null
                    ? fields
                    : queries.present(scope, fields, filter, range.from(), range.to());
              })
          .forEach(f -> names.computeIfAbsent(f.scope(), k -> new ArrayList<>()).add(f.name()));
      SCOPES.forEach(
          (name, s) -> {
            List<String> of = names.getOrDefault(s, List.of());
            if (!of.isEmpty() && (all || kind.equals(name))) {
              out.put(name, of.subList(0, Math.min(limit, of.size())));
            }
          });
    }
    if (all || kind.equals("intrinsic") || kind.equals("trace")) {
      TreeSet<String> names = new TreeSet<>();
      for (Intrinsic i : Intrinsic.values()) {
        if (i != Intrinsic.PARENT) {
          names.add(i.text());
          names.add(i.scoped());
        }
      }
      out.put("intrinsic", List.copyOf(names));
    }
    return out;
  }

  /** Returns the distinct values of a field. */
  List<TraceValue> values(HttpRequest request, TempoParameters p, String tag, boolean scoped) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    int limit = p.listLimit(requests.settings().maxValues());
    Range range = p.seconds(requests.settings().lookback().toNanos());
    return run(
        request,
        () -> {
          FieldExpr field = field(tag, scoped);
          TraceQuery filter = filter(p.get("q"));
          return queries.values(scope, field, filter, range.from(), range.to(), limit);
        });
  }

  private static FieldExpr field(String tag, boolean scoped) {
    if (scoped || Intrinsic.of(tag) != null) {
      return TraceQuery.parseField(tag);
    }
    return TraceQuery.parseField(
        tag.equals("service.name") ? "resource.service.name" : TempoParameters.attribute(tag));
  }

  /**
   * Parses a filter that the user may still be typing; matches everything if it cannot be parsed.
   */
  private static @Nullable TraceQuery filter(String text) {
    if (text.isBlank()) {
      return null;
    }
    try {
      TraceQuery q = TraceQuery.parseUnfinished(text);
      return q.isMetrics() ? null : q;
    } catch (TraceqlParseException e) {
      return null;
    }
  }

  /** Evaluates a range query. */
  TraceSeriesResult range(HttpRequest request, TempoParameters p) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    Range r = p.metrics();
    long step = p.step(r);
    long given = p.uint32("exemplars", 0);
    int exemplars = given == 0 ? MAX_EXEMPLARS : (int) Math.min(given, MAX_EXEMPLARS);
    TraceQuery q = metrics(request, p);
    return run(
        request, () -> queries.range(scope, q, r.from(), r.to(), step, exemplars(q, exemplars)));
  }

  private static int exemplars(TraceQuery q, int otherwise) {
    if (!q.hint("exemplars", true)) {
      return 0;
    }
    Long n = q.integerHint("exemplars");
    return n == null ? otherwise : (int) Math.clamp(n, 0, MAX_EXEMPLARS);
  }

  /** Evaluates an instant query. */
  TraceSeriesResult instant(HttpRequest request, TempoParameters p) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    Range r = p.metrics();
    TraceQuery q = metrics(request, p);
    return run(request, () -> queries.instant(scope, q, r.from(), r.to()));
  }

  /** Writes spans, errors and duration quantiles grouped by {@code groupBy}. */
  void summary(HttpRequest request, TempoParameters p, TextBuffer out) {
    TraceQueries queries = requests.queries();
    Scope scope = RequestScope.of(request);
    String text = p.get("q");
    if (text.isBlank()) {
      throw QueryParameters.bad("please provide a query: parameter q is required");
    }
    if (p.get("groupBy").isBlank()) {
      throw QueryParameters.bad("please provide a groupBy value: parameter groupBy is required");
    }
    Range r = p.seconds(HOUR);
    run(
        request,
        () -> {
          if (TraceQuery.parse(text).isMetrics()) {
            throw TraceQueryException.invalid("query computes series; remove its last function");
          }
          List<String> fields = new ArrayList<>();
          for (String f : p.get("groupBy").split(",", MAX_GROUPS + 1)) {
            fields.add(TraceQuery.parseField(f.strip()).text());
          }
          if (fields.size() > MAX_GROUPS) {
            throw TraceQueryException.invalid("groupBy has more than " + MAX_GROUPS + " fields");
          }
          String by = " by (" + String.join(", ", fields) + ")";
          Function<String, TraceSeriesResult> series =
              function ->
                  queries.instant(
                      scope, TraceQuery.parse(text + " | " + function + by), r.from(), r.to());
          TempoSummary.write(
              fields,
              series.apply("count_over_time()"),
              series.apply("{ status = error } | count_over_time()"),
              series.apply(
                  "quantile_over_time(duration, "
                      + String.join(", ", TempoSummary.QUANTILES)
                      + ")"),
              out);
          return out;
        });
  }

  private TraceQuery metrics(HttpRequest request, TempoParameters p) {
    String text = p.get("q").isEmpty() ? p.get("query") : p.get("q");
    if (text.isBlank()) {
      throw QueryParameters.bad("parameter q is required");
    }
    return run(
        request,
        () -> {
          TraceQuery q = TraceQuery.parse(text);
          if (!q.isMetrics()) {
            throw TraceQueryException.invalid(
                "query finds traces; end it with a function such as | rate(), or use /api/search");
          }
          return q;
        });
  }
}
