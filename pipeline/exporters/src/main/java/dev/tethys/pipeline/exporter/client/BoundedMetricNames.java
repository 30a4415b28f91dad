package dev.tethys.pipeline.exporter.client;

import dev.tethys.model.Labels;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.function.UnaryOperator;

/**
 * Metric names with labels, for servers that store a series by name. Metrics may have any number of
 * names, but label values may create only a bounded number. Beyond the bound, the name has {@code
 * other} for every label, and labels are sent as for other series, so that no two series become
 * one. Thread-safe.
 */
public final class BoundedMetricNames {
  private static final String NONE = "none";

  private final NameTemplate template;
  private final UnaryOperator<String> metric;
  private final UnaryOperator<String> node;
  private final BoundedNames names;
  private final boolean isBounded;

  /**
   * A name.
   *
   * @param isOwn whether it contains the labels of the template
   */
  public record BoundedName(String name, boolean isOwn) {}

  /**
   * @param metric makes a metric's name fit
   * @param node makes a value fit
   */
  public BoundedMetricNames(
      NameTemplate template,
      UnaryOperator<String> metric,
      UnaryOperator<String> node,
      BoundedNames names) {
    this.template = template;
    this.metric = metric;
    this.node = node;
    this.names = names;
    this.isBounded = !template.labels().stream().allMatch(Labels.METRIC_NAME::equals);
  }

  /**
   * Returns the bounded name of a metric.
   *
   * @param label values of labels, "" for those that it does not have
   */
  public BoundedName of(String name, UnaryOperator<String> label) {
    boolean isOwn = !isBounded || names.admits(named("", label));
    return new BoundedName(
        named(metric.apply(name), isOwn ? label : l -> BoundedNames.OTHER), isOwn);
  }

  private String named(String name, UnaryOperator<String> label) {
    return template.of(
        l -> {
          if (l.equals(Labels.METRIC_NAME)) {
            return name;
          }
          String v = label.apply(l);
          return v.isEmpty() ? NONE : node.apply(v);
        });
  }
}
