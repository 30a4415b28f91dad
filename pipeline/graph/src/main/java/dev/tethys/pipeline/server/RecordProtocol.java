package dev.tethys.pipeline.server;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;

/**
 * Protocol of logs or traces of a module outside the core, found by {@link
 * java.util.ServiceLoader}. The server serves it on its own port.
 */
public interface RecordProtocol {
  Signal signal();

  /**
   * Adds its paths.
   *
   * @param to stores batches
   */
  void addTo(HttpServerEndpoint endpoint, Consumer to, Scheduler clock);
}
