package dev.tethys.query.promql.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.Query;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.ResultText;
import dev.tethys.query.promql.explain.PlanNode;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Matchers given to the other side of an operation change no bit, no error and no warning. */
@Tag("slow")
class PropagationTest {
  private static final long START = 1_700_000_000_000L;
  private static final long STEP = 60_000;
  private static MemoryMetricStore store;
  private static PromqlEngine with;
  private static PromqlEngine without;

  /** Few values of few labels, so that series meet, miss and are in each other's way. */
  @BeforeAll
  static void fill() {
    store = new MemoryMetricStore();
    Random r = new Random(7);
    try (Appender a = store.appender()) {
      for (String name : List.of("a", "b", "c_total", "d_total", "info")) {
        for (String job : List.of("x", "y", "z")) {
          for (String i : List.of("1", "2", "3")) {
            for (String z : name.equals("a") ? List.of("", "p", "q") : List.of("", "p")) {
              if (r.nextInt(3) == 0) {
                continue;
              }
              List<String> l = new ArrayList<>(List.of("__name__", name, "job", job, "i", i));
              if (!z.isEmpty()) {
                l.addAll(List.of("z", z));
              }
              long s = a.series(Labels.of(l.toArray(String[]::new)));
              int from = r.nextInt(10);
              int to = from + 5 + r.nextInt(15);
              for (int k = from; k < to; k++) {
                a.append(s, 0, START + k * STEP + r.nextInt(1000), r.nextInt(1, 6));
              }
            }
          }
        }
      }
      a.commit();
    }
    with = engine(true);
    without = engine(false);
  }

  private static PromqlEngine engine(boolean propagate) {
    return new PromqlEngine(
        EngineOptions.builder()
            .propagateMatchers(propagate)
            .threads(1)
            .lookbackMillis(STEP * 2)
            .parser(new ParserOptions(true, true, true))
            .build());
  }

  @AfterAll
  static void close() {
    with.close();
    without.close();
  }

  private static Query query(PromqlEngine e, String text, boolean instant) {
    return instant
        ? e.instant(store, text, START + 12 * STEP, QueryOptions.DEFAULT)
        : e.range(store, text, START, START + 25 * STEP, STEP, QueryOptions.DEFAULT);
  }

  private static String answer(PromqlEngine e, String text, boolean instant) {
    try {
      return ResultText.of(query(e, text, instant).execute());
    } catch (QueryException x) {
      return "error " + x.getMessage();
    }
  }

  private static final class Generator {
    final Random r;

    Generator(long seed) {
      r = new Random(seed);
    }

    @SafeVarargs
    final <T> T one(T... of) {
      return of[r.nextInt(of.length)];
    }

    String selector() {
      return one("a", "b", "info") + matchers();
    }

    String matchers() {
      return one(
          "",
          "",
          "{job=\"x\"}",
          "{job=~\"x|y\",i=\"1\"}",
          "{i!=\"2\"}",
          "{z=\"p\"}",
          "{z=\"\"}",
          "{job=\"nobody\"}",
          "{i=~\"1|2\"}");
    }

    String vector(int depth) {
      if (depth == 0) {
        return selector();
      }
      int d = depth - 1;
      return switch (r.nextInt(13)) {
        case 0 -> "rate(" + one("c_total", "d_total", "a") + matchers() + "[3m])";
        case 1 -> one("max_over_time", "sum_over_time", "changes") + "(" + selector() + "[4m])";
        case 2, 3 -> one("sum", "max", "count", "avg") + group() + "(" + vector(d) + ")";
        case 4 ->
            one("topk(1, ", "topk by (job) (1, ", "bottomk without (i) (2, ") + vector(d) + ")";
        case 5 -> "abs(-" + vector(d) + ")";
        case 6 -> "(" + vector(d) + one(" * 2", " > 2", " > bool 2", " - 1") + ")";
        case 7 -> "(2 + " + vector(d) + ")";
        case 8 -> "label_replace(" + vector(d) + ", \"i\", \"1\", \"job\", \"x\")";
        case 9 -> "max_over_time((" + vector(d) + ")[3m:1m])";
        case 10 -> "quantile by (job) (0.5, " + vector(d) + ")";
        default -> "(" + operation(d) + ")";
      };
    }

    String group() {
      return one("", " by (job)", " by (job, i)", " by (i)", " without (z)", " without (i, z)");
    }

    String operation(int depth) {
      return vector(depth)
          + one(
              " * ",
              " / ",
              " > ",
              " == bool ",
              " and ",
              " and ",
              " unless ",
              " unless ",
              " or ",
              " + ")
          + one(
              "",
              "on (job) ",
              "on (job, i) ",
              "on (i) ",
              "ignoring (z) ",
              "ignoring (i, z) ",
              "on () ")
          + vector(depth);
    }

    String grouped(int depth) {
      return vector(depth)
          + one(" * ", " - ", " > ")
          + one("on (job) ", "on (job, i) ", "ignoring (z) ", "ignoring (i, z) ")
          + one(
              "group_left ",
              "group_left (z) ",
              "group_right ",
              "group_right (z) ",
              "group_left (i) ")
          + vector(depth);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void propagationKeepsResults(long seed) {
    Generator g = new Generator(seed);
    int propagated = 0;
    int answered = 0;
    int failed = 0;
    for (int n = 0; n < 1200; n++) {
      String q = g.r.nextInt(3) == 0 ? g.grouped(g.r.nextInt(3)) : g.operation(g.r.nextInt(3));
      boolean instant = n % 3 == 0;
      String want;
      try {
        want = answer(without, q, instant);
      } catch (PromqlParseException e) {
        continue; // a modifier before a parenthesis reads on into it
      }
      assertThat(answer(with, q, instant)).as(q).isEqualTo(want);
      if (!given(query(with, q, instant).explain().plan()).isEmpty()) {
        propagated++;
        answered += want.contains("=") && !want.startsWith("error") ? 1 : 0;
        failed += want.startsWith("error") ? 1 : 0;
      }
    }
    assertThat(propagated).isGreaterThan(200);
    assertThat(answered).isGreaterThan(40);
    assertThat(failed).isGreaterThan(40);
  }

  /** All that was given to any side, in the order of the plan. */
  private static List<String> given(PlanNode n) {
    List<String> out = new ArrayList<>();
    for (String side : List.of("Left", "Right")) {
      String s = n.attributes().get("propagated" + side);
      if (s != null) {
        out.add(side + " " + s);
      }
    }
    n.children().forEach(c -> out.addAll(given(c)));
    return out;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "a * on (job) group_left b{job=\"x\"} | Left job=\"x\"",
        "a * on (job) group_right b{job=\"x\"} | ",
        "a{job=\"x\"} * on (job) group_right b | Right job=\"x\"",
        "a{job=\"x\"} * on (job) group_left b | ",
        "a{job=\"x\"} * on (job) group_left sum by (job) (b) | Right job=\"x\"",
        "a{job=\"x\"} * on (i) group_left sum by (i) (b) | ",
        "a{job=\"x\"} * on (job) group_left sum by (job, i) (b) | ",
        "a / ignoring (z) b{job=\"x\", z=\"p\", i!=\"1\"} | Left job=\"x\"",
        "a and b{job=~\"[xy]\"} | Left job=~\"[xy]\"",
        "a{job=~\"x.*\"} and b{i=\"1\"} | Left i=\"1\"; Right job=~\"x.*\"",
        "a unless b{job=\"x\"} | ",
        "a{job=\"x\"} unless b | Right job=\"x\"",
        "a or b{job=\"x\"} | ",
        "a + on (job) fill(0) b{job=\"x\"} | ",
        "rate(c_total[5m]) * on (job) group_left b{job=\"x\"} | Left job=\"x\"",
        "rate(a[5m]) * on (job) group_left b{job=\"x\"} | ",
        "sum by (job) (a) * on (job) b{job=\"x\"} | Left job=\"x\"",
        "sum by (i) (a) * on (job) b{job=\"x\"} | ",
        "sum without (i) (a) * on (job) b{job=\"x\"} | Left job=\"x\"",
        "topk(1, a) and b{job=\"x\"} | ",
        "{__name__=~\"[ab]\"} and b{job=\"x\"} | ",
        "label_replace(a, \"l\", \"\", \"\", \"\") and b{job=\"x\"} | ",
        "(a > 1) and max_over_time(b{job=\"x\"}[5m:]) | Left job=\"x\"",
        "(a * 2 and c_total) unless a | ",
        "a and (b{job=\"x\"} or b{job=\"y\"}) | ",
        "a and (b and on (job) info{job=\"x\"}) | Left job=\"x\"; Left job=\"x\"",
      })
  void propagatesMatchers(String text, String expected) {
    List<String> want = expected == null ? List.of() : List.of(expected.split("; "));
    assertThat(given(query(with, text, false).explain().plan())).isEqualTo(want);
    assertThat(given(query(without, text, false).explain().plan())).isEmpty();
  }

  @Test
  void findsErrorOfOneSideIfOtherIsEmpty() {
    String q = "a{z=\"p\"} * on (job) b{job=~\"nobody|x\"}";
    assertThat(given(query(with, q, false).explain().plan())).isNotEmpty();
    assertThat(answer(with, q, false)).startsWith("error found duplicate series");
    String sure = "a{job=\"z\"} * on (job) group_left b{job=\"x\"}";
    assertThat(answer(with, sure, false)).isEqualTo(answer(without, sure, false));
  }

  @Test
  void skipsLargeQueries() {
    String q = "a and b{job=\"x\"}" + " + a".repeat(100);
    assertThat(given(query(with, q, false).explain().plan())).isEmpty();
  }
}
