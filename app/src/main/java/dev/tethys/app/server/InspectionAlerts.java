package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Problems of inspections as series {@code tethys_inspection_problem}, and a rule group with an
 * alerting rule for each inspection. Alerts are then routed, silenced and tested like alerts of
 * other rules. Not thread-safe.
 */
final class InspectionAlerts {
  static final String METRIC = "tethys_inspection_problem";

  private static final String FILE = "inspections";
  private static final System.Logger LOG = JulLogger.of(InspectionAlerts.class.getName());

  private final MetricStore store;
  private final Consumer<List<GroupSpec>> groups;
  private Set<Labels> written = Set.of();

  InspectionAlerts(MetricStore store, Consumer<List<GroupSpec>> groups) {
    this.store = store;
    this.groups = groups;
  }

  /** Adds the rules of all inspections. */
  void addRules(InspectionSet set) {
    List<RuleSpec> rules = new ArrayList<>();
    for (Inspection i : set.inspections()) {
      String query = METRIC + "{inspection=\"" + i.id() + "\"}";
      Expr expr = PromqlParser.parse(query, ParserOptions.STABLE);
      rules.add(
          new RuleSpec.Alerting(
              i.id(),
              query,
              expr,
              Duration.ZERO,
              Duration.ZERO,
              new TreeMap<>(),
              new TreeMap<>(
                  Map.of(
                      "summary",
                      i.title() + ": {{ $labels.name }}",
                      "description",
                      i.remedy()
                          .render(n -> n.equals("entity") ? "{{ $labels.name }}" : "the " + n)))));
    }
    groups.accept(
        List.of(new GroupSpec(FILE, "inspections", Duration.ofSeconds(30), null, 0, rules)));
  }

  /** Writes a sample for each problem, and the end of problems that are gone. */
  void record(InspectionReport r) {
    Set<Labels> now = new HashSet<>();
    for (InspectionProblem p : r.problems()) {
      now.add(labels(p));
    }
    try (Appender a = store.appender()) {
      for (Labels l : now) {
        a.append(a.series(l), 0, r.evaluated(), 1);
      }
      for (Labels l : written) {
        if (!now.contains(l)) {
          a.append(a.series(l), 0, r.evaluated(), Samples.STALE);
        }
      }
      a.commit();
      written = now;
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "Problems not stored as series error=\"{0}\"", e.getMessage());
    }
  }

  private static Labels labels(InspectionProblem p) {
    return Labels.of(
        Labels.METRIC_NAME,
        METRIC,
        "category",
        p.inspection().category(),
        "entity",
        p.entity().id(),
        "inspection",
        p.inspection().id(),
        "kind",
        p.entity().kind().text(),
        "name",
        p.entity().name(),
        "severity",
        p.severity().text());
  }
}
