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
 * Gathers the points of a scraper and hands them on as what one resource sent. Used again for every
 * resource; of one thread.
 */
public final class PointEmitter {
  private final Origin origin;
  private final Map<String, Recorder> recorders = new LinkedHashMap<>();

  /**
   * Origin of metrics in batches.
   *
   * @param scope the name of the Collector's scraper or receiver
   * @param version of this program
   * @param schema of the resources; {@code ""} for none
   */
  public record Origin(String scope, String version, String schema) {}

  public PointEmitter(Origin origin, List<MetricSettings> metrics) {
    this.origin = origin;
    metrics.forEach(m -> recorders.put(m.instrument().name(), new Recorder(m)));
  }

  /** Where the points of a metric go. */
  public Recorder recorder(String metric) {
    return Objects.requireNonNull(recorders.get(metric), metric);
  }

  /** How many metrics come. */
  public int enabled() {
    return (int) recorders.values().stream().filter(Recorder::isOn).count();
  }

  /** Whether any of these metrics comes. */
  public boolean isEnabled(String... metrics) {
    for (String m : metrics) {
      if (recorder(m).isOn()) {
        return true;
      }
    }
    return false;
  }

  /** What points are stamped with from now on. */
  public void at(long startNanos, long nanos) {
    recorders.values().forEach(r -> r.at(startNanos, nanos));
  }

  /**
   * Moves what was gathered behind what others sent, if it is anything.
   *
   * @param resource null for one that is not wanted: what was gathered is then forgotten
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

  /** Forgets what was gathered. */
  public void clear() {
    recorders.values().forEach(Recorder::take);
  }
}
