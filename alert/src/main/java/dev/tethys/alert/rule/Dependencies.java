package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dependency-based evaluation order of the rules in a group. Rules that read no earlier results run
 * first, concurrently; rules that both read results and are read run one by one; rules whose
 * results are not read run last. A selector that may match any metric forces sequential evaluation.
 */
final class Dependencies {
  private Dependencies() {}

  /** Batches of positions in the group; a batch of one is evaluated sequentially. */
  static List<List<Integer>> batches(List<RuleSpec> rules) {
    int n = rules.size();
    boolean[] reads = new boolean[n];
    boolean[] isRead = new boolean[n];
    for (int i = 0; n > 1 && i < n; i++) {
      List<Expr.VectorSelector> selectors = new ArrayList<>();
      Expr expr = rules.get(i).expr();
      if (expr == null) { // logs are not written by rules
        continue;
      }
      expr.walk(
          e -> {
            if (e instanceof Expr.VectorSelector v) {
              selectors.add(v);
            }
          });
      for (Expr.VectorSelector v : selectors) {
        Matcher name = matcher(v, Labels.METRIC_NAME);
        if (name == null) {
          return inOrder(n);
        }
        for (int j = 0; j < i; j++) {
          if (readsFrom(v, name, rules.get(j))) {
            reads[i] = true;
            isRead[j] = true;
          }
        }
      }
    }
    List<Integer> first = new ArrayList<>();
    List<List<Integer>> out = new ArrayList<>();
    List<Integer> last = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      if (!reads[i]) {
        first.add(i);
      } else if (isRead[i]) {
        out.add(List.of(i));
      } else {
        last.add(i);
      }
    }
    if (!first.isEmpty()) {
      out.addFirst(first);
    }
    if (!last.isEmpty()) {
      out.add(last);
    }
    return out;
  }

  /** Returns an order that runs all rules one after another. */
  static List<List<Integer>> inOrder(int n) {
    List<List<Integer>> out = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      out.add(List.of(i));
    }
    return out;
  }

  private static @Nullable Matcher matcher(Expr.VectorSelector v, String label) {
    for (Matcher m : v.matchers()) {
      if (m.name().equals(label)) {
        return m;
      }
    }
    return null;
  }

  private static boolean readsFrom(Expr.VectorSelector v, Matcher name, RuleSpec other) {
    if (name.matches(other.name())) {
      return true;
    }
    if (!(other instanceof RuleSpec.Alerting)
        || !name.matches(AlertingRule.ALERTS) && !name.matches(AlertingRule.FOR_STATE)) {
      return false;
    }
    Matcher alert = matcher(v, AlertingRule.NAME_LABEL);
    return alert == null || alert.matches(other.name());
  }
}
