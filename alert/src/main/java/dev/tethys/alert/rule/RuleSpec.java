package dev.tethys.alert.rule;

import dev.tethys.query.promql.ast.Expr;
import java.time.Duration;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Rule as written in a file, including the labels of its group. */
public sealed interface RuleSpec {
  /** Returns the recorded metric name, or the alert name. */
  String name();

  /** Returns the expression in its canonical form. */
  String query();

  /** Returns the parsed PromQL; null if the rule queries logs. */
  @Nullable Expr expr();

  /** Returns the labels to add, by name; for an alerting rule, they are templates. */
  SortedMap<String, String> labels();

  /** Records a query's result as a metric. */
  record Recording(String name, String query, @Nullable Expr expr, SortedMap<String, String> labels)
      implements RuleSpec {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Recording r
          && name.equals(r.name)
          && query.equals(r.query)
          && labels.equals(r.labels);
    }

    @Override
    public int hashCode() {
      return name.hashCode() * 31 + query.hashCode();
    }
  }

  /**
   * Turns each element of a query result into an alert.
   *
   * @param hold {@code for}: time that an element must be present before the alert fires
   * @param keepFiringFor how long the alert keeps firing without the element
   * @param annotations templates by name
   */
  record Alerting(
      String name,
      String query,
      @Nullable Expr expr,
      Duration hold,
      Duration keepFiringFor,
      SortedMap<String, String> labels,
      SortedMap<String, String> annotations)
      implements RuleSpec {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Alerting a
          && name.equals(a.name)
          && query.equals(a.query)
          && hold.equals(a.hold)
          && keepFiringFor.equals(a.keepFiringFor)
          && labels.equals(a.labels)
          && annotations.equals(a.annotations);
    }

    @Override
    public int hashCode() {
      return name.hashCode() * 31 + query.hashCode();
    }
  }
}
