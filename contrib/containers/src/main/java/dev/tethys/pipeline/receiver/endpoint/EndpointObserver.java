package dev.tethys.pipeline.receiver.endpoint;

import java.util.Collection;

/** An extension that knows which endpoints exist. */
public interface EndpointObserver {
  /** Listener for endpoints; must not block. Calls are serialized. */
  @FunctionalInterface
  interface Follower {
    /**
     * Reports changed endpoints.
     *
     * @param now new or modified endpoints
     * @param gone ids of removed ones
     */
    void changed(Collection<Endpoint> now, Collection<String> gone);
  }

  /** Reports all existing objects, and each later change. */
  void follow(Follower follower);

  /** Stops notifying a follower. */
  void leave(Follower follower);
}
