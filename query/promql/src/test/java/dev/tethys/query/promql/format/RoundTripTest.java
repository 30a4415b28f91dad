package dev.tethys.query.promql.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** What is printed parses to the same tree, for queries made at random from the grammar. */
@Tag("slow")
class RoundTripTest {
  private static final String NOISE = "()[]{},:=!~<>/\"'`\\#@+-*^% 0x1e_.smüä\ud83d\ufffd\n";

  @Provide
  Arbitrary<Long> seeds() {
    return Arbitraries.longs();
  }

  @Property(tries = 5000)
  void printedQueriesParseToTheSameTree(@ForAll("seeds") long seed) {
    String query = new Grammar(new Random(seed)).vector(4);
    Expr first = PromqlParser.parse(query, ParserOptions.ALL);
    String printed = PromqlPrinter.print(first);
    String again = PromqlPrinter.print(PromqlParser.parse(printed, ParserOptions.ALL));
    assertThat(again).as(query).isEqualTo(printed);
    assertThat(AstJson.toJson(PromqlParser.parse(printed, ParserOptions.ALL)))
        .as(query)
        .isEqualTo(sorted(first));
    String pretty = PrettyPrinter.format(first, 20);
    assertThat(PromqlPrinter.print(PromqlParser.parse(pretty, ParserOptions.ALL)))
        .as(pretty)
        .isEqualTo(printed);
  }

  /**
   * The tree as JSON does not hold positions; printing sorts matchers, so both sides are printed.
   */
  private static String sorted(Expr e) {
    return AstJson.toJson(PromqlParser.parse(PromqlPrinter.print(e), ParserOptions.ALL));
  }

  @Property(tries = 5000)
  void parserSurvivesAnyInput(@ForAll("seeds") long seed) {
    Random r = new Random(seed);
    StringBuilder q = new StringBuilder(new Grammar(r).vector(3));
    for (int i = r.nextInt(4); i >= 0; i--) {
      int at = r.nextInt(q.length() + 1);
      switch (r.nextInt(3)) {
        case 0 -> q.insert(at, NOISE.charAt(r.nextInt(NOISE.length())));
        case 1 -> q.delete(at, Math.min(q.length(), at + 1 + r.nextInt(3)));
        default -> q.insert(at, q.substring(at, Math.min(q.length(), at + r.nextInt(9))));
      }
    }
    try {
      PromqlParser.parse(q.toString(), ParserOptions.ALL);
    } catch (PromqlParseException e) {
      assertThat(e.getMessage()).matches("(?s)(\\d+:\\d+|unknown position): parse error: .+");
    }
  }

  /** Random queries that are valid. */
  private static final class Grammar {
    private static final String[] NAMES = {
      "up", "a:b", "sum", "offset", "start", "fill", "by", "x1"
    };
    private static final String[] LABELS = {"job", "on", "bool", "\"a b\"", "__x", "and", "le"};
    private static final String[] DURATIONS = {
      "5m", "1h30m", "90", "1d", "100ms", "2w", "0x10", "1e2"
    };
    private final Random r;

    Grammar(Random r) {
      this.r = r;
    }

    private String pick(String... of) {
      return of[r.nextInt(of.length)];
    }

    String vector(int depth) {
      if (depth == 0) {
        return guarded(selector() + extension() + shift());
      }
      return switch (r.nextInt(9)) {
        case 0 -> guarded(selector() + shift());
        case 1 -> "(" + vector(depth - 1) + ")";
        case 2 -> pick("-", "+") + vector(depth - 1);
        case 3 -> aggregate(depth - 1);
        case 4 -> binary(depth - 1);
        case 5 -> pick("abs", "ceil", "sort", "timestamp") + "(" + vector(depth - 1) + ")";
        case 6 -> pick("rate", "max_over_time", "deriv") + "(" + matrix(depth - 1) + ")";
        case 7 ->
            pick("round", "clamp_min") + "(" + vector(depth - 1) + "," + scalar(depth - 1) + ")";
        default -> "label_join(" + vector(depth - 1) + ",\"a\",'-',`b`,\"c\\n\")";
      };
    }

    /**
     * An operator behind {@code offset (5m)} belongs to the offset, as in the reference, so a
     * selector with such an offset is an operand only in parentheses.
     */
    private static String guarded(String selector) {
      return selector.contains("(") ? "(" + selector + ")" : selector;
    }

    private String scalar(int depth) {
      if (depth == 0) {
        return pick("1", "0x1F", "1_000", ".5", "1e-3", "nan", "5m", "-3", "017");
      }
      return switch (r.nextInt(6)) {
        case 0 -> "scalar(" + vector(depth - 1) + ")";
        case 1 -> scalar(depth - 1) + pick("+", "*", "^", " atan2 ", "%", "-") + scalar(depth - 1);
        case 2 -> "(" + scalar(depth - 1) + ")";
        case 3 -> pick("time()", "pi()", "start()", "step()", "range ()");
        case 4 -> "max_of(" + scalar(depth - 1) + ", " + scalar(0) + ")";
        default -> scalar(0);
      };
    }

    private String binary(int depth) {
      BinaryOp op = BinaryOp.values()[r.nextInt(BinaryOp.values().length)];
      StringBuilder sb = new StringBuilder(vector(depth)).append(' ').append(op.text()).append(' ');
      if (op.isComparison() && r.nextBoolean()) {
        sb.append("bool ");
      }
      if (!op.isSetOperator() && r.nextInt(4) == 0) {
        return "(" + sb + "(" + scalar(depth) + "))";
      }
      if (r.nextInt(3) == 0) {
        sb.append(pick("on", "ignoring")).append("(job, \"x y\") ");
        if (!op.isSetOperator() && r.nextBoolean()) {
          sb.append(pick("group_left", "group_right")).append(pick(" (le,) ", "() "));
        }
      }
      if (!op.isSetOperator() && r.nextInt(3) == 0) {
        sb.append(pick("fill(1)", "fill_left(-2.5)", "fill_right(5m) fill_left(NaN)")).append(' ');
      }
      return sb.append(vector(depth)).toString();
    }

    private String aggregate(int depth) {
      AggregateOp op = AggregateOp.values()[r.nextInt(AggregateOp.values().length)];
      String by =
          r.nextBoolean()
              ? ""
              : pick(" by", " without")
                  + "("
                  + pick(LABELS)
                  + pick("", ",", "," + pick(LABELS))
                  + ")";
      String parameter =
          !op.takesParameter()
              ? ""
              : op == AggregateOp.COUNT_VALUES ? "'v', " : scalar(depth) + ", ";
      String args = "(" + parameter + vector(depth) + ")";
      return op.text() + (r.nextBoolean() ? by + args : args + by);
    }

    private String matrix(int depth) {
      if (r.nextBoolean()) {
        return selector() + "[" + duration(2) + "]" + extension() + shift();
      }
      String step = r.nextBoolean() ? "" : duration(1);
      return "(" + vector(depth) + ")[" + duration(1) + ":" + step + "]" + shift();
    }

    private String selector() {
      StringBuilder sb = new StringBuilder();
      boolean named = r.nextBoolean();
      if (named) {
        sb.append(pick(NAMES));
        if (r.nextBoolean()) {
          return sb.toString();
        }
      }
      sb.append('{').append(named ? "" : pick("job=\"x\"", "'a.b c'", "`le`!=''"));
      for (int i = r.nextInt(3); i > 0; i--) {
        sb.append(sb.charAt(sb.length() - 1) == '{' ? "" : ", ");
        sb.append(pick(LABELS))
            .append(pick("=", "!=", "=~", "!~"))
            .append(pick("\"\"", "'x\\'y'", "`a.*`"));
      }
      return sb.append(pick("", named && sb.charAt(sb.length() - 1) == '{' ? "" : ","))
          .append('}')
          .toString();
    }

    private String extension() {
      return pick("", "", "", " anchored", " smoothed");
    }

    private String shift() {
      String at = pick("", "", " @ 17.5", " @ start()", " @ -3", "@end()");
      String offset =
          pick(
              "",
              "",
              " offset 5m",
              " offset -1h",
              " offset (" + duration(2) + ")",
              " offset -step()",
              " offset +(5)");
      return r.nextBoolean() ? at + offset : offset + at;
    }

    private String duration(int depth) {
      if (depth == 0) {
        return pick(DURATIONS);
      }
      return switch (r.nextInt(8)) {
        case 0 -> duration(depth - 1) + pick("+", "-", "*", "/", "%", "^") + duration(depth - 1);
        case 1 -> "(" + duration(depth - 1) + ")";
        case 2 -> pick("step()", "range()");
        case 3 -> "max_of(" + duration(depth - 1) + "," + duration(depth - 1) + ")";
        case 4 -> "-(" + duration(depth - 1) + ")";
        default -> duration(0);
      };
    }
  }
}
