package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Rows that expressions are evaluated over. */
final class Frame {
  int count;
  SpanColumn[] columns = {};

  /** Returns the first value of a row in a column. */
  static int from(SpanColumn c, int row) {
    int[] offsets = c.offsets;
    return offsets == null ? row : offsets[row];
  }

  /** Returns the end of a row's values in a column; the only value may be absent. */
  static int to(SpanColumn c, int row) {
    int[] offsets = c.offsets;
    return offsets == null ? row + 1 : offsets[row + 1];
  }

  /** Returns the type of a field's integers. */
  static ValueType integers(FieldExpr reference) {
    return reference instanceof FieldExpr.Field f && f.intrinsic().type() != ValueType.STRING
        ? f.intrinsic().type()
        : ValueType.INT;
  }

  /** Returns the type of a field's integers. */
  static ValueType integers(SpanField field) {
    for (Intrinsic i : Intrinsic.values()) {
      if (field.equals(i.field())) {
        return i.type() == ValueType.STRING ? ValueType.INT : i.type();
      }
    }
    return ValueType.INT;
  }

  /** Returns the value at an index of a column. */
  static TraceValue value(SpanColumn c, int at, ValueType integers) {
    long bits = c.bits[at];
    return switch (c.types[at]) {
      case SpanColumn.STRING -> new TraceValue.Text(c.strings[(int) bits]);
      case SpanColumn.INT -> integer(bits, integers);
      case SpanColumn.DOUBLE -> new TraceValue.Real(Double.longBitsToDouble(bits));
      case SpanColumn.BOOL -> bits != 0 ? TraceValue.TRUE : TraceValue.FALSE;
      default -> TraceValue.NIL;
    };
  }

  /** Returns the integer with the type of its field. */
  static TraceValue integer(long v, ValueType type) {
    return switch (type) {
      case DURATION -> new TraceValue.Duration(v);
      case STATUS -> new TraceValue.Status((int) v);
      case KIND -> new TraceValue.Kind((int) v);
      default -> new TraceValue.Int(v);
    };
  }

  /** Value of a row: a single one, or all of them as items. */
  static TraceValue value(SpanColumn c, int row, ValueType integers, boolean asItems) {
    int from = from(c, row);
    int to = to(c, row);
    if (to - from <= 1 || !asItems) {
      return from == to ? TraceValue.NIL : value(c, from, integers);
    }
    List<TraceValue> out = new ArrayList<>();
    for (int i = from; i < to; i++) {
      out.add(value(c, i, integers));
    }
    return new TraceValue.Items(out);
  }
}
