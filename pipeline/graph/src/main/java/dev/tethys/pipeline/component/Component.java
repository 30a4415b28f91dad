package dev.tethys.pipeline.component;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Component of a graph. Created, started and stopped once each, in this order; a component that was
 * never started may be discarded. Creation opens nothing: no file, port, thread or connection, so a
 * configuration is checked by creating all of its components.
 */
public interface Component {
  /**
   * Starts the component. All downstream components were started before.
   *
   * @throws IOException if it cannot start, with the resource that is in use or unreachable, and
   *     the remedy
   */
  default void start() throws IOException {}

  /**
   * Passes on its items, because another component replaces it and later items must not overtake
   * them. It is stopped soon after.
   */
  default void forward() {}

  /**
   * Stops the component. All upstream components were stopped before, so nothing more is consumed.
   * Within the time it forwards its items, leaves them on disk, or settles them as {@link
   * dev.tethys.pipeline.Outcome.Unavailable}. Batches consumed afterwards are settled as
   * unavailable.
   */
  default void stop(Duration timeLimit) {}

  /**
   * Whether it holds a resource that its successor after a reload needs to start, such as a port or
   * folder. It is then stopped before its successor starts; otherwise afterwards.
   */
  default boolean isExclusive() {
    return false;
  }

  /**
   * Returns the exporter of {@link Context#exporter} if that is all it starts and stops; null
   * otherwise. Its successor after a reload is then not started, but takes over the queue.
   */
  default @Nullable Exporter queue() {
    return null;
  }
}
