package dev.tethys.pipeline.processor;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.Condition;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Statement;
import dev.tethys.pipeline.ottl.Statements;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Counters of applied and failed statements and conditions of a component. */
public final class OttlMetrics {
  private record Row(String text, long matched, long errors) {}

  private OttlMetrics() {}

  public static Collector statements(String component, Signal signal, List<Statements> groups) {
    return to -> {
      List<Row> rows = new ArrayList<>();
      for (Statements g : groups) {
        Conditions conditions = g.conditions();
        if (conditions != null) {
          rows.addAll(rows(conditions));
        }
        for (Statement s : g.statements()) {
          rows.add(new Row(s.text(), s.matched(), s.errors()));
        }
      }
      families(component, signal, rows, to);
    };
  }

  public static Collector conditions(String component, Signal signal, List<Conditions> groups) {
    return to ->
        families(component, signal, groups.stream().flatMap(g -> rows(g).stream()).toList(), to);
  }

  private static List<Row> rows(Conditions conditions) {
    List<Row> rows = new ArrayList<>();
    for (Condition c : conditions.conditions()) {
      rows.add(new Row(c.text(), c.matched(), c.errors()));
    }
    return rows;
  }

  private static void families(
      String component, Signal signal, List<Row> rows, Consumer<MetricFamily> to) {
    if (rows.isEmpty()) {
      return;
    }
    List<Metric> matched = new ArrayList<>();
    List<Metric> errors = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Labels l =
          Labels.of(
              "component", component,
              "expression", rows.get(i).text(),
              "position", Integer.toString(i),
              "signal", signal.name().toLowerCase(Locale.ROOT));
      matched.add(new Metric(l, rows.get(i).matched()));
      errors.add(new Metric(l, rows.get(i).errors()));
    }
    to.accept(
        new MetricFamily(
            "tethys_ottl_matched_total",
            MetricType.COUNTER,
            "Items for which an OTTL statement ran or a condition was true.",
            "",
            matched));
    to.accept(
        new MetricFamily(
            "tethys_ottl_errors_total",
            MetricType.COUNTER,
            "Items for which an OTTL statement or condition could not be evaluated.",
            "",
            errors));
  }
}
