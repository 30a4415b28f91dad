package dev.tethys.pipeline.component;

import java.time.Duration;

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
}
