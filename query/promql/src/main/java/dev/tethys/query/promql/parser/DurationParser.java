package dev.tethys.query.promql.parser;

import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.DurationExpr;
import dev.tethys.query.promql.ast.Expr.Span;

/** Durations and arithmetic on them, in square brackets and after {@code offset}. */
final class DurationParser {
  /** Seconds that no longer fit into the reference's nanoseconds. */
  private static final double MAX_SECONDS = 9.223372036854775807e18 / 1e9;

  private final PromqlTokenReader in;

  DurationParser(PromqlTokenReader in) {
    this.in = in;
  }

  /** Parses a range or a step: a literal must be above zero. */
  Duration positive() {
    DurationExpr e = expression(0);
    if (e instanceof DurationExpr.Literal l) {
      in.peek(); // the reference looks ahead before it judges, so lexical errors come first
      if (!(l.seconds() > 0)) {
        throw in.error(l.span().start(), l.span().end(), "duration must be greater than 0");
      }
    }
    return duration(e);
  }

  /**
   * Parses an offset. Arithmetic needs parentheses here: in {@code a offset 5m - 1} the subtraction
   * is of the selector. Only a duration that begins with a parenthesis or with two signs may
   * continue.
   */
  Duration offset() {
    PromqlToken t = in.peek();
    return switch (t.kind()) {
      case ADD, SUB -> {
        in.next();
        yield switch (in.peek().kind()) {
          case ADD, SUB -> duration(continued(signed(t, expression(power())), 0));
          case LEFT_PAREN, NUMBER, DURATION -> duration(signed(t, primary()));
          default -> {
            DurationExpr operand = primary();
            Span span = new Span(t.start(), operand.span().end());
            yield duration(new DurationExpr.Signed(span, t.kind() == PromqlTokenKind.SUB, operand));
          }
        };
      }
      case LEFT_PAREN -> duration(expression(0));
      default -> duration(primary());
    };
  }

  private static int power() {
    return BinaryOp.POW.precedence();
  }

  private static Duration duration(DurationExpr e) {
    return e instanceof DurationExpr.Literal l
        ? Duration.ofMillis(Literals.secondsToMillis(l.seconds()))
        : new Duration(0, e);
  }

  private DurationExpr expression(int minPrecedence) {
    in.descend();
    PromqlToken t = in.peek();
    DurationExpr left;
    if (t.kind() == PromqlTokenKind.ADD || t.kind() == PromqlTokenKind.SUB) {
      in.next();
      left = signed(t, expression(power()));
    } else {
      left = primary();
    }
    left = continued(left, minPrecedence);
    in.ascend();
    return left;
  }

  private DurationExpr continued(DurationExpr first, int minPrecedence) {
    DurationExpr left = first;
    for (int chained = 0; ; chained++) {
      PromqlToken t = in.peek();
      BinaryOp op =
          switch (t.kind()) {
            case ADD, SUB, MUL, DIV, MOD, POW -> t.kind().binaryOp;
            default -> null;
          };
      if (op == null || op.precedence() < minPrecedence) {
        for (; chained > 0; chained--) {
          in.ascend();
        }
        return left;
      }
      in.next();
      DurationExpr right = expression(op == BinaryOp.POW ? op.precedence() : op.precedence() + 1);
      boolean division = op == BinaryOp.DIV || op == BinaryOp.MOD;
      if (division && right instanceof DurationExpr.Literal l && l.seconds() == 0) {
        throw in.error(
            t.start(), t.end(), op == BinaryOp.DIV ? "division by zero" : "modulo by zero");
      }
      in.descend(); // chains grow the tree as nesting does
      left =
          new DurationExpr.Arithmetic(
              new Span(left.span().start(), right.span().end()), op, left, right);
    }
  }

  private DurationExpr signed(PromqlToken sign, DurationExpr operand) {
    boolean negative = sign.kind() == PromqlTokenKind.SUB;
    Span span = new Span(sign.start(), operand.span().end());
    if (operand instanceof DurationExpr.Literal l) {
      double v = negative ? -l.seconds() : l.seconds();
      return literal(new DurationExpr.Literal(span, v, l.duration()));
    }
    return negative ? new DurationExpr.Signed(span, true, operand) : operand;
  }

  private DurationExpr primary() {
    PromqlToken t = in.peek();
    switch (t.kind()) {
      case NUMBER, DURATION -> {
        in.next();
        return literal(
            new DurationExpr.Literal(
                PromqlTokenReader.span(t), in.number(t), t.kind() == PromqlTokenKind.DURATION));
      }
      case STEP, RANGE -> {
        in.next();
        in.expect(PromqlTokenKind.LEFT_PAREN);
        Span span = new Span(t.start(), in.expect(PromqlTokenKind.RIGHT_PAREN).end());
        return t.kind() == PromqlTokenKind.STEP
            ? new DurationExpr.Step(span)
            : new DurationExpr.Range(span);
      }
      case MAX_OF, MIN_OF -> {
        in.next();
        in.expect(PromqlTokenKind.LEFT_PAREN);
        DurationExpr left = expression(0);
        in.expect(PromqlTokenKind.COMMA);
        DurationExpr right = expression(0);
        in.expect(PromqlTokenKind.RIGHT_PAREN);
        return new DurationExpr.Extreme(
            new Span(left.span().start(), right.span().end()),
            t.kind() == PromqlTokenKind.MAX_OF,
            left,
            right);
      }
      case LEFT_PAREN -> {
        in.next();
        DurationExpr inner = expression(0);
        in.expect(PromqlTokenKind.RIGHT_PAREN);
        // As the reference, which remembers only that there were parentheses: not how many, nor
        // where.
        return inner instanceof DurationExpr.Wrapped
            ? inner
            : new DurationExpr.Wrapped(inner.span(), inner);
      }
      default -> throw in.unexpected();
    }
  }

  private DurationExpr literal(DurationExpr.Literal l) {
    if (l.seconds() > MAX_SECONDS || l.seconds() < -MAX_SECONDS) {
      throw in.error(l.span().start(), l.span().end(), "duration out of range");
    }
    return l;
  }
}
