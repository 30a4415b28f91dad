package dev.tethys.tools;

import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import java.util.List;
import java.util.function.UnaryOperator;

/** Changes the matchers in the selectors of queries. */
final class Selectors {
  private Selectors() {}

  /** Returns the same query with the matchers of every selector replaced. */
  static Expr rewrite(Expr e, UnaryOperator<List<Matcher>> matchers) {
    return switch (e) {
      case Expr.NumberLiteral n -> n;
      case Expr.StringLiteral s -> s;
      case Expr.Paren p -> new Expr.Paren(p.span(), rewrite(p.inner(), matchers));
      case Expr.Unary u -> new Expr.Unary(u.span(), u.negative(), rewrite(u.operand(), matchers));
      case Expr.Binary b ->
          new Expr.Binary(
              b.span(),
              b.op(),
              rewrite(b.left(), matchers),
              rewrite(b.right(), matchers),
              b.returnBool(),
              b.matching());
      case Expr.Aggregate a ->
          new Expr.Aggregate(
              a.span(),
              a.op(),
              rewrite(a.inner(), matchers),
              a.parameter() == null ? null : rewrite(a.parameter(), matchers),
              a.grouping(),
              a.without());
      case Expr.Call c ->
          new Expr.Call(
              c.span(),
              c.function(),
              c.arguments().stream().map(x -> rewrite(x, matchers)).toList());
      case Expr.VectorSelector v -> selector(v, matchers);
      case Expr.MatrixSelector m ->
          new Expr.MatrixSelector(m.span(), selector(m.selector(), matchers), m.range());
      case Expr.Subquery s ->
          new Expr.Subquery(s.span(), rewrite(s.inner(), matchers), s.range(), s.step(), s.shift());
    };
  }

  private static Expr.VectorSelector selector(
      Expr.VectorSelector v, UnaryOperator<List<Matcher>> matchers) {
    return new Expr.VectorSelector(
        v.span(), v.name(), matchers.apply(v.matchers()), v.shift(), v.extension());
  }
}
