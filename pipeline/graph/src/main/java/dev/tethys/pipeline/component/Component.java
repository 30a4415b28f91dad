package dev.tethys.pipeline.component;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A part of a graph. Made, then started, then stopped, once each and in this order; a component
 * that was never started may be forgotten. Making one opens nothing: no file, no port, no thread,
 * no connection, so a configuration is checked by making all of its components.
 */
public interface Component {
  /**
   * Begins its work. All components after it in the graph were started before.
   *
   * @throws IOException when it cannot: what is taken or cannot be reached, and what to do
   */
  default void start() throws IOException {}

  /**
   * Passes on its items, because another component replaces it and later items must not overtake
   * them. It is stopped soon after.
   */
  default void forward() {}

  /**
   * Ends its work. All components before it were stopped: nothing is consumed any more. It passes
   * its items on, or leaves them on disk, or settles them as {@link
   * dev.tethys.pipeline.Outcome.Unavailable}, within the time. What is consumed all the same is
   * settled as unavailable.
   */
  default void stop(Duration timeLimit) {}

  /**
   * Whether it holds something that its successor after a reload needs to start: a port, a folder.
   * It is then stopped before the other is started; otherwise after.
   */
  default boolean isExclusive() {
    return false;
  }

  /**
   * The exporter of {@link Context#exporter} that is all it starts and stops. Its successor after a
   * reload is then not started, but takes over what waits there. Null where there is none.
   */
  default @Nullable Exporter queue() {
    return null;
  }
}
