package dev.tethys.app.collector;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.regex.Glob;
import dev.tethys.pipeline.config.OwnMetrics;
import dev.tethys.runtime.BuildInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Metrics of the process as one reader of {@code service.telemetry} exposes them: with {@code
 * target_info}, labels of the resource, and the Collector's names in the configured spelling.
 */
final class OwnMetricsPage {
  private final OwnMetrics.Page page;
  private final MetricViews views;
  private final Labels constant;
  private final MetricFamily info;

  /**
   * Creates a metrics page.
   *
   * @param resource attributes by name
   */
  OwnMetricsPage(OwnMetrics.Page page, MetricViews views, Map<String, String> resource) {
    this.page = page;
    this.views = views;
    LabelsBuilder all = new LabelsBuilder();
    LabelsBuilder some = new LabelsBuilder();
    List<String> included = page.included();
    resource.forEach(
        (name, value) -> {
          String label = label(name);
          all.set(label, joined(all.get(label), value));
          if (included != null && matches(included, name) && !matches(page.excluded(), name)) {
            some.set(label, joined(some.get(label), value));
          }
        });
    this.constant = some.build();
    this.info =
        new MetricFamily(
            "target_info",
            MetricType.GAUGE,
            "Target metadata",
            "",
            List.of(new MetricFamily.Metric(all.build(), 1)));
  }

  /**
   * Builds the resource attributes of this process.
   *
   * @param written configured attributes; an empty one removes one
   */
  static Map<String, String> resource(Map<String, Optional<String>> written, UUID instance) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("service.name", "tethys");
    out.put("service.version", BuildInfo.current().version());
    out.put("service.instance.id", instance.toString());
    written.forEach(
        (k, v) -> {
          if (v.isEmpty()) {
            out.remove(k);
          } else {
            out.put(k, v.get());
          }
        });
    return out;
  }

  /** Applies views, renames and labels to metrics. */
  List<MetricFamily> of(List<MetricFamily> families) {
    List<MetricFamily> out = new ArrayList<>(families.size() + 1);
    for (MetricFamily f : views.of(families)) {
      out.add(new MetricFamily(name(f), f.type(), f.help(), f.unit(), labelled(f)));
    }
    out.add(info);
    return out;
  }

  private String name(MetricFamily f) {
    String name = f.name();
    if (page.withoutUnits()) {
      name = CollectorNames.withoutUnit(name);
    }
    // without_type_suffix applies to the Collector's own names only.
    return page.withoutTypeSuffix()
            && f.type() == MetricType.COUNTER
            && (name.startsWith("otelcol_") || views.namesCounter(name))
        ? CollectorNames.withoutSuffix(name)
        : name;
  }

  private List<MetricFamily.Metric> labelled(MetricFamily f) {
    if (constant.isEmpty()) {
      return f.metrics();
    }
    return f.metrics().stream()
        .map(
            m ->
                new MetricFamily.Metric(
                    new LabelsBuilder(constant).addAll(m.labels()).build(),
                    m.point(),
                    m.timestamp(),
                    m.startTimestamp()))
        .toList();
  }

  private static String label(String name) {
    String s = name.replaceAll("[^a-zA-Z0-9_]", "_");
    return s.isEmpty() || Character.isDigit(s.charAt(0)) ? "key_" + s : s;
  }

  /** Joins the values of attributes that map to the same label, as everywhere else. */
  private static String joined(String before, String value) {
    return before.isEmpty() ? value : before + ";" + value;
  }

  private static boolean matches(List<String> patterns, String name) {
    return patterns.stream().anyMatch(p -> Glob.wildcards(p).matches(name));
  }
}
