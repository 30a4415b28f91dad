package dev.tethys.alert.rule;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.query.promql.PreparedQuery;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryOrigin;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.PromqlParser;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Responds to the queries of rules. Times are Unix milliseconds. */
public interface RuleQuery {
  /**
   * Returns the elements of an instant vector, or a scalar as one without labels.
   *
   * @param expr the parsed text; null if it is LogQL or TraceQL
   * @throws RuntimeException if the query fails, with a message for users
   */
  List<Value.Sample> query(String text, @Nullable Expr expr, long time);

  /** Query evaluated at successive times. */
  @FunctionalInterface
  interface Prepared {
    /**
     * Elements at a time.
     *
     * @throws RuntimeException if the query fails, with a message for users
     */
    List<Value.Sample> at(long time);
  }

  /** Prepares a query that runs repeatedly. */
  default Prepared prepare(String text, @Nullable Expr expr) {
    return time -> query(text, expr, time);
  }

  /** Parses and executes the query of a template. */
  List<Value.Sample> query(String text, long time);

  /** Returns a query function for the rules of one group, which is then named in query lists. */
  default RuleQuery forGroup(String file, String group) {
    return this;
  }

  /**
   * Creates rule queries run by an engine, within the engine share reserved for rules. Rules over
   * metrics read the default tenant.
   */
  static RuleQuery of(PromqlEngine engine, ScopedSource source) {
    return of(
        engine,
        source.within(Scope.DEFAULT),
        new QueryOrigin("rules", "", "", "", QueryPriority.RULE, Scope.DEFAULT));
  }

  private static RuleQuery of(PromqlEngine engine, MetricSource source, QueryOrigin origin) {
    QueryOptions options = new QueryOptions(0, 0, false, origin);
    return new RuleQuery() {
      @Override
      public RuleQuery forGroup(String file, String group) {
        return of(engine, source, QueryOrigin.rule(new QueryOrigin.RuleGroup(file, group)));
      }

      @Override
      public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
        Expr parsed = Objects.requireNonNull(expr, "rule over metrics");
        return samples(engine.instant(source, text, parsed, time, options).execute().value());
      }

      @Override
      public Prepared prepare(String text, @Nullable Expr expr) {
        Expr parsed = Objects.requireNonNull(expr, "rule over metrics");
        PreparedQuery q = engine.prepare(source, text, parsed, options);
        return time -> samples(q.at(time).execute().value());
      }

      @Override
      public List<Value.Sample> query(String text, long time) {
        return query(text, PromqlParser.parse(text, engine.options().parser()), time);
      }
    };
  }

  /** Elements of a result; a scalar is one without labels. */
  static List<Value.Sample> samples(Value v) {
    return switch (v) {
      case Value.InstantVector i -> i.samples();
      case Value.Scalar s ->
          List.of(new Value.Sample(dev.tethys.model.Labels.EMPTY, s.value(), null));
      default -> throw QueryException.execution("rule result is not a vector or scalar");
    };
  }
}
