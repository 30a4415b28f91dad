package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import java.util.ArrayList;
import java.util.List;

/** Fields of a comparison: all attributes, and the intrinsic fields with few values. */
final class AttributeScan {
  /** Maximum number of fields of a comparison; the first by scope and name are kept. */
  static final int MAX_FIELDS = 1000;

  private static final List<Intrinsic> INTRINSICS =
      List.of(
          Intrinsic.NAME,
          Intrinsic.KIND,
          Intrinsic.STATUS,
          Intrinsic.STATUS_MESSAGE,
          Intrinsic.EVENT_NAME,
          Intrinsic.SCOPE_NAME,
          Intrinsic.SCOPE_VERSION);

  private AttributeScan() {}

  static List<FieldExpr> fields(TraceStore store, Scope scope, long from, long to) {
    List<FieldExpr> out = new ArrayList<>();
    INTRINSICS.forEach(i -> out.add(new FieldExpr.Field(i)));
    for (SpanField f : store.attributes(scope, from, to)) {
      if (out.size() == MAX_FIELDS) {
        break;
      }
      out.add(new FieldExpr.Attribute(f.scope(), false, f.name()));
    }
    return out;
  }
}
