package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.List;
import java.util.Map;
import javax.management.ObjectName;

/**
 * Labels from attributes, and metrics defined in the file, for some beans.
 *
 * @param properties properties that a bean's name must include
 * @param labels attributes that become labels
 */
record Customizer(
    String domain, Map<String, String> properties, List<String> labels, List<Extra> extra) {
  /**
   * A metric that is always there.
   *
   * @param value a number or a boolean
   */
  record Extra(String name, Object value, String description) {}

  private static final Section FILTER = new Section("mbeanFilter", "Filter of MBeans.");
  private static final Key<String> DOMAIN =
      FILTER.required("domain", Type.STRING, "Domain of the MBean.");
  private static final Key<Map<String, String>> PROPERTIES =
      FILTER.key(
          "properties", Type.map(Type.STRING), Map.of(), "Key properties of the MBean's name.");

  private record Filter(String domain, Map<String, String> properties) {
    static final Type<Filter> TYPE = FILTER.type(o -> new Filter(o.get(DOMAIN), o.get(PROPERTIES)));
  }

  private static final Section EXTRA = new Section("extraMetrics", "Metric with a fixed value.");
  private static final Key<String> NAME =
      EXTRA.required("name", Type.STRING, "Name of the metric.");
  private static final Key<Object> VALUE =
      EXTRA.required(
          "value", Type.of("number or boolean", null, Customizer::value), "Value of the metric.");
  private static final Key<String> DESCRIPTION =
      EXTRA.key("description", Type.STRING, "", "Help text of the metric.");
  private static final Type<Extra> EXTRA_TYPE =
      EXTRA.type(o -> new Extra(o.get(NAME), o.get(VALUE), o.get(DESCRIPTION)));

  private static final Section SECTION =
      new Section("metricCustomizers", "Additional labels and metrics of selected MBeans.");
  private static final Key<Filter> MBEAN_FILTER =
      SECTION.required("mbeanFilter", Filter.TYPE, "Filter of the MBeans.");
  private static final Key<List<String>> LABELS =
      SECTION.key(
          "attributesAsLabels", Type.list(Type.STRING), List.of(), "Attributes added as labels.");
  private static final Key<List<Extra>> EXTRAS =
      SECTION.key("extraMetrics", Type.list(EXTRA_TYPE), List.of(), "Metrics with fixed values.");

  static final Type<Customizer> TYPE = SECTION.type(Customizer::read);

  private static Object value(YamlNode n) {
    Object v = n.asTree();
    if (v instanceof Number || v instanceof Boolean) {
      return v;
    }
    throw n.error("must be a number, true or false");
  }

  private static Customizer read(YamlObject o) {
    Filter f = o.get(MBEAN_FILTER);
    if (o.get(LABELS).isEmpty() && o.get(EXTRAS).isEmpty()) {
      throw o.error(
          "Must provide attributesAsLabels or extraMetrics, if metricCustomizers is given");
    }
    return new Customizer(f.domain(), f.properties(), o.get(LABELS), o.get(EXTRAS));
  }

  boolean isFor(ObjectName bean) {
    return domain.equals(bean.getDomain())
        && bean.getKeyPropertyList().entrySet().containsAll(properties.entrySet());
  }
}
