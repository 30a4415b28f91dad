package dev.tethys.query.promql.promqltest;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Behaviour of Prometheus that is newer than its recorded scripts. */
@Tag("slow")
class NewestBehaviourTest {
  private static final EngineUnderTest ENGINE = new EngineUnderTest();

  private static List<DynamicTest> tests(String script) {
    List<Command> commands = Script.parse(script);
    ScriptRun run = new ScriptRun(ENGINE, commands);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      if (commands.get(i) instanceof Command.Eval e) {
        int at = i;
        tests.add(
            DynamicTest.dynamicTest("line " + e.line() + ": " + e.query(), () -> run.eval(at)));
      }
    }
    return tests;
  }

  /** Custom buckets have no zero bucket: answers equal those of classic histograms. */
  @TestFactory
  List<DynamicTest> fractionsOfCustomBucketsEqualThoseOfClassicOnes() {
    StringBuilder script = new StringBuilder();
    script.append("load_with_nhcb 1m\n");
    String[][] histograms = {
      {"zero", "0 4", "1 7", "2 9", "+Inf 10"},
      {"around", "-1 2", "0 4", "1 7", "+Inf 10"},
      {"across", "-1 2", "1 7", "+Inf 10"},
      {"below", "-2 1", "-1 5", "+Inf 10"},
      {"only", "0 10", "+Inf 10"},
      {"above", "1 4", "2 8", "+Inf 10"},
      {"negative", "-1 3", "0 10", "+Inf 10"},
    };
    for (String[] h : histograms) {
      for (int i = 1; i < h.length; i++) {
        String[] bucket = h[i].split(" ");
        script.append("  " + h[0] + "_bucket{le=\"" + bucket[0] + "\"} " + bucket[1] + "x2\n");
      }
    }
    script.append("clear\n");
    List<DynamicTest> tests = new ArrayList<>(tests(script.toString()));
    String[] bounds = {"-Inf", "-2", "-1.5", "-1", "-0.5", "0", "0.25", "1", "1.5", "Inf"};
    for (String[] h : histograms) {
      double[] upper = new double[h.length - 1];
      double[] count = new double[h.length - 1];
      for (int i = 1; i < h.length; i++) {
        String[] bucket = h[i].split(" ");
        upper[i - 1] =
            bucket[0].equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bucket[0]);
        count[i - 1] = Double.parseDouble(bucket[1]);
      }
      StringBuilder one = new StringBuilder("load_with_nhcb 1m\n");
      for (int i = 1; i < h.length; i++) {
        String[] bucket = h[i].split(" ");
        one.append("  h_bucket{le=\"" + bucket[0] + "\"} " + bucket[1] + "x2\n");
      }
      for (String from : bounds) {
        for (String to : bounds) {
          double expected = fraction(number(from), number(to), upper, count);
          for (String series : new String[] {"h", "h_bucket"}) {
            one.append("\neval instant at 1m histogram_fraction(")
                .append(from + ", " + to + ", " + series + ")\n  {} " + expected + "\n");
          }
        }
      }
      tests.addAll(tests(one.toString()));
    }
    return tests;
  }

  private static double number(String s) {
    return s.endsWith("Inf")
        ? s.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY
        : Double.parseDouble(s);
  }

  /** Share between two values; a first bucket that ends above 0 begins at 0. */
  private static double fraction(double from, double to, double[] upper, double[] count) {
    if (from >= to) {
      return 0;
    }
    return (rank(to, upper, count) - rank(from, upper, count)) / count[count.length - 1];
  }

  private static double rank(double v, double[] upper, double[] count) {
    double lower = upper[0] > 0 ? 0 : Double.NEGATIVE_INFINITY;
    double before = 0;
    for (int i = 0; i < upper.length; i++) {
      if (v <= lower) {
        return before;
      }
      if (v < upper[i]) {
        return lower == Double.NEGATIVE_INFINITY
            ? count[i]
            : Double.isInfinite(upper[i])
                ? before
                : before + (count[i] - before) * (v - lower) / (upper[i] - lower);
      }
      before = count[i];
      lower = upper[i];
    }
    return count[count.length - 1];
  }

  @TestFactory
  List<DynamicTest> enrichesSeriesThatHaveOneIdentifyingLabel() {
    return tests(
        """
        load 1m
          metric{job="a"} 1 2 3
          metric{instance="b"} 4 5 6
          metric{job="a", instance="b"} 7 8 9
          metric{} 10 11 12
          target_info{job="a", x="of job"} 1 1 1
          target_info{instance="b", x="of instance"} 1 1 1
          target_info{job="a", instance="b", x="of both"} 1 1 1
          target_info{job="a", instance="c", x="of another"} 1 1 1
          target_info{x="of none"} 1 1 1

        eval range from 0 to 2m step 1m info(metric)
          metric{job="a", x="of job"} 1 2 3
          metric{instance="b", x="of instance"} 4 5 6
          metric{job="a", instance="b", x="of both"} 7 8 9
          metric{} 10 11 12

        eval range from 0 to 2m step 1m info(metric, {x=~"of (job|both)"})
          metric{job="a", x="of job"} 1 2 3
          metric{job="a", instance="b", x="of both"} 7 8 9

        clear

        load 1m
          metric{job="a"} 1 2 3
          metric{job="a", instance="b"} 7 8 9
          target_info{job="a", x="of job"} 1 1 1

        eval range from 0 to 2m step 1m info(metric)
          metric{job="a", x="of job"} 1 2 3
          metric{job="a", instance="b"} 7 8 9

        clear

        load 1m
          metric{instance="b"} 1 2 3
          metric{job="a", instance="b"} 7 8 9
          build_info{instance="b", version="1"} 1 1 1
          build_info{job="a", instance="b", version="2"} 1 1 1

        eval range from 0 to 2m step 1m info(metric, {__name__=~".*_info"})
          metric{instance="b", version="1"} 1 2 3
          metric{job="a", instance="b", version="2"} 7 8 9
        """);
  }
}
