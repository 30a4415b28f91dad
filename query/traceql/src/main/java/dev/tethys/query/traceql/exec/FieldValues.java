package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Distinct values of attributes and intrinsic fields. */
public final class FieldValues {
  private FieldValues() {}

  /**
   * Values with their types, in the order of type and text. The names of roots are those of root
   * spans; the status and kind have all their values. Fields that number spans have none.
   */
  public static List<TraceValue> values(
      TraceStore store,
      Scope scope,
      FieldExpr field,
      SpanFilter filter,
      long from,
      long to,
      int limit) {
    SpanField of;
    SpanFilter with = filter;
    if (field instanceof FieldExpr.Attribute a) {
      if (a.ofParent()) {
        return List.of();
      }
      of = a.field();
    } else {
      Intrinsic i = ((FieldExpr.Field) field).intrinsic();
      switch (i) {
        case STATUS -> {
          return List.of(
              new TraceValue.Status(2), new TraceValue.Status(1), new TraceValue.Status(0));
        }
        case KIND -> {
          List<TraceValue> out = new ArrayList<>();
          for (int k = 0; k <= 5; k++) {
            out.add(new TraceValue.Kind(k));
          }
          return out;
        }
        case ROOT_NAME, ROOT_SERVICE -> {
          of =
              i == Intrinsic.ROOT_SERVICE
                  ? SpanField.SERVICE
                  : SpanField.intrinsic(SpanField.Scope.NAME);
          // filters of other spans do not say which roots their traces have
          with =
              new SpanFilter.Not(
                  new SpanFilter.Present(SpanField.intrinsic(SpanField.Scope.PARENT_ID)));
        }
        default -> {
          SpanField f = i.field();
          if (f == null) {
            return List.of();
          }
          of = f;
        }
      }
    }
    ValueType integers = Frame.integers(of);
    List<TraceValue> out = new ArrayList<>();
    if (Pushdown.isNone(with)) {
      return out;
    }
    for (SpanValue v : store.values(scope, of, with, from, to, limit)) {
      out.add(
          switch (v) {
            case SpanValue.Text t -> new TraceValue.Text(t.value());
            case SpanValue.Int n -> Frame.integer(n.value(), integers);
            case SpanValue.Real r -> new TraceValue.Real(r.value());
            case SpanValue.Bool b -> b.value() ? TraceValue.TRUE : TraceValue.FALSE;
          });
    }
    out.sort(Comparator.comparing(TraceValue::type).thenComparing(TraceValue::text));
    return out;
  }
}
