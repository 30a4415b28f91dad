package dev.tethys.pipeline.receiver.endpoint;

import java.util.Collection;

/** An extension that knows which endpoints there are. */
public interface EndpointObserver {
  /** Listener for endpoints; must not block. Calls come one by one. */
  @FunctionalInterface
  interface Follower {
    /**
     * There are others than before.
     *
     * @param now that are new, or are not what they were
     * @param gone the ids of those that are no more
     */
    void changed(Collection<Endpoint> now, Collection<String> gone);
  }

  /** Tells it of all that there are now, and of each change from then on. */
  void follow(Follower follower);

  /** Tells it nothing any more. */
  void leave(Follower follower);
}
