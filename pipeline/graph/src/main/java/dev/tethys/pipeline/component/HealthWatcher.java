package dev.tethys.pipeline.component;

import java.util.List;
import java.util.function.Supplier;

/** Extension that reads the health of exporters. */
public interface HealthWatcher {
  /**
   * Sets the source of exporter health.
   *
   * @param exporters returns the current exporters without blocking
   */
  void watchExporters(Supplier<List<ExporterHealth>> exporters);
}
