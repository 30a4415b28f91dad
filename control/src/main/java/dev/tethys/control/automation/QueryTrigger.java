package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.control.text.Texts;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Trigger by a query that is evaluated again and again. Each series of its result is an event that
 * fires while the result has it.
 *
 * @param ofLogs whether the log store is queried, otherwise Prometheus
 * @param expression PromQL or LogQL with an instant vector as result
 * @param interval between two evaluations
 * @param hold time for which a series must be in the results before it fires
 */
public record QueryTrigger(boolean ofLogs, String expression, Duration interval, Duration hold) {
  /** Reference to the window in the expression of a burn rate. */
  private static final String WINDOW = "$window";

  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final int MAX_EXPRESSION = 4096;

  private static final Section METRICS =
      new Section("promql", "Query of --prometheus.url that fires for each series of its result.");
  private static final Key<String> EXPRESSION =
      METRICS.required("expr", Type.STRING, "PromQL with an instant vector as result.");
  private static final Key<Duration> METRICS_INTERVAL = interval(METRICS);
  private static final Key<Duration> METRICS_FOR = hold(METRICS);

  private static final Section BURN =
      new Section("burn_rate", "Speed at which an objective loses its error budget.");
  private static final Key<String> RATIO =
      BURN.required(
          "error_ratio",
          Type.STRING,
          "PromQL of the share of errors, 0 to 1, with $window in place of its range.");
  private static final Key<Double> OBJECTIVE =
      BURN.required("objective", Type.FLOAT, "Share that must succeed, such as 0.999.");
  private static final Key<Double> FACTOR =
      BURN.key("factor", Type.FLOAT, 14.4, "Multiple of the speed that uses the budget exactly.");
  private static final Key<List<String>> WINDOWS =
      BURN.key(
          "windows",
          Type.list(Type.STRING),
          List.of("1h", "5m"),
          "Windows in all of which the factor must be exceeded.");
  private static final Key<Duration> BURN_INTERVAL = interval(BURN);
  private static final Key<Duration> BURN_FOR = hold(BURN);

  private static final Section LOGS =
      new Section("logs", "Log lines at --loki.url that fire where there are many.");
  private static final Key<String> SELECTION =
      LOGS.required(
          "query", Type.STRING, "LogQL that selects lines, such as {service_name=\"a\"} |= \"b\".");
  private static final Key<String> RANGE =
      LOGS.key("window", Type.STRING, "1m", "Time within which lines are counted.");
  private static final Key<Double> MORE_THAN =
      LOGS.key("more_than", Type.FLOAT, 0.0, "Number of lines that must be exceeded.");
  private static final Key<List<String>> BY =
      LOGS.key("by", Type.list(Type.STRING), List.of(), "Labels, each value of which fires apart.");
  private static final Key<Duration> LOGS_INTERVAL = interval(LOGS);
  private static final Key<Duration> LOGS_FOR = hold(LOGS);

  static final Type<QueryTrigger> PROMQL = METRICS.type(QueryTrigger::promql);
  static final Type<QueryTrigger> BURN_RATE = BURN.type(QueryTrigger::burnRate);
  static final Type<QueryTrigger> LOG_LINES = LOGS.type(QueryTrigger::logLines);

  private static Key<Duration> interval(Section s) {
    return s.key(
        "interval", Type.DURATION, Duration.ofSeconds(15), "Time between two evaluations.");
  }

  private static Key<Duration> hold(Section s) {
    return s.key("for", Type.DURATION, Duration.ZERO, "Time for which a result must last.");
  }

  private static QueryTrigger promql(YamlObject o) {
    return checked(
        o, new QueryTrigger(false, o.get(EXPRESSION), o.get(METRICS_INTERVAL), o.get(METRICS_FOR)));
  }

  private static QueryTrigger burnRate(YamlObject o) {
    String ratio = o.get(RATIO);
    if (!ratio.contains(WINDOW)) {
      throw o.error(
          RATIO, "must have $window in place of its range, such as rate(errors[$window])");
    }
    double objective = o.get(OBJECTIVE);
    if (!(objective > 0 && objective < 1)) {
      throw o.error(OBJECTIVE, "must be more than 0 and less than 1, such as 0.999");
    }
    double factor = o.get(FACTOR);
    if (!(factor > 0)) {
      throw o.error(FACTOR, "must be more than 0");
    }
    if (o.get(WINDOWS).isEmpty()) {
      throw o.error(WINDOWS, "must have a window");
    }
    String limit =
        BigDecimal.valueOf(factor * (1 - objective))
            .round(new MathContext(12)) // 1 - 0.999 is not 0.001
            .stripTrailingZeros()
            .toPlainString();
    List<String> parts = new ArrayList<>();
    for (String w : o.get(WINDOWS)) {
      parts.add("(" + ratio.replace(WINDOW, duration(o, WINDOWS, w)) + ") > " + limit);
    }
    return checked(
        o,
        new QueryTrigger(
            false, String.join(" and ", parts), o.get(BURN_INTERVAL), o.get(BURN_FOR)));
  }

  private static QueryTrigger logLines(YamlObject o) {
    for (String label : o.get(BY)) {
      if (!LABEL.matcher(label).matches()) {
        throw o.error(
            BY, "has \"" + Texts.shortened(label, 80) + "\", which is not a valid label name");
      }
    }
    String by = o.get(BY).isEmpty() ? "" : " by (" + String.join(", ", o.get(BY)) + ")";
    double least = o.get(MORE_THAN);
    if (!(least >= 0) || Double.isInfinite(least)) {
      throw o.error(MORE_THAN, "must be at least 0");
    }
    String counted =
        "count_over_time(" + o.get(SELECTION) + " [" + duration(o, RANGE, o.get(RANGE)) + "])";
    return checked(
        o,
        new QueryTrigger(
            true,
            "sum" + by + " (" + counted + ") > " + Double.toString(least),
            o.get(LOGS_INTERVAL),
            o.get(LOGS_FOR)));
  }

  private static String duration(YamlObject o, Key<?> key, String text) {
    try {
      if (Durations.parse(text).compareTo(SHORTEST) >= 0) {
        return text;
      }
    } catch (IllegalArgumentException | ConfigException e) {
      // reported below
    }
    throw o.error(key, "must have durations of at least 1s, not " + Texts.shortened(text, 80));
  }

  private static QueryTrigger checked(YamlObject o, QueryTrigger t) {
    if (t.expression.isBlank() || t.expression.length() > MAX_EXPRESSION) {
      throw o.error("the expression must have 1 to " + MAX_EXPRESSION + " characters");
    }
    if (t.interval.compareTo(SHORTEST) < 0) {
      throw o.error("interval must be at least 1s");
    }
    return t;
  }
}
