package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Queries of rules over spans by TraceQL. A query reads the spans that start in a range before its
 * time: the range of its hint {@code range}, or the interval of its group.
 */
public final class TraceRuleQueries {
  /** Hint with the length of the range. */
  public static final String RANGE = "range";

  private TraceRuleQueries() {}

  /**
   * Creates a rule source backed by the trace store.
   *
   * @param queries null while there is no trace store
   * @param timeout the longest time of a query
   */
  public static RuleSource of(Supplier<@Nullable TraceQueries> queries, Duration timeout) {
    return (scope, range) -> new OfQueries(queries, timeout, scope, range);
  }

  /**
   * Parses the query of a rule.
   *
   * @throws TraceqlParseException if it is not valid, or finds traces instead of series
   */
  public static TraceQuery parse(String text) {
    TraceQuery q = TraceQuery.parse(text);
    if (!q.isMetrics()) {
      throw new TraceqlParseException(
          TraceqlParseException.Kind.INVALID,
          0,
          0,
          "query finds traces; a rule needs a metrics query such as { status = error } | rate()");
    }
    TraceValue hint = q.hints().get(RANGE);
    if (hint != null && !(hint instanceof TraceValue.Duration d && d.nanos() > 0)) {
      throw new TraceqlParseException(
          TraceqlParseException.Kind.INVALID,
          0,
          0,
          "hint range is " + hint.literal() + "; it must be a duration above 0, such as 5m");
    }
    return q;
  }

  /** Returns the range of a query, by its hint or the given one. */
  public static Duration range(TraceQuery query, Duration otherwise) {
    return query.hints().get(RANGE) instanceof TraceValue.Duration d
        ? Duration.ofNanos(d.nanos())
        : otherwise;
  }

  /**
   * Builds the labels of a series. Characters not allowed in label names become underscores, and
   * those at the start of a name are removed: {@code resource.service.name} is {@code
   * resource_service_name}, {@code .user} is {@code user}.
   *
   * @param series strings by the names of a result
   * @throws QueryException if two names become the same
   */
  public static Labels labels(Map<String, String> series) {
    TreeMap<String, String> out = new TreeMap<>();
    series.forEach(
        (name, value) -> {
          if (name.equals(Labels.METRIC_NAME) || value.isEmpty()) {
            return;
          }
          String label = label(name);
          if (out.putIfAbsent(label, value) != null) {
            throw QueryException.execution(
                "two fields of the result become the label " + label + ", one is " + name);
          }
        });
    return Labels.of(out);
  }

  private static String label(String name) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      boolean digit = c >= '0' && c <= '9';
      if (letter || digit) {
        sb.append(sb.isEmpty() && digit ? "_" : "").append(c);
      } else if (c != '"' && !sb.isEmpty()) {
        sb.append('_');
      }
    }
    return sb.isEmpty() ? "_" : sb.toString();
  }

  /** Instant queries of one tenant. */
  private record OfQueries(
      Supplier<@Nullable TraceQueries> queries, Duration timeout, Scope scope, Duration range)
      implements RuleQuery {
    @Override
    public Prepared prepare(String text, @Nullable Expr expr) {
      TraceQuery q = TraceRuleQueries.parse(text);
      return time -> run(q, time);
    }

    @Override
    public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
      return query(text, time);
    }

    @Override
    public List<Value.Sample> query(String text, long time) {
      return run(TraceRuleQueries.parse(text), time);
    }

    private List<Value.Sample> run(TraceQuery query, long time) {
      TraceQueries q = queries.get();
      if (q == null) {
        throw RuleSource.notOpen(RuleType.TRACES);
      }
      long to = Math.multiplyExact(time, 1_000_000L);
      long from = to - TraceRuleQueries.range(query, range).toNanos();
      long end = System.nanoTime() + timeout.toNanos();
      try {
        TraceSeriesResult r =
            Cancellation.within(
                () -> {
                  if (System.nanoTime() - end > 0) {
                    throw QueryException.execution(
                        "query took longer than "
                            + timeout.toSeconds()
                            + " s; use a shorter range or more conditions");
                  }
                },
                () -> q.instant(scope, query, from, to));
        return samples(r);
      } catch (TraceQueryException e) {
        throw QueryException.execution(String.valueOf(e.getMessage()));
      }
    }

    private static List<Value.Sample> samples(TraceSeriesResult r) {
      List<Value.Sample> out = new ArrayList<>();
      for (TraceSeriesResult.Series s : r.series()) {
        if (s.values().length > 0 && !Double.isNaN(s.values()[0])) {
          Map<String, String> texts = new TreeMap<>();
          for (NamedValue l : s.labels()) {
            texts.put(l.name(), l.value() == TraceValue.NIL ? "" : l.value().text());
          }
          out.add(new Value.Sample(labels(texts), s.values()[0], null));
        }
      }
      return out;
    }
  }
}
