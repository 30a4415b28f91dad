package dev.tethys.pipeline.receiver.host;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Gathers the points of a scraper and hands them on as what one resource sent. Used again for every
 * resource; of one thread.
 */
final class Emission {
  private static final String SCHEMA = "https://opentelemetry.io/schemas/1.9.0";
  private static final String SCOPE =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver"
          + "/internal/scraper/";

  private final String scope;
  private final String version;
  private final Map<String, Recorder> recorders = new LinkedHashMap<>();

  /**
   * @param scraper by its key in configurations
   * @param version of this program
   */
  Emission(String scraper, String version, List<MetricSettings> metrics) {
    this.scope = SCOPE + scraper + "scraper";
    this.version = version;
    metrics.forEach(m -> recorders.put(m.instrument().name(), new Recorder(m)));
  }

  /** Where the points of a metric go. */
  Recorder recorder(String metric) {
    return Objects.requireNonNull(recorders.get(metric), metric);
  }

  /** How many metrics come. */
  int enabled() {
    return (int) recorders.values().stream().filter(Recorder::isOn).count();
  }

  /** Whether any of these metrics comes. */
  boolean wants(String... metrics) {
    for (String m : metrics) {
      if (recorder(m).isOn()) {
        return true;
      }
    }
    return false;
  }

  /** What points are stamped with from now on. */
  void at(long startNanos, long nanos) {
    recorders.values().forEach(r -> r.at(startNanos, nanos));
  }

  /** Moves what was gathered behind what others sent, if it is anything. */
  void emit(Resource resource, MetricsData to) {
    ScopeGroup<Metric> metrics = new ScopeGroup<>();
    for (Recorder r : recorders.values()) {
      Metric m = r.take();
      if (m != null) {
        metrics.items().add(m);
      }
    }
    if (metrics.items().isEmpty()) {
      return;
    }
    metrics.scope().setName(scope);
    metrics.scope().setVersion(version);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    group.setSchemaUrl(SCHEMA);
    group.setResource(resource);
    group.scopes().add(metrics);
    to.resources().add(group);
  }

  /** Forgets what was gathered. */
  void clear() {
    recorders.values().forEach(Recorder::take);
  }
}
