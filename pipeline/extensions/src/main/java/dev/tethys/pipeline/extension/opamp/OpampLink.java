package dev.tethys.pipeline.extension.opamp;

import java.io.IOException;
import java.time.Duration;

/** A way to the server. */
interface OpampLink {
  /**
   * Talks to the server, the last message included, until there is nothing more to tell.
   *
   * @throws Busy when the server wants to be left alone for a while
   * @throws IOException when it cannot be reached, or broke off
   */
  void runSession(Reports reports) throws IOException, InterruptedException;

  /** Whether the server is there, so that a last message may reach it. */
  boolean isUp();

  /** Breaks off the work in progress; by another thread, and permanently. */
  void end();

  /** A server that wants to be left alone for a while. */
  final class Busy extends IOException {
    private static final long serialVersionUID = 1;

    private final Duration after;

    /**
     * @param after zero where it does not say how long
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
