package dev.tethys.tools;

import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Possible labels of an expression's elements, derived from the expression only.
 *
 * @param bounded whether they have at most {@code names}; otherwise they may have any label but
 *     {@code names}
 * @param series whether they are scraped series, which have the labels of their target
 */
record PossibleLabels(boolean bounded, Set<String> names, boolean series) {
  private static final PossibleLabels NONE = new PossibleLabels(true, Set.of(), false);

  /** Whether an element can have a label. */
  boolean can(String label) {
    return bounded == names.contains(label);
  }

  private PossibleLabels with(String label) {
    Set<String> s = new TreeSet<>(names);
    if (bounded) {
      s.add(label);
    } else {
      s.remove(label);
    }
    return new PossibleLabels(bounded, s, series);
  }

  private PossibleLabels without(List<String> labels) {
    Set<String> s = new TreeSet<>(names);
    if (bounded) {
      labels.forEach(s::remove);
    } else {
      s.addAll(labels);
    }
    return new PossibleLabels(bounded, s, series);
  }

  private PossibleLabels only(List<String> labels) {
    Set<String> s = new TreeSet<>();
    labels.stream().filter(this::can).forEach(s::add);
    return new PossibleLabels(true, s, false);
  }

  private PossibleLabels or(PossibleLabels o) {
    Set<String> s = new TreeSet<>();
    if (bounded && o.bounded) {
      s.addAll(names);
      s.addAll(o.names);
      return new PossibleLabels(true, s, false);
    }
    PossibleLabels free = bounded ? o : this;
    PossibleLabels other = bounded ? this : o;
    free.names.stream().filter(n -> !other.can(n)).forEach(s::add);
    return new PossibleLabels(false, s, false);
  }

  static PossibleLabels of(Expr e) {
    return switch (e) {
      case Expr.NumberLiteral n -> NONE;
      case Expr.StringLiteral s -> NONE;
      case Expr.VectorSelector v -> selector(v);
      case Expr.MatrixSelector m -> selector(m.selector());
      case Expr.Paren p -> of(p.inner());
      case Expr.Unary u -> of(u.operand());
      case Expr.Subquery s -> of(s.inner());
      case Expr.Aggregate a -> aggregate(a);
      case Expr.Call c -> call(c);
      case Expr.Binary b -> binary(b);
    };
  }

  private static PossibleLabels selector(Expr.VectorSelector v) {
    Set<String> absent = new TreeSet<>();
    for (Matcher m : v.matchers()) {
      if (m.type() == Matcher.Type.EQUAL && m.value().isEmpty()) {
        absent.add(m.name());
      }
    }
    // A recorded metric has the labels that its rule left.
    return new PossibleLabels(false, absent, !v.name().isEmpty() && v.name().indexOf(':') < 0);
  }

  private static PossibleLabels aggregate(Expr.Aggregate a) {
    PossibleLabels inner = of(a.inner());
    switch (a.op()) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> {
        return inner;
      }
      default -> {}
    }
    PossibleLabels grouped = a.without() ? inner.without(a.grouping()) : inner.only(a.grouping());
    return a.op() == AggregateOp.COUNT_VALUES && a.parameter() instanceof Expr.StringLiteral s
        ? grouped.with(s.value())
        : grouped;
  }

  private static PossibleLabels call(Expr.Call c) {
    String name = c.function().name();
    PossibleLabels from = NONE;
    for (Expr a : c.arguments()) {
      if (a.type() == ValueType.VECTOR || a.type() == ValueType.MATRIX) {
        from = of(a);
        break;
      }
    }
    return switch (name) {
      case "absent", "absent_over_time" -> absent(c);
      case "label_replace", "label_join" ->
          c.arguments().size() > 1 && c.arguments().get(1) instanceof Expr.StringLiteral s
              ? from.with(s.value())
              : from;
      case "histogram_quantile", "histogram_fraction" -> from.without(List.of("le"));
      case "info" -> new PossibleLabels(false, Set.of(), true);
      case "vector", "scalar", "time" -> NONE;
      default -> from;
    };
  }

  /** Labels of an absent metric: those of its selector. */
  private static PossibleLabels absent(Expr.Call c) {
    Expr inner = c.arguments().getFirst();
    while (inner instanceof Expr.Paren p) {
      inner = p.inner();
    }
    if (inner instanceof Expr.MatrixSelector m) {
      inner = m.selector();
    }
    if (!(inner instanceof Expr.VectorSelector v)) {
      return NONE;
    }
    List<String> asked = new ArrayList<>();
    for (Matcher m : v.matchers()) {
      if (m.type() == Matcher.Type.EQUAL && !m.name().equals("__name__")) {
        asked.add(m.name());
      }
    }
    return new PossibleLabels(true, new TreeSet<>(asked), false);
  }

  private static PossibleLabels binary(Expr.Binary b) {
    if (b.left().type() == ValueType.SCALAR) {
      return of(b.right());
    }
    PossibleLabels left = of(b.left());
    if (b.right().type() == ValueType.SCALAR) {
      return left;
    }
    PossibleLabels right = of(b.right());
    if (b.op() == BinaryOp.OR) {
      return left.or(right);
    }
    VectorMatching m = b.matching();
    if (b.op().isSetOperator() || m == null) {
      return left;
    }
    PossibleLabels out =
        switch (m.cardinality()) {
          case ONE_TO_ONE -> m.on() ? left.only(m.labels()) : left.without(m.labels());
          case ONE_TO_MANY -> right;
          default -> left;
        };
    for (String l : m.include()) {
      out = out.with(l);
    }
    return out;
  }
}
