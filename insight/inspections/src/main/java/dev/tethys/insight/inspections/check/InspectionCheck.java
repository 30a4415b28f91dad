package dev.tethys.insight.inspections.check;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.inspections.InspectionEngine;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionCase;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.SeriesDescription;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Runs the tests that inspections contain: stores their series, builds their entities and evaluates
 * the inspection every 30 seconds until the time of the expectation.
 */
public final class InspectionCheck {
  /** Time of the first value of each series. */
  private static final long START = 1_800_000_000_000L;

  private static final long STEP = 30_000;

  private final Supplier<MetricStore> stores;
  private final PromqlEngine engine;
  private final RuleSet rules;

  /**
   * @param stores gives an empty store
   */
  public InspectionCheck(Supplier<MetricStore> stores, PromqlEngine engine, RuleSet rules) {
    this.stores = stores;
    this.engine = engine;
    this.rules = rules;
  }

  /**
   * Creates answers backed by an engine.
   *
   * @param timeout query timeout in milliseconds; 0 to use the engine's timeout
   */
  public static MetricAnswers answers(PromqlEngine engine, MetricSource source, long timeout) {
    QueryOptions options = new QueryOptions(0, timeout, false);
    return (query, time) -> samples(engine.instant(source, query, time, options).execute().value());
  }

  /** Returns the samples of a vector; empty for other values. */
  public static List<MetricAnswers.Sample> samples(Value v) {
    List<MetricAnswers.Sample> out = new ArrayList<>();
    if (v instanceof Value.InstantVector vector) {
      for (Value.Sample s : vector.samples()) {
        out.add(new MetricAnswers.Sample(s.labels().toMap(), s.value()));
      }
    }
    return out;
  }

  /** Runs all tests of a set; returns human-readable failures. */
  public List<String> run(InspectionSet set) throws IOException {
    List<String> out = new ArrayList<>();
    for (Inspection i : set.inspections()) {
      for (InspectionCase c : i.tests()) {
        out.addAll(run(set, i, c));
      }
    }
    return out;
  }

  /** Runs a test; returns human-readable failures. */
  public List<String> run(InspectionSet set, Inspection i, InspectionCase c) throws IOException {
    InspectionSet alone = new InspectionSet(List.of(i), set.overrides(), null);
    try (MetricStore store = stores.get()) {
      feed(store, c);
      MetricSource source = store.within(Scope.DEFAULT);
      try (EntityModel model =
          new EntityModel(
              rules,
              Map.of(
                  InsightRule.Source.METRICS,
                  (from, to, matchers, limit) -> source.series(from, to, List.of(matchers), limit)),
              EntityModel.Limits.DEFAULT,
              null)) {
        return compare(i, c, last(alone, source, model, c));
      }
    }
  }

  private InspectionReport last(
      InspectionSet alone, MetricSource source, EntityModel model, InspectionCase c) {
    InspectionEngine inspections =
        new InspectionEngine(alone, answers(engine, source, 0), InspectionEngine.Limits.DEFAULT);
    long end = START + c.at().toMillis();
    long first = START + Math.floorMod(c.at().toMillis(), STEP);
    for (long t = first; t < end; t += STEP) {
      model.update(t);
      inspections.evaluate(model.current(), t);
    }
    model.update(end);
    return inspections.evaluate(model.current(), end);
  }

  private static void feed(MetricStore store, InspectionCase c) {
    try (Appender a = store.appender()) {
      for (String text : c.series()) {
        SeriesDescription d = SeriesDescription.parse(text);
        long series = a.series(d.labels());
        long t = START;
        for (SequenceValue v : d.values()) {
          if (!v.omitted() && v.histogram() == null) {
            a.append(series, 0, t, v.value());
          }
          t += c.interval().toMillis();
        }
      }
      a.commit();
    }
  }

  private static List<String> compare(Inspection i, InspectionCase c, InspectionReport r) {
    List<String> out = new ArrayList<>();
    String name = c.where() + ": " + i.id() + ", test \"" + c.name() + "\": ";
    r.statuses().stream().filter(s -> s.error() != null).forEach(s -> out.add(name + s.error()));
    List<InspectionProblem> left = new ArrayList<>(r.problems());
    r.problems().forEach(p -> left.addAll(p.symptoms()));
    for (InspectionCase.Expected e : c.expected()) {
      InspectionProblem p =
          left.stream()
              .filter(x -> isOf(r.world(), x.entity(), e.entity()))
              .findFirst()
              .orElse(null);
      if (p == null) {
        out.add(
            name
                + "no problem of "
                + e.entity()
                + "; problems: "
                + texts(left)
                + ", checked: "
                + r.statuses().getFirst().checked().stream().map(Entity::id).toList()
                + ", series without entity: "
                + r.statuses().getFirst().unmatched());
        continue;
      }
      left.remove(p);
      if (p.severity() != e.severity()) {
        out.add(
            name + e.entity() + " is " + p.severity().text() + ", expected " + e.severity().text());
      }
      Double v = e.value();
      if (v != null && Math.abs(p.value() - v) > 0.01 * Math.max(Math.abs(v), 1e-9)) {
        out.add(name + "value of " + e.entity() + " is " + p.value() + ", expected " + v);
      }
    }
    if (!left.isEmpty()) {
      out.add(name + "unexpected problems: " + texts(left));
    }
    return out;
  }

  private static boolean isOf(World w, Entity e, String text) {
    Entity found = w.find(text);
    return e.id().equals(text) || e.name().equals(text) || found != null && found.equals(e);
  }

  private static List<String> texts(List<InspectionProblem> all) {
    return all.stream().map(p -> p.entity().id() + " (" + p.message() + ")").toList();
  }
}
