package dev.tethys.collect.exporter;

import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.util.List;

/** Provides metric families on request. Thread-safe. */
@FunctionalInterface
public interface MetricsSource {
  /**
   * Looks now. Called on its own virtual thread, which is interrupted when the time of the probe is
   * up.
   *
   * @return families, each name once
   * @throws ProbeException if the question makes no sense, or nothing can be shown
   * @throws IOException if nothing can be shown; becomes status 500
   */
  List<MetricFamily> collect(Probe probe) throws IOException, InterruptedException;
}
