package dev.tethys.collect.discovery;

import java.util.List;

/** One running source of targets. */
@FunctionalInterface
public interface Discovery {
  /**
   * Runs on its own thread until that is interrupted, or until there can be no more news, passing
   * groups as they change. Failures at run time are logged and counted, and leave the passed groups
   * in force.
   */
  void run(Sink sink) throws InterruptedException;

  /** Receives groups; may be called whenever there are changes. */
  @FunctionalInterface
  interface Sink {
    /** Replaces the groups of the same sources. */
    void update(List<TargetGroup> groups);
  }
}
