package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metric fields. */
public final class MetricFields {
  private MetricFields() {}

  static Map<String, Field> metric() {
    Map<String, Field> f = new HashMap<>();
    f.put("name", Paths.string(at -> at.metric().name(), (at, v) -> at.metric().setName(v)));
    f.put(
        "description",
        Paths.string(at -> at.metric().description(), (at, v) -> at.metric().setDescription(v)));
    f.put("unit", Paths.string(at -> at.metric().unit(), (at, v) -> at.metric().setUnit(v)));
    f.put(
        "type",
        Paths.longs(
            at -> type(at.metric()),
            (_, _) -> {
              throw new EvaluationException(
                  "the type of a metric cannot be assigned; use an editor such as "
                      + "convert_sum_to_gauge()");
            }));
    f.put(
        "aggregation_temporality",
        Paths.plain(
            Type.INT,
            at ->
                at.metric().data() instanceof MetricData.Aggregated<?> a
                    ? (Long) (long) a.temporality()
                    : null,
            (at, v) -> {
              if (at.metric().data() instanceof MetricData.Aggregated<?> a && v instanceof Long l) {
                a.setTemporality(Paths.count(l));
              }
            }));
    f.put(
        "is_monotonic",
        Paths.plain(
            Type.BOOL,
            at -> at.metric().data() instanceof MetricData.Sum s ? s.isMonotonic() : null,
            (at, v) -> {
              if (at.metric().data() instanceof MetricData.Sum s && v instanceof Boolean b) {
                s.setMonotonic(b);
              }
            }));
    f.put(
        "data_points",
        Paths.plain(Type.TELEMETRY, at -> at.metric().data(), MetricFields::setPoints));
    f.put("metadata", Paths.map(at -> at.metric().metadata()));
    return f;
  }

  /** Returns the METRIC_DATA_TYPE_… number of a metric. */
  public static int type(Metric m) {
    return switch (m.data()) {
      case null -> 0;
      case MetricData.Gauge _ -> 1;
      case MetricData.Sum _ -> 2;
      case MetricData.Histogram _ -> 3;
      case MetricData.ExponentialHistogram _ -> 4;
      case MetricData.Summary _ -> 5;
    };
  }

  private static void setPoints(dev.tethys.pipeline.ottl.Cursor at, @Nullable Object value) {
    MetricData<?> own = at.metric().data();
    if (!(value instanceof MetricData<?> d) || own == null || d.getClass() != own.getClass()) {
      throw new EvaluationException("data_points can be set to those of a metric of the same type");
    }
    if (d != own) {
      at.metric().setData(d.copy());
    }
  }
}
