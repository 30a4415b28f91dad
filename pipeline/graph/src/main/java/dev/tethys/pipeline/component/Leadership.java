package dev.tethys.pipeline.component;

import java.time.Duration;

/**
 * An extension that knows whether this process is the one of several that is at work, where two at
 * work would tell everything twice.
 */
public interface Leadership {
  /** Listener for changes of leadership; must not block. */
  @FunctionalInterface
  interface Follower {
    /** Whether this process leads from now on. */
    void leads(boolean now);
  }

  /** Tells it now, and at each change from then on. */
  void follow(Follower follower);

  /** Tells it nothing any more. */
  void leave(Follower follower);

  /** How long a follower may take to end its work before another process may begin it. */
  Duration grace();
}
