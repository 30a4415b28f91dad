package dev.tethys.pipeline.component;

import java.time.Duration;

/**
 * Where telemetry comes in. It hands batches to the consumers it was made with, between start and
 * stop.
 */
public interface Receiver extends Component {
  /**
   * What it takes telemetry of is gone, so that nobody will take later what is left there: takes
   * that, within the time. Called before {@link #stop}, if at all.
   */
  default void finish(Duration patience) throws InterruptedException {}
}
