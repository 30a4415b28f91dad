package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks that require the complete tree. They run in the order of the reference, because only the
 * first error is reported.
 */
final class TypeCheck {
  private final byte[] query;

  TypeCheck(byte[] query) {
    this.query = query;
  }

  void check(Expr e) {
    if (e instanceof Expr.Paren p) {
      check(p.inner());
    } else if (e instanceof Expr.Unary u) {
      unary(u);
    } else if (e instanceof Expr.Binary b) {
      binary(b);
    } else if (e instanceof Expr.Aggregate a) {
      aggregate(a);
    } else if (e instanceof Expr.Call c) {
      call(c);
    } else if (e instanceof Expr.MatrixSelector m) {
      check(m.selector());
    } else if (e instanceof Expr.Subquery s) {
      subquery(s);
    } else if (e instanceof Expr.VectorSelector v) {
      selector(v, true);
    } else if (!(e instanceof Expr.NumberLiteral || e instanceof Expr.StringLiteral)) {
      throw new IllegalArgumentException("unknown kind of expression: " + e.getClass());
    }
  }

  private void unary(Expr.Unary u) {
    check(u.operand());
    ValueType t = u.operand().type();
    if (t != ValueType.SCALAR && t != ValueType.VECTOR) {
      throw error(
          u.span(),
          "unary expression only allowed on expressions of type scalar or instant vector, got "
              + GoQuote.quote(t.documented()));
    }
  }

  private void subquery(Expr.Subquery s) {
    check(s.inner());
    ValueType t = s.inner().type();
    if (t != ValueType.VECTOR) {
      throw error(
          s.span(), "subquery is only allowed on instant vector, got " + t.text() + " instead");
    }
  }

  private void aggregate(Expr.Aggregate a) {
    expect(a.inner(), ValueType.VECTOR, "aggregation expression");
    if (a.parameter() != null) {
      expect(
          a.parameter(),
          a.op() == AggregateOp.COUNT_VALUES ? ValueType.STRING : ValueType.SCALAR,
          "aggregation parameter");
    }
  }

  private void expect(Expr e, ValueType wanted, String context) {
    check(e);
    if (e.type() != wanted) {
      throw wrongType(e, wanted, context);
    }
  }

  private PromqlParseException wrongType(Expr e, ValueType wanted, String context) {
    return error(
        e.span(),
        "expected type "
            + wanted.documented()
            + " in "
            + context
            + ", got "
            + e.type().documented());
  }

  private void binary(Expr.Binary b) {
    check(b.left());
    check(b.right());
    ValueType lt = b.left().type();
    ValueType rt = b.right().type();
    String op = GoQuote.quote(b.op().text());
    if (b.returnBool() && !b.op().isComparison()) {
      throw error(operator(b), "bool modifier can only be used on comparison operators");
    }
    if (b.op().isComparison()
        && !b.returnBool()
        && lt == ValueType.SCALAR
        && rt == ValueType.SCALAR) {
      throw error(operator(b), "comparisons between scalars must use BOOL modifier");
    }
    VectorMatching m = b.matching();
    if (m != null && m.on()) {
      Set<String> include = new HashSet<>(m.include());
      for (String l : m.labels()) {
        if (include.contains(l)) {
          throw error(
              operator(b),
              "label " + GoQuote.quote(l) + " must not occur in ON and GROUP clause at once");
        }
      }
    }
    for (Expr side : b.children()) {
      if (side.type() != ValueType.SCALAR && side.type() != ValueType.VECTOR) {
        throw error(
            side.span(), "binary expression must contain only scalar and instant vector types");
      }
    }
    boolean fill = m != null && (m.fillLeft() != null || m.fillRight() != null);
    if (lt != ValueType.VECTOR || rt != ValueType.VECTOR) {
      if (m != null && !m.labels().isEmpty()) {
        throw error(b.span(), "vector matching only allowed between instant vectors");
      }
      if (fill) {
        throw error(b.span(), "filling in missing series only allowed between instant vectors");
      }
    } else if (b.op().isSetOperator()) {
      if (m != null && m.cardinality() != Cardinality.MANY_TO_MANY) {
        throw error(b.span(), "no grouping allowed for " + op + " operation");
      }
      if (fill) {
        throw error(b.span(), "filling in missing series not allowed for set operators");
      }
    }
    if (b.op().isSetOperator() && (lt == ValueType.SCALAR || rt == ValueType.SCALAR)) {
      throw error(b.span(), "set operator " + op + " not allowed in binary scalar expression");
    }
  }

  /**
   * Returns the range from the end of the left side to the start of the right side, without
   * surrounding spaces.
   */
  private Span operator(Expr.Binary b) {
    int start = b.left().span().end();
    while (start < query.length && isSpace(query[start])) {
      start++;
    }
    int end = b.right().span().start() - 1;
    while (end > start && isSpace(query[end])) {
      end--;
    }
    return new Span(start, end);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }

  private void call(Expr.Call c) {
    PromqlFunction f = c.function();
    int n = c.arguments().size();
    String name = GoQuote.quote(f.name());
    if (n < f.minArguments() || n > f.maxArguments()) {
      String bound = f.variadic() == 0 ? "" : n < f.minArguments() ? "at least " : "at most ";
      int expected = n < f.minArguments() ? f.minArguments() : f.maxArguments();
      throw error(
          c.span(),
          "expected " + bound + expected + " argument(s) in call to " + name + ", got " + n);
    }
    boolean info = PromqlFunctions.has(f.name(), FunctionTrait.JOINS_INFO) && n > 1;
    if (info) {
      infoSelector(c, c.arguments().get(1));
    }
    for (int i = 0; i < n; i++) {
      Expr arg = c.arguments().get(i);
      if (info && i == 1 && arg instanceof Expr.VectorSelector v) {
        selector(v, false);
      } else {
        check(arg);
      }
      if (arg.type() != f.argumentType(i)) {
        throw wrongType(arg, f.argumentType(i), "call to function " + name);
      }
    }
  }

  private void infoSelector(Expr.Call c, Expr selector) {
    if (selector.type() != ValueType.VECTOR) {
      throw error(
          c.span(),
          "expected type "
              + ValueType.VECTOR.documented()
              + " in call to function \"info\", got "
              + selector.type().documented());
    }
    if (!(selector instanceof Expr.VectorSelector v)) {
      throw error(selector.span(), "expected label selectors only");
    }
    if (!v.name().isEmpty()) {
      throw error(selector.span(), "expected label selectors only, got vector selector instead");
    }
  }

  private void selector(Expr.VectorSelector v, boolean mustSelect) {
    List<Matcher> matchers = v.matchers();
    if (!v.name().isEmpty()) {
      // The last matcher is the name before the braces.
      for (Matcher m : matchers.subList(0, matchers.size() - 1)) {
        if (m.name().equals(Labels.METRIC_NAME)) {
          throw error(
              v.span(),
              "metric name must not be set twice: "
                  + GoQuote.quote(v.name())
                  + " or "
                  + GoQuote.quote(m.value()));
        }
      }
    } else if (mustSelect && matchers.stream().allMatch(Matcher::matchesEmpty)) {
      throw error(v.span(), "vector selector must contain at least one non-empty matcher");
    }
  }

  private PromqlParseException error(Span at, String reason) {
    return new PromqlParseException(query, at.start(), at.end(), reason);
  }
}
