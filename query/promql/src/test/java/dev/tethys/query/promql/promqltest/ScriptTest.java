package dev.tethys.query.promql.promqltest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The harness itself: it must read every script, and it must be able to fail. */
class ScriptTest {
  @TestFactory
  Stream<DynamicTest> everyScriptIsReadAndEveryQueryParses() {
    return Shared.conformanceFiles("prometheus/promqltest", ".test").stream()
        .map(p -> DynamicTest.dynamicTest(p.getFileName().toString(), () -> readAll(p)));
  }

  private static void readAll(Path p) throws IOException {
    List<Command> commands = Script.parse(Files.readString(p));
    assertThat(commands).anyMatch(c -> c instanceof Command.Eval);
    for (Command c : commands) {
      if (c instanceof Command.Eval e) {
        PromqlParser.parse(e.query(), ParserOptions.ALL);
      }
    }
  }

  /** An engine that knows only selectors without labels, and answers as configured. */
  private static final class Fake implements ScriptRun.Engine {
    List<String> warnings = List.of();

    @Override
    public Answer instant(MemoryMetricStore store, String query, long time) {
      if (query.startsWith("bad")) {
        throw new IllegalStateException("no such thing");
      }
      List<Answer.Series> out = new ArrayList<>();
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          store.select(
              new SelectHints(0, 600_000, 0, 0, ""), PromqlParser.parseMetricSelector("a"))) {
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          Answer.Point p = new Answer.Point(time, b.values[b.size - 1], null);
          out.add(new Answer.Series(s.labels(i), List.of(p)));
        }
      }
      return new Answer(new Answer.Vector(out), warnings, List.of());
    }

    @Override
    public Answer range(MemoryMetricStore store, String q, long start, long end, long step) {
      Answer.Vector v = (Answer.Vector) instant(store, q, (start + end) / 2).value();
      return new Answer(new Answer.Matrix(v.series()), warnings, List.of());
    }
  }

  private static void run(Fake engine, String script) {
    List<Command> commands = Script.parse(script);
    new ScriptRun(engine, commands).eval(commands.size() - 1);
  }

  private static final String LOAD = "load 1m\n  a{x=\"1\"} 1+1x5\n  a{x=\"2\"} 7 _ _x2 9\n\n";

  @Test
  void comparesValues() {
    run(
        new Fake(),
        LOAD + "eval instant at 5m a\n {__name__=\"a\", x=\"1\"} 6\n a{x='2'} 9.0000001");
    for (String wrong :
        List.of(
            "a{x=\"1\"} 6",
            "a{x=\"1\"} 6\n a{x=\"2\"} 9.1",
            "a{x=\"1\"} 6\n a{x=\"2\"} {{count:9}}",
            "a{x=\"1\"} 6\n a{x=\"2\"} 9\n a{x=\"3\"} 9",
            "expect warn\n a{x=\"1\"} 6\n a{x=\"2\"} 9",
            "expect fail\n a{x=\"1\"} 6\n a{x=\"2\"} 9",
            "expect ordered\n a{x=\"2\"} 9\n a{x=\"1\"} 6",
            "6")) {
      assertThatThrownBy(() -> run(new Fake(), LOAD + "eval instant at 5m a\n " + wrong))
          .as(wrong)
          .isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void comparesAnnotationsAndErrors() {
    Fake warned = new Fake();
    warned.warnings = List.of("PromQL warning: x (1:1)");
    String values = "\n a{x=\"1\"} 6\n a{x=\"2\"} 9";
    run(warned, LOAD + "eval instant at 5m a\n expect warn msg: PromQL warning: x (1:1)" + values);
    run(warned, LOAD + "eval_warn instant at 5m a" + values);
    for (String wrong : List.of("warn msg: PromQL warning: y (1:1)", "no_warn", "info")) {
      assertThatThrownBy(
              () -> run(warned, LOAD + "eval instant at 5m a\n expect " + wrong + values))
          .as(wrong)
          .isInstanceOf(AssertionError.class);
    }
    run(new Fake(), "eval_fail instant at 5m bad");
    run(new Fake(), "eval instant at 5m bad\n expect fail regex: no such .*");
    assertThatThrownBy(() -> run(new Fake(), "eval instant at 5m bad\n expect fail msg: other"))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> run(new Fake(), "eval instant at 5m bad")).hasMessage("no such thing");
  }

  @Test
  void readsStartTimesAndCustomHistograms() {
    Command.Load l =
        (Command.Load)
            Script.parse(
                    """
                    load_with_nhcb 1m
                      h_bucket{le="1",a="b"}@st -1m -30sx1 _ -1m+10sx2
                      h_bucket{le="1", a="b"} 1+1x6
                      h_bucket{le="+Inf", a="b"} 2+2x6
                      h_sum{a="b"} 1+1x6
                    """)
                .getFirst();
    assertThat(l.series().getFirst().starts())
        .containsExactly(-60_000L, -30_000L, -30_000L, null, -60_000L, -50_000L, -40_000L);
    var made = CustomBuckets.of(l.series());
    Labels labels = Labels.of("__name__", "h", "a", "b");
    assertThat(made).containsOnlyKeys(labels);
    var at3 = Objects.requireNonNull(made.get(labels)).get(3);
    assertThat(Objects.requireNonNull(at3).positive()).containsExactly(4, 4);
    assertThat(at3.sum()).isEqualTo(4);
    assertThat(at3.count()).isEqualTo(8);
  }
}
