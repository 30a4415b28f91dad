package dev.tethys.query.promql.exec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The range functions by name. */
final class RangeFunctions {
  private static final Map<String, RangeFunction> ALL =
      Map.ofEntries(
          Map.entry("rate", new Rate(true, true)),
          Map.entry("increase", new Rate(true, false)),
          Map.entry("delta", new Rate(false, false)),
          Map.entry("irate", new InstantRate(true)),
          Map.entry("idelta", new InstantRate(false)),
          Map.entry("changes", new AnyOverTime.Transitions(false)),
          Map.entry("resets", new AnyOverTime.Transitions(true)),
          Map.entry("deriv", new Regression(false)),
          Map.entry("predict_linear", new Regression(true)),
          Map.entry("double_exponential_smoothing", new FloatOverTime.Smoothing()),
          Map.entry("avg_over_time", new AnyOverTime.Sum(true)),
          Map.entry("sum_over_time", new AnyOverTime.Sum(false)),
          Map.entry("count_over_time", new AnyOverTime.Count()),
          Map.entry("present_over_time", new AnyOverTime.Present()),
          Map.entry("absent_over_time", new AnyOverTime.Present()),
          Map.entry("first_over_time", new AnyOverTime.End(false)),
          Map.entry("last_over_time", new AnyOverTime.End(true)),
          Map.entry("ts_of_first_over_time", new AnyOverTime.TimeOfEnd(false)),
          Map.entry("ts_of_last_over_time", new AnyOverTime.TimeOfEnd(true)),
          Map.entry("min_over_time", new FloatOverTime.Extreme(false)),
          Map.entry("max_over_time", new FloatOverTime.Extreme(true)),
          Map.entry("ts_of_min_over_time", new FloatOverTime.TimeOfExtreme(false)),
          Map.entry("ts_of_max_over_time", new FloatOverTime.TimeOfExtreme(true)),
          Map.entry("stddev_over_time", new Variance(true)),
          Map.entry("stdvar_over_time", new Variance(false)),
          Map.entry("quantile_over_time", new FloatOverTime.Quantile()),
          Map.entry("mad_over_time", new FloatOverTime.Mad()));

  private RangeFunctions() {}

  static RangeFunction get(String name) {
    RangeFunction f = find(name);
    if (f == null) {
      throw new IllegalArgumentException("no range function " + name);
    }
    return f;
  }

  static @Nullable RangeFunction find(String name) {
    return ALL.get(name);
  }
}
