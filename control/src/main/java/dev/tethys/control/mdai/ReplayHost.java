package dev.tethys.control.mdai;

/** Runner of replays. No method may wait for a replay, or call the hubs. */
public interface ReplayHost {
  /**
   * Checks that a replay can be started.
   *
   * @throws IllegalArgumentException if it cannot
   */
  void check(ReplayRequest request);

  /** Starts a replay that was checked. */
  void start(ReplayRequest request);

  /** Ends a replay and removes it, if it exists. */
  void end(String name);

  /** Notifies that resources have changed: their replays start and end with them. */
  void define(Manifests manifests);
}
