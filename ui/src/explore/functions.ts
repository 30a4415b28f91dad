/** Signatures and one-line help of PromQL's functions and aggregations, for hover and while typing arguments. */

export interface FunctionHelp {
  args: string[];
  /** Parameters after this one may be left out; undefined: all are needed. */
  optionalFrom?: number;
  returns: string;
  help: string;
}

const v = 'v instant-vector';
const r = 'v range-vector';

function f(args: string[], help: string, optionalFrom?: number, returns = 'instant-vector'): FunctionHelp {
  return { args, help, optionalFrom, returns };
}

const perSeries = (what: string) => f([r], `${what} of each series over the window.`);
const each = (what: string) => f([v], `${what} of every sample.`);
const datePart = (what: string) =>
  f([`${v} = vector(time())`], `${what} of each sample read as a unix time, in UTC.`, 0);

export const FUNCTIONS: Record<string, FunctionHelp> = {
  abs: each('Absolute value'),
  absent: f(
    [v],
    'One sample of value 1 when the vector is empty, nothing otherwise. For alerts on missing series.',
  ),
  absent_over_time: f([r], 'One sample of value 1 when the window holds no sample at all.'),
  acos: each('Arc cosine'),
  acosh: each('Inverse hyperbolic cosine'),
  asin: each('Arc sine'),
  asinh: each('Inverse hyperbolic sine'),
  atan: each('Arc tangent'),
  atanh: each('Inverse hyperbolic tangent'),
  avg_over_time: perSeries('Mean'),
  ceil: each('Next integer upwards'),
  changes: f([r], 'How often the value changed within the window.'),
  clamp: f([v, 'min scalar', 'max scalar'], 'Keeps values between both bounds.'),
  clamp_max: f([v, 'max scalar'], 'Keeps values at or below the bound.'),
  clamp_min: f([v, 'min scalar'], 'Keeps values at or above the bound.'),
  cos: each('Cosine (radians)'),
  cosh: each('Hyperbolic cosine'),
  count_over_time: f([r], 'Number of samples within the window.'),
  day_of_month: datePart('Day of the month (1–31)'),
  day_of_week: datePart('Day of the week (0 = Sunday)'),
  day_of_year: datePart('Day of the year (1–366)'),
  days_in_month: datePart('Number of days of the month'),
  deg: each('Radians converted to degrees'),
  delta: f([r], 'Difference between last and first value, extrapolated to the whole window. For gauges.'),
  deriv: f([r], 'Slope per second by linear regression. For gauges.'),
  double_exponential_smoothing: f(
    [r, 'smoothing scalar', 'trend scalar'],
    'Smoothed value that follows the trend. Experimental.',
  ),
  end: f([], 'End of the query as a unix time. Experimental.', undefined, 'scalar'),
  exp: each('Exponential function'),
  first_over_time: f([r], 'Oldest sample of the window. Experimental.'),
  floor: each('Next integer downwards'),
  histogram_avg: f([v], 'Mean observation of each native histogram.'),
  histogram_count: f([v], 'Number of observations of each native histogram.'),
  histogram_fraction: f(['lower scalar', 'upper scalar', v], 'Share of observations between both bounds.'),
  histogram_quantile: f(
    ['φ scalar', 'b instant-vector'],
    'Estimated φ-quantile (0 ≤ φ ≤ 1) of native histograms, or of classic buckets by `le`.',
  ),
  histogram_quantiles: f(
    [v, 'label string', 'φ scalar', '…'],
    'Several quantiles at once, distinguished by the label. Experimental.',
  ),
  histogram_stddev: f([v], 'Estimated standard deviation of observations of native histograms.'),
  histogram_stdvar: f([v], 'Estimated variance of observations of native histograms.'),
  histogram_sum: f([v], 'Sum of observations of each native histogram.'),
  hour: datePart('Hour of the day (0–23)'),
  idelta: f([r], 'Difference between the last two samples. For gauges.'),
  increase: f([r], 'Growth of a counter over the window, adjusted for resets.'),
  info: f([v, 'selector instant-vector'], 'Adds labels of matching info series. Experimental.', 1),
  irate: f([r], 'Growth per second between the last two samples. For fast counters.'),
  label_join: f(
    [v, 'dst string', 'separator string', 'src string', '…'],
    'Joins the values of labels into label dst.',
    3,
  ),
  label_replace: f(
    [v, 'dst string', 'replacement string', 'src string', 'regex string'],
    'Sets label dst from label src where the regular expression matches all of it.',
  ),
  last_over_time: f([r], 'Newest sample of the window.'),
  ln: each('Natural logarithm'),
  log10: each('Decimal logarithm'),
  log2: each('Binary logarithm'),
  mad_over_time: f([r], 'Median absolute deviation over the window. Experimental.'),
  max_of: f(['a scalar', 'b scalar'], 'Larger of two numbers. Experimental.', undefined, 'scalar'),
  max_over_time: perSeries('Largest value'),
  min_of: f(['a scalar', 'b scalar'], 'Smaller of two numbers. Experimental.', undefined, 'scalar'),
  min_over_time: perSeries('Smallest value'),
  minute: datePart('Minute of the hour (0–59)'),
  month: datePart('Month (1–12)'),
  pi: f([], 'The number π.', undefined, 'scalar'),
  predict_linear: f([r, 't scalar'], 'Value expected t seconds from now, by linear regression.'),
  present_over_time: f([r], '1 for each series with a sample within the window.'),
  quantile_over_time: f(['φ scalar', r], 'φ-quantile of each series over the window.'),
  rad: each('Degrees converted to radians'),
  range: f([], 'Length of the query in seconds. Experimental.', undefined, 'scalar'),
  rate: f(
    [r],
    'Average growth per second over the window, adjusted for counter resets. Aggregate after it, not before.',
  ),
  resets: f([r], 'How often a counter was reset within the window.'),
  round: f([v, 'to scalar = 1'], 'Nearest multiple of the second argument.', 1),
  scalar: f([v], 'The value of the only element, NaN when there is not exactly one.', undefined, 'scalar'),
  sgn: each('Sign (-1, 0, 1)'),
  sin: each('Sine (radians)'),
  sinh: each('Hyperbolic sine'),
  sort: f([v], 'Sorts by value, smallest first. Affects the table only.'),
  sort_by_label: f([v, 'label string', '…'], 'Sorts by label values, in natural order. Experimental.'),
  sort_by_label_desc: f(
    [v, 'label string', '…'],
    'Sorts by label values in descending natural order. Experimental.',
  ),
  sort_desc: f([v], 'Sorts by value, largest first. Affects the table only.'),
  sqrt: each('Square root'),
  start: f([], 'Start of the query as a unix time. Experimental.', undefined, 'scalar'),
  start_timestamp: f([v], 'Start time of the series of each sample as a unix time. Experimental.'),
  stddev_over_time: perSeries('Standard deviation'),
  stdvar_over_time: perSeries('Variance'),
  step: f([], 'Step of the query in seconds. Experimental.', undefined, 'scalar'),
  sum_over_time: perSeries('Sum'),
  tan: each('Tangent (radians)'),
  tanh: each('Hyperbolic tangent'),
  time: f([], 'Seconds since 1970 at the time of evaluation.', undefined, 'scalar'),
  timestamp: f([v], 'When each sample was taken, as a unix time.'),
  ts_of_first_over_time: f([r], 'When the oldest sample of the window was taken. Experimental.'),
  ts_of_last_over_time: f([r], 'When the newest sample of the window was taken. Experimental.'),
  ts_of_max_over_time: f([r], 'When the largest value was last seen. Experimental.'),
  ts_of_min_over_time: f([r], 'When the smallest value was last seen. Experimental.'),
  vector: f(['s scalar'], 'A vector with one element without labels.'),
  year: datePart('Year'),

  sum: f([v], 'Adds up all values of a group. Groups: `sum by (label) (…)`.'),
  avg: f([v], 'Mean of a group.'),
  min: f([v], 'Smallest value of a group.'),
  max: f([v], 'Largest value of a group.'),
  count: f([v], 'Number of elements in a group.'),
  group: f([v], '1 for every group that exists.'),
  stddev: f([v], 'Standard deviation over a group.'),
  stdvar: f([v], 'Variance over a group.'),
  topk: f(['k scalar', v], 'The k largest elements of each group, with all their labels.'),
  bottomk: f(['k scalar', v], 'The k smallest elements of each group, with all their labels.'),
  limitk: f(['k scalar', v], 'Any k elements of each group. Experimental.'),
  limit_ratio: f(['ratio scalar', v], 'A fixed share of the elements of each group. Experimental.'),
  quantile: f(['φ scalar', v], 'φ-quantile over a group.'),
  count_values: f(['label string', v], 'Number of elements with each value; the label holds the value.'),
};
