package dev.tethys.query.promql.ast;

import static dev.tethys.query.promql.ast.Expr.ValueType.MATRIX;
import static dev.tethys.query.promql.ast.Expr.ValueType.SCALAR;
import static dev.tethys.query.promql.ast.Expr.ValueType.STRING;
import static dev.tethys.query.promql.ast.Expr.ValueType.VECTOR;

import dev.tethys.query.promql.ast.Expr.ValueType;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every function of the language by name, those behind a feature flag included. */
public final class Functions {
  private static final SortedMap<String, Function> ALL = table();

  private Functions() {}

  /** The function of a name (names are case-sensitive), or null. */
  public static @Nullable Function find(String name) {
    return ALL.get(name);
  }

  /**
   * The function of a name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static Function get(String name) {
    Function f = ALL.get(name);
    if (f == null) {
      throw new IllegalArgumentException("no function " + name);
    }
    return f;
  }

  /** All functions, by name. */
  public static Collection<Function> all() {
    return Collections.unmodifiableCollection(ALL.values());
  }

  private static SortedMap<String, Function> table() {
    SortedMap<String, Function> t = new TreeMap<>();
    stable(
        t,
        """
        abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg
        histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin
        sinh sort sort_desc sqrt tan tanh timestamp
        """,
        0,
        VECTOR,
        VECTOR);
    stable(
        t,
        """
        absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta
        increase irate last_over_time max_over_time min_over_time present_over_time rate resets
        stddev_over_time stdvar_over_time sum_over_time
        """,
        0,
        VECTOR,
        MATRIX);
    stable(
        t,
        "day_of_month day_of_week day_of_year days_in_month hour minute month year",
        1,
        VECTOR,
        VECTOR);
    stable(t, "clamp_max clamp_min", 0, VECTOR, VECTOR, SCALAR);
    stable(t, "pi time", 0, SCALAR);
    stable(t, "clamp", 0, VECTOR, VECTOR, SCALAR, SCALAR);
    stable(t, "histogram_fraction", 0, VECTOR, SCALAR, SCALAR, VECTOR);
    stable(t, "histogram_quantile", 0, VECTOR, SCALAR, VECTOR);
    stable(t, "label_join", -1, VECTOR, VECTOR, STRING, STRING, STRING);
    stable(t, "label_replace", 0, VECTOR, VECTOR, STRING, STRING, STRING, STRING);
    stable(t, "predict_linear", 0, VECTOR, MATRIX, SCALAR);
    stable(t, "quantile_over_time", 0, VECTOR, SCALAR, MATRIX);
    stable(t, "round", 1, VECTOR, VECTOR, SCALAR);
    stable(t, "scalar", 0, SCALAR, VECTOR);
    stable(t, "vector", 0, VECTOR, SCALAR);
    experimental(
        t,
        """
        mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time
        ts_of_min_over_time
        """,
        0,
        VECTOR,
        MATRIX);
    experimental(t, "end range start step", 0, SCALAR);
    experimental(t, "max_of min_of", 0, SCALAR, SCALAR, SCALAR);
    experimental(t, "sort_by_label sort_by_label_desc", -1, VECTOR, VECTOR, STRING);
    experimental(t, "double_exponential_smoothing", 0, VECTOR, MATRIX, SCALAR, SCALAR);
    experimental(t, "histogram_quantiles", 9, VECTOR, VECTOR, STRING, SCALAR, SCALAR);
    experimental(t, "info", 1, VECTOR, VECTOR, VECTOR);
    experimental(t, "start_timestamp", 0, VECTOR, VECTOR);
    return t;
  }

  private static void stable(
      SortedMap<String, Function> t,
      String names,
      int variadic,
      ValueType returns,
      ValueType... arguments) {
    add(t, names, variadic, false, returns, arguments);
  }

  private static void experimental(
      SortedMap<String, Function> t,
      String names,
      int variadic,
      ValueType returns,
      ValueType... arguments) {
    add(t, names, variadic, true, returns, arguments);
  }

  private static void add(
      SortedMap<String, Function> t,
      String names,
      int variadic,
      boolean experimental,
      ValueType returns,
      ValueType... arguments) {
    for (String name : names.strip().split("\\s+")) {
      t.put(name, new Function(name, List.of(arguments), variadic, returns, experimental));
    }
  }
}
