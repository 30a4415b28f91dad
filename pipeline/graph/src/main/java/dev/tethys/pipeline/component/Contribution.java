package dev.tethys.pipeline.component;

import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Components of a module outside the core, found by {@link java.util.ServiceLoader}. */
public interface Contribution {
  /**
   * Returns the module's components.
   *
   * @param clients the process's HTTP clients; not closed by components
   */
  List<ComponentFactory<?>> components(HttpClientFactory clients);
}
