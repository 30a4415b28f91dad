package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.format.LogqlFormatter;
import dev.tethys.query.logql.format.LogqlPrinter;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.LogqlParser;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;

/** Printed and formatted queries are the queries that were printed. */
@Tag("slow")
class RoundTripTest {
  @Property(tries = 500)
  void printedQueriesRoundTrip(@ForAll long seed) {
    String query = new Generator(new Random(seed)).query();
    LogqlExpr e = LogqlParser.parse(query);
    assertThat(LogqlParser.parse(LogqlPrinter.print(e))).isEqualTo(e);
    assertThat(LogqlPrinter.print(LogqlParser.parse(LogqlPrinter.print(e))))
        .isEqualTo(LogqlPrinter.print(e));
  }

  @Property(tries = 500)
  void formattedLogQueriesAreEquivalent(@ForAll long seed) {
    LogqlExpr e = LogqlParser.parse(new Generator(new Random(seed)).log());
    String formatted = LogqlFormatter.format(e);
    assertThat(LogqlParser.parse(formatted)).isEqualTo(e);
    assertThat(LogqlFormatter.format(LogqlParser.parse(formatted))).isEqualTo(formatted);
  }

  @Property(tries = 1000)
  void parsesOrRejectsAnyText(@ForAll String text, @ForAll long seed) {
    Random r = new Random(seed);
    String query = new Generator(r).query();
    int at = r.nextInt(query.length());
    for (String q : List.of(text, query.substring(0, at) + text + query.substring(at))) {
      try {
        LogqlEngine.check(q);
      } catch (LogqlParseException e) {
        assertThat(e.getMessage()).startsWith("parse error");
      }
    }
  }

  /** Random queries. */
  private record Generator(Random r) {
    private String one(String... choices) {
      return choices[r.nextInt(choices.length)];
    }

    private String label() {
      return one("app", "level", "status_code", "rate", "bytes", "trace_id", "_x9");
    }

    private String text() {
      return one(
          "\"\"", "\"a b\"", "`c\\d+`", "\"q\\\"uote\"", "\"tab\\t\"", "\"é界\"", "\"new\\nline\"");
    }

    private String regex() {
      return one("\"a.*\"", "`\\d{2,3}`", "\"(?i)x|y\"", "\"[^\\\"]+\"");
    }

    private String selector() {
      String first = "app" + one("=\"x\"", "=~\".+\"", "!=\"\"");
      return "{" + first + one("", ", zone!=" + text(), ",b=~" + regex()) + "}";
    }

    private String condition(int depth) {
      if (depth > 0 && r.nextInt(3) == 0) {
        return "("
            + condition(depth - 1)
            + one(" and ", " or ", " , ")
            + condition(depth - 1)
            + ")";
      }
      return label()
          + one(
              "=" + text(),
              "!=" + text(),
              "=~" + regex(),
              ">" + r.nextInt(100),
              "<=-1.5",
              "==2.5e3",
              ">=1h30m",
              "!=250ms",
              "<10MB",
              "=42KiB",
              "=ip(\"10.0.0.0/8\")");
    }

    private String stage() {
      return switch (r.nextInt(12)) {
        case 0 -> one("|=", "!=", "|~", "!~") + " " + one("\"a\"", "`b`") + one("", " or \"c\"");
        case 1 -> one("|>", "!>") + " \"<_> x <_>\"";
        case 2 -> "| json" + one("", " a=\"b.c[0]\", d");
        case 3 -> "| logfmt" + one("", " --strict", " --keep-empty --strict", " a, b=\"c\"");
        case 4 -> "| pattern \"<a> <_> <b>\"";
        case 5 -> "| regexp `(?P<x>\\w+)`";
        case 6 -> "| unpack";
        case 7 -> "| line_format " + one("\"{{.app}}\"", "`{{ .a | lower }}`");
        case 8 -> "| label_format x=app, y=\"{{.b}}\"";
        case 9 -> "| " + one("drop", "keep") + " " + label() + one("", ", z=\"1\"", ", q=~\"a.\"");
        case 10 -> "| decolorize";
        default -> "| " + condition(2);
      };
    }

    String log() {
      StringBuilder sb = new StringBuilder(selector());
      String before = "";
      for (int i = r.nextInt(5); i > 0; i--) {
        String stage = stage();
        // After `drop a` or `keep a`, `!=` and `!~` continue the matcher of `a`.
        boolean continued = before.matches("\\| (drop|keep) .*") && stage.startsWith("!");
        before = continued ? "| decolorize" : stage;
        sb.append(' ').append(before);
      }
      return sb.toString();
    }

    private String range() {
      String window = "[" + one("5m", "1h30m", "250ms", "1d", "90s", "1w") + "]";
      return log() + " " + window + one("", "", " offset 10m", " offset -1h");
    }

    private String unwrapped() {
      return log()
          + " | unwrap "
          + one("v", "bytes(v)", "duration(v)", "duration_seconds(v)")
          + one("", " | __error__=\"\"")
          + " [5m]";
    }

    private String metric(int depth) {
      return switch (depth <= 0 ? r.nextInt(3) : r.nextInt(8)) {
        case 0 ->
            one("rate", "count_over_time", "bytes_rate", "absent_over_time") + "(" + range() + ")";
        case 1 ->
            one("avg_over_time", "max_over_time", "first_over_time")
                + "("
                + unwrapped()
                + ")"
                + one("", " by (a)", " without (b, c)");
        case 2 -> "quantile_over_time(0.9, " + unwrapped() + ")";
        case 3 ->
            one("sum", "avg", "min", "stddev")
                + one("", " by (a,b)", " without ()")
                + "("
                + metric(depth - 1)
                + ")";
        case 4 -> one("topk", "bottomk") + "(3, " + metric(depth - 1) + ")" + one("", " by (a)");
        case 5 -> "label_replace(" + metric(depth - 1) + ", \"a\", \"$1\", \"b\", \"(.*)x\")";
        case 6 -> "vector(" + one("1", "2.5") + ")";
        default ->
            "("
                + metric(depth - 1)
                + " "
                + one(
                    "+",
                    "/",
                    "> bool",
                    "== on (a)",
                    "* ignoring (b) group_left (c)",
                    "- on () group_right ()",
                    "and",
                    "or on (a)",
                    "unless ignoring (x)")
                + " "
                + metric(depth - 1)
                + ")";
      };
    }

    String query() {
      return r.nextInt(3) == 0 ? log() : metric(3);
    }
  }
}
