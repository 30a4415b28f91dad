package dev.tethys.query.promql.function;

import static dev.tethys.query.promql.ast.Expr.ValueType.MATRIX;
import static dev.tethys.query.promql.ast.Expr.ValueType.SCALAR;
import static dev.tethys.query.promql.ast.Expr.ValueType.STRING;
import static dev.tethys.query.promql.ast.Expr.ValueType.VECTOR;
import static dev.tethys.query.promql.function.FunctionTrait.ANCHORED;
import static dev.tethys.query.promql.function.FunctionTrait.CHANGES_ORDER;
import static dev.tethys.query.promql.function.FunctionTrait.CONSTANT;
import static dev.tethys.query.promql.function.FunctionTrait.FIXED_OVER_FIXED_SELECTOR;
import static dev.tethys.query.promql.function.FunctionTrait.HISTOGRAM_BUCKETS;
import static dev.tethys.query.promql.function.FunctionTrait.HISTOGRAM_COUNTS;
import static dev.tethys.query.promql.function.FunctionTrait.JOINS_INFO;
import static dev.tethys.query.promql.function.FunctionTrait.PER_SERIES;
import static dev.tethys.query.promql.function.FunctionTrait.PER_SERIES_OF_COUNTERS;
import static dev.tethys.query.promql.function.FunctionTrait.QUERY_RANGE;
import static dev.tethys.query.promql.function.FunctionTrait.QUERY_TIME;
import static dev.tethys.query.promql.function.FunctionTrait.SINGLE;
import static dev.tethys.query.promql.function.FunctionTrait.SMOOTHED;
import static dev.tethys.query.promql.function.FunctionTrait.SORTS;
import static dev.tethys.query.promql.function.FunctionTrait.START_TIMESTAMPS;
import static dev.tethys.query.promql.function.FunctionTrait.TWO_SAMPLES;
import static dev.tethys.query.promql.function.FunctionTrait.VARIES_BY_STEP;

import dev.tethys.model.GoMath;
import dev.tethys.model.GoTrigonometry;
import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.HistogramStatistics;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.exec.AnyOverTime;
import dev.tethys.query.promql.exec.Dates;
import dev.tethys.query.promql.exec.FloatOverTime;
import dev.tethys.query.promql.exec.InstantMath;
import dev.tethys.query.promql.exec.InstantRate;
import dev.tethys.query.promql.exec.InstantSelect;
import dev.tethys.query.promql.exec.RangeFunction;
import dev.tethys.query.promql.exec.Rate;
import dev.tethys.query.promql.exec.Regression;
import dev.tethys.query.promql.exec.Scalars;
import dev.tethys.query.promql.exec.Variance;
import dev.tethys.query.promql.exec.WindowSummary;
import dev.tethys.query.promql.function.FunctionDefinition.Evaluator;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongToDoubleFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Functions of the language by name, including those that need a feature flag. A function is one
 * entry here; parser, planner, explainer and API know no names of functions.
 */
public final class PromqlFunctions {
  private static final SortedMap<String, FunctionDefinition> ALL = new TreeMap<>();

  static {
    constants();
    scalars();
    samples();
    dates();
    histograms();
    windows();
    labels();
  }

  private PromqlFunctions() {}

  /** Returns the function with a name (names are case-sensitive), or null. */
  public static @Nullable FunctionDefinition find(String name) {
    return ALL.get(name);
  }

  /**
   * Returns the function with a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static FunctionDefinition get(String name) {
    FunctionDefinition f = ALL.get(name);
    if (f == null) {
      throw new IllegalArgumentException("no function " + name);
    }
    return f;
  }

  /** Whether a name is that of a function with a property; false for aggregations. */
  public static boolean has(String name, FunctionTrait trait) {
    FunctionDefinition f = ALL.get(name);
    return f != null && f.has(trait);
  }

  /** Names of the functions with a property, sorted. */
  public static List<String> names(FunctionTrait trait) {
    return ALL.values().stream().filter(f -> f.has(trait)).map(f -> f.signature().name()).toList();
  }

  /** Returns all functions, by name. */
  public static Collection<FunctionDefinition> all() {
    return Collections.unmodifiableCollection(ALL.values());
  }

  private static void constants() {
    add(stable("pi", SCALAR), a -> new Scalars.Constant(Math.PI), CONSTANT, SINGLE);
    add(
        experimental("start", SCALAR),
        a -> new Scalars.Constant((double) a.queryStart() / 1000),
        CONSTANT,
        QUERY_TIME,
        QUERY_RANGE);
    add(
        experimental("end", SCALAR),
        a -> new Scalars.Constant((double) a.queryEnd() / 1000),
        CONSTANT,
        QUERY_TIME,
        QUERY_RANGE);
    add(
        experimental("range", SCALAR),
        a -> new Scalars.Constant((double) (a.queryEnd() - a.queryStart()) / 1000),
        CONSTANT,
        QUERY_TIME,
        QUERY_RANGE);
    add(
        experimental("step", SCALAR),
        a ->
            new Scalars.Constant(
                a.queryStart() == a.queryEnd() ? 0 : (double) a.queryStep() / 1000),
        CONSTANT,
        QUERY_TIME);
  }

  private static void scalars() {
    add(stable("time", SCALAR), a -> new Scalars.Time(), VARIES_BY_STEP, SINGLE);
    add(stable("scalar", SCALAR, VECTOR), a -> new Scalars.OfVector(a.operator(0)), SINGLE);
    add(stable("vector", VECTOR, SCALAR), a -> new Scalars.ToVector(a.operator(0)), SINGLE);
    add(
        experimental("min_of", SCALAR, SCALAR, SCALAR),
        a -> new Scalars.OfTwo(InstantMath::goMin, a.operator(0), a.operator(1)));
    add(
        experimental("max_of", SCALAR, SCALAR, SCALAR),
        a -> new Scalars.OfTwo(InstantMath::goMax, a.operator(0), a.operator(1)));
  }

  /** Functions of each sample of a vector. */
  private static void samples() {
    floats("abs", Math::abs, PER_SERIES);
    floats("ceil", Math::ceil, PER_SERIES);
    floats("exp", GoMath::exp, PER_SERIES);
    floats("floor", Math::floor, PER_SERIES);
    floats("ln", GoMath::log, PER_SERIES);
    floats("log10", GoMath::log10, PER_SERIES);
    floats("log2", GoMath::log2, PER_SERIES);
    floats("sgn", v -> v < 0 ? -1 : v > 0 ? 1 : v, PER_SERIES);
    floats("sqrt", Math::sqrt, PER_SERIES);
    floats("acos", GoTrigonometry::acos);
    floats("acosh", GoTrigonometry::acosh);
    floats("asin", GoTrigonometry::asin);
    floats("asinh", GoTrigonometry::asinh);
    floats("atan", GoTrigonometry::atan);
    floats("atanh", GoTrigonometry::atanh);
    floats("cos", GoTrigonometry::cos);
    floats("cosh", GoTrigonometry::cosh);
    floats("deg", v -> v * 180 / Math.PI);
    floats("rad", v -> v * Math.PI / 180);
    floats("sin", GoTrigonometry::sin);
    floats("sinh", GoTrigonometry::sinh);
    floats("tan", GoTrigonometry::tan);
    floats("tanh", GoTrigonometry::tanh);
    add(
        stable("round", 1, VECTOR, VECTOR, SCALAR),
        a ->
            InstantMath.round(
                a.operator(0), a.size() > 1 ? a.operator(1) : new Scalars.Constant(1)),
        PER_SERIES);
    add(
        stable("clamp", VECTOR, VECTOR, SCALAR, SCALAR),
        a -> InstantMath.clamp(a.operator(0), a.operator(1), a.operator(2)),
        PER_SERIES);
    add(
        stable("clamp_min", VECTOR, VECTOR, SCALAR),
        a ->
            InstantMath.clamp(
                a.operator(0), a.operator(1), new Scalars.Constant(Double.POSITIVE_INFINITY)),
        PER_SERIES);
    add(
        stable("clamp_max", VECTOR, VECTOR, SCALAR),
        a ->
            InstantMath.clamp(
                a.operator(0), new Scalars.Constant(Double.NEGATIVE_INFINITY), a.operator(1)),
        PER_SERIES);
    add(
        stable("timestamp", VECTOR, VECTOR),
        a ->
            Evaluators.isSelector(a, 0)
                ? a.select(0, InstantSelect.Part.TIMESTAMP)
                : InstantMath.stepTime(a.operator(0)),
        VARIES_BY_STEP,
        FIXED_OVER_FIXED_SELECTOR,
        PER_SERIES);
    add(
        experimental("start_timestamp", VECTOR, VECTOR),
        a ->
            Evaluators.isSelector(a, 0)
                ? a.select(0, InstantSelect.Part.START_TIMESTAMP)
                : InstantMath.nothing(a.operator(0)));
  }

  private static void dates() {
    date("minute", Dates::minute);
    date("hour", Dates::hour);
    date("day_of_week", Dates::dayOfWeek);
    date("day_of_month", Dates::dayOfMonth);
    date("day_of_year", Dates::dayOfYear);
    date("days_in_month", Dates::daysInMonth);
    date("month", Dates::month);
    date("year", Dates::year);
  }

  private static void histograms() {
    ofHistograms("histogram_count", Histogram::count, HISTOGRAM_COUNTS);
    ofHistograms("histogram_sum", Histogram::sum, HISTOGRAM_COUNTS);
    ofHistograms("histogram_avg", h -> h.sum() / h.count(), HISTOGRAM_COUNTS);
    ofHistograms("histogram_stdvar", h -> new HistogramStatistics().variance(h));
    ofHistograms("histogram_stddev", h -> Math.sqrt(new HistogramStatistics().variance(h)));
    add(
        stable("histogram_quantile", VECTOR, SCALAR, VECTOR),
        a -> Evaluators.quantiles(a, 1, 0, 1, false, null),
        HISTOGRAM_BUCKETS,
        CHANGES_ORDER);
    add(
        stable("histogram_fraction", VECTOR, SCALAR, SCALAR, VECTOR),
        a -> Evaluators.quantiles(a, 2, 0, 2, true, null),
        HISTOGRAM_BUCKETS,
        CHANGES_ORDER);
    add(
        experimental("histogram_quantiles", 9, VECTOR, VECTOR, STRING, SCALAR, SCALAR),
        Evaluators::labelledQuantiles,
        HISTOGRAM_BUCKETS,
        CHANGES_ORDER);
  }

  /** Functions of the samples in a window. */
  private static void windows() {
    window(
        stable("rate", VECTOR, MATRIX),
        new Rate(true, true),
        WindowSummary.RATE,
        PER_SERIES_OF_COUNTERS,
        ANCHORED,
        SMOOTHED,
        START_TIMESTAMPS,
        TWO_SAMPLES);
    window(
        stable("increase", VECTOR, MATRIX),
        new Rate(true, false),
        WindowSummary.INCREASE,
        PER_SERIES_OF_COUNTERS,
        ANCHORED,
        SMOOTHED,
        START_TIMESTAMPS,
        TWO_SAMPLES);
    window(
        stable("delta", VECTOR, MATRIX),
        new Rate(false, false),
        WindowSummary.DELTA,
        PER_SERIES,
        ANCHORED,
        SMOOTHED,
        TWO_SAMPLES);
    window(
        stable("irate", VECTOR, MATRIX),
        new InstantRate(true),
        null,
        PER_SERIES_OF_COUNTERS,
        START_TIMESTAMPS,
        TWO_SAMPLES);
    window(stable("idelta", VECTOR, MATRIX), new InstantRate(false), null, PER_SERIES, TWO_SAMPLES);
    window(
        stable("changes", VECTOR, MATRIX),
        new AnyOverTime.Transitions(false),
        null,
        PER_SERIES,
        ANCHORED);
    window(
        stable("resets", VECTOR, MATRIX),
        new AnyOverTime.Transitions(true),
        WindowSummary.RESETS,
        PER_SERIES,
        ANCHORED,
        START_TIMESTAMPS);
    window(stable("deriv", VECTOR, MATRIX), new Regression(false), null, PER_SERIES, TWO_SAMPLES);
    window(
        stable("predict_linear", VECTOR, MATRIX, SCALAR),
        new Regression(true),
        null,
        VARIES_BY_STEP,
        PER_SERIES);
    window(
        experimental("double_exponential_smoothing", VECTOR, MATRIX, SCALAR, SCALAR),
        new FloatOverTime.Smoothing(),
        null);
    over("avg_over_time", new AnyOverTime.Sum(true), WindowSummary.AVERAGE, PER_SERIES);
    over("sum_over_time", new AnyOverTime.Sum(false), WindowSummary.SUM, PER_SERIES);
    over("count_over_time", new AnyOverTime.Count(), WindowSummary.COUNT, PER_SERIES);
    over("present_over_time", new AnyOverTime.Present(), WindowSummary.PRESENT, PER_SERIES);
    over("first_over_time", new AnyOverTime.End(false), WindowSummary.FIRST, PER_SERIES);
    over("last_over_time", new AnyOverTime.End(true), WindowSummary.LAST, PER_SERIES);
    over("min_over_time", new FloatOverTime.Extreme(false), WindowSummary.LEAST, PER_SERIES);
    over("max_over_time", new FloatOverTime.Extreme(true), WindowSummary.LARGEST, PER_SERIES);
    over("stddev_over_time", new Variance(true), null, PER_SERIES);
    over("stdvar_over_time", new Variance(false), null, PER_SERIES);
    window(
        stable("quantile_over_time", VECTOR, SCALAR, MATRIX), new FloatOverTime.Quantile(), null);
    window(experimental("mad_over_time", VECTOR, MATRIX), new FloatOverTime.Mad(), null);
    window(
        experimental("ts_of_first_over_time", VECTOR, MATRIX),
        new AnyOverTime.TimeOfEnd(false),
        WindowSummary.TIME_OF_FIRST);
    window(
        experimental("ts_of_last_over_time", VECTOR, MATRIX),
        new AnyOverTime.TimeOfEnd(true),
        WindowSummary.TIME_OF_LAST);
    window(
        experimental("ts_of_min_over_time", VECTOR, MATRIX),
        new FloatOverTime.TimeOfExtreme(false),
        null);
    window(
        experimental("ts_of_max_over_time", VECTOR, MATRIX),
        new FloatOverTime.TimeOfExtreme(true),
        null);
    RangeFunction present = new AnyOverTime.Present();
    put(
        stable("absent_over_time", VECTOR, MATRIX),
        WindowSummary.PRESENT,
        a -> Evaluators.absentOverTime(a, "absent_over_time", present, WindowSummary.PRESENT),
        SINGLE);
  }

  /** Functions of labels and of whole vectors. */
  private static void labels() {
    add(stable("absent", VECTOR, VECTOR), Evaluators::absent, SINGLE);
    add(stable("sort", VECTOR, VECTOR), a -> Evaluators.sort(a, false), SORTS);
    add(stable("sort_desc", VECTOR, VECTOR), a -> Evaluators.sort(a, true), SORTS);
    add(
        experimental("sort_by_label", -1, VECTOR, VECTOR, STRING),
        a -> Evaluators.sortByLabels(a, false),
        SORTS);
    add(
        experimental("sort_by_label_desc", -1, VECTOR, VECTOR, STRING),
        a -> Evaluators.sortByLabels(a, true),
        SORTS);
    add(
        stable("label_replace", VECTOR, VECTOR, STRING, STRING, STRING, STRING),
        Evaluators::labelReplace,
        CHANGES_ORDER);
    add(
        stable("label_join", -1, VECTOR, VECTOR, STRING, STRING, STRING),
        Evaluators::labelJoin,
        CHANGES_ORDER);
    add(experimental("info", 1, VECTOR, VECTOR, VECTOR), Evaluators::info, JOINS_INFO);
  }

  private static void floats(String name, DoubleUnaryOperator f, FunctionTrait... traits) {
    add(stable(name, VECTOR, VECTOR), a -> InstantMath.floats(f, a.operator(0)), traits);
  }

  private static void ofHistograms(
      String name, ToDoubleFunction<Histogram> f, FunctionTrait... traits) {
    add(stable(name, VECTOR, VECTOR), a -> InstantMath.histograms(f, a.operator(0)), traits);
  }

  /**
   * Defines a function for a part of a date: of each sample, or without an argument of the step.
   */
  private static void date(String name, LongToDoubleFunction part) {
    add(
        stable(name, 1, VECTOR, VECTOR),
        a ->
            Dates.of(
                part,
                a.size() == 0 ? new Scalars.ToVector(new Scalars.WholeSeconds()) : a.operator(0)),
        VARIES_BY_STEP);
  }

  private static void over(
      String name, RangeFunction f, @Nullable WindowSummary summary, FunctionTrait... traits) {
    window(stable(name, VECTOR, MATRIX), f, summary, traits);
  }

  private static void window(
      PromqlFunction signature,
      RangeFunction f,
      @Nullable WindowSummary summary,
      FunctionTrait... traits) {
    String name = signature.name();
    put(signature, summary, a -> Evaluators.window(a, name, f, summary), traits);
  }

  private static void add(PromqlFunction signature, Evaluator evaluator, FunctionTrait... traits) {
    put(signature, null, evaluator, traits);
  }

  private static void put(
      PromqlFunction signature,
      @Nullable WindowSummary summary,
      Evaluator evaluator,
      FunctionTrait... traits) {
    Set<FunctionTrait> all = EnumSet.noneOf(FunctionTrait.class);
    Collections.addAll(all, traits);
    FunctionDefinition former =
        ALL.put(signature.name(), new FunctionDefinition(signature, all, summary, evaluator));
    assert former == null : signature.name();
  }

  private static PromqlFunction stable(String name, ValueType returns, ValueType... arguments) {
    return stable(name, 0, returns, arguments);
  }

  /**
   * @param variadic see {@link PromqlFunction}
   */
  private static PromqlFunction stable(
      String name, int variadic, ValueType returns, ValueType... arguments) {
    return new PromqlFunction(name, List.of(arguments), variadic, returns, false);
  }

  private static PromqlFunction experimental(
      String name, ValueType returns, ValueType... arguments) {
    return experimental(name, 0, returns, arguments);
  }

  private static PromqlFunction experimental(
      String name, int variadic, ValueType returns, ValueType... arguments) {
    return new PromqlFunction(name, List.of(arguments), variadic, returns, true);
  }
}
