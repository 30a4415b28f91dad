package dev.tethys.query.promql.plan;

import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Aggregate;
import dev.tethys.query.promql.ast.Expr.Binary;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.SharedSubexpression;
import dev.tethys.query.promql.format.PromqlPrinter;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Finds equal vector expressions in a query; they are equal when they print alike. The last of them
 * represents all, because a repeated annotation has the position of the last.
 */
final class CommonSubtrees {
  /**
   * Maximum length of compared text: a tall tree prints its lowest parts once per level.
   * Expressions beyond the limit are computed at each occurrence.
   */
  private static final int MAX_TEXT = 1 << 22;

  private final Map<Expr, String> text = new IdentityHashMap<>();
  private final Map<String, Integer> count = new HashMap<>();
  private final Map<String, Expr> last = new HashMap<>();
  private final Map<String, SharedSubexpression> shared = new HashMap<>();

  private int printed;

  CommonSubtrees(Expr root) {
    if (selectors(root) > 1) {
      root.walk(this::note);
    }
  }

  private static int selectors(Expr root) {
    int[] n = new int[1];
    root.walk(
        e -> {
          if (e instanceof VectorSelector) {
            n[0]++;
          }
        });
    return n[0];
  }

  private void note(Expr e) {
    boolean worth =
        (e instanceof VectorSelector
                || e instanceof Call
                || e instanceof Aggregate
                || e instanceof Binary)
            && e.type() == ValueType.VECTOR
            && selectors(e) > 0;
    if (worth && printed < MAX_TEXT) {
      String t = PromqlPrinter.print(e);
      printed += t.length();
      text.put(e, t);
      count.merge(t, 1, Integer::sum);
      last.put(t, e);
    }
  }

  /** Returns the number of occurrences of an expression in the query; 1 if unknown. */
  int occurrences(Expr e) {
    String t = text.get(e);
    return t == null ? 1 : count.getOrDefault(t, 1);
  }

  /** Returns the last of the equal expressions. */
  Expr last(Expr e) {
    String t = text.get(e);
    return t == null ? e : last.getOrDefault(t, e);
  }

  /** Returns the operator that computes an expression once for all its occurrences. */
  Operator share(Expr e, Planner.Context c, Operator o) {
    boolean counts = c.countsWanted() && !c.bucketsNeeded();
    String key = counts + "|" + text.getOrDefault(e, "");
    return shared.computeIfAbsent(key, k -> new SharedSubexpression(shared.size(), o));
  }
}
