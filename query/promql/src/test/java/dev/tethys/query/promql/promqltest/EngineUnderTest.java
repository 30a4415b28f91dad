package dev.tethys.query.promql.promqltest;

import dev.tethys.model.Histogram;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;

/** The engine with everything on that the reference harness has on. */
final class EngineUnderTest implements ScriptRun.Engine {
  private final PromqlEngine engine =
      new PromqlEngine(
          EngineOptions.builder()
              .parser(ParserOptions.ALL)
              .maxSamples(10_000)
              .delayedNameRemoval(true)
              .startTimestamps(true)
              .build());

  @Override
  public Answer instant(MemoryMetricStore store, String query, long time) {
    return answer(engine.instant(store, query, time, QueryOptions.DEFAULT).execute());
  }

  @Override
  public Answer range(MemoryMetricStore store, String query, long start, long end, long step) {
    return answer(engine.range(store, query, start, end, step, QueryOptions.DEFAULT).execute());
  }

  private static Answer answer(QueryResult r) {
    return new Answer(value(r.value()), r.warnings(), r.infos());
  }

  private static Answer.Value value(Value v) {
    return switch (v) {
      case Value.Scalar s -> new Answer.Scalar(s.value());
      case Value.Text t -> new Answer.Text(t.value());
      case Value.InstantVector i ->
          new Answer.Vector(
              i.samples().stream()
                  .map(
                      s ->
                          new Answer.Series(
                              s.labels(),
                              List.of(new Answer.Point(i.time(), s.value(), s.histogram()))))
                  .toList());
      case Value.Matrix m ->
          new Answer.Matrix(m.series().stream().map(EngineUnderTest::series).toList());
    };
  }

  private static Answer.Series series(Value.Series s) {
    List<Answer.Point> points = new ArrayList<>();
    for (int i = 0; i < s.size(); i++) {
      Histogram h = s.histogram(i);
      points.add(new Answer.Point(s.timestamps()[i], s.values()[i], h));
    }
    return new Answer.Series(s.labels(), points);
  }
}
