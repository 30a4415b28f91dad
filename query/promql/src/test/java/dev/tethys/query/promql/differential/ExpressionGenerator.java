package dev.tethys.query.promql.differential;

import java.util.List;
import java.util.Random;

/** Random expressions over {@link DemoData} whose answers do not depend on the order of series. */
final class ExpressionGenerator {
  private static final List<String> GAUGES =
      List.of(
          "demo_memory_usage_bytes",
          "demo_num_cpus",
          "demo_disk_usage_bytes",
          "demo_small",
          "demo_intermittent_metric",
          "demo_weird",
          "demo_batch_last_success_timestamp_seconds");
  private static final List<String> COUNTERS =
      List.of(
          "demo_cpu_usage_seconds_total",
          "demo_api_request_duration_seconds_bucket",
          "demo_api_request_duration_seconds_sum",
          "demo_api_request_duration_seconds_count");
  private static final List<String> RANGES = List.of("20s", "1m", "4m", "10m", "33m");
  private static final List<String> OVER_TIME =
      List.of(
          "avg_over_time",
          "min_over_time",
          "max_over_time",
          "sum_over_time",
          "count_over_time",
          "stddev_over_time",
          "stdvar_over_time",
          "last_over_time",
          "present_over_time",
          "changes",
          "resets",
          "deriv",
          "idelta",
          "delta",
          "ts_of_max_over_time",
          "ts_of_min_over_time",
          "ts_of_last_over_time");
  private static final List<String> MATH =
      List.of(
          "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "round", "deg",
          "rad", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
          "acosh", "atanh");
  private static final List<String> AGGREGATIONS =
      List.of("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar");
  private static final List<String> GROUPS =
      List.of(
          "",
          " by (instance)",
          " by (job)",
          " by (instance, type)",
          " without (instance)",
          " by (path, le)",
          " without (le)");
  private static final List<String> ARITHMETIC = List.of("+", "-", "*", "/", "%", "^", "atan2");
  private static final List<String> COMPARISON = List.of("==", "!=", "<", ">", "<=", ">=");

  private final Random random;

  ExpressionGenerator(long seed) {
    random = new Random(seed);
  }

  String query() {
    return vector(3);
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private String selector(String metric) {
    String m =
        switch (random.nextInt(5)) {
          case 0 -> "{instance=\"demo.promlabs.com:10001\"}";
          case 1 -> "{instance=~\".*:1000[02]\"}";
          case 2 -> "{job=\"demo\", instance!=\"demo.promlabs.com:10000\"}";
          default -> "";
        };
    return metric + m;
  }

  private String shift() {
    return switch (random.nextInt(8)) {
      case 0 -> " offset " + one(List.of("1m", "7m", "-3m"));
      case 1 -> " @ " + (DemoData.START / 1000 + 1800 + random.nextInt(600));
      case 2 -> " @ " + one(List.of("start()", "end()")) + " offset 2m";
      default -> "";
    };
  }

  private String vector(int depth) {
    if (depth == 0) {
      return selector(random.nextBoolean() ? one(GAUGES) : one(COUNTERS)) + shift();
    }
    int d = depth - 1;
    return switch (random.nextInt(16)) {
      case 0, 1 -> one(AGGREGATIONS) + one(GROUPS) + " (" + vector(d) + ")";
      case 2 -> "quantile" + one(GROUPS) + " (" + number() + ", " + vector(d) + ")";
      case 3 -> one(MATH) + "(" + vector(d) + ")";
      case 4 -> "clamp(" + vector(d) + ", -5, 1e9)";
      case 5, 6 -> range(d);
      case 7 -> vector(d) + " " + one(ARITHMETIC) + " " + number();
      case 8 -> number() + " " + one(COMPARISON) + " bool " + vector(d);
      case 9 -> join(d);
      case 10 ->
          "("
              + vector(d)
              + " "
              + one(List.of("and", "or", "unless"))
              + one(List.of("", " on (instance)"))
              + " "
              + vector(d)
              + ")";
      case 11 -> histogram();
      case 12 -> "label_replace(" + vector(d) + ", \"host\", \"$1\", \"instance\", \"(.*):.*\")";
      case 13 -> "-" + selector(one(GAUGES)) + shift();
      case 14 -> one(List.of("hour", "day_of_year", "minute", "timestamp")) + "(" + vector(d) + ")";
      default -> "absent(" + selector(one(GAUGES)) + one(COMPARISON) + number() + ")";
    };
  }

  private String join(int d) {
    String l = one(GAUGES);
    return switch (random.nextInt(3)) {
      case 0 -> selector(l) + " " + one(ARITHMETIC) + " " + selector(l) + shift();
      case 1 ->
          selector("demo_memory_usage_bytes")
              + " "
              + one(ARITHMETIC)
              + " on (instance) group_left "
              + selector("demo_num_cpus");
      default ->
          "sum by (instance) ("
              + vector(d)
              + ") "
              + one(COMPARISON)
              + one(List.of("", " bool"))
              + " sum by (instance) ("
              + vector(d)
              + ")";
    };
  }

  private String range(int d) {
    String r = "[" + one(RANGES) + "]";
    return switch (random.nextInt(8)) {
      case 0, 1 ->
          one(List.of("rate", "increase", "irate"))
              + "("
              + selector(one(COUNTERS))
              + r
              + shift()
              + ")";
      case 2 -> "quantile_over_time(" + number() + ", " + selector(one(GAUGES)) + r + shift() + ")";
      case 3 -> "predict_linear(" + selector(one(GAUGES)) + r + shift() + ", 600)";
      case 4 ->
          one(OVER_TIME)
              + "("
              + vector(Math.min(d, 1))
              + "["
              + one(RANGES)
              + ":"
              + one(List.of("", "30s", "17s"))
              + "]"
              + ")";
      case 5 -> "double_exponential_smoothing(" + selector(one(GAUGES)) + r + ", 0.4, 0.3)";
      default -> one(OVER_TIME) + "(" + selector(one(GAUGES)) + r + shift() + ")";
    };
  }

  private String histogram() {
    String q = one(List.of("0", "0.1", "0.5", "0.93", "1", "-1", "2"));
    String rate = one(List.of("rate", "increase", "delta")) + "(demo_latency_seconds[4m])";
    String n =
        switch (random.nextInt(5)) {
          case 0 -> "demo_latency_seconds";
          case 1 -> rate;
          case 2 -> "sum by (path) (demo_latency_seconds)";
          case 3 -> rate + " * 3";
          default -> "sum_over_time(demo_latency_seconds[2m])";
        };
    return switch (random.nextInt(8)) {
      case 0 -> n;
      case 1 -> "histogram_quantile(" + q + ", " + n + ")";
      case 2 -> "histogram_fraction(0.001, " + q + ", " + n + ")";
      case 3 ->
          one(
                  List.of(
                      "histogram_count",
                      "histogram_sum",
                      "histogram_avg",
                      "histogram_stddev",
                      "histogram_stdvar"))
              + "("
              + n
              + ")";
      case 4 -> one(List.of("changes", "resets")) + "(demo_latency_seconds[10m])";
      case 5 -> "demo_latency_seconds - demo_latency_seconds offset 5m";
      default ->
          "histogram_quantile("
              + q
              + ", sum by (le, path) (rate(demo_api_request_duration_seconds_bucket[5m])))";
    };
  }

  private String number() {
    return one(List.of("0.5", "2", "-3", "1e6", "0.99", "1.7", "0"));
  }
}
