package dev.tethys.collect.host;

import dev.tethys.collect.host.internal.ProcessFamilies;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.util.function.Consumer;

/**
 * What this process and its Java machine use: the {@code process_*} metrics of every client library
 * of Prometheus, from /proc/self, and {@code jvm_*}. On a system without /proc the former are left
 * out.
 */
public final class ProcessCollector implements Collector {
  private final ProcessFamilies families;

  /** Of this process. */
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
