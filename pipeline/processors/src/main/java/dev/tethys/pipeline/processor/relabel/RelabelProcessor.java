package dev.tethys.pipeline.processor.relabel;

import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.YamlNode;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The {@code relabel} processor. The labels of a data point or a log record are its attributes; a
 * metric's name is {@code __name__}, attributes of the resource are {@code __meta_resource_KEY}.
 * Items that the rules drop are dropped, labels that begin with two underscores are gone
 * afterwards, and points that got another name go to a metric of that name.
 */
public final class RelabelProcessor {
  private static final String RESOURCE = "__meta_resource_";
  private static final Section SECTION =
      new Section("relabel", "Rewrites attributes with Prometheus relabelling rules.");
  private static final Key<YamlNode> RULES =
      SECTION.required("rules", RelabelConfig.LIST, "Relabelling rules in order.");

  private RelabelProcessor() {}

  public static ProcessorFactory<Relabeling> factory() {
    return new TreeEditorFactory<>(
        "relabel",
        "Rewrites attributes by Prometheus's relabelling rules.",
        SECTION.type(o -> RelabelConfig.read(o.at(RULES), NameScheme.UTF8)),
        Set.of(Signal.METRICS, Signal.LOGS),
        (rules, _, _) ->
            (data, _) -> {
              edit(data, rules);
              return true;
            });
  }

  private static void edit(Telemetry<?> data, Relabeling rules) {
    switch (data) {
      case LogsData l -> {
        for (ResourceGroup<LogRecord> r : l.resources()) {
          for (ScopeGroup<LogRecord> s : r.scopes()) {
            s.items().removeIf(i -> !keep(rules, r.resource(), "", i.attributes()).kept());
          }
        }
      }
      case MetricsData m -> {
        for (ResourceGroup<Metric> r : m.resources()) {
          for (ScopeGroup<Metric> s : r.scopes()) {
            metrics(rules, r.resource(), s);
          }
        }
      }
      default -> throw new AssertionError();
    }
  }

  private record Result(boolean kept, String name) {}

  private static Result keep(Relabeling rules, Resource r, String name, Attributes a) {
    LabelsBuilder b = new LabelsBuilder();
    r.attributes().forEach((k, v) -> b.set(RESOURCE + k, ValueText.of(v)));
    a.forEach((k, v) -> b.set(k, ValueText.of(v)));
    if (!name.isEmpty()) {
      b.set(Labels.METRIC_NAME, name);
    }
    if (!rules.apply(b)) {
      return new Result(false, name);
    }
    Labels labels = b.build();
    a.removeIf((k, _) -> !labels.has(k) || k.startsWith("__"));
    for (Labels.Label l : labels.toList()) {
      if (!l.name().startsWith("__")) {
        int i = a.indexOf(l.name());
        // Unchanged values keep their type.
        if (i < 0 || !ValueText.of(a.value(i)).equals(l.value())) {
          a.put(l.name(), l.value());
        }
      }
    }
    return new Result(true, labels.metricName());
  }

  private static void metrics(Relabeling rules, Resource r, ScopeGroup<Metric> s) {
    List<Metric> made = new ArrayList<>();
    for (Metric m : s.items()) {
      if (m.data() == null) {
        made.add(m);
        continue;
      }
      List<DataPoint> points = new ArrayList<>(m.data().points());
      m.data().points().clear();
      Map<String, Metric> byName = new LinkedHashMap<>();
      for (DataPoint p : points) {
        Result result = keep(rules, r, m.name(), p.attributes());
        if (result.kept() && !result.name().isEmpty()) {
          Metric to =
              byName.computeIfAbsent(
                  result.name(),
                  n -> {
                    Metric copy = m.copy();
                    copy.setName(n);
                    return copy;
                  });
          add(to, p);
        }
      }
      made.addAll(byName.values());
    }
    s.items().clear();
    s.items().addAll(made);
  }

  @SuppressWarnings("unchecked") // points go to a copy of their own metric
  private static void add(Metric to, DataPoint p) {
    ((List<DataPoint>) Objects.requireNonNull(to.data()).points()).add(p);
  }
}
