package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;

/** Value of an expression for one row; reused. */
final class Cell {
  ValueType type = ValueType.NIL;

  /** Integer, duration, code, 1 or 0; of a floating-point number its bits. */
  long bits;

  String text = "";

  void nil() {
    type = ValueType.NIL;
  }

  void bool(boolean v) {
    type = ValueType.BOOL;
    bits = v ? 1 : 0;
  }

  void real(double v) {
    type = ValueType.FLOAT;
    bits = Double.doubleToRawLongBits(v);
  }

  double number() {
    return type == ValueType.FLOAT ? Double.longBitsToDouble(bits) : bits;
  }

  void set(TraceValue v) {
    type = v.type();
    switch (v) {
      case TraceValue.Text t -> text = t.value();
      case TraceValue.Int i -> bits = i.value();
      case TraceValue.Duration d -> bits = d.nanos();
      case TraceValue.Real r -> bits = Double.doubleToRawLongBits(r.value());
      case TraceValue.Bool b -> bits = b.value() ? 1 : 0;
      case TraceValue.Status s -> bits = s.code();
      case TraceValue.Kind k -> bits = k.code();
      case TraceValue.Nil _, TraceValue.Items _ -> {}
    }
  }

  /** Sets the value of a row; several values are an array, which operators do not take. */
  void set(SpanColumn c, int row, ValueType integers) {
    int from = Frame.from(c, row);
    int to = Frame.to(c, row);
    if (to - from != 1) {
      type = to == from ? ValueType.NIL : ValueType.ARRAY;
      return;
    }
    bits = c.bits[from];
    switch (c.types[from]) {
      case SpanColumn.STRING -> {
        type = ValueType.STRING;
        text = c.strings[(int) bits];
      }
      case SpanColumn.INT -> type = integers;
      case SpanColumn.DOUBLE -> type = ValueType.FLOAT;
      case SpanColumn.BOOL -> type = ValueType.BOOL;
      default -> type = ValueType.NIL;
    }
  }

  /** Returns the value as an object. */
  TraceValue value() {
    return switch (type) {
      case STRING -> new TraceValue.Text(text);
      case FLOAT -> new TraceValue.Real(number());
      case BOOL -> bits != 0 ? TraceValue.TRUE : TraceValue.FALSE;
      case INT, DURATION, STATUS, KIND -> Frame.integer(bits, type);
      case NIL, ARRAY, ATTRIBUTE -> TraceValue.NIL;
    };
  }
}
