package dev.tethys.pipeline.extension.opamp;

import java.io.IOException;
import java.time.Duration;

/** A transport to the server. */
interface OpampLink {
  /**
   * Runs a session until the last message is sent.
   *
   * @throws Busy if the server requests a pause
   * @throws IOException if it cannot be reached, or the connection broke
   */
  void runSession(Reports reports) throws IOException, InterruptedException;

  /** Whether the server is reachable, so that a last message may be delivered. */
  boolean isUp();

  /** Breaks off the work in progress; by another thread, and permanently. */
  void end();

  /** Thrown when a server requests a pause. */
  final class Busy extends IOException {
    private static final long serialVersionUID = 1;

    private final Duration after;

    /**
     * @param after zero if no duration is given
     */
    Busy(String what, Duration after) {
      super(what);
      this.after = after;
    }

    Duration after() {
      return after;
    }
  }
}
