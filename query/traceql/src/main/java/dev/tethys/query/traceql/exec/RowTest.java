package dev.tethys.query.traceql.exec;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Test of an expression over the rows of a frame, a column at a time. Results for strings are kept
 * by their codes, so that a test serves one scan, or one frame.
 */
abstract class RowTest {
  /** Sets the result of each row. */
  abstract void test(Frame f, boolean[] out);

  /** Compiles a folded expression to a test. */
  static RowTest of(FieldExpr e, ExecutionColumns slots) {
    return switch (e) {
      case FieldExpr.Static s -> new Constant(s.value().equals(TraceValue.TRUE));
      case FieldExpr.Attribute _ -> new Comparison(slots, e, Operator.EQUAL, TraceValue.TRUE);
      case FieldExpr.Field _ -> new Constant(false);
      case FieldExpr.Unary u when u.operator() != Operator.NOT -> new Constant(false);
      case FieldExpr.Unary u ->
          u.operand() instanceof FieldExpr.Attribute a
              ? new Comparison(slots, a, Operator.EQUAL, TraceValue.FALSE)
              : new Not(of(u.operand(), slots));
      case FieldExpr.Binary b -> binary(b, slots);
    };
  }

  private static RowTest binary(FieldExpr.Binary b, ExecutionColumns slots) {
    Operator op = b.operator();
    if (op.isLogical()) {
      List<RowTest> operands = new ArrayList<>();
      for (FieldExpr e : ConstantFolding.chain(op, b)) {
        operands.add(of(e, slots));
      }
      return new Chain(operands, op == Operator.AND);
    }
    if (!op.isComparison()) {
      return new Constant(false);
    }
    if (b.right() instanceof FieldExpr.Static(TraceValue v)
        && ConstantFolding.isReference(b.left())) {
      if (v.type() == ValueType.NIL) {
        return new Present(slots, b.left(), op == Operator.NOT_EQUAL);
      }
      return op.isPattern()
          ? new Pattern(slots, b.left(), op, v.text())
          : new Comparison(slots, b.left(), op, v);
    }
    return new General(b, slots);
  }

  private static final class Constant extends RowTest {
    private final boolean value;

    Constant(boolean value) {
      this.value = value;
    }

    @Override
    void test(Frame f, boolean[] out) {
      Arrays.fill(out, 0, f.count, value);
    }
  }

  private static final class Not extends RowTest {
    private final RowTest operand;

    Not(RowTest operand) {
      this.operand = operand;
    }

    @Override
    void test(Frame f, boolean[] out) {
      operand.test(f, out);
      for (int i = 0; i < f.count; i++) {
        out[i] = !out[i];
      }
    }
  }

  /** Operands of a chain of one operator. */
  private static final class Chain extends RowTest {
    private final List<RowTest> operands;
    private final boolean and;
    private boolean[] scratch = {};

    Chain(List<RowTest> operands, boolean and) {
      this.operands = operands;
      this.and = and;
    }

    @Override
    void test(Frame f, boolean[] out) {
      if (scratch.length < f.count) {
        scratch = new boolean[f.count];
      }
      operands.getFirst().test(f, out);
      for (int k = 1; k < operands.size(); k++) {
        operands.get(k).test(f, scratch);
        for (int i = 0; i < f.count; i++) {
          out[i] = and ? out[i] & scratch[i] : out[i] | scratch[i];
        }
      }
    }
  }

  private static final class Present extends RowTest {
    private final ExecutionColumns.Slot slot;
    private final boolean wanted;

    Present(ExecutionColumns slots, FieldExpr field, boolean wanted) {
      slot = slots.slot(field);
      this.wanted = wanted;
    }

    @Override
    void test(Frame f, boolean[] out) {
      SpanColumn c = f.columns[slot.index()];
      for (int r = 0; r < f.count; r++) {
        boolean present = false;
        for (int i = Frame.from(c, r), to = Frame.to(c, r); i < to; i++) {
          present |= c.types[i] != SpanColumn.ABSENT;
        }
        out[r] = present == wanted;
      }
    }
  }

  /** Tests values, of which at least one must match, or arrays, of which none may be excluded. */
  private abstract static class OfValues extends RowTest {
    private final ExecutionColumns.Slot slot;
    private final boolean repeated;
    private final boolean negated;
    private byte[] byCode = {};

    OfValues(ExecutionColumns slots, FieldExpr field, boolean negated) {
      slot = slots.slot(field);
      repeated = ConstantFolding.isRepeated(field);
      this.negated = negated;
    }

    /** Returns the result for a value: 1 fits, 0 does not, -1 is of another type. */
    abstract int testNumber(byte type, long bits);

    abstract int testText(String s);

    @Override
    void test(Frame f, boolean[] out) {
      SpanColumn c = f.columns[slot.index()];
      if (c.offsets == null) {
        byte[] types = c.types;
        long[] bits = c.bits;
        for (int r = 0; r < f.count; r++) {
          byte t = types[r];
          out[r] =
              t != SpanColumn.ABSENT
                  && (t == SpanColumn.STRING ? text(c, (int) bits[r]) : testNumber(t, bits[r]))
                      == 1;
        }
        return;
      }
      for (int r = 0; r < f.count; r++) {
        boolean some = false;
        boolean all = true;
        for (int i = Frame.from(c, r), to = Frame.to(c, r); i < to; i++) {
          byte t = c.types[i];
          int fit =
              t == SpanColumn.ABSENT
                  ? -1
                  : t == SpanColumn.STRING ? text(c, (int) c.bits[i]) : testNumber(t, c.bits[i]);
          some |= fit == 1;
          all &= fit != 0;
        }
        out[r] = some && (all || repeated || !negated);
      }
    }

    private int text(SpanColumn c, int code) {
      if (code >= byCode.length) {
        byCode = Arrays.copyOf(byCode, Math.max(code + 1, c.strings.length));
      }
      int known = byCode[code];
      if (known == 0) {
        known = testText(c.strings[code]) + 2;
        byCode[code] = (byte) known;
      }
      return known - 2;
    }
  }

  private static final class Comparison extends OfValues {
    private final Operator op;
    private final TraceValue value;
    private final boolean whole;
    private final long constant;
    private final boolean typed;

    Comparison(ExecutionColumns slots, FieldExpr field, Operator op, TraceValue value) {
      super(slots, field, op == Operator.NOT_EQUAL);
      this.op = op;
      this.value = value;
      whole = !(value instanceof TraceValue.Real) && !(value instanceof TraceValue.Text);
      typed = Pushdown.constant(field, value) != null;
      constant =
          switch (value) {
            case TraceValue.Int i -> i.value();
            case TraceValue.Duration d -> d.nanos();
            case TraceValue.Status s -> s.code();
            case TraceValue.Kind k -> k.code();
            case TraceValue.Bool b -> b.value() ? 1 : 0;
            default -> 0;
          };
    }

    @Override
    int testText(String s) {
      return value instanceof TraceValue.Text t
          ? op.holds(Values.compare(s, t.value())) ? 1 : 0
          : -1;
    }

    @Override
    int testNumber(byte type, long bits) {
      boolean bool = value instanceof TraceValue.Bool;
      if (!typed || value instanceof TraceValue.Text || bool != (type == SpanColumn.BOOL)) {
        return -1;
      }
      return switch (type) {
        case SpanColumn.BOOL -> (bits == constant) == (op == Operator.EQUAL) ? 1 : 0;
        case SpanColumn.INT -> {
          double d = value.number();
          yield whole
              ? op.holds(Long.compare(bits, constant)) ? 1 : 0
              : Double.isNaN(d)
                  ? op == Operator.NOT_EQUAL ? 1 : 0
                  : op.holds(Values.compare(bits, d)) ? 1 : 0;
        }
        case SpanColumn.DOUBLE -> {
          double d = Double.longBitsToDouble(bits);
          yield whole && !Double.isNaN(d)
              ? op.flipped().holds(Values.compare(constant, d)) ? 1 : 0
              : op.holds(d, value.number()) ? 1 : 0;
        }
        default -> -1;
      };
    }
  }

  private static final class Pattern extends OfValues {
    private final Regex regex;
    private final boolean wanted;

    Pattern(ExecutionColumns slots, FieldExpr field, Operator op, String pattern) {
      super(slots, field, op == Operator.NOT_MATCHES);
      regex = Regex.whole(pattern);
      wanted = op == Operator.MATCHES;
    }

    @Override
    int testText(String s) {
      return regex.matches(s) == wanted ? 1 : 0;
    }

    @Override
    int testNumber(byte type, long bits) {
      return -1;
    }
  }

  private static final class General extends RowTest {
    private final RowValue expression;
    private final Cell cell = new Cell();

    General(FieldExpr e, ExecutionColumns slots) {
      expression = RowValue.of(e, slots);
    }

    @Override
    void test(Frame f, boolean[] out) {
      for (int r = 0; r < f.count; r++) {
        expression.value(f, r, cell);
        out[r] = cell.type == ValueType.BOOL && cell.bits != 0;
      }
    }
  }
}
