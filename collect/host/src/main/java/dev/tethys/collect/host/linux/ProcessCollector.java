package dev.tethys.collect.host.linux;

import dev.tethys.collect.host.internal.ProcessFamilies;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.util.function.Consumer;

/**
 * Metrics of this process and its Java virtual machine: the {@code process_*} metrics of
 * Prometheus's client libraries, from /proc/self, and {@code jvm_*}. On a system without /proc the
 * process metrics are omitted.
 */
public final class ProcessCollector implements Collector {
  private final ProcessFamilies families;

  /** Collects metrics of this process. */
  public ProcessCollector() {
    this("/proc");
  }

  /** Of the process that {@code self} leads to below that folder. */
  ProcessCollector(String procfs) {
    families = new ProcessFamilies(procfs);
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    families.collect(to);
  }
}
