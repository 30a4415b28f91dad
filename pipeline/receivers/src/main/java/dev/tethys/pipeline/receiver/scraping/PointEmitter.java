package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collects the points of a scraper and emits them under one resource. Reused for every resource;
 * not thread-safe.
 */
public final class PointEmitter {
  private final Origin origin;
  private final Map<String, Recorder> recorders = new LinkedHashMap<>();

  /**
   * Origin of metrics in batches.
   *
   * @param scope the name of the Collector's scraper or receiver
   * @param version version of this program
   * @param schema schema URL of the resources, or {@code ""} for none
   */
  public record Origin(String scope, String version, String schema) {}

  public PointEmitter(Origin origin, List<MetricSettings> metrics) {
    this.origin = origin;
    metrics.forEach(m -> recorders.put(m.instrument().name(), new Recorder(m)));
  }

  /** Returns the recorder of a metric. */
  public Recorder recorder(String metric) {
    return Objects.requireNonNull(recorders.get(metric), metric);
  }

  /** Returns the number of enabled metrics. */
  public int enabled() {
    return (int) recorders.values().stream().filter(Recorder::isOn).count();
  }

  /** Whether any of these metrics is enabled. */
  public boolean isEnabled(String... metrics) {
    for (String m : metrics) {
      if (recorder(m).isOn()) {
        return true;
      }
    }
    return false;
  }

  /** Sets the timestamps of subsequent points. */
  public void at(long startNanos, long nanos) {
    recorders.values().forEach(r -> r.at(startNanos, nanos));
  }

  /**
   * Appends the collected points to the output, if there are any.
   *
   * @param resource null if it is excluded: the points are discarded
   */
  public void emit(@Nullable Resource resource, MetricsData to) {
    ScopeGroup<Metric> metrics = new ScopeGroup<>();
    for (Recorder r : recorders.values()) {
      Metric m = r.take();
      if (m != null) {
        metrics.items().add(m);
      }
    }
    if (resource == null || metrics.items().isEmpty()) {
      return;
    }
    metrics.scope().setName(origin.scope);
    metrics.scope().setVersion(origin.version);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    group.setSchemaUrl(origin.schema);
    group.setResource(resource);
    group.scopes().add(metrics);
    to.resources().add(group);
  }

  /** Discards the collected points. */
  public void clear() {
    recorders.values().forEach(Recorder::take);
  }
}
