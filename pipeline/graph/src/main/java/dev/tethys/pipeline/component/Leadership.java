package dev.tethys.pipeline.component;

import java.time.Duration;

/**
 * Extension that decides whether this process is the active one of several replicas, which would
 * otherwise report everything twice.
 */
public interface Leadership {
  /** Listener for changes of leadership; must not block. */
  @FunctionalInterface
  interface Follower {
    /** Whether this process leads from now on. */
    void leads(boolean now);
  }

  /** Notifies a follower now, and at each later change. */
  void follow(Follower follower);

  /** Stops notifying a follower. */
  void leave(Follower follower);

  /** Returns the time for a follower to stop before another process may start. */
  Duration grace();
}
