package dev.tethys.query.promql.explain;

import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Description;
import dev.tethys.query.promql.exec.Profile;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Step of a query's plan with the steps that it contains.
 *
 * @param id reference for other steps; the root is 1, outer steps come first
 * @param role relation to the enclosing step; empty for the root
 * @param operator the kind of step
 * @param name the function, aggregation or operator; empty if none
 * @param text the part of the query that it computes; empty if there is none
 * @param span position of that part in bytes; null if there is none
 * @param attributes further attributes by name, as display text
 * @param steps number of points in time at which it is computed
 * @param reads selection that it reads from the store, or null
 * @param sameAs the id of the step whose result is used here again, 0 if none
 * @param measured measured costs, if the query was executed with measurement and reached this step
 */
public record PlanNode(
    int id,
    String role,
    String operator,
    String name,
    String text,
    @Nullable Span span,
    Map<String, String> attributes,
    int steps,
    Description.@Nullable Reads reads,
    int sameAs,
    Profile.@Nullable Node measured,
    List<PlanNode> children) {

  /** Visits this step and all inside it, outside first. */
  public void walk(Consumer<PlanNode> visitor) {
    visitor.accept(this);
    children.forEach(c -> c.walk(visitor));
  }

  /**
   * Sums a measure over this step and all nested steps; shared steps are counted at their first
   * occurrence.
   */
  public long total(ToLongFunction<Profile.Node> measure) {
    long n = measured == null ? 0 : measure.applyAsLong(measured);
    for (PlanNode c : children) {
      n += c.total(measure);
    }
    return n;
  }
}
