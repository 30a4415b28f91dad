package dev.tethys.alert.manager.dispatch;

import java.time.Duration;
import java.time.Instant;

/** Position of this Alertmanager in its cluster, which decides when it notifies. */
public interface ClusterPosition {
  /** Position without other members. */
  ClusterPosition ALONE =
      new ClusterPosition() {
        @Override
        public boolean awaitSettled(Instant deadline) {
          return true;
        }

        @Override
        public Duration turn() {
          return Duration.ZERO;
        }
      };

  /**
   * Waits until the members of the cluster are known, or time is up.
   *
   * @return whether they are
   */
  boolean awaitSettled(Instant deadline) throws InterruptedException;

  /** Returns how long this member waits for the members before it. */
  Duration turn();
}
