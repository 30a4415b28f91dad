package dev.tethys.pipeline.component;

import java.time.Duration;
import java.util.List;

/**
 * Source of telemetry. Between start and stop it passes batches to the consumers it was created
 * with. It hands batches to the consumers it was made with, between start and stop.
 */
public interface Receiver extends Component {
  /**
   * Drains the source within the time, because it no longer exists and its rest cannot be read
   * later. Called before {@link #stop}, if at all.
   */
  default void finish(Duration timeLimit) throws InterruptedException {}

  /**
   * Whether it starts and stops its listeners on the calling thread, so that a graph change can
   * hand them from a stopping receiver to a starting one ({@link
   * dev.tethys.pipeline.server.PortExchange}). Handlers of its requests keep working after the
   * stop; those of sockets without responses are no longer called.
   */
  default boolean passesPorts() {
    return false;
  }

  /**
   * Settings of the sockets without responses that it opens. During a graph change it takes over a
   * socket with equal settings from a receiver that stops.
   */
  default List<Object> sockets() {
    return List.of();
  }
}
