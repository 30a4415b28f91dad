package dev.tethys.pipeline.component;

import java.time.Duration;
import java.util.List;

/**
 * Source of telemetry. Between start and stop it passes batches to the consumers it was created
 * with. It hands batches to the consumers it was made with, between start and stop.
 */
public interface Receiver extends Component {
  /**
   * Its source is gone, so that nothing will read the rest of it later: takes the rest, within the
   * time. Called before {@link #stop}, if at all.
   */
  default void finish(Duration timeLimit) throws InterruptedException {}

  /**
   * Whether it starts and stops its listeners on the calling thread, so that one change of a graph
   * can pass them from a receiver that stops to one that starts ({@link
   * dev.tethys.pipeline.server.PortExchange}). Handlers of its requests work after its stop too;
   * those of sockets without answers are not called any more.
   */
  default boolean passesPorts() {
    return false;
  }

  /**
   * Settings of the sockets without answers that it opens. In one change of a graph it takes a
   * socket of equal settings from a receiver that stops.
   */
  default List<Object> sockets() {
    return List.of();
  }
}
