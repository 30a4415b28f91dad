package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanFilter;
import dev.tethys.query.traceql.ast.SpansetOperator;
import dev.tethys.query.traceql.ast.Stage;
import org.jspecify.annotations.Nullable;

/** Spans of a trace that decide on a pipeline. */
final class DecidingSpans {
  private DecidingSpans() {}

  /**
   * Returns the filter that all deciding spans match; null if other spans of the trace also matter,
   * as for span relations.
   */
  static @Nullable SpanFilter of(Stage.Pipeline p) {
    SpanFilter first = SpanFilter.ALL;
    for (int i = 0; i < p.stages().size(); i++) {
      if (p.stages().get(i) instanceof Stage.Spanset s) {
        SpanFilter of = of(s);
        if (of == null) {
          return null;
        }
        first = i == 0 ? of : first;
      }
    }
    return first;
  }

  private static @Nullable SpanFilter of(Stage.Spanset s) {
    return switch (s) {
      case Stage.Filter f -> Pushdown.of(ConstantFolding.fold(f.expression())).filter();
      case Stage.Pipeline p -> of(p);
      case Stage.Operation o -> {
        SpansetOperator op = o.operator();
        SpanFilter left = of(o.left());
        SpanFilter right = of(o.right());
        boolean alone = op == SpansetOperator.AND || op == SpansetOperator.OR;
        yield alone && left != null && right != null ? Pushdown.or(left, right) : null;
      }
    };
  }
}
