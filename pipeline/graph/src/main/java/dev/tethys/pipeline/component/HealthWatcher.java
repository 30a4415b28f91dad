package dev.tethys.pipeline.component;

import java.util.List;
import java.util.function.Supplier;

/** Extension that reads the health of exporters. */
public interface HealthWatcher {
  /**
   * Where it looks from now on.
   *
   * @param exporters gives those that run, at that moment; does not wait
   */
  void watchExporters(Supplier<List<ExporterHealth>> exporters);
}
