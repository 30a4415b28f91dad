package dev.tethys.pipeline.receiver;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Output of a scraper as text. */
public final class Scraped {
  private Scraped() {}

  /** Unit, type, kind of numbers and attributes of each metric, as tables of tests have them. */
  public static Map<String, String> shapes(MetricsData data) {
    Map<String, String> out = new TreeMap<>();
    each(data, (_, m) -> out.put(m.name(), shape(m)));
    return out;
  }

  /** The same of a table with lines of name, unit, type, numbers, + or -, attributes. */
  public static Map<String, String> table(String table, boolean all) {
    return table
        .lines()
        .map(l -> l.strip().split(" +"))
        .filter(f -> all || f[4].equals("+"))
        .collect(
            Collectors.toMap(
                f -> f[0],
                f -> String.join(" ", f[1], f[2], f[3], f[5]),
                (a, b) -> a,
                TreeMap::new));
  }

  /** A configuration that turns on all metrics of a table. */
  public static String enabling(String table) {
    return table
        .lines()
        .map(l -> "  " + l.strip().split(" +")[0] + ": {enabled: true}\n")
        .collect(Collectors.joining("", "metrics:\n", ""));
  }

  private static String shape(Metric m) {
    MetricData<?> data = Objects.requireNonNull(m.data());
    NumberDataPoint p = (NumberDataPoint) data.points().getFirst();
    String attributes = p.attributes().toString().replaceAll("=[^,}]*", "").replace(", ", ",");
    return String.join(
        " ",
        m.unit(),
        data instanceof MetricData.Sum s ? s.isMonotonic() ? "counter" : "sum" : "gauge",
        p.isInt() ? "int" : "double",
        attributes.length() > 2 ? attributes.substring(1, attributes.length() - 1) : "-");
  }

  /** Each value as text by metric and attributes, of the resource with these attributes. */
  public static Map<String, String> values(MetricsData data, String resource) {
    Map<String, String> out = new TreeMap<>();
    each(
        data,
        (g, m) -> {
          if (Shown.sorted(g.resource().attributes()).equals(resource)) {
            Objects.requireNonNull(m.data())
                .points()
                .forEach(
                    p -> {
                      NumberDataPoint n = (NumberDataPoint) p;
                      String key = m.name();
                      for (int i = 0; i < n.attributes().size(); i++) {
                        key += " " + n.attributes().value(i);
                      }
                      out.put(
                          key,
                          n.isInt()
                              ? Long.toString(n.longValue())
                              : Double.toString(n.doubleValue()));
                    });
          }
        });
    return out;
  }

  /** The attributes of each resource, in order. */
  public static List<String> resources(MetricsData data) {
    return data.resources().stream().map(g -> Shown.sorted(g.resource().attributes())).toList();
  }

  private interface Each {
    void metric(ResourceGroup<Metric> group, Metric m);
  }

  private static void each(MetricsData data, Each each) {
    for (ResourceGroup<Metric> g : data.resources()) {
      g.scopes().forEach(s -> s.items().forEach(m -> each.metric(g, m)));
    }
  }
}
