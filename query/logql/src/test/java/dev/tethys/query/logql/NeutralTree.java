package dev.tethys.query.logql;

import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Compares trees of queries with the neutral form of recorded cases, as far as that goes. */
final class NeutralTree {
  private NeutralTree() {}

  /** First difference; empty if none. */
  @SuppressWarnings("unchecked")
  static String difference(Map<String, Object> want, LogqlExpr e) {
    return switch (e) {
      case LogExpr l -> log(want, l);
      case MetricExpr.RangeAggregation r -> {
        Map<String, Object> over = (Map<String, Object>) want.get("over");
        if (!r.op().text().equals(want.get("fn")) || over == null) {
          yield "is " + r.op() + ", not " + want.get("fn");
        }
        Object seconds = over.get("range_s");
        if (seconds instanceof Number n && n.doubleValue() != r.range().range() / 1e9) {
          yield "range " + r.range().range() + ", not " + n;
        }
        Object offset = over.get("offset_s");
        if (offset instanceof Number n && n.doubleValue() != r.range().offset() / 1e9) {
          yield "offset " + r.range().offset() + ", not " + n;
        }
        yield log(over, r.range().log());
      }
      case MetricExpr.VectorAggregation v -> {
        if (!v.op().text().equals(want.get("agg"))) {
          yield "is " + v.op() + ", not " + want.get("agg");
        }
        MetricExpr.Grouping g = v.grouping();
        Object labels = want.getOrDefault("by", want.get("without"));
        if (g != null && labels != null && !g.labels().equals(labels)) {
          yield "grouped by " + g + ", not " + labels;
        }
        yield difference(part(want, "of"), v.inner());
      }
      case MetricExpr.Binary b -> {
        if (!b.op().text().equals(want.get("op"))) {
          yield "is " + b.op() + ", not " + want.get("op");
        }
        String left = difference(part(want, "left"), b.left());
        yield left.isEmpty() ? difference(part(want, "right"), b.right()) : left;
      }
      default -> "";
    };
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> part(Map<String, Object> want, String key) {
    return (Map<String, Object>) Objects.requireNonNull(want.get(key));
  }

  private static String log(Map<String, Object> want, LogExpr l) {
    List<List<String>> selector = new ArrayList<>();
    for (Matcher m : l.matchers()) {
      selector.add(List.of(m.name(), m.type().operator(), m.value()));
    }
    if (want.containsKey("selector") && !selector.equals(want.get("selector"))) {
      return "selects " + selector + ", not " + want.get("selector");
    }
    return "";
  }
}
