package dev.tethys.query.promql.promqltest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.format.PromqlPrinter;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Runs the commands of one script, in order. Each instant query is also asked with its time written
 * into every selector, at several other times, and in the middle of a range query, as the reference
 * harness does.
 */
final class ScriptRun {
  /** The engine as scripts see it. */
  interface Engine {
    Answer instant(MemoryMetricStore store, String query, long time);

    Answer range(MemoryMetricStore store, String query, long start, long end, long step);
  }

  private static final Pattern QUERY_CONTEXT = Pattern.compile("(start|end|range|step)\\(\\)");
  private static final long MINUTE = 60_000;

  private final Engine engine;
  private final List<Command> commands;
  private MemoryMetricStore store = new MemoryMetricStore();
  private int done;

  ScriptRun(Engine engine, List<Command> commands) {
    this.engine = engine;
    this.commands = commands;
  }

  /** Runs the eval at a position, after all loads before it that were not run yet. */
  void eval(int position) {
    for (; done < position; done++) {
      switch (commands.get(done)) {
        case Command.Clear c -> {
          store.close();
          store = new MemoryMetricStore();
        }
        case Command.Load l -> load(l);
        case Command.Eval e -> {
          // its own test
        }
      }
    }
    Command.Eval e = (Command.Eval) commands.get(position);
    if (e.range()) {
      range(e);
    } else {
      instant(e);
    }
  }

  private void load(Command.Load load) {
    try (Appender a = store.appender()) {
      Map<Labels, Command.LoadedSeries> last = new LinkedHashMap<>();
      load.series().forEach(s -> last.put(s.labels(), s)); // a series given again replaces itself
      for (Command.LoadedSeries s : last.values()) {
        long series = a.series(s.labels());
        for (int i = 0; i < s.values().size(); i++) {
          SequenceValue v = s.values().get(i);
          if (v.omitted()) {
            continue;
          }
          long t = i * load.step();
          Long start = s.starts() == null ? null : s.starts().get(i);
          long st = start == null ? 0 : t + start;
          Appender.Outcome o =
              v.histogram() == null
                  ? a.append(series, st, t, v.value())
                  : a.append(series, st, t, v.histogram());
          assertThat(o).as("%s at %d", s.labels(), t).isEqualTo(Appender.Outcome.OK);
        }
      }
      if (load.customHistograms()) {
        CustomBuckets.of(load.series())
            .forEach(
                (labels, at) -> {
                  long series = a.series(labels);
                  at.forEach(
                      (i, h) ->
                          assertThat(a.append(series, 0, i * load.step(), h))
                              .as("%s at %d", labels, i)
                              .isEqualTo(Appender.Outcome.OK));
                });
      }
      a.commit();
    }
  }

  private void range(Command.Eval e) {
    Comparison c = new Comparison(e);
    Answer a;
    try {
      a = engine.range(store, e.query(), e.start(), e.end(), e.step());
    } catch (RuntimeException x) {
      failed(e, x);
      return;
    }
    assertThat(e.has(Command.Kind.FAIL)).as("fails").isFalse();
    c.annotations(a);
    c.value(a.value());
  }

  private static void failed(Command.Eval e, RuntimeException x) {
    if (!e.has(Command.Kind.FAIL)) {
      throw x;
    }
    new Comparison(e).failure(x);
  }

  private void instant(Command.Eval e) {
    instant(e, e.query(), e.end());
    Expr fixed = AtEverywhere.rewrite(PromqlParser.parse(e.query(), ParserOptions.ALL), e.end());
    if (fixed == null) {
      return;
    }
    String query = PromqlPrinter.print(fixed);
    long t = e.end();
    List<Long> times = t == 0 ? List.of(-1000L, 0L, 1000L) : List.of(-10 * t, 0L, t / 5, t, 10 * t);
    for (long time : times) {
      instant(e, query, time);
    }
  }

  private void instant(Command.Eval e, String query, long time) {
    Comparison c = new Comparison(e);
    Answer a;
    try {
      a = engine.instant(store, query, time);
    } catch (RuntimeException x) {
      failed(e, x);
      return;
    }
    String context = query + " at " + time;
    try {
      assertThat(e.has(Command.Kind.FAIL)).as("fails").isFalse();
      c.annotations(a);
      c.value(a.value());
      if (!e.instantOnly() && !QUERY_CONTEXT.matcher(query).find()) {
        context += " in a range query";
        middle(e, c, a, engine.range(store, query, time - MINUTE, time + MINUTE, MINUTE), time);
      }
    } catch (RuntimeException | AssertionError x) {
      throw new AssertionError(context + ": " + x.getMessage(), x);
    }
  }

  private static void middle(
      Command.Eval e, Comparison c, Answer instant, Answer range, long time) {
    if (e.has(Command.Kind.ORDERED)) {
      return;
    }
    if (!(range.value() instanceof Answer.Matrix m)) {
      fail("a range query gave %s", range.value());
      return;
    }
    Comparison.sorted(m.series());
    List<Answer.Series> at = new ArrayList<>();
    for (Answer.Series s : m.series()) {
      List<Answer.Point> points = s.points().stream().filter(p -> p.time() == time).toList();
      assertThat(points).hasSizeLessThanOrEqualTo(1);
      if (!points.isEmpty()) {
        at.add(new Answer.Series(s.labels(), points));
      }
    }
    if (instant.value() instanceof Answer.Scalar) {
      assertThat(at).hasSize(1);
      c.value(new Answer.Scalar(at.getFirst().points().getFirst().value()));
    } else {
      c.value(new Answer.Vector(at));
    }
  }
}
