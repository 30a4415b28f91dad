package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fields of data points, which depend on the kind of point: a missing field is nil, and assigning
 * to it has no effect, as in the Collector.
 */
final class PointFields {
  private record Quantiles(double[] quantiles, double[] values) {}

  private record Buckets(int offset, long[] counts) {}

  private PointFields() {}

  static Map<String, Field> point() {
    Map<String, Field> f = new HashMap<>();
    f.put("attributes", Paths.map(at -> at.point().attributes()));
    Paths.times(
        f,
        "start_time",
        at -> at.point().startTimeUnixNano(),
        (at, v) -> at.point().setStartTimeUnixNano(v));
    Paths.times(
        f, "time", at -> at.point().timeUnixNano(), (at, v) -> at.point().setTimeUnixNano(v));
    f.put(
        "flags",
        Paths.longs(
            at -> Paths.unsigned(at.point().flags()),
            (at, v) -> at.point().setFlags(Paths.count(v))));
    numbers(f);
    histograms(f);
    exponential(f);
    f.put(
        "exemplars",
        Paths.plain(
            Type.TELEMETRY,
            at -> exemplars(at.point()),
            (at, v) -> {
              List<Exemplar> own = exemplars(at.point());
              if (own != null) {
                Paths.replace(own, v, Exemplar.class, Exemplar::copy);
              }
            }));
    f.put(
        "quantile_values",
        Paths.plain(
            Type.TELEMETRY,
            at ->
                at.point() instanceof SummaryDataPoint s
                    ? new Quantiles(s.quantiles(), s.quantileValues())
                    : null,
            (at, v) -> {
              if (at.point() instanceof SummaryDataPoint s && v == null) {
                s.setQuantiles(new double[0]);
                s.setQuantileValues(new double[0]);
              } else if (at.point() instanceof SummaryDataPoint s && v instanceof Quantiles q) {
                s.setQuantiles(q.quantiles().clone());
                s.setQuantileValues(q.values().clone());
              }
            }));
    return f;
  }

  private static void numbers(Map<String, Field> f) {
    f.put(
        "value_double",
        Paths.plain(
            Type.DOUBLE,
            at ->
                at.point() instanceof NumberDataPoint n
                    ? (Double) (n.isDouble() ? n.doubleValue() : 0.0)
                    : null,
            (at, v) -> {
              if (at.point() instanceof NumberDataPoint n && v instanceof Double d) {
                n.setDouble(d);
              }
            }));
    f.put(
        "value_int",
        Paths.plain(
            Type.INT,
            at ->
                at.point() instanceof NumberDataPoint n
                    ? (Long) (n.isInt() ? n.longValue() : 0L)
                    : null,
            (at, v) -> {
              if (at.point() instanceof NumberDataPoint n && v instanceof Long l) {
                n.setLong(l);
              }
            }));
  }

  private static void histograms(Map<String, Field> f) {
    f.put("count", Paths.plain(Type.INT, at -> count(at.point()), PointFields::setCount));
    f.put("sum", Paths.plain(Type.DOUBLE, at -> sum(at.point()), PointFields::setSum));
    f.put(
        "min",
        Paths.plain(
            Type.DOUBLE,
            at ->
                switch (at.point()) {
                  case HistogramDataPoint h when h.hasMin() -> h.min();
                  case ExponentialHistogramDataPoint e when e.hasMin() -> e.min();
                  default -> null;
                },
            (at, v) -> {
              if (v instanceof Double d) {
                switch (at.point()) {
                  case HistogramDataPoint h -> h.setMin(d);
                  case ExponentialHistogramDataPoint e -> e.setMin(d);
                  default -> {}
                }
              }
            }));
    f.put(
        "max",
        Paths.plain(
            Type.DOUBLE,
            at ->
                switch (at.point()) {
                  case HistogramDataPoint h when h.hasMax() -> h.max();
                  case ExponentialHistogramDataPoint e when e.hasMax() -> e.max();
                  default -> null;
                },
            (at, v) -> {
              if (v instanceof Double d) {
                switch (at.point()) {
                  case HistogramDataPoint h -> h.setMax(d);
                  case ExponentialHistogramDataPoint e -> e.setMax(d);
                  default -> {}
                }
              }
            }));
    f.put(
        "explicit_bounds",
        Paths.plain(
            Type.LIST,
            at -> at.point() instanceof HistogramDataPoint h ? Lists.of(h.explicitBounds()) : null,
            (at, v) -> {
              if (at.point() instanceof HistogramDataPoint h) {
                h.setExplicitBounds(Lists.doubles(v));
              }
            }));
    f.put(
        "bucket_counts",
        Paths.plain(
            Type.LIST,
            at -> at.point() instanceof HistogramDataPoint h ? Lists.of(h.bucketCounts()) : null,
            (at, v) -> {
              if (at.point() instanceof HistogramDataPoint h) {
                h.setBucketCounts(Lists.counts(v));
              }
            }));
  }

  private static void exponential(Map<String, Field> f) {
    f.put(
        "scale",
        Paths.plain(
            Type.INT,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e
                    ? (Long) (long) e.scale()
                    : null,
            (at, v) -> {
              if (at.point() instanceof ExponentialHistogramDataPoint e && v instanceof Long l) {
                e.setScale(small(l));
              }
            }));
    f.put(
        "zero_count",
        Paths.plain(
            Type.INT,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e ? (Long) e.zeroCount() : null,
            (at, v) -> {
              if (at.point() instanceof ExponentialHistogramDataPoint e && v instanceof Long l) {
                e.setZeroCount(l);
              }
            }));
    f.put(
        "zero_threshold",
        Paths.plain(
            Type.DOUBLE,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e
                    ? (Double) e.zeroThreshold()
                    : null,
            (at, v) -> {
              if (at.point() instanceof ExponentialHistogramDataPoint e && v instanceof Double d) {
                e.setZeroThreshold(d);
              }
            }));
    buckets(f, "positive", true);
    buckets(f, "negative", false);
  }

  private static void buckets(Map<String, Field> f, String name, boolean positive) {
    f.put(
        name,
        Paths.plain(
            Type.TELEMETRY,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e
                    ? new Buckets(offset(e, positive), counts(e, positive))
                    : null,
            (at, v) -> {
              if (v == null) {
                throw new EvaluationException(
                    "the value is nil, but this field requires buckets; assign to its offset and"
                        + " bucket_counts");
              }
              if (at.point() instanceof ExponentialHistogramDataPoint e && v instanceof Buckets b) {
                setOffset(e, positive, b.offset());
                setCounts(e, positive, b.counts().clone());
              }
            }));
    f.put(
        name + ".offset",
        Paths.plain(
            Type.INT,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e
                    ? (Long) (long) offset(e, positive)
                    : null,
            (at, v) -> {
              if (at.point() instanceof ExponentialHistogramDataPoint e && v instanceof Long l) {
                setOffset(e, positive, small(l));
              }
            }));
    f.put(
        name + ".bucket_counts",
        Paths.plain(
            Type.LIST,
            at ->
                at.point() instanceof ExponentialHistogramDataPoint e
                    ? Lists.of(counts(e, positive))
                    : null,
            (at, v) -> {
              if (at.point() instanceof ExponentialHistogramDataPoint e) {
                setCounts(e, positive, Lists.counts(v));
              }
            }));
  }

  static Map<String, Field> exemplar() {
    Map<String, Field> f = new HashMap<>();
    Paths.times(
        f, "time", at -> at.exemplar().timeUnixNano(), (at, v) -> at.exemplar().setTimeUnixNano(v));
    f.put(
        "double_value",
        Paths.plain(
            Type.DOUBLE,
            at -> at.exemplar().isDouble() ? at.exemplar().doubleValue() : 0.0,
            (at, v) -> {
              if (v instanceof Double d) {
                at.exemplar().setDouble(d);
              }
            }));
    f.put(
        "int_value",
        Paths.plain(
            Type.INT,
            at -> at.exemplar().isInt() ? at.exemplar().longValue() : 0L,
            (at, v) -> {
              if (v instanceof Long l) {
                at.exemplar().setLong(l);
              }
            }));
    Paths.ids(
        f,
        "trace_id",
        Id.Kind.TRACE,
        at -> Id.trace(at.exemplar().traceIdHigh(), at.exemplar().traceIdLow()),
        (at, id) -> at.exemplar().setTraceId(id.high(), id.low()));
    Paths.ids(
        f,
        "span_id",
        Id.Kind.SPAN,
        at -> Id.span(at.exemplar().spanId()),
        (at, id) -> at.exemplar().setSpanId(id.low()));
    f.put("filtered_attributes", Paths.map(at -> at.exemplar().attributes()));
    return f;
  }

  private static @Nullable Long count(DataPoint p) {
    return switch (p) {
      case HistogramDataPoint h -> h.count();
      case ExponentialHistogramDataPoint e -> e.count();
      case SummaryDataPoint s -> s.count();
      case NumberDataPoint _ -> null;
    };
  }

  private static void setCount(Cursor at, @Nullable Object v) {
    if (v instanceof Long l) {
      switch (at.point()) {
        case HistogramDataPoint h -> h.setCount(l);
        case ExponentialHistogramDataPoint e -> e.setCount(l);
        case SummaryDataPoint s -> s.setCount(l);
        case NumberDataPoint _ -> {}
      }
    }
  }

  private static @Nullable Double sum(DataPoint p) {
    return switch (p) {
      case HistogramDataPoint h -> h.hasSum() ? h.sum() : 0.0;
      case ExponentialHistogramDataPoint e -> e.hasSum() ? e.sum() : 0.0;
      case SummaryDataPoint s -> s.sum();
      case NumberDataPoint _ -> null;
    };
  }

  private static void setSum(Cursor at, @Nullable Object v) {
    if (v instanceof Double d) {
      switch (at.point()) {
        case HistogramDataPoint h -> h.setSum(d);
        case ExponentialHistogramDataPoint e -> e.setSum(d);
        case SummaryDataPoint s -> s.setSum(d);
        case NumberDataPoint _ -> {}
      }
    }
  }

  private static @Nullable List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n -> n.exemplars();
      case HistogramDataPoint h -> h.exemplars();
      case ExponentialHistogramDataPoint e -> e.exemplars();
      case SummaryDataPoint _ -> null;
    };
  }

  private static int offset(ExponentialHistogramDataPoint e, boolean positive) {
    return positive ? e.positiveOffset() : e.negativeOffset();
  }

  private static void setOffset(ExponentialHistogramDataPoint e, boolean positive, int v) {
    if (positive) {
      e.setPositiveOffset(v);
    } else {
      e.setNegativeOffset(v);
    }
  }

  private static long[] counts(ExponentialHistogramDataPoint e, boolean positive) {
    return positive ? e.positiveCounts() : e.negativeCounts();
  }

  private static void setCounts(ExponentialHistogramDataPoint e, boolean positive, long[] v) {
    if (positive) {
      e.setPositiveCounts(v);
    } else {
      e.setNegativeCounts(v);
    }
  }

  private static int small(long v) {
    if (v != (int) v) {
      throw new EvaluationException("the number " + v + " does not fit into 32 bits");
    }
    return (int) v;
  }
}
