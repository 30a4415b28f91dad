package dev.tethys.collect.observe.export;

import dev.tethys.codec.otlp.FamiliesToOtlp;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics of an observer as OTLP. The resource is the agent: {@code service.name} and {@code
 * service.instance.id} become the labels {@code job} and {@code instance} that Coroot's node agent
 * has.
 */
public final class ObservedMetrics {
  private static final String SERVICE = "coroot-node-agent";

  private final Registry registry;
  private final MachineIdentity machine;
  private final Map<String, String> resource = new LinkedHashMap<>();
  private final String scope;
  private final long startMillis = System.currentTimeMillis();

  /**
   * @param registry metrics to send
   * @param host attributes of the machine
   * @param scope name of the scope
   */
  public ObservedMetrics(
      Registry registry, MachineIdentity machine, Map<String, String> host, String scope) {
    this.registry = registry;
    this.machine = machine;
    this.scope = scope;
    resource.put("service.name", SERVICE);
    resource.put("service.instance.id", machine.instance());
    resource.putAll(host);
  }

  /** All metrics now. */
  public MetricsData gather() {
    ScopeGroup<Metric> scoped = new ScopeGroup<>();
    scoped.scope().setName(scope);
    scoped
        .items()
        .addAll(
            FamiliesToOtlp.convert(
                classic(MachineIdentity.labelled(registry.gather(), machine.labels())),
                startMillis,
                System.currentTimeMillis()));
    ResourceGroup<Metric> group = new ResourceGroup<>();
    resource.forEach((k, v) -> group.resource().attributes().put(k, v));
    group.scopes().add(scoped);
    MetricsData data = new MetricsData();
    data.resources().add(group);
    return data;
  }

  /** Histograms with the buckets of Coroot: a metric of OTLP has one kind of buckets. */
  private static List<MetricFamily> classic(List<MetricFamily> families) {
    return families.stream()
        .map(
            f ->
                new MetricFamily(
                    f.name(),
                    f.type(),
                    f.help(),
                    f.unit(),
                    f.metrics().stream().map(ObservedMetrics::classic).toList()))
        .toList();
  }

  private static MetricFamily.Metric classic(MetricFamily.Metric m) {
    MetricFamily.Buckets b = m.point() instanceof MetricFamily.Native n ? n.classic() : null;
    return b == null
        ? m
        : new MetricFamily.Metric(m.labels(), b, m.timestamp(), m.startTimestamp());
  }
}
