package dev.tethys.codec.collectd;

import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Converts value lists to metrics and notifications to log records, by the rules of the Collector's
 * receiver {@code collectd}.
 *
 * <p>A metric's name is type, type instance and, if there are several, data source, joined by dots.
 * {@code plugin}, {@code plugin_instance}, {@code host} and a single {@code dsname} are attributes,
 * and so are pairs written as {@code [k=v,…]} in a host or an instance. A counter or derive is a
 * monotonic cumulative sum (the Collector leaves its temporality open).
 *
 * <p>Not thread-safe. A metric is named by its type, type instance and, if there are several, data
 * source, separated by dots; {@code plugin}, {@code plugin_instance}, {@code host} and a single
 * {@code dsname} are attributes, and so are the pairs {@code [k=v,…]} in a host or an instance. A
 * counter or derive is a monotonic sum, which is cumulative (the Collector leaves that open).
 *
 * <p>Not thread-safe.
 */
public final class CollectdTelemetry implements CollectdSink {
  private final Map<String, String> defaults;
  private final ScopeGroup<Metric> metrics = new ScopeGroup<>();
  private final ScopeGroup<LogRecord> logs = new ScopeGroup<>();

  /**
   * Creates an empty set.
   *
   * @param defaults attributes of all points, which take precedence over attributes in brackets
   */
  public CollectdTelemetry(Map<String, String> defaults) {
    this.defaults = defaults;
  }

  @Override
  public void values(ValueList v) {
    Map<String, String> attributes = new LinkedHashMap<>(defaults);
    String base = join(v.id().type(), bracketed(v.id().typeInstance(), attributes));
    put(attributes, "plugin", v.id().plugin());
    put(attributes, "plugin_instance", bracketed(v.id().pluginInstance(), attributes));
    put(attributes, "host", bracketed(v.id().host(), attributes));
    boolean several = v.values().size() > 1;
    for (int i = 0; i < v.values().size(); i++) {
      Number n = v.values().get(i);
      if (n == null) {
        continue;
      }
      NumberDataPoint p = new NumberDataPoint();
      p.setTimeUnixNano(v.time());
      if (n instanceof Long l) {
        p.setLong(l);
      } else {
        p.setDouble(n.doubleValue());
      }
      attributes.forEach(p.attributes()::add);
      if (!several && !v.names().get(i).isEmpty()) {
        p.attributes().put("dsname", v.names().get(i));
      }
      RequestMemory.chargeItem();
      Metric m = new Metric();
      m.setName(several ? join(base, v.names().get(i)) : base);
      if (v.kinds().get(i).isCumulative()) {
        MetricData.Sum sum = new MetricData.Sum();
        sum.setMonotonic(true);
        sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
        sum.points().add(p);
        m.setData(sum);
      } else {
        MetricData.Gauge gauge = new MetricData.Gauge();
        gauge.points().add(p);
        m.setData(gauge);
      }
      metrics.items().add(m);
    }
  }

  @Override
  public void notification(Notification n) {
    RequestMemory.chargeItem();
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(n.time());
    r.setBody(n.message());
    r.setSeverityText(n.severity());
    r.setSeverityNumber(
        switch (n.severity()) {
          case "FAILURE" -> 17;
          case "WARNING" -> 13;
          case "OKAY" -> 9;
          default -> 0;
        });
    Map<String, String> attributes = new LinkedHashMap<>(defaults);
    put(attributes, "type", n.id().type());
    put(attributes, "type_instance", bracketed(n.id().typeInstance(), attributes));
    put(attributes, "plugin", n.id().plugin());
    put(attributes, "plugin_instance", bracketed(n.id().pluginInstance(), attributes));
    put(attributes, "host", bracketed(n.id().host(), attributes));
    n.more().forEach((k, v) -> put(attributes, k, v));
    Attributes to = r.attributes();
    attributes.forEach(to::add);
    logs.items().add(r);
  }

  /** Returns the number of data points. */
  public int points() {
    return metrics.items().size();
  }

  /** Returns the number of log records. */
  public int records() {
    return logs.items().size();
  }

  /** Returns the metrics, which share this object's data; do not use this object afterwards. */
  public MetricsData metrics() {
    MetricsData d = new MetricsData();
    d.resources().add(group(metrics));
    return d;
  }

  /** Returns the notifications as log records. */
  public LogsData logs() {
    LogsData d = new LogsData();
    d.resources().add(group(logs));
    return d;
  }

  private static <T extends dev.tethys.model.telemetry.Item<T>> ResourceGroup<T> group(
      ScopeGroup<T> scope) {
    ResourceGroup<T> g = new ResourceGroup<>();
    g.scopes().add(scope);
    return g;
  }

  private static void put(Map<String, String> to, String key, String value) {
    if (!value.isEmpty()) {
      to.put(key, value);
    }
  }

  private static String join(String a, String b) {
    return a.isEmpty() ? b : b.isEmpty() ? a : a + "." + b;
  }

  /**
   * Extracts attributes from {@code name[k=v,f=x]-more} and returns the rest, {@code name-more}.
   * Text with any other content in its brackets stays unchanged.
   */
  private static String bracketed(String text, Map<String, String> to) {
    int from = text.indexOf('[');
    int end = from < 0 ? -1 : text.indexOf(']', from);
    if (end < 0) {
      return text;
    }
    Map<String, String> found = new LinkedHashMap<>();
    for (String pair : text.substring(from + 1, end).split(",", -1)) {
      int eq = pair.indexOf('=');
      if (eq < 0 || pair.indexOf('=', eq + 1) >= 0) {
        return text;
      }
      found.put(pair.substring(0, eq), pair.substring(eq + 1));
    }
    found.forEach(
        (k, v) -> {
          if (!k.isEmpty() && !v.isEmpty()) {
            to.putIfAbsent(k, v);
          }
        });
    return text.substring(0, from) + text.substring(end + 1);
  }
}
