package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanField;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import java.util.ArrayList;
import java.util.List;

/**
 * Columns of an execution: fields of the store first, then fields that follow from whole traces.
 * The index of a column is final when all fields are known.
 */
final class ExecutionColumns {
  /** Column of a field. */
  final class Slot {
    private final boolean ofTrace;
    private final int number;

    private Slot(boolean ofTrace, int number) {
      this.ofTrace = ofTrace;
      this.number = number;
    }

    /** Returns the index of the column in a frame. */
    int index() {
      return ofTrace ? fields.size() + number : number;
    }
  }

  private final List<SpanField> fields = new ArrayList<>();
  private final List<Intrinsic> ofTrace = new ArrayList<>();

  Slot slot(SpanField field) {
    int i = fields.indexOf(field);
    if (i < 0) {
      i = fields.size();
      fields.add(field);
    }
    return new Slot(false, i);
  }

  Slot slot(Intrinsic intrinsic) {
    SpanField f = intrinsic.field();
    if (f != null) {
      return slot(f);
    }
    int i = ofTrace.indexOf(intrinsic);
    if (i < 0) {
      i = ofTrace.size();
      ofTrace.add(intrinsic);
    }
    return new Slot(true, i);
  }

  /** Returns the slot of an attribute or intrinsic field. */
  Slot slot(FieldExpr reference) {
    return switch (reference) {
      case FieldExpr.Attribute a -> slot(a.field());
      case FieldExpr.Field f -> slot(f.intrinsic());
      default -> throw new IllegalArgumentException(reference.text());
    };
  }

  /** Adds the fields of an expression. */
  void addAll(FieldExpr e) {
    switch (e) {
      case FieldExpr.Static _ -> {}
      case FieldExpr.Attribute _, FieldExpr.Field _ -> slot(e);
      case FieldExpr.Binary b -> {
        addAll(b.left());
        addAll(b.right());
      }
      case FieldExpr.Unary u -> addAll(u.operand());
    }
  }

  /** Returns the fields supplied by the store. */
  List<SpanField> fields() {
    return fields;
  }

  /** Fields that follow from whole traces. */
  List<Intrinsic> ofTrace() {
    return ofTrace;
  }
}
