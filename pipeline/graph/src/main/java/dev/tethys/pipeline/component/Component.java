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
   * Begins its work. Anything that comes after it in the graph was started before.
   *
   * @throws IOException when it cannot: what is taken or cannot be reached, and what to do
   */
  default void start() throws IOException {}

  /**
   * Passes on what it holds, for another is about to take its place and what happens one must not
   * overtake it. It is stopped soon after.
   */
  default void forward() {}

  /**
   * Ends its work. Anything that comes before it was stopped: nothing is consumed any more. What it
   * holds it passes on, or leaves on disk, or settles as {@link
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
