package dev.tethys.testkit;

import java.util.List;
import java.util.Random;

/**
 * Queries designed to overload a server. They are nested as deeply as possible, cover unbounded
 * ranges, use regular expressions that explode in other engines, join all series with all, double
 * labels at every call, and return results of any size. The same seed gives the same queries.
 * Metrics are {@code h} and {@code h_total}, labels {@code i} (many values) and {@code g} (few).
 */
public final class HostileQueries {
  private static final List<String> RANGE_FUNCTIONS =
      List.of(
          "rate",
          "increase",
          "sum_over_time",
          "max_over_time",
          "count_over_time",
          "stddev_over_time",
          "last_over_time",
          "deriv",
          "changes",
          "present_over_time");
  private static final List<String> AGGREGATIONS =
      List.of("sum", "avg", "max", "count", "stddev", "group");
  private static final List<String> OPERATORS =
      List.of("+", "-", "*", "/", "%", "^", "==", ">", "and", "or", "unless", "atan2");

  private final Random random;

  public HostileQueries(long seed) {
    this.random = new Random(seed);
  }

  /** Query with its time: an instant query if {@code step} is 0; in seconds. */
  public record HostileQuery(String kind, String query, long start, long end, long step) {}

  /** Returns the next query; the data is assumed to end at {@code now}, in seconds. */
  public HostileQuery next(long now) {
    int kind = random.nextInt(16);
    String query =
        switch (kind) {
          case 0 -> nested();
          case 1 -> longChain();
          case 2 -> hugeRange();
          case 3 -> regexBomb();
          case 4 -> everythingWithEverything();
          case 5 -> growingLabels();
          case 6 -> subqueries(1 + random.nextInt(4));
          case 7 -> hugeSelection();
          case 8 -> valueExplosion();
          case 9 -> repeated();
          case 10 -> fixedTimes();
          case 11 -> groups();
          case 12 -> longMatch();
          case 13 -> listsOfLabels();
          case 14 -> durations();
          default -> garbage();
        };
    boolean range = random.nextInt(3) > 0;
    long span = pick(List.of(60L, 3_600L, 86_400L, 31_536_000L, 3_000_000_000L));
    long step = Math.max(1, span / pick(List.of(10L, 1_000L, 10_999L)));
    return range
        ? new HostileQuery("" + kind, query, now - span, now, step)
        : new HostileQuery("" + kind, query, now, now, 0);
  }

  private <T> T pick(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private String selector() {
    return pick(
        List.of("h", "h_total", "{__name__=~\".+\"}", "h{i=~\".*\"}", "h{g!=\"\"}", "{i!=\"x\"}"));
  }

  private String nested() {
    int depth = pick(List.of(50, 290, 999, 5_000, 100_000));
    return switch (random.nextInt(5)) {
      case 0 -> "(".repeat(depth) + "h" + ")".repeat(depth);
      case 1 -> "-".repeat(depth) + "h";
      case 2 -> "abs(".repeat(depth) + selector() + ")".repeat(depth);
      case 3 -> "sum(".repeat(depth) + selector() + ")".repeat(depth);
      default -> "(".repeat(depth);
    };
  }

  private String longChain() {
    int n = pick(List.of(10, 200, 900, 20_000));
    String op = " " + pick(OPERATORS) + " ";
    String operand = pick(List.of("h", "1", "sum(h)", "h_total offset 5m", "rate(h_total[5m])"));
    return operand + (op + operand).repeat(n);
  }

  private String duration() {
    return pick(List.of("1ms", "1s", "5m", "1h", "1d", "52w", "100y", "290y", "99999999y"));
  }

  private String hugeRange() {
    return pick(RANGE_FUNCTIONS)
        + "("
        + selector()
        + "["
        + duration()
        + "]"
        + (random.nextBoolean() ? " offset " + duration() : "")
        + ")";
  }

  private String regexBomb() {
    String re =
        pick(
            List.of(
                "(a+)+$",
                "(x+x+)+y",
                ".*.*.*.*.*.*.*.*=",
                "((((((.{1000}){1000}){1000}){1000})))",
                "(.{1,1000}){1,1000}",
                "(a|aa|aaa|aaaa|aaaaa)*b",
                "(?i)" + "(.*a){20}",
                "(".repeat(1_500) + "a" + ")".repeat(1_500),
                "a|".repeat(50_000),
                "[\\\\p{L}\\\\p{N}]{1000}{500}"));
    return random.nextBoolean()
        ? "h{i=~\"" + re + "\"}"
        : "label_replace(h, \"a\", \"$1$1$1$1\", \"i\", \"" + re + "\")";
  }

  private String everythingWithEverything() {
    String matching =
        pick(
            List.of(
                "",
                "on() ",
                "on(g) ",
                "ignoring(i) ",
                "on(g) group_left(i) ",
                "on() group_right(i, g) ",
                "ignoring(g, i) group_left() "));
    return selector() + " " + pick(OPERATORS.subList(0, 8)) + " " + matching + selector();
  }

  private String growingLabels() {
    int n = pick(List.of(5, 20, 40, 200));
    boolean join = random.nextBoolean();
    String begin = join ? "label_join(" : "label_replace(";
    String end =
        join ? ", \"a\", \"\", \"a\", \"a\", \"i\")" : ", \"a\", \"$1$1x\", \"a\", \"(.*)\")";
    return begin.repeat(n) + "h" + end.repeat(n);
  }

  private String subqueries(int levels) {
    String q = selector();
    for (int i = 0; i < levels; i++) {
      q =
          pick(RANGE_FUNCTIONS)
              + "("
              + (i == 0 && random.nextBoolean() ? q : pick(AGGREGATIONS) + " by (i) (" + q + ")")
              + "["
              + duration()
              + ":"
              + pick(List.of("1ms", "1s", "15s", "1m", ""))
              + "])";
    }
    return q;
  }

  private String hugeSelection() {
    return switch (random.nextInt(5)) {
      case 0 ->
          "topk(" + pick(List.of("1e9", "9e18", "Inf", "NaN", "-1")) + ", " + selector() + ")";
      case 1 -> "quantile by (i) (scalar(h_total), " + selector() + ")";
      case 2 -> "sort_desc(" + selector() + " or " + selector() + " or vector(1))";
      case 3 -> "histogram_quantile(0.9, " + selector() + ")";
      default -> selector();
    };
  }

  private String valueExplosion() {
    return "count_values by (i, g) (\"v\", "
        + pick(List.of("h * 1.1", "h_total", "rate(h_total[1h])", "time() * h", selector()))
        + ")";
  }

  private String repeated() {
    String one = "sum by (i) (rate(h_total[" + (1 + random.nextInt(99)) + "m]))";
    return String.join(" + ", java.util.Collections.nCopies(pick(List.of(2, 50, 500)), one));
  }

  private String fixedTimes() {
    return selector()
        + " @ "
        + pick(List.of("0", "start()", "end()", "-9e12", "9e15", "1e300"))
        + " + on(i) group_left() "
        + pick(RANGE_FUNCTIONS)
        + "(h["
        + duration()
        + "] @ end())";
  }

  /** Expressions with many groups, for each of which a matcher keeps two positions per state. */
  private String groups() {
    String group = pick(List.of("(.?)", "(.*)", "(a|b|)", "(?P<n>.?)"));
    String re = group.startsWith("(?P") ? group : group.repeat(pick(List.of(10, 300, 8_000)));
    return "label_replace(" + selector() + ", \"a\", \"$1\", \"i\", \"" + re + ".*\")";
  }

  /** Returns a query with one match over a label of half a million characters. */
  private String longMatch() {
    int n = 15;
    String text =
        "label_replace(".repeat(n) + "topk(1, h)" + ", \"i\", \"$1$1\", \"i\", \"(.*)\")".repeat(n);
    String re = pick(List.of(".*", "(.*)", ".?a?", "[^x]*")).repeat(pick(List.of(1, 5, 20, 1_000)));
    return "label_replace(" + text + ", \"b\", \"$1\", \"i\", \"" + re + "x\")";
  }

  private String listsOfLabels() {
    int n = pick(List.of(10, 1_000, 40_000));
    StringBuilder l = new StringBuilder("l");
    for (int i = 0; i < n; i++) {
      l.append(", l").append(i);
    }
    return switch (random.nextInt(4)) {
      case 0 -> "h * on (" + l + ") group_left (" + l.toString().replace('l', 'm') + ") h_total";
      case 1 -> "sum without (" + l + ") (" + selector() + ")";
      case 2 -> "count by (" + l + ") (" + selector() + ")";
      default -> "label_join(h, \"a\", \"xx\"" + ", \"i\"".repeat(n) + ")";
    };
  }

  private String durations() {
    String d =
        pick(
            List.of(
                "2^60",
                "9^9^9^9",
                "1s-5s",
                "1s/0",
                "1s%0",
                "1e308",
                "step()*1e9",
                "-1s",
                "1s" + "+1s".repeat(2_000),
                "(".repeat(2_000) + "1s" + ")".repeat(2_000)));
    return pick(RANGE_FUNCTIONS)
        + "(h["
        + d
        + pick(List.of("]", ":1ms]", ":" + d + "]"))
        + pick(List.of("", " offset (" + d + ")"))
        + ")";
  }

  private String garbage() {
    StringBuilder sb = new StringBuilder();
    String letters = "h{}()[]\"',:@=~!+-*/^%<> \n\t\\1230.eE_abcsumbyonrate$#\u00fc\u2028";
    int n = pick(List.of(5, 50, 500, 50_000));
    for (int i = 0; i < n; i++) {
      sb.append(letters.charAt(random.nextInt(letters.length())));
    }
    return sb.toString();
  }
}
