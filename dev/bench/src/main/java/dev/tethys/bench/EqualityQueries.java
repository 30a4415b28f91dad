package dev.tethys.bench;

import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random expressions over {@link EqualityData}: every function by its signature, every operator,
 * matching, fill, aggregation and modifier, duration expressions, and occasionally a redundant or
 * missing token. Queries with several correct results are omitted, such as {@code topk} over equal
 * series.
 */
final class EqualityQueries {
  private static final List<String> FLOATS =
      List.of(
          "g",
          "whole",
          "small",
          "constant",
          "odd",
          "huge",
          "cancels",
          "gaps",
          "late",
          "{\"ütf.8 näme\"}",
          "c_total",
          "requests",
          "classic_bucket",
          "classic_sum",
          "classic_count",
          "broken_bucket",
          "build_info",
          "target_info");
  private static final List<String> HISTOGRAMS =
      List.of("nh", "gh", "nhcb", "nhcb_turns", "mixed", "kinds", "nh_gaps", "nh_nan", "classic");
  private static final List<String> MATCHERS =
      List.of(
          "instance=\"i1\"",
          "instance=~\"i[12]\"",
          "instance!=\"i2\"",
          "instance!~\"i1|i2\"",
          "job=\"a\"",
          "job=~\".*\"",
          "job!=\"\"",
          "type=~\"x|y\"",
          "path=\"/a\"",
          "le=\"0.5\"",
          "mode!~\"id.*\"",
          "absent=\"\"",
          "\"läbel.x\"=~\".+\"",
          "instance=~\"(?i:I1)\"");
  private static final List<String> LABELS =
      List.of("instance", "job", "type", "path", "le", "mode", "\"läbel.x\"", "os", "nothing");
  private static final List<String> AGGREGATIONS =
      List.of("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar");
  private static final List<String> ARITHMETIC = List.of("+", "-", "*", "/", "%", "^", "atan2");
  private static final List<String> COMPARISON = List.of("==", "!=", "<", ">", "<=", ">=");
  private static final List<String> NUMBERS =
      List.of(
          "0", "1", "2", "-3", "0.5", "0.99", "1.7", "1e6", "-1e-3", "NaN", "Inf", "-Inf", "0x1F",
          "1_000", "5m", "1e308");
  private static final List<String> DURATIONS =
      List.of(
          "20s",
          "1m",
          "4m",
          "10m",
          "33m",
          "90",
          "1m30s",
          "2m + 30s",
          "step() * 3",
          "range() / 4",
          "max_of(step(), 1m)",
          "min_of(10m, 2 * step())",
          "(3m - 1m) * 2",
          "2 ^ 7");

  private final Random random;

  EqualityQueries(long seed) {
    random = new Random(seed);
  }

  /** Returns the next query. */
  String next() {
    String q =
        switch (random.nextInt(12)) {
          case 0 -> scalar(2);
          case 1 -> "sort" + one(List.of("", "_desc")) + "(" + vector(2) + ")";
          default -> vector(1 + random.nextInt(3));
        };
    return random.nextInt(20) == 0 ? damaged(q) : q;
  }

  /** Returns a selector without a surrounding expression, for lists of series and labels. */
  String selector() {
    return one(random.nextInt(3) == 0 ? HISTOGRAMS : FLOATS, true);
  }

  /** Removes, adds or replaces a random word. */
  private String damaged(String q) {
    List<String> words = new ArrayList<>(List.of(q.split("(?<=\\W)|(?=\\W)")));
    int at = random.nextInt(words.size());
    switch (random.nextInt(4)) {
      case 0 -> words.remove(at);
      case 1 -> words.add(at, words.get(random.nextInt(words.size())));
      case 2 ->
          words.set(
              at,
              one(
                  List.of(
                      "by",
                      "(",
                      ")",
                      "[",
                      "]",
                      "{",
                      "}",
                      "5m",
                      "sum",
                      "rate",
                      "offset",
                      "@",
                      ",",
                      "\"x",
                      "bool",
                      "on",
                      "é",
                      "1",
                      "fill",
                      "group_left",
                      ":",
                      "=~")));
      default -> words.add(at, one(List.of(" offset 5m ", " @ 0 ", " bool ", " - ", "#", "[5m]")));
    }
    return String.join("", words);
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private String one(List<String> metrics, boolean matchers) {
    String m = one(metrics);
    List<String> more = new ArrayList<>();
    for (int n = matchers ? Math.max(0, random.nextInt(5) - 2) : 0; n > 0; n--) {
      more.add(one(MATCHERS));
    }
    if (m.startsWith("{")) {
      more.addFirst(m.substring(1, m.length() - 1));
      m = "";
    } else if (chance(25)) {
      // of floats and histograms under one name Prometheus shows both, negated
      more.addFirst("__name__=~\"" + m + (m.equals("g") ? "" : ".*") + "\"");
      m = "";
    }
    return more.isEmpty() && !m.isEmpty() ? m : m + "{" + String.join(", ", more) + "}";
  }

  private String metric() {
    return one(chance(3) ? HISTOGRAMS : FLOATS, true);
  }

  private String shift() {
    return switch (random.nextInt(14)) {
      case 0 -> " offset " + duration();
      case 1 -> " offset -" + one(List.of("3m", "41s", "(1m + step())"));
      case 2 -> " @ " + (EqualityData.START / 1000 + 900 + random.nextInt(2400)) + ".5";
      case 3 -> " @ " + one(List.of("start()", "end()")) + one(List.of("", " offset 2m"));
      default -> "";
    };
  }

  private String duration() {
    String d = one(DURATIONS);
    return d.contains(" ") ? "(" + d + ")" : d;
  }

  private String scalar(int depth) {
    return depth == 0
        ? one(NUMBERS)
        : switch (random.nextInt(9)) {
          case 0 -> "scalar(" + vector(depth - 1) + ")";
          case 1 -> one(List.of("time()", "pi()", "start()", "end()", "step()", "range()"));
          case 2 ->
              one(List.of("min_of", "max_of"))
                  + "("
                  + scalar(depth - 1)
                  + ", "
                  + scalar(depth - 1)
                  + ")";
          case 3 -> "(" + scalar(depth - 1) + " " + one(ARITHMETIC) + " " + scalar(depth - 1) + ")";
          case 4 ->
              "(" + scalar(depth - 1) + " " + one(COMPARISON) + " bool " + scalar(depth - 1) + ")";
          case 5 -> "-" + scalar(0);
          default -> one(NUMBERS);
        };
  }

  private String vector(int depth) {
    if (depth <= 0) {
      return selected();
    }
    int d = depth - 1;
    return switch (random.nextInt(20)) {
      case 0, 1, 2 -> one(AGGREGATIONS) + grouping() + " (" + vector(d) + ")";
      case 3 -> parameterized(d);
      case 4, 5, 6, 7, 8 -> call(d);
      case 9, 10 -> binaryWithNumber(d);
      case 11, 12, 13 -> join(d);
      case 14 ->
          "("
              + vector(d)
              + " "
              + one(List.of("and", "or", "unless"))
              + matching(false)
              + " "
              + vector(d)
              + ")";
      case 15 -> "-" + selected();
      case 16 -> histogram(d);
      case 17 -> info(d);
      default -> selected();
    };
  }

  private String selected() {
    return metric() + (chance(25) ? " smoothed" : "") + shift();
  }

  private String binaryWithNumber(int d) {
    String v = vector(d);
    String n = scalar(1);
    String op = chance(2) ? one(ARITHMETIC) : one(COMPARISON) + (chance(2) ? " bool" : "");
    return chance(2) ? v + " " + op + " " + n : "(" + n + " " + op + " " + v + ")";
  }

  private String grouping() {
    if (chance(3)) {
      return "";
    }
    List<String> l = new ArrayList<>();
    for (int n = random.nextInt(3); n >= 0; n--) {
      l.add(one(LABELS));
    }
    if (chance(12)) {
      l.add("__name__");
    }
    return (chance(3) ? " without (" : " by (") + String.join(", ", l) + ")";
  }

  private String parameterized(int d) {
    return switch (random.nextInt(7)) {
      // Prometheus resolves no @ in the parameter
      case 0, 1 ->
          "quantile"
              + grouping()
              + " ("
              + one(List.of("0.3", "0", "1", "1.5", "-1", "NaN", "time() / 2e9", "pi() - 3"))
              + ", "
              + vector(d)
              + ")";
      case 2 -> "count_values" + grouping() + " (\"value\", " + vector(d) + ")";
      case 3 ->
          "limit_ratio"
              + grouping()
              + " ("
              + one(List.of("0.5", "-0.5", "0.3", "-0.7", "1.1", "0"))
              + ", "
              + vector(d)
              + ")";
      // of random walks, no two are equal
      default ->
          one(List.of("topk", "bottomk"))
              + one(List.of("", " by (job)", " without (type)"))
              + " ("
              + one(List.of("1", "2", "5", "0", "-1"))
              + ", "
              + one(List.of("g", "small", "rate(g[4m])", "nh", "odd * g", "{__name__=~\"g|nh\"}"))
              + ")";
    };
  }

  private String matching(boolean groups) {
    String m =
        switch (random.nextInt(6)) {
          case 0, 1 -> " on (instance)";
          case 2 -> " ignoring (type, mode, le, path)";
          case 3 -> " on (instance, job)";
          case 4 -> " on ()";
          default -> "";
        };
    if (!groups || m.isEmpty()) {
      return m;
    }
    return m + one(List.of("", "", " group_left", " group_right", " group_left (os)"));
  }

  private String join(int d) {
    String op = chance(2) ? one(ARITHMETIC) : one(COMPARISON) + (chance(2) ? " bool" : "");
    String fill =
        chance(4)
            ? one(
                List.of(
                    " fill(0)",
                    " fill_left(-1)",
                    " fill_right(2)",
                    " fill(NaN)",
                    " fill_left(1) fill_right(2)"))
            : "";
    return switch (random.nextInt(4)) {
      case 0 -> {
        String m = one(chance(2) ? HISTOGRAMS : FLOATS);
        yield m + shift() + " " + op + fill + " " + m + shift();
      }
      case 1 -> {
        String by = one(List.of(" by (instance) (", " by (job, path) ("));
        yield one(AGGREGATIONS)
            + by
            + vector(d)
            + ") "
            + op
            + fill
            + " "
            + one(AGGREGATIONS)
            + by
            + vector(d)
            + ")";
      }
      case 2 ->
          metric()
              + " "
              + op
              + " on (instance) group_left "
              + fill
              + " "
              + one(List.of("constant", "whole", "gaps", "kinds", "late"));
      default -> vector(d) + " " + op + matching(true) + fill + " " + vector(d);
    };
  }

  private String call(int d) {
    while (true) {
      PromqlFunction f = one(new ArrayList<>(PromqlFunctions.all())).signature();
      switch (f.name()) {
        case "label_replace" -> {
          return "label_replace("
              + vector(d)
              + ", \""
              + one(List.of("host", "job", "__name__", "läbel", "instance"))
              + "\", \""
              + one(List.of("$1", "x$1y", "${1}", "$2", "", "$a"))
              + "\", \""
              + one(List.of("instance", "type", "nothing", "__name__"))
              + "\", \""
              + one(List.of("(.*)", "i(.)", "(?P<a>.).*", "", "x|(y)"))
              + "\")";
        }
        case "label_join" -> {
          return "label_join("
              + vector(d)
              + ", \"joined\", \"-\", \"instance\", \""
              + one(List.of("job", "type", "nothing"))
              + "\")";
        }
        case "sort_by_label", "sort_by_label_desc" -> {
          return f.name() + "(" + vector(d) + ", \"" + one(List.of("instance", "type")) + "\")";
        }
        case "info", "sort", "sort_desc", "histogram_quantiles" -> {}
        default -> {
          return byArguments(f, d);
        }
      }
    }
  }

  private String byArguments(PromqlFunction f, int d) {
    List<String> args = new ArrayList<>();
    for (ValueType t : f.argumentTypes()) {
      args.add(
          switch (t) {
            case MATRIX -> matrix(d);
            case SCALAR ->
                f.name().equals("double_exponential_smoothing")
                    ? one(List.of("0.3", "0.8", "1", "0"))
                    : scalar(1);
            case STRING -> "\"x\"";
            default -> vector(d);
          });
    }
    if (f.variadic() > 0 && chance(2)) {
      args.removeLast();
    }
    return f.name() + "(" + String.join(", ", args) + ")";
  }

  private String matrix(int d) {
    if (chance(4)) {
      String step = one(List.of("", "30s", "17s", "7s", "1m", "step()", "3m", "20m"));
      return (chance(2) ? metric() : "(" + vector(d) + ")")
          + "["
          + one(DURATIONS)
          + ":"
          + step
          + "]"
          + shift();
    }
    return metric()
        + "["
        + one(DURATIONS)
        + "]"
        + one(List.of("", "", "", "", "", " anchored", " smoothed"))
        + shift();
  }

  private String histogram(int d) {
    String h = chance(3) ? one(HISTOGRAMS, true) : vector(d);
    String rate = one(List.of("rate", "increase", "delta", "irate", "idelta"));
    String of = chance(2) ? h : rate + "(" + one(HISTOGRAMS, true) + "[" + one(DURATIONS) + "])";
    String q = one(List.of("0", "0.1", "0.5", "0.93", "1", "-1", "2", "NaN"));
    return switch (random.nextInt(6)) {
      case 0, 1 -> "histogram_quantile(" + q + ", " + of + ")";
      case 2 ->
          "histogram_quantile("
              + q
              + ", "
              + one(List.of("sum", "avg", "max"))
              + " by (le, instance) (rate({__name__=~\"classic.*|broken_bucket\"}[5m])))";
      case 3 -> "histogram_fraction(" + one(NUMBERS) + ", " + one(NUMBERS) + ", " + of + ")";
      case 4 -> "histogram_quantiles(" + of + ", \"q\", 0.25, " + q + ")";
      default -> of;
    };
  }

  private String info(int d) {
    String of = vector(Math.min(d, 1));
    return switch (random.nextInt(4)) {
      case 0 -> "info(" + of + ")";
      case 1 -> "info(" + of + ", {os=~\".+\"})";
      case 2 -> "info(" + of + ", {__name__=\"build_info\"})";
      default -> "info(" + of + ", {__name__=~\".+_info\", build=~\"b.*\"})";
    };
  }
}
