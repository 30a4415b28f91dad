package dev.tethys.query.traceql.parser;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parses expressions over fields of a span. */
final class FieldParser {
  private static final int NOT_LEVEL = 4;
  private static final int UNARY_LEVEL = 7;

  private final TraceqlTokenReader in;

  FieldParser(TraceqlTokenReader in) {
    this.in = in;
  }

  FieldExpr expression() {
    return binary(1);
  }

  /** Parses a single attribute or intrinsic field. */
  FieldExpr field() {
    TraceqlToken t = in.peek();
    FieldExpr f = t.kind() == TraceqlToken.Kind.LITERAL ? null : reference(t);
    if (f == null || f instanceof FieldExpr.Static) {
      throw in.unexpected("expected an attribute or an intrinsic field");
    }
    in.take();
    return f;
  }

  private FieldExpr binary(int min) {
    FieldExpr left = prefix();
    while (true) {
      Operator op = operator(in.peek());
      if (op == null || level(op) < min) {
        return left;
      }
      in.take();
      in.countOperator();
      left = new FieldExpr.Binary(op, left, binary(op == Operator.POWER ? 6 : level(op) + 1));
    }
  }

  private static int level(Operator op) {
    return switch (op) {
      case OR, AND -> 1;
      case ADD, SUBTRACT -> 3;
      case NOT -> NOT_LEVEL;
      case MULTIPLY, DIVIDE, MODULO -> 5;
      case POWER -> 6;
      default -> 2;
    };
  }

  private static @Nullable Operator operator(TraceqlToken t) {
    if (t.kind() == TraceqlToken.Kind.SYMBOL) {
      for (Operator op : Operator.values()) {
        if (op != Operator.NOT && op.text().equals(t.text())) {
          return op;
        }
      }
    }
    return null;
  }

  private FieldExpr prefix() {
    TraceqlToken t = in.peek();
    if (t.is("!") || t.is("-")) {
      in.take();
      in.countOperator();
      in.enter();
      TraceqlToken operandToken = in.peek();
      FieldExpr operand = t.is("!") ? binary(NOT_LEVEL + 1) : binary(UNARY_LEVEL);
      in.leave();
      return t.is("!")
          ? new FieldExpr.Unary(Operator.NOT, operand)
          : negated(operand, operandToken.kind() == TraceqlToken.Kind.LITERAL);
    }
    if (in.accept("(")) {
      in.enter();
      FieldExpr e = binary(1);
      in.expect(")");
      in.leave();
      return e;
    }
    FieldExpr e = reference(t);
    if (e == null) {
      throw in.unexpected("expected a field, a literal or (");
    }
    in.take();
    return e;
  }

  private static FieldExpr negated(FieldExpr operand, boolean literal) {
    TraceValue v = literal && operand instanceof FieldExpr.Static s ? negative(s.value()) : null;
    return v == null ? new FieldExpr.Unary(Operator.SUBTRACT, operand) : new FieldExpr.Static(v);
  }

  /** Negates a number; null for other values. */
  static @Nullable TraceValue negative(TraceValue v) {
    return switch (v) {
      case TraceValue.Int i -> new TraceValue.Int(-i.value());
      case TraceValue.Real r -> new TraceValue.Real(-r.value());
      case TraceValue.Duration d -> new TraceValue.Duration(-d.nanos());
      default -> null;
    };
  }

  private static @Nullable FieldExpr reference(TraceqlToken t) {
    return switch (t.kind()) {
      case ATTRIBUTE -> Objects.requireNonNull(t.attribute());
      case LITERAL -> new FieldExpr.Static(Objects.requireNonNull(t.value()));
      case WORD -> word(t.text());
      case SYMBOL, END -> null;
    };
  }

  private static @Nullable FieldExpr word(String word) {
    Intrinsic i = Intrinsic.of(word);
    if (i != null) {
      return new FieldExpr.Field(i);
    }
    TraceValue v = constant(word);
    return v == null ? null : new FieldExpr.Static(v);
  }

  private static @Nullable TraceValue constant(String word) {
    return switch (word) {
      case "true" -> TraceValue.TRUE;
      case "false" -> TraceValue.FALSE;
      case "nil" -> TraceValue.NIL;
      case "minInt" -> new TraceValue.Int(Long.MIN_VALUE);
      case "maxInt" -> new TraceValue.Int(Long.MAX_VALUE);
      default -> {
        TraceValue v = TraceValue.ofKeyword(word);
        yield v == TraceValue.NIL ? null : v;
      }
    };
  }
}
