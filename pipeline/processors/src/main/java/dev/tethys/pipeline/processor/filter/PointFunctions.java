package dev.tethys.pipeline.processor.filter;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** Converters that test whether any data point of a metric has an attribute. */
final class PointFunctions {
  private PointFunctions() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("HasAttrOnDatapoint", Type.BOOL)
            .in(OttlContext.METRIC)
            .impure()
            .takes("key", ParameterKind.STRING)
            .takes("expected_val", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr key = a.expr(0);
                  OttlExpr value = a.expr(1);
                  return at -> {
                    String k = (String) Objects.requireNonNull(key.get(at));
                    Object v = value.get(at);
                    return any(
                        at.metric(),
                        p -> {
                          int i = p.attributes().indexOf(k);
                          // non-text values count as empty text, as in the Collector
                          return i >= 0
                              && (p.attributes().value(i) instanceof String s ? s : "").equals(v);
                        });
                  };
                }),
        OttlFunction.converter("HasAttrKeyOnDatapoint", Type.BOOL)
            .in(OttlContext.METRIC)
            .impure()
            .takes("key", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr key = a.expr(0);
                  return at -> {
                    String k = (String) Objects.requireNonNull(key.get(at));
                    return any(at.metric(), p -> p.attributes().contains(k));
                  };
                }));
  }

  private static boolean any(Metric m, Predicate<DataPoint> test) {
    if (m.data() != null) {
      for (DataPoint p : m.data().points()) {
        if (test.test(p)) {
          return true;
        }
      }
    }
    return false;
  }
}
