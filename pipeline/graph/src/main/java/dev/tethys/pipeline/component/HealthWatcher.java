package dev.tethys.pipeline.component;

import java.util.List;
import java.util.function.Supplier;

/** An extension that looks at how exporters do. */
public interface HealthWatcher {
  /**
   * Where it looks from now on.
   *
   * @param exporters gives those that run, at that moment; does not wait
   */
  void looksAt(Supplier<List<ExporterHealth>> exporters);
}
